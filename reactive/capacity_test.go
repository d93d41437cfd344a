package reactive_test

import (
	"context"
	"math"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// The largest capacity is a large one, wherever a value finds its subscriber busy.
func TestLargestCapacity(t *testing.T) {
	sinks := []struct {
		name string
		make func(capacity int) *reactive.Sink[int]
	}{
		{"unicast", reactive.NewUnicast[int]},
		{"multicast", reactive.NewMulticast[int]},
		{"replay", reactive.NewReplay[int]},
	}
	for _, tc := range sinks {
		t.Run(tc.name, func(t *testing.T) {
			sink := tc.make(math.MaxInt)
			p := reactivetest.NewProbe[int](t).RequestFirst(9).Each(func(v int) {
				if v == 1 {
					if got := sink.Next(2); got != reactive.EmitOK {
						t.Errorf("a push from inside OnNext: got %v, want OK", got)
					}
				}
			})
			sink.Flux().Subscribe(background, p)
			sink.Next(1)
			sink.Complete()
			p.ExpectNext(1, 2).ExpectComplete()
		})
	}
	overflows := []reactive.Overflow{reactive.OverflowError, reactive.OverflowDropNewest, reactive.OverflowDropOldest}
	for _, o := range overflows {
		t.Run("Create, "+o.String(), func(t *testing.T) {
			var out reactive.Emitter[int]
			p := reactivetest.NewProbe[int](t).RequestFirst(9).Each(func(v int) {
				if v == 1 && !out.Next(2) {
					t.Error("a push from inside OnNext was not taken")
				}
			})
			reactive.Create(func(_ context.Context, e reactive.Emitter[int]) {
				out = e
				e.Next(1)
				e.Complete()
			}, math.MaxInt, o).Subscribe(background, p)
			p.ExpectNext(1, 2).ExpectComplete()
		})
	}
}

// A second subscriber gets what is new, also where everything is kept.
func TestReplayOfEverything(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	f := reactive.FromPublisher(src).Replay(math.MaxInt)
	first := reactivetest.Subscribe(t, f).Request(reactive.Unbounded)
	src.Next(1)
	second := reactivetest.Subscribe(t, f).Request(1).ExpectNext(1)
	src.Next(2).Complete()
	first.ExpectNext(1, 2).ExpectComplete()
	second.Request(1).ExpectNext(2).ExpectComplete()
}
