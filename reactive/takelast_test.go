package reactive_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleFlux_TakeLast() {
	fmt.Println(reactive.Range(1, 100).TakeLast(3).Collect(context.Background()))
	// Output: [98 99 100] <nil>
}

func ExampleFlux_Repeat() {
	fmt.Println(reactive.Just("tick", "tock").Repeat(1).Collect(context.Background()))
	// Output: [tick tock tick tock] <nil>
}

// Each time is a call of its own.
func ExampleMono_Repeat() {
	tick := 0
	clock := reactive.FromFunc(func(context.Context) (int, error) { tick++; return tick, nil })
	fmt.Println(clock.Repeat(2).Collect(context.Background()))
	// Output: [1 2 3] <nil>
}

func TestTakeLast(t *testing.T) {
	runFlows(t, []flow{
		{"more than n", reactive.Range(0, 9).TakeLast(2), values(7, 8)},
		{"fewer than n", reactive.Just(1).TakeLast(2), values(1)},
		{"nothing", reactive.Empty[int]().TakeLast(2), values()},
		{"the last none", reactive.Range(0, 9).TakeLast(0), values()},
		{"less than none", reactive.Just(1).TakeLast(-1), values()},
		{"failure", failAfter(1, 2).TakeLast(2), fails()},
		{"failure and none", failAfter(1, 2).TakeLast(0), fails()},
	})
}

func TestTakeLastDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).TakeLast(3))
	wantAsked(t, "before demand", src)
	p.Request(1).Request(1)
	wantAsked(t, "with demand", src, reactive.Unbounded)
	src.Next(1, 2, 3, 4)
	p.ExpectNoSignal(0)
	src.Complete()
	p.ExpectNext(2, 3).ExpectNoSignal(0).Request(1).ExpectNext(4).ExpectComplete()
}

func TestTakeLastLeft(t *testing.T) {
	tests := []struct {
		name string
		do   func(src *intSource, p *intProbe)
		want []int // for which there was demand
		end  error
	}{
		{"cancel", func(_ *intSource, p *intProbe) { p.Cancel() }, nil, nil},
		{"bad request", func(_ *intSource, p *intProbe) { p.Request(0) }, nil, reactive.ErrBadRequest},
		{"cancel when values wait", func(src *intSource, p *intProbe) { src.Complete(); p.Cancel().Request(9) }, []int{1}, nil},
		{"bad request when values wait", func(src *intSource, p *intProbe) { src.Complete(); p.Request(-1) }, []int{1}, reactive.ErrBadRequest},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).TakeLast(3)).Request(1)
			src.Next(1, 2)
			tc.do(src, p)
			wantSignals(t, p, tc.want, tc.end)
		})
	}
}

// Asking and cancelling from other goroutines while the source ends.
func TestTakeLastUnderContention(t *testing.T) {
	for range 200 {
		p := reactivetest.Subscribe(t, reactive.Range(0, 500).PublishOn(reactive.Go, 8).TakeLast(100))
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for range 50 {
					p.Request(1)
				}
			})
		}
		wg.Wait()
		p.ExpectCount(100).ExpectComplete()
	}
}

func TestRepeat(t *testing.T) {
	runFlows(t, []flow{
		{"twice more", reactive.Just(1, 2).Repeat(2), values(1, 2, 1, 2, 1, 2)},
		{"not at all", reactive.Just(1, 2).Repeat(0), values(1, 2)},
		{"less than not at all", reactive.Just(1, 2).Repeat(-1), values(1, 2)},
		{"without end", reactive.Just(1, 2).Repeat(math.MaxInt).Take(5), values(1, 2, 1, 2, 1)},
		{"nothing", reactive.Empty[int]().Repeat(1000), values()},
		{"failure", failAfter(1).Repeat(2), fails(1)},
		{"mono", reactive.JustMono(1).Repeat(2), values(1, 1, 1)},
		{"mono, not at all", reactive.JustMono(1).Repeat(0), values(1)},
		{"mono, nothing", mono{}.Repeat(1000), values()},
		{"mono, failure", reactive.ErrorMono[int](errBoom).Repeat(2), fails()},
	})
}

func TestRepeatDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).Repeat(1))
	p.Request(3)
	wantAsked(t, "first time", src, 3)
	src.Next(1, 2).Complete()
	wantAsked(t, "second time", src, 1)
	src.Next(3)
	p.Request(2)
	wantAsked(t, "second time", src, 1, 2)
	src.Complete()
	p.ExpectNext(1, 2, 3).ExpectComplete()
	if n := src.Subscriptions(); n != 2 {
		t.Errorf("%d subscriptions, want 2", n)
	}
}
