//go:build go1.27

package reactive_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func ExampleFlux_ZipWith() {
	lines := reactive.Just("one", "one", "two", "quit", "three").
		DistinctUntilChanged(strings.Clone).
		Handle(func(s string) (string, bool, error) {
			if s == "quit" {
				return "", false, io.EOF
			}
			return s, true, nil
		}).
		ZipWith(reactive.Range(1, 10), func(s string, n int) string { return strconv.Itoa(n) + ". " + s })
	fmt.Println(lines.Collect(context.Background()))
	// Output: [1. one 2. two] <nil>
}

// Each method is the function of its name, with the type arguments inferred.
func TestFluentMethods(t *testing.T) {
	in := reactive.Just(1, 1, 2, 3)
	text := func(v int) reactive.Mono[string] { return reactive.JustMono(strconv.Itoa(v)) }
	join := func(v int, s string) string { return strconv.Itoa(v) + s }
	key := func(v int) string { return strconv.Itoa(v) }
	tests := []struct {
		name string
		src  reactive.Publisher[string]
		want []string
	}{
		{"ConcatMapPrefetch", in.ConcatMapPrefetch(2, text), []string{"1", "1", "2", "3"}},
		{"FlatMapSequential", in.FlatMapSequential(4, text), []string{"1", "1", "2", "3"}},
		{"SwitchMap", in.SwitchMap(text), []string{"1", "1", "2", "3"}},
		{"SwitchOnFirst", in.SwitchOnFirst(func(first int, all flux) reactive.Flux[string] { return all.ConcatMap(text) }), []string{"1", "1", "2", "3"}},
		{"Handle", in.Handle(func(v int) (string, bool, error) { return key(v), v != 2, nil }), []string{"1", "1", "3"}},
		{"Scan", in.Scan("", func(s string, v int) string { return s + key(v) }), []string{"", "1", "11", "112", "1123"}},
		{"Reduce", in.Reduce("", func(s string, v int) string { return s + key(v) }), []string{"1123"}},
		{"Distinct", in.Distinct(9, key).Map(key), []string{"1", "2", "3"}},
		{"DistinctUntilChanged", in.DistinctUntilChanged(key).Map(key), []string{"1", "2", "3"}},
		{"TakeUntilOther", in.TakeUntilOther(reactive.Never[bool]()).Map(key), []string{"1", "1", "2", "3"}},
		{"ZipWith", in.ZipWith(reactive.Just("a", "b"), join), []string{"1a", "1b"}},
		{"CombineLatestWith", reactive.Just(1).CombineLatestWith(reactive.Just("a", "b"), join), []string{"1a", "1b"}},
		{"WithLatestFrom", in.WithLatestFrom(reactive.JustMono("a"), join), []string{"1a", "1a", "2a", "3a"}},
		{"Mono.TryMap", reactive.JustMono(1).TryMap(func(v int) (string, error) { return key(v), nil }), []string{"1"}},
		{"Mono.Handle", reactive.JustMono(1).Handle(func(v int) (string, bool, error) { return key(v), true, io.EOF }), []string{"1"}},
		{"Mono.ZipWith", reactive.JustMono(1).ZipWith(reactive.JustMono("a"), join), []string{"1a"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { wantOutcome(t, tc.src, outcome[string]{values: tc.want}) })
	}
}
