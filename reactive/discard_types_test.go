package reactive_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// The hook reaches operators that make another type of their values, from below a chain that has none in the end.
func TestDiscardBelowAnotherType(t *testing.T) {
	text := func(v int) reactive.Mono[string] { return reactive.JustMono(strconv.Itoa(v)) }
	pair := func(int, string) string { return "" }
	never := reactive.Never[string]()
	left := func(_ *intSource, p *reactivetest.Probe[reactive.Void]) { p.Cancel() }
	fails := func(src *intSource, _ *reactivetest.Probe[reactive.Void]) { src.Error(errBoom) }
	tests := []struct {
		name string
		op   func(src ints) void
		ends func(src *intSource, p *reactivetest.Probe[reactive.Void])
		want []int // of 1, 2 and 3
	}{
		{"Then", func(src ints) void { return reactive.Then(src) }, left, []int{1, 2, 3}},
		{"Buffer", func(src ints) void { return reactive.Buffer(src, 2).Then() }, left, []int{3}},
		{"BufferTimeout", func(src ints) void { return reactive.BufferTimeout(src, 2, time.Hour).Then() }, fails, []int{3}},
		{"CollectList", func(src ints) void { return reactive.CollectList(src).Then() }, fails, []int{1, 2, 3}},
		{"Window", func(src ints) void {
			return reactive.ConcatMap(reactive.Window(src, 3), func(w flux) reactive.Flux[string] { return reactive.Map(w.First(), strconv.Itoa) }).Then()
		}, left, []int{2, 3}},
		{"GroupBy", func(src ints) void {
			return reactive.ConcatMap(reactive.GroupBy(src, mod3), func(g group) reactive.Flux[string] { return reactive.Map(g.Flux, strconv.Itoa) }).Then()
		}, left, []int{2, 3}},
		{"Zip", func(src ints) void { return reactive.Zip(src, never, pair).Then() }, left, []int{1, 2, 3}},
		{"WithLatestFrom", func(src ints) void { return reactive.WithLatestFrom(src, never, pair).Then() }, left, []int{1, 2, 3}},
		{"ConcatMapPrefetch", func(src ints) void {
			return reactive.ConcatMapPrefetch(src, 4, func(int) void { return reactive.NeverMono[reactive.Void]() }).Then()
		}, left, []int{2, 3}},
		{"Filter above Map", func(src ints) void {
			return reactive.ConcatMap(reactive.FromPublisher(src).Filter(odd), text).Then()
		}, left, []int{2}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var mu sync.Mutex
			var got []int
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.OnDiscard(tc.op(src), func(v int) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, v)
			}))
			p.Request(1)
			src.Next(1, 2, 3)
			tc.ends(src, p)
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(got)
			if !slices.Equal(got, tc.want) {
				t.Errorf("discarded: got %v, want %v", got, tc.want)
			}
		})
	}
}
