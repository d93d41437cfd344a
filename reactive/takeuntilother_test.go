package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A stream that ends when the server drains.
func ExampleTakeUntilOther() {
	drain := reactive.NewBroadcast[reactive.Void]()
	work := reactive.NewUnicast[string](4)
	stream := reactive.TakeUntilOther(work.Flux(), drain.Flux(1, reactive.OverflowError))
	reactive.Run(context.Background(), stream,
		func(job string) { fmt.Println("doing", job) },
		func(err error) { fmt.Println("end:", err) })
	work.Next("a")
	drain.Emit(reactive.Void{})
	fmt.Println("b is", work.Next("b"))
	// Output:
	// doing a
	// end: <nil>
	// b is Cancelled
}

func TestTakeUntilOther(t *testing.T) {
	runFlows(t, []flow{
		{"until never", reactive.TakeUntilOther(reactive.Just(1, 2), reactive.Never[string]()), values(1, 2)},
		{"until a value that is there", reactive.TakeUntilOther(reactive.Just(1, 2), reactive.Just("x")), values()},
		{"until completion", reactive.TakeUntilOther(reactive.Just(1, 2), reactive.Done()), values()},
		{"other fails at once", reactive.TakeUntilOther(reactive.Just(1, 2), reactive.Error[int](errBoom)), fails()},
		{"source fails", reactive.TakeUntilOther(failAfter(1), reactive.Never[int]()), fails(1)},
	})
}

func TestTakeUntilOtherEnds(t *testing.T) {
	runPairs(t, func(src, other ints) ints { return reactive.TakeUntilOther(src, other) }, []pair{
		{"value of other", func(src, other *intSource, p *intProbe) {
			p.Request(2)
			wantAsked(t, "other", other, 1)
			src.Next(7)
			other.Next(1)
		}, []int{7}, errCompleted, [2]bool{true, true}},
		{"completion of other", func(_, other *intSource, _ *intProbe) { other.Complete() }, nil, errCompleted, [2]bool{true, false}},
		{"failure of other", func(_, other *intSource, _ *intProbe) { other.Error(errBoom) }, nil, errBoom, [2]bool{true, false}},
		{"completion", func(src, _ *intSource, _ *intProbe) { src.Complete() }, nil, errCompleted, [2]bool{false, true}},
		{"failure", func(src, _ *intSource, _ *intProbe) { src.Error(errBoom) }, nil, errBoom, [2]bool{false, true}},
		{"cancel", func(_, _ *intSource, p *intProbe) { p.Cancel() }, nil, nil, [2]bool{true, true}},
		{"demand passes", func(src, _ *intSource, p *intProbe) {
			p.Request(2).Request(3)
			wantAsked(t, "source", src, 2, 3)
		}, nil, nil, [2]bool{false, false}},
	})
}

// The end may come from other while a value is on its way, or while the subscriber is still being subscribed: it waits.
func TestTakeUntilOtherIsSerial(t *testing.T) {
	t.Run("inside a value", func(t *testing.T) {
		src, other := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
		p := reactivetest.NewProbe[int](t).Each(func(int) { other.Next(1) })
		reactive.TakeUntilOther(src, other).Subscribe(background, p)
		p.Request(2)
		src.Next(7)
		p.ExpectNext(7).ExpectComplete()
	})
	t.Run("inside OnSubscribe", func(t *testing.T) {
		src := reactivetest.NewSource[int](t)
		p := reactivetest.NewProbe[int](t).RequestFirst(1)
		reactive.TakeUntilOther(src, reactive.Just(1)).Subscribe(background, p)
		p.ExpectComplete()
	})
}
