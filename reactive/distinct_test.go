package reactive_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A message that is delivered twice within the last thousand is handled once.
func ExampleDistinct() {
	id := func(m string) string { id, _, _ := strings.Cut(m, " "); return id }
	messages := reactive.Just("7 hello", "8 world", "7 hello")
	fmt.Println(reactive.Distinct(messages, 1000, id).Collect(context.Background()))
	// Output: [7 hello 8 world] <nil>
}

func ExampleDistinctUntilChanged() {
	states := reactive.Just("up", "up", "down", "down", "up")
	fmt.Println(reactive.DistinctUntilChanged(states, strings.Clone).Collect(context.Background()))
	// Output: [up down up] <nil>
}

func TestDistinct(t *testing.T) {
	same := func(v int) int { return v }
	runFlows(t, []flow{
		{"Distinct", reactive.Distinct(reactive.Just(1, 2, 1, 3, 2), 9, same), values(1, 2, 3)},
		{"by key", reactive.Distinct(reactive.Just(1, 2, 4, 6), 9, mod3), values(1, 2, 6)},
		{"remembers n", reactive.Distinct(reactive.Just(1, 2, 1, 3, 1, 2, 3, 2), 2, same), values(1, 2, 3, 1, 2, 3)},
		{"remembers at least one", reactive.Distinct(reactive.Just(1, 1, 2, 1), 0, same), values(1, 2, 1)},
		{"Distinct of keys that cannot be compared", reactive.Distinct(reactive.Range(1, 4), 9, listFrom(2)), panics(1)},
		{"Distinct of keys that do not equal themselves",
			reactive.Distinct(reactive.Just(-1, 1, -1, 1, -1, 2, 1), 2, root), values(-1, 1, -1, -1, 2)},
		{"Distinct of nothing", reactive.Distinct(reactive.Empty[int](), 9, same), values()},
		{"Distinct fails", reactive.Distinct(failAfter(1, 1), 9, same), fails(1)},
		{"Distinct panics", reactive.Distinct(reactive.Range(1, 4), 9, divide), panics(1, 2)},
		{"DistinctUntilChanged", reactive.DistinctUntilChanged(reactive.Just(1, 1, 2, 2, 1), same), values(1, 2, 1)},
		{"DistinctUntilChanged, the zero value first", reactive.DistinctUntilChanged(reactive.Just(0, 0, 1), same), values(0, 1)},
		{"DistinctUntilChanged by key", reactive.DistinctUntilChanged(reactive.Just(1, 4, 2), mod3), values(1, 2)},
		{"DistinctUntilChanged, keys that cannot be compared",
			reactive.DistinctUntilChanged(reactive.Range(1, 4), listFrom(2)), panics(1, 2)},
		{"DistinctUntilChanged, keys that do not equal themselves",
			reactive.DistinctUntilChanged(reactive.Just(1, 1, -1, -1), root), values(1, -1, -1)},
		{"DistinctUntilChanged fails", reactive.DistinctUntilChanged(failAfter(1, 1), same), fails(1)},
		{"DistinctUntilChanged panics", reactive.DistinctUntilChanged(reactive.Range(1, 4), divide), panics(1, 2)},
	})
}

// listFrom makes keys of which those from n on hold a slice: they compile, and panic when they are compared.
func listFrom(n int) func(int) any {
	return func(v int) any {
		if v < n {
			return v
		}
		return []int{v}
	}
}

// root makes keys that are NaN for values below zero.
func root(v int) float64 { return math.Sqrt(float64(v)) }

func TestDistinctDemand(t *testing.T) {
	tests := []struct {
		name string
		op   func(ints) flux
	}{
		{"Distinct", func(src ints) flux { return reactive.Distinct(src, 9, mod3) }},
		{"DistinctUntilChanged", func(src ints) flux { return reactive.DistinctUntilChanged(src, mod3) }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, tc.op(src)).Request(2)
			src.Next(1, 4)
			wantAsked(t, "for the dropped value one", src, 2, 1)
			src.Next(7, 2)
			p.ExpectNext(1, 2).ExpectNoSignal(0).Cancel()
		})
	}
}
