package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleScan() {
	balance := reactive.Scan(reactive.Just(50, -20, 5), 100, func(sum, change int) int { return sum + change })
	fmt.Println(balance.Collect(context.Background()))
	// Output: [100 150 130 135] <nil>
}

func add(a, b int) int { return a + b }

func TestScanAndReduce(t *testing.T) {
	collected := func(src ints) ints {
		return reactive.Map(reactive.CollectList(src), func(list []int) int { return len(list) })
	}
	runFlows(t, []flow{
		{"Scan", reactive.Scan(reactive.Just(1, 2), 10, add), values(10, 11, 13)},
		{"Scan of nothing", reactive.Scan(reactive.Empty[int](), 10, add), values(10)},
		{"Scan of a failure", reactive.Scan(failAfter(1), 10, add), fails(10, 11)},
		{"Scan panics", reactive.Scan(reactive.Just(1, 3), 0, func(_, v int) int { return divide(v) }), panics(0, 3)},
		{"Reduce", reactive.Reduce(reactive.Just(1, 2), 10, add), values(13)},
		{"Reduce of nothing", reactive.Reduce(reactive.Empty[int](), 10, add), values(10)},
		{"Reduce of a failure", reactive.Reduce(failAfter(1), 10, add), fails()},
		{"Reduce panics", reactive.Reduce(reactive.Just(1, 3, 4), 0, func(_, v int) int { return divide(v) }), panics()},
		{"Last", reactive.Just(1, 2, 3).Last(), values(3)},
		{"Last of nothing", reactive.Empty[int]().Last(), values()},
		{"Last of a failure", failAfter(1).Last(), fails()},
		{"CollectList", collected(reactive.Just(1, 2)), values(2)},
		{"CollectList of nothing", collected(reactive.Empty[int]()), values(0)},
	})
}

func TestCollectListIsFresh(t *testing.T) {
	list := reactive.CollectList(reactive.Just(1, 2))
	for range 2 {
		got, err := list.Block(background)
		if diff := cmp.Diff([]int{1, 2}, got); diff != "" || err != nil {
			t.Errorf("got %v, %v, want [1 2] each time", got, err)
		}
	}
}

// The seed takes the first demand, and nothing of the source.
func TestScanSeedTakesDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.Scan(src, 10, add))
	p.ExpectNoSignal(0).Request(1).ExpectNext(10)
	if got := src.Requested(); got != 0 {
		t.Errorf("%d requested of the source, want 0", got)
	}
	p.Request(2)
	if got := src.Requested(); got != 2 {
		t.Errorf("%d requested of the source, want 2", got)
	}
	src.Next(1).Complete()
	p.ExpectNext(11).ExpectComplete()
}

func TestScanSeedAfterTheEnd(t *testing.T) {
	tests := []struct {
		name string
		n    int64
		want func(*reactivetest.Probe[int])
	}{
		{"demand", 1, func(p *reactivetest.Probe[int]) { p.ExpectNext(10).ExpectComplete() }},
		{"bad request", 0, func(p *reactivetest.Probe[int]) { p.ExpectError(reactive.ErrBadRequest) }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := reactivetest.Subscribe(t, reactive.Scan(reactive.Empty[int](), 10, add))
			p.ExpectNoSignal(0).Request(tc.n)
			tc.want(p)
		})
	}
}

// A result waits for its demand, and the source is asked for everything when that comes.
func TestReduceWaitsForDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.Reduce(src, 0, add))
	if got := src.Requested(); got != 0 {
		t.Errorf("%d requested without demand, want 0", got)
	}
	src.Complete()
	p.ExpectNoSignal(0).Request(1).ExpectNext(0).ExpectComplete()
}
