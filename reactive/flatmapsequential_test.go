package reactive_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Three look-ups at a time, and the answers in the order of the questions.
func ExampleFlatMapSequential() {
	lookup := func(id int) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			return fmt.Sprint("page ", id), nil
		}).SubscribeOn(reactive.Go)
	}
	fmt.Println(reactive.FlatMapSequential(reactive.Range(1, 4), 3, lookup).Collect(context.Background()))
	// Output: [page 1 page 2 page 3 page 4] <nil>
}

func TestFlatMapSequential(t *testing.T) {
	runFlows(t, []flow{
		{"to many", reactive.FlatMapSequential(reactive.Just(1, 2), 4, twice), values(1, 1, 2, 2)},
		{"to one", reactive.FlatMapSequential(reactive.Just(1, 2), 4, reactive.JustMono[int]), values(1, 2)},
		{"to none", reactive.FlatMapSequential(reactive.Just(1, 2), 4, func(int) mono { return mono{} }), values()},
		{"of none", reactive.FlatMapSequential(reactive.Empty[int](), 4, twice), values()},
		{"concurrency of less than one is one", reactive.FlatMapSequential(reactive.Just(1, 2, 3), 0, twice), values(1, 1, 2, 2, 3, 3)},
		{"more than the read-ahead", reactive.FlatMapSequential(reactive.Just(100), 1, func(n int) flux { return reactive.Range(0, n) }).Skip(98), values(98, 99)},
		{"outer failure", reactive.FlatMapSequential(failAfter(1), 4, twice), fails(1, 1)},
		{"inner failure", reactive.FlatMapSequential(reactive.Just(1, 2), 1, func(v int) flux { return failAfter(v) }), fails(1)},
		{"failure of a stream whose turn it is not", reactive.FlatMapSequential(reactive.Just(1, 2), 2, func(v int) flux {
			if v == 1 {
				return reactive.Never[int]()
			}
			return failAfter(v)
		}), fails()},
		{"panic", reactive.FlatMapSequential(reactive.Range(1, 4), 1, func(v int) mono { return reactive.JustMono(divide(v)) }), panics(3, 6)},
	})
}

func TestFlatMapSequentialOrder(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	inners := map[int]*intSource{}
	p := reactivetest.Subscribe(t, reactive.FlatMapSequential(src, 3, func(v int) ints {
		inners[v] = reactivetest.NewSource[int](t)
		return inners[v]
	}))
	wantAsked(t, "before demand", src)
	p.Request(2)
	wantAsked(t, "with demand: the concurrency", src, 3)
	src.Next(1, 2, 3)
	for v := range inners {
		wantAsked(t, fmt.Sprint("inner ", v), inners[v], 32)
	}
	inners[3].Next(30).Complete()
	inners[2].Next(20, 21)
	p.ExpectNoSignal(0)
	inners[1].Next(10)
	p.ExpectNext(10).ExpectNoSignal(0)
	wantAsked(t, "while the first stream runs", src, 3)
	inners[1].Complete()
	p.ExpectNext(20).ExpectNoSignal(0)
	wantAsked(t, "for the first", src, 3, 1)
	p.Request(1).ExpectNext(21)
	inners[2].Complete()
	wantAsked(t, "the third has a value that waits", src, 3, 1, 1)
	p.Request(40).ExpectNext(30)
	wantAsked(t, "when it was delivered", src, 3, 1, 1, 1)
	src.Next(4)
	for i := range 24 {
		inners[4].Next(i)
	}
	wantAsked(t, "three quarters of the read-ahead", inners[4], 32, 24)
	src.Complete()
	inners[4].Complete()
	p.ExpectCount(24).ExpectComplete()
}

func TestFlatMapSequentialEnds(t *testing.T) {
	op := func(src, inner ints) ints {
		n := 0
		return reactive.FlatMapSequential(src, 4, func(int) ints {
			if n++; n == 1 {
				return reactive.Never[int]()
			}
			return inner
		})
	}
	start := func(src, inner *intSource, p *intProbe) {
		p.Request(9)
		src.Next(1, 2)
		inner.Next(7) // waits for the end of the first
	}
	runPairs(t, op, []pair{
		{"failure", func(src, inner *intSource, p *intProbe) {
			start(src, inner, p)
			src.Error(errBoom)
		}, nil, errBoom, [2]bool{false, true}},
		{"inner failure", func(src, inner *intSource, p *intProbe) {
			start(src, inner, p)
			inner.Error(errBoom)
		}, nil, errBoom, [2]bool{true, false}},
		{"cancel", func(src, inner *intSource, p *intProbe) {
			start(src, inner, p)
			p.Cancel()
		}, nil, nil, [2]bool{true, true}},
		{"bad request", func(src, inner *intSource, p *intProbe) {
			start(src, inner, p)
			p.Request(0)
		}, nil, reactive.ErrBadRequest, [2]bool{true, true}},
		{"more values than were asked for", func(src, inner *intSource, p *intProbe) {
			start(src, inner, p)
			for range 32 {
				inner.Subscriber().OnNext(0)
			}
		}, nil, reactive.ErrOverflow, [2]bool{true, true}},
	})
}

// An inner stream that is subscribed to after the end is cancelled as it arrives.
func TestFlatMapSequentialLateInner(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	var late reactive.Subscriber[int]
	p := reactivetest.Subscribe(t, reactive.FlatMapSequential(src, 2, func(int) ints {
		return reactive.PublisherFunc[int](func(_ context.Context, s reactive.Subscriber[int]) { late = s })
	}))
	p.Request(1)
	src.Next(1)
	p.Cancel()
	inner := reactivetest.NewSource[int](t)
	inner.Subscribe(background, late)
	if !inner.Cancelled() {
		t.Error("the late inner stream is not cancelled")
	}
}

// All run at the same time, and what comes out is in order.
func TestFlatMapSequentialConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(v int) mono { // the earlier, the slower
			return reactive.MapMono(reactive.Timer(time.Duration(12-v)*time.Second), func(int64) int { return v })
		}
		start := time.Now()
		got, err := reactive.FlatMapSequential(reactive.Range(0, 12), 4, work).Collect(background)
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		// 0 ends at 12, 1 to 3 before it; 4 begins then and ends at 20; 8 begins then and ends at 24.
		if took := time.Since(start); took != 24*time.Second {
			t.Errorf("took %v, want 24s", took)
		}
	})
}

func TestFlatMapSequentialUnderContention(t *testing.T) {
	const streams, each = 40, 500
	var p *intProbe
	next := 0
	p = reactivetest.NewProbe[int](t).RequestFirst(1).Each(func(v int) {
		if v != next {
			t.Errorf("got %d, want %d", v, next)
		}
		next++
		p.Request(1)
	})
	reactive.FlatMapSequential(reactive.Range(0, streams), 8, func(v int) flux {
		return reactive.Range(v*each, each).PublishOn(reactive.Go, 16)
	}).Subscribe(background, p)
	p.ExpectCount(streams * each).ExpectComplete()
}
