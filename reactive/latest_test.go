package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleCombineLatest() {
	price, quantity := reactive.NewUnicast[int](4), reactive.NewUnicast[int](4)
	total := reactive.CombineLatest(price.Flux(), quantity.Flux(), func(p, q int) int { return p * q })
	reactive.Run(context.Background(), total, func(v int) { fmt.Println("total", v) }, nil)
	price.Next(10)
	quantity.Next(2)
	price.Next(11)
	quantity.Next(3)
	// Output:
	// total 20
	// total 22
	// total 33
}

// Each request is answered by the settings in force when it comes.
func ExampleWithLatestFrom() {
	requests, settings := reactive.NewUnicast[string](4), reactive.NewReplay[string](1)
	settings.Next("debug")
	lines := reactive.WithLatestFrom(requests.Flux(), settings.Flux(), func(r, s string) string { return r + " with " + s })
	reactive.Run(context.Background(), lines, func(s string) { fmt.Println(s) }, nil)
	requests.Next("one")
	settings.Next("info")
	settings.Next("error")
	requests.Next("two")
	// Output:
	// one with debug
	// two with error
}

func TestCombineLatest(t *testing.T) {
	runFlows(t, []flow{
		{"one and many", reactive.CombineLatest(reactive.Just(10), reactive.Just(1, 2, 3), add), values(11, 12, 13)},
		{"many and one: the last of them", reactive.CombineLatest(reactive.Just(1, 2, 3), reactive.Just(10), add), values(13)},
		{"with nothing", reactive.CombineLatest(reactive.Just(1), reactive.Empty[int](), add), values()},
		{"nothing first", reactive.CombineLatest(reactive.Empty[int](), reactive.Never[int](), add), values()},
		{"more than the read-ahead", reactive.CombineLatest(reactive.Just(0), reactive.Range(0, 1000), add).Skip(998), values(998, 999)},
		{"failure", reactive.CombineLatest(reactive.Just(10), failAfter(1), add), fails(11)},
		{"panic", reactive.CombineLatest(reactive.Just(0), reactive.Range(1, 9), func(_, b int) int { return divide(b) }), panics(3, 6)},
	})
}

func TestCombineLatestEnds(t *testing.T) {
	runPairs(t, func(a, b ints) ints { return reactive.CombineLatest(a, b, add) }, []pair{
		{"a value for each value of either, in their order", func(a, b *intSource, p *intProbe) {
			p.Request(9)
			a.Next(1, 2)
			b.Next(10, 20)
			a.Next(3)
			b.Next(30)
		}, []int{12, 22, 23, 33}, nil, [2]bool{false, false}},
		{"what there is no demand for waits", func(a, b *intSource, p *intProbe) {
			p.Request(1)
			a.Next(1)
			b.Next(10)
			a.Next(2)
			b.Next(20)
			a.Next(3)
			p.ExpectNext(11).ExpectNoSignal(0).Request(2)
		}, []int{11, 12, 22}, nil, [2]bool{false, false}},
		{"read-ahead", func(a, b *intSource, p *intProbe) {
			wantAsked(t, "before demand", a)
			p.Request(1).Request(1)
			wantAsked(t, "a", a, 32)
			wantAsked(t, "b", b, 32)
			for i := range 24 {
				a.Next(i)
			}
			wantAsked(t, "a, used up", a, 32, 24)
			b.Next(100)
		}, []int{123}, nil, [2]bool{false, false}},
		{"completion waits for the other", func(a, b *intSource, p *intProbe) {
			p.Request(9)
			a.Next(1).Complete()
			b.Next(10, 20)
		}, []int{11, 21}, nil, [2]bool{false, false}},
		{"both complete", func(a, b *intSource, p *intProbe) {
			p.Request(9)
			a.Next(1).Complete()
			b.Next(10).Complete()
		}, []int{11}, errCompleted, [2]bool{false, false}},
		{"completion waits for what is queued", func(a, b *intSource, p *intProbe) {
			p.Request(1)
			a.Next(1)
			b.Next(10, 20)
			a.Complete()
			b.Complete()
		}, []int{11}, nil, [2]bool{false, false}},
		{"one completes without a value", func(a, b *intSource, p *intProbe) {
			p.Request(9)
			a.Next(1)
			b.Complete()
		}, nil, errCompleted, [2]bool{true, false}},
		{"failure", func(a, _ *intSource, _ *intProbe) { a.Error(errBoom) }, nil, errBoom, [2]bool{false, true}},
		{"cancel", func(_, _ *intSource, p *intProbe) { p.Cancel() }, nil, nil, [2]bool{true, true}},
		{"bad request", func(_, _ *intSource, p *intProbe) { p.Request(0) }, nil, reactive.ErrBadRequest, [2]bool{true, true}},
	})
}

func TestCombineLatestUnderContention(t *testing.T) {
	const n = 5000
	a := reactive.Range(0, n).PublishOn(reactive.Go, 16)
	b := reactive.Range(0, n).PublishOn(reactive.Go, 16)
	var p *intProbe
	last := 0
	p = reactivetest.NewProbe[int](t).RequestFirst(2).Each(func(v int) {
		if v < last || v > last+1 && last > 0 {
			t.Errorf("got the sum %d after %d, want steps of at most one", v, last)
		}
		last = v
		p.Request(1)
	})
	reactive.CombineLatest(a, b, add).Subscribe(background, p)
	p.SkipValues().ExpectComplete()
	if last != 2*(n-1) {
		t.Errorf("last sum %d, want %d", last, 2*(n-1))
	}
}

func TestWithLatestFrom(t *testing.T) {
	runFlows(t, []flow{
		{"other is there first", reactive.WithLatestFrom(reactive.Just(1, 2), reactive.Just(10, 20), add), values(21, 22)},
		{"other is empty", reactive.WithLatestFrom(reactive.Just(1, 2), reactive.Empty[int](), add), values()},
		{"other never speaks", reactive.WithLatestFrom(reactive.Just(1, 2), reactive.Never[int](), add), values()},
		{"other fails", reactive.WithLatestFrom(reactive.Just(1, 2), failAfter(1), add), fails()},
		{"failure", reactive.WithLatestFrom(failAfter(1), reactive.Just(10), add), fails(11)},
		{"panic", reactive.WithLatestFrom(reactive.Range(1, 9), reactive.Just(10), func(a, _ int) int { return divide(a) }), panics(3, 6)},
	})
}

func TestWithLatestFromEnds(t *testing.T) {
	runPairs(t, func(src, other ints) ints { return reactive.WithLatestFrom(src, other, add) }, []pair{
		{"demand", func(src, other *intSource, p *intProbe) {
			wantAsked(t, "other", other, reactive.Unbounded)
			p.Request(2)
			src.Next(1)
			wantAsked(t, "source, for a value that came too early", src, 2, 1)
			other.Next(10)
			src.Next(2)
			other.Next(20, 30)
			src.Next(3)
			wantAsked(t, "source", src, 2, 1)
		}, []int{12, 33}, nil, [2]bool{false, false}},
		{"completion of other", func(src, other *intSource, p *intProbe) {
			p.Request(2)
			other.Next(10).Complete()
			src.Next(1)
		}, []int{11}, nil, [2]bool{false, false}},
		{"completion of other without a value", func(_, other *intSource, _ *intProbe) { other.Complete() }, nil, errCompleted, [2]bool{true, false}},
		{"failure of other", func(_, other *intSource, _ *intProbe) { other.Error(errBoom) }, nil, errBoom, [2]bool{true, false}},
		{"completion", func(src, _ *intSource, _ *intProbe) { src.Complete() }, nil, errCompleted, [2]bool{false, true}},
		{"cancel", func(_, _ *intSource, p *intProbe) { p.Cancel() }, nil, nil, [2]bool{true, true}},
	})
}
