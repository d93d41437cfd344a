package reactive_test

import (
	"context"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// pushed makes a publisher of a source that is pushed: emit is called after a subscription, from another goroutine if
// async, and pushes n values and the end.
func pushed(subscribe func(ctx context.Context, s reactive.Subscriber[int]), async bool, emit func()) reactive.Publisher[int] {
	return reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
		subscribe(ctx, s)
		if async {
			go emit()
		} else {
			emit()
		}
	})
}

// The sources that are pushed obey the rules, whether the emitter is the subscriber's goroutine or another.
func TestPushSourcesConformance(t *testing.T) {
	const room = 12_000 // the most the suite asks for
	fill := func(s *reactive.Sink[int], n int) {
		for i := range n {
			s.Next(i)
		}
		s.Complete()
	}
	for _, async := range []bool{false, true} {
		suffix := "/same goroutine"
		if async {
			suffix = "/another goroutine"
		}
		subjects := []struct {
			name    string
			subject reactivetest.Subject
		}{
			{"unicast", reactivetest.Subject{Publisher: func(n int) reactive.Publisher[int] {
				return reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
					sink := reactive.NewUnicast[int](room)
					pushed(sink.Flux().Subscribe, async, func() { fill(sink, n) }).Subscribe(ctx, s)
				})
			}}},
			{"multicast", reactivetest.Subject{Publisher: func(n int) reactive.Publisher[int] {
				return reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
					sink := reactive.NewMulticast[int](room)
					pushed(sink.Flux().Subscribe, async, func() { fill(sink, n) }).Subscribe(ctx, s)
				})
			}}},
			{"replay", reactivetest.Subject{Publisher: func(n int) reactive.Publisher[int] {
				sink := reactive.NewReplay[int](room)
				if async {
					go fill(sink, n)
				} else {
					fill(sink, n)
				}
				return sink.Flux()
			}}},
			{"broadcast", reactivetest.Subject{Publisher: func(n int) reactive.Publisher[int] {
				return reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
					b := reactive.NewBroadcast[int]()
					pushed(b.Flux(room, reactive.OverflowError).Subscribe, async, func() {
						for i := range n {
							b.Emit(i)
						}
						b.Complete()
					}).Subscribe(ctx, s)
				})
			}}},
			{"create", reactivetest.Subject{
				Publisher: func(n int) reactive.Publisher[int] {
					return reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
						emit := func() {
							for i := range n {
								out.Next(i)
							}
							out.Complete()
						}
						if async {
							go emit()
						} else {
							emit()
						}
					}, room, reactive.OverflowError)
				},
				Failing: func(err error) reactive.Publisher[int] {
					return reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
						out.Next(1)
						out.Error(err)
					}, 1, reactive.OverflowError)
				},
			}},
			{"create on request", reactivetest.Subject{Publisher: func(n int) reactive.Publisher[int] {
				return reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
					next := 0
					emit := func(k int64) {
						for ; k > 0 && next < n; k-- {
							out.Next(next)
							next++
						}
						if next == n {
							out.Complete()
						}
					}
					if n == 0 {
						out.Complete()
						return
					}
					if !async {
						out.OnRequest(emit)
						return
					}
					asked := make(chan int64, 1000)
					out.OnRequest(func(k int64) { asked <- k })
					ended := make(chan struct{})
					out.OnCancel(func() { close(ended) })
					go func() {
						for next < n {
							select {
							case k := <-asked:
								emit(k)
							case <-ended:
								return
							}
						}
					}()
				}, 1, reactive.OverflowError)
			}}},
			{"unicast, one sink", reactivetest.Subject{Unicast: true, Publisher: func(n int) reactive.Publisher[int] {
				sink := reactive.NewUnicast[int](room)
				if async {
					go fill(sink, n)
				} else {
					fill(sink, n)
				}
				return sink.Flux()
			}}},
			{"broadcast, one hub", reactivetest.Subject{Endless: true, Once: true, Publisher: func(n int) reactive.Publisher[int] {
				// Remembers nothing, so each subscriber is emitted to as it comes; the hub and what it keeps stay.
				b := reactive.NewBroadcast[int]()
				return pushed(b.Flux(room, reactive.OverflowError).Subscribe, async, func() {
					for i := range n {
						b.Emit(i)
					}
				})
			}}},
		}
		for _, tc := range subjects {
			t.Run(tc.name+suffix, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
		}
	}
}
