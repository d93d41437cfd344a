package reactive

import (
	"context"
	"io"
	"sync/atomic"
)

// Pull is the stream of what next returns: a read that may block, done only while there is demand. An error of exactly
// io.EOF completes the stream; any other error, and a panic, fails it.
//
// A goroutine of its own calls next and delivers the values, one after the other; it is started by a Request that
// finds it gone and ends as soon as there is no demand left. The context that next gets ends when the subscription is
// cancelled or the subscriber's context ends, whereupon next must return. A value that next returns after a
// cancellation is lost.
//
//	-1-2-------3-|     what next returns, io.EOF at the end
//	  pull
//	^1-2----^--3-|     each ^ asks for 2
func Pull[T any](next func(ctx context.Context) (T, error)) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		p := &pullSubscription[T]{loop: loop[T]{down: s}, ctx: callContext{parent: ctx}, next: next}
		p.hold()
		s.OnSubscribe(p)
		if p.unhold() {
			go p.run()
		}
	})
}

// FromChan is the stream of what is received from ch; closing the channel completes it. Values are received only while
// there is demand (see [Pull]). Several subscribers share the values as several receivers do.
//
//	12-----3---|     sent, and closed
//	  from chan
//	^1---^2^3---^|     each ^ asks for 1
func FromChan[T any](ch <-chan T) Flux[T] {
	return Pull(func(ctx context.Context) (v T, err error) {
		select {
		case v, ok := <-ch:
			if !ok {
				return v, io.EOF
			}
			return v, nil
		case <-ctx.Done():
			return v, context.Cause(ctx)
		}
	})
}

type pullSubscription[T any] struct {
	loop[T]
	ctx  callContext
	next func(ctx context.Context) (T, error)
}

func (s *pullSubscription[T]) Request(n int64) {
	if s.enter(n) {
		go s.run()
	}
	if n < 1 {
		s.ctx.end() // the loop is told, next to be woken
	}
}

func (s *pullSubscription[T]) Cancel() {
	s.loop.Cancel()
	s.ctx.end()
}

func (s *pullSubscription[T]) run() {
	for {
		batch := s.demand.Load()
		for range batch {
			if s.closed() {
				return
			}
			v, err := call(s.next, &s.ctx)
			switch {
			case err == io.EOF:
				s.end(nil)
				return
			case err != nil:
				s.end(err)
				return
			case s.closed():
				return
			}
			s.down.OnNext(v)
		}
		if produced(&s.demand, batch) == 0 {
			return
		}
	}
}

func (s *pullSubscription[T]) end(err error) {
	s.ctx.end()
	s.finish(err)
}

// FromFunc is the result of f, which runs for each subscriber, on the goroutine of its first Request. The context that
// f gets ends when f has returned, the subscription is cancelled or the subscriber's context ends. A panic in f becomes
// OnError.
//
//	  from func
//	^--1|     f runs from ^ on
func FromFunc[T any](f func(ctx context.Context) (T, error)) Mono[T] {
	return newMono(func(ctx context.Context, s Subscriber[T]) {
		s.OnSubscribe(&funcSubscription[T]{down: s, ctx: callContext{parent: ctx}, f: f})
	})
}

// Do completes when f has returned nil and fails with its error. See [FromFunc] for when and where f runs.
//
//	  do
//	^--|     f runs from ^ on
func Do(f func(ctx context.Context) error) Mono[Void] {
	return newMono(func(ctx context.Context, s Subscriber[Void]) {
		s.OnSubscribe(&funcSubscription[Void]{down: s, ctx: callContext{parent: ctx}, do: f})
	})
}

// funcSubscription runs either f or do.
type funcSubscription[T any] struct {
	down  Subscriber[T]
	ctx   callContext
	f     func(ctx context.Context) (T, error)
	do    func(ctx context.Context) error
	state atomic.Int32 // as of scalarSubscription
}

func (s *funcSubscription[T]) Request(n int64) {
	if !s.state.CompareAndSwap(scalarFresh, scalarAsked) {
		return
	}
	if n < 1 {
		s.down.OnError(ErrBadRequest)
		return
	}
	var v T
	var err error
	if s.do != nil {
		err = callVoid(s.do, &s.ctx)
	} else {
		v, err = call(s.f, &s.ctx)
	}
	s.ctx.end()
	if s.state.Load() != scalarAsked {
		return
	}
	if err != nil {
		s.down.OnError(err)
		return
	}
	if s.do == nil {
		s.down.OnNext(v)
		if s.state.Load() != scalarAsked {
			return
		}
	}
	s.down.OnComplete()
}

func (s *funcSubscription[T]) Cancel() {
	s.state.Store(scalarOver)
	s.ctx.end()
}
