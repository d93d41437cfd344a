package reactive_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Whoever changes the topic no longer gets the messages of the one before.
func ExampleSwitchMap() {
	topics := map[string]*reactive.Broadcast[string]{"a": {}, "b": {}}
	chosen := reactive.NewUnicast[string](1)
	messages := reactive.SwitchMap(chosen.Flux(), func(topic string) reactive.Flux[string] {
		return topics[topic].Flux(8, reactive.OverflowError)
	})
	reactive.Run(context.Background(), messages, func(m string) { fmt.Println(m) }, nil)
	publish := func(text string) {
		topics["a"].Emit("a: " + text)
		topics["b"].Emit("b: " + text)
	}
	chosen.Next("a")
	publish("one")
	chosen.Next("b")
	publish("two")
	// Output:
	// a: one
	// b: two
}

func TestSwitchMap(t *testing.T) {
	runFlows(t, []flow{
		{"to many", reactive.SwitchMap(reactive.Just(1, 2), twice), values(1, 1, 2, 2)},
		{"to one", reactive.SwitchMap(reactive.Just(1, 2), reactive.JustMono[int]), values(1, 2)},
		{"to none", reactive.SwitchMap(reactive.Just(1, 2), func(int) mono { return mono{} }), values()},
		{"of none", reactive.SwitchMap(reactive.Empty[int](), twice), values()},
		{"outer failure", reactive.SwitchMap(failAfter(1), twice), fails(1, 1)},
		{"inner failure", reactive.SwitchMap(reactive.Just(1, 2), func(v int) flux { return failAfter(v) }), fails(1)},
		{"panic", reactive.SwitchMap(reactive.Range(1, 4), func(v int) mono { return reactive.JustMono(divide(v)) }), panics(3, 6)},
	})
}

func TestSwitchMapEnds(t *testing.T) {
	op := func(src, inner ints) ints { return reactive.SwitchMap(src, func(int) ints { return inner }) }
	runPairs(t, op, []pair{
		{"source is asked for everything", func(src, _ *intSource, _ *intProbe) {
			wantAsked(t, "source", src, reactive.Unbounded)
		}, nil, nil, [2]bool{false, false}},
		{"completion waits for the inner stream", func(src, _ *intSource, _ *intProbe) {
			src.Next(1).Complete()
		}, nil, nil, [2]bool{false, false}},
		{"inner completion waits for the source", func(src, inner *intSource, _ *intProbe) {
			src.Next(1)
			inner.Complete()
		}, nil, nil, [2]bool{false, false}},
		{"source, then the inner stream", func(src, inner *intSource, _ *intProbe) {
			src.Next(1).Complete()
			inner.Complete()
		}, nil, errCompleted, [2]bool{false, false}},
		{"inner stream, then the source", func(src, inner *intSource, _ *intProbe) {
			src.Next(1)
			inner.Complete()
			src.Complete()
		}, nil, errCompleted, [2]bool{false, false}},
		{"source without a value", func(src, _ *intSource, _ *intProbe) { src.Complete() }, nil, errCompleted, [2]bool{false, false}},
		{"failure", func(src, _ *intSource, _ *intProbe) { src.Next(1).Error(errBoom) }, nil, errBoom, [2]bool{false, true}},
		{"inner failure", func(src, inner *intSource, _ *intProbe) {
			src.Next(1)
			inner.Error(errBoom)
		}, nil, errBoom, [2]bool{true, false}},
		{"cancel", func(src, _ *intSource, p *intProbe) {
			src.Next(1)
			p.Cancel()
		}, nil, nil, [2]bool{true, true}},
		{"cancel without inner stream", func(_, _ *intSource, p *intProbe) { p.Cancel() }, nil, nil, [2]bool{true, false}},
		{"bad request", func(src, _ *intSource, p *intProbe) {
			src.Next(1)
			p.Request(0)
		}, nil, reactive.ErrBadRequest, [2]bool{true, true}},
	})
}

// Each inner stream sees what is left of the demand; the one before is cancelled, and its late values are dropped.
func TestSwitchMapDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	var inner []*intSource
	p := reactivetest.Subscribe(t, reactive.SwitchMap(src, func(int) ints {
		inner = append(inner, reactivetest.NewSource[int](t))
		return inner[len(inner)-1]
	}))
	src.Next(1)
	wantAsked(t, "without demand", inner[0])
	p.Request(5)
	wantAsked(t, "with demand", inner[0], 5)
	inner[0].Next(10, 11)
	src.Next(2)
	wantAsked(t, "the second, what is left", inner[1], 3)
	if !inner[0].Cancelled() {
		t.Error("the first inner stream is not cancelled")
	}
	inner[0].Subscriber().OnNext(12) // was on its way
	inner[0].Subscriber().OnError(errBoom)
	inner[1].Next(20)
	p.Request(2)
	wantAsked(t, "more demand", inner[1], 3, 2)
	wantAsked(t, "which is not for the first", inner[0], 5)
	p.Request(reactive.Unbounded)
	src.Next(3)
	wantAsked(t, "without bound", inner[2], reactive.Unbounded)
	p.ExpectNext(10, 11, 20).ExpectNoSignal(0).Cancel()
}

// A stream that is replaced from inside the delivery of its own value is followed when that has returned, by the newest of
// those that were put in its place; the others are never subscribed to.
func TestSwitchMapInsideAValue(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	inner := map[int]*intSource{}
	var p *intProbe
	p = reactivetest.NewProbe[int](t).Each(func(v int) {
		if v != 10 {
			return
		}
		src.Next(2, 3)
		if n := inner[3].Subscriptions(); n != 0 {
			t.Errorf("%d subscriptions to the new stream inside the value of the old one, want 0", n)
		}
	})
	reactive.SwitchMap(src, func(v int) ints {
		inner[v] = reactivetest.NewSource[int](t)
		return inner[v]
	}).Subscribe(background, p)
	p.Request(9)
	src.Next(1)
	inner[1].Next(10)
	if n := inner[2].Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions to the stream that was replaced before its time, want 0", n)
	}
	wantAsked(t, "the newest", inner[3], 8)
	inner[3].Next(30)
	src.Complete()
	inner[3].Complete()
	p.ExpectNext(10, 30).ExpectComplete()
}

// Switching while values flow on other goroutines: never two at a time, never more than asked for, and the stream ends.
func TestSwitchMapUnderContention(t *testing.T) {
	const switches, each = 300, 50
	src := reactive.Range(0, switches).PublishOn(reactive.Go, 1)
	var p *intProbe
	p = reactivetest.NewProbe[int](t).RequestFirst(3).Each(func(int) { p.Request(1) })
	reactive.SwitchMap(src, func(v int) flux {
		return reactive.Range(v*each, each).PublishOn(reactive.Go, 8)
	}).Subscribe(background, p)
	p.SkipValues().ExpectComplete()
	last := -1
	for _, v := range p.Values() {
		if v <= last {
			t.Fatalf("got %d after %d", v, last)
		}
		last = v
	}
	if want := switches*each - 1; last != want {
		t.Errorf("last value %d, want %d", last, want)
	}
}

// Cancelling from elsewhere while streams are replaced cancels whatever is there in the end.
func TestSwitchMapCancelledWhileSwitching(t *testing.T) {
	for range 200 {
		src := reactivetest.NewSource[int](t)
		var mu sync.Mutex
		var inner []*intSource
		p := reactivetest.Subscribe(t, reactive.SwitchMap(src, func(int) ints {
			mu.Lock()
			defer mu.Unlock()
			inner = append(inner, reactivetest.NewSource[int](t))
			return inner[len(inner)-1]
		}))
		p.Request(1)
		var wg sync.WaitGroup
		wg.Go(func() { src.Next(1, 2, 3, 4) })
		wg.Go(func() { p.Cancel() })
		wg.Wait()
		for i, s := range inner {
			if s.Subscriptions() > 0 && !s.Cancelled() {
				t.Fatalf("inner stream %d of %d is not cancelled", i, len(inner))
			}
		}
		if !src.Cancelled() {
			t.Fatal("the source is not cancelled")
		}
	}
}
