package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleFlux_Filter() {
	even := reactive.Range(1, 6).Filter(func(v int) bool { return v%2 == 0 })
	fmt.Println(even.Collect(context.Background()))
	// Output: [2 4 6] <nil>
}

func odd(v int) bool { return v%2 != 0 }

func TestFilter(t *testing.T) {
	runFlows(t, []flow{
		{"some", reactive.Range(1, 5).Filter(odd), values(1, 3, 5)},
		{"none", reactive.Just(2, 4).Filter(odd), values()},
		{"panic", reactive.Just(1, 2, 3).Filter(func(v int) bool { return divide(v) > 0 }), panics(1, 2)},
		{"failure", failAfter(1, 2).Filter(odd), fails(1)},
		{"Mono kept", reactive.JustMono(1).Filter(odd), values(1)},
		{"Mono dropped", reactive.JustMono(2).Filter(odd), values()},
	})
}

// A value that is dropped is asked for again, and no more than that.
func TestFilterReplacesWhatItDrops(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).Filter(odd))
	p.Request(2)
	src.Next(2, 4, 1)
	p.ExpectNext(1)
	if got := src.Demand(); got != 1 {
		t.Errorf("demand of %d at the source, want 1", got)
	}
	src.Next(3)
	p.ExpectNext(3)
	if got := src.Demand(); got != 0 {
		t.Errorf("demand of %d at the source, want 0", got)
	}
	p.Cancel()
}
