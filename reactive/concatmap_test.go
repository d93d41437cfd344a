package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Each message is saved before the next one is asked for.
func ExampleConcatMap() {
	save := func(message string) reactive.Mono[reactive.Void] {
		return reactive.Do(func(context.Context) error {
			fmt.Println("saved", message)
			return nil
		})
	}
	messages := reactive.Just("a", "b").DoOnNext(func(m string) { fmt.Println("received", m) })
	_, err := reactive.ConcatMap(messages, save).Then().Block(context.Background())
	fmt.Println("end:", err)
	// Output:
	// received a
	// saved a
	// received b
	// saved b
	// end: <nil>
}

func twice(v int) flux { return reactive.Just(v, v) }

func TestConcat(t *testing.T) {
	runFlows(t, []flow{
		{"to many", reactive.ConcatMap(reactive.Just(1, 2), twice), values(1, 1, 2, 2)},
		{"read ahead", reactive.ConcatMapPrefetch(reactive.Just(1, 2, 3), 2, twice), values(1, 1, 2, 2, 3, 3)},
		{"read ahead, outer failure", reactive.ConcatMapPrefetch(failAfter(1, 2), 2, twice), fails(1, 1, 2, 2)},
		{"method", reactive.Just(1, 2).ConcatMap(twice), values(1, 1, 2, 2)},
		{"to one", reactive.ConcatMap(reactive.Just(1, 2), reactive.JustMono[int]), values(1, 2)},
		{"to none", reactive.ConcatMap(reactive.Just(1, 2), func(int) mono { return mono{} }), values()},
		{"to a publisher of another kind", reactive.ConcatMap(reactive.Just(1), func(int) ints { return reactive.Just(2) }), values(2)},
		{"of none", reactive.ConcatMap(reactive.Empty[int](), twice), values()},
		{"outer failure", reactive.ConcatMap(failAfter(1), twice), fails(1, 1)},
		{"inner failure", reactive.ConcatMap(reactive.Just(1, 2), func(v int) flux { return failAfter(v) }), fails(1)},
		{"inner failure at once", reactive.ConcatMap(reactive.Just(1, 2), func(int) flux { return reactive.Error[int](errBoom) }), fails()},
		{"panic", reactive.ConcatMap(reactive.Range(1, 4), func(v int) mono { return reactive.JustMono(divide(v)) }), panics(3, 6)},
		{"Concat", reactive.Concat(reactive.Just(1), flux{}, reactive.Just(2, 3)), values(1, 2, 3)},
		{"Concat of nothing", reactive.Concat[int](), values()},
		{"Concat stops at a failure", reactive.Concat(failAfter(1), reactive.Just(2)), fails(1)},
		{"StartWith", reactive.Just(3).StartWith(1, 2), values(1, 2, 3)},
		{"StartWith nothing", reactive.Just(3).StartWith(), values(3)},
	})
}

// The next page is there when this one is printed.
func ExampleConcatMapPrefetch() {
	fetched := reactive.Range(1, 5).DoOnNext(func(page int) { fmt.Println("fetched", page) })
	printing := func(page int) reactive.Mono[int] { return reactive.JustMono(page) }
	for page := range reactive.ConcatMapPrefetch(fetched, 2, printing).Take(2).All(context.Background()) {
		fmt.Println("printed", page)
	}
	// Output:
	// fetched 1
	// fetched 2
	// printed 1
	// printed 2
}

// The source is asked for one value at a time, when the stream before has ended and there is demand.
func TestConcatMapAsksForOne(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	inner := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.ConcatMap(src, func(int) flux { return reactive.FromPublisher(inner) }))

	steps := []struct {
		name          string
		do            func()
		outer         []int64 // requests at the source
		subscriptions int     // to the inner stream
		innerDemand   int64   // of the latest
	}{
		{"no demand", func() {}, nil, 0, 0},
		{"demand", func() { p.Request(5) }, []int64{1}, 0, 0},
		{"first inner", func() { src.Next(1) }, []int64{1}, 1, 5},
		{"values take from the demand", func() { inner.Next(10, 11) }, []int64{1}, 1, 3},
		{"more demand goes to the inner", func() { p.Request(2) }, []int64{1}, 1, 5},
		{"its end asks for the next", func() { inner.Complete() }, []int64{1, 1}, 1, 5},
		{"which sees what is left", func() { src.Next(2) }, []int64{1, 1}, 2, 5},
		{"all delivered", func() { inner.Next(20, 21, 22, 23, 24) }, []int64{1, 1}, 2, 0},
		{"without demand its end asks for nothing", func() { inner.Complete() }, []int64{1, 1}, 2, 0},
		{"until there is some", func() { p.Request(1) }, []int64{1, 1, 1}, 2, 0},
	}
	for _, s := range steps {
		s.do()
		if diff := cmp.Diff(s.outer, src.Requests()); diff != "" {
			t.Fatalf("%s: requests at the source (-want +got):\n%s", s.name, diff)
		}
		if got := inner.Subscriptions(); got != s.subscriptions {
			t.Fatalf("%s: %d inner subscriptions, want %d", s.name, got, s.subscriptions)
		}
		if s.subscriptions == 0 {
			continue
		}
		if got := inner.Demand(); got != s.innerDemand {
			t.Fatalf("%s: inner demand %d, want %d", s.name, got, s.innerDemand)
		}
	}
	src.Complete()
	p.ExpectNext(10, 11, 20, 21, 22, 23, 24).ExpectComplete()
}

func TestConcatMapEnds(t *testing.T) {
	tests := []struct {
		name           string
		do             func(src, inner *reactivetest.Source[int], p *reactivetest.Probe[int])
		want           error // nil: no signal
		outerCancelled bool
		innerCancelled bool
	}{
		{"cancel", func(_, _ *reactivetest.Source[int], p *reactivetest.Probe[int]) { p.Cancel() }, nil, true, true},
		{"outer failure", func(src, _ *reactivetest.Source[int], _ *reactivetest.Probe[int]) { src.Error(errBoom) }, errBoom, false, true},
		{"inner failure", func(_, inner *reactivetest.Source[int], _ *reactivetest.Probe[int]) { inner.Error(errBoom) }, errBoom, true, false},
		{"bad request", func(_, _ *reactivetest.Source[int], p *reactivetest.Probe[int]) { p.Request(0) }, reactive.ErrBadRequest, true, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src, inner := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.ConcatMap(src, func(int) ints { return inner }))
			p.Request(1)
			src.Next(1)
			tc.do(src, inner, p)
			if tc.want != nil {
				p.ExpectError(tc.want)
			}
			p.ExpectNoSignal(0)
			if src.Cancelled() != tc.outerCancelled || inner.Cancelled() != tc.innerCancelled {
				t.Errorf("cancelled: source %v, inner %v, want %v, %v",
					src.Cancelled(), inner.Cancelled(), tc.outerCancelled, tc.innerCancelled)
			}
		})
	}
}

// An inner stream that is subscribed to after the end is cancelled as it arrives.
func TestConcatMapLateInner(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	var late reactive.Subscriber[int]
	p := reactivetest.Subscribe(t, reactive.ConcatMap(src, func(int) ints {
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
