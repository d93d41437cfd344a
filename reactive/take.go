package reactive

import (
	"context"
	"sync/atomic"
)

// Take is the stream of the first n values. It never asks the source for more than n, and cancels it as the last of
// them is delivered. With n < 1 the stream is empty and the source is not subscribed to.
//
//	--1--(2!)
//	  take 2
//	--1--(2|)
func (f Flux[T]) Take(n int64) Flux[T] {
	if n < 1 {
		return Flux[T]{}
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &take[T]{finalStage: finalStage[T]{stage: stage[T]{down: s}}, left: n, limit: n})
	})
}

// First is the first value of the stream, whose source is asked for no more than that; it is empty if the stream is.
//
//	--(1!)
//	  first
//	--1|
func (f Flux[T]) First() Mono[T] { return Mono[T](f.Take(1)) }

type take[T any] struct {
	finalStage[T]
	limit     int64
	left      int64
	requested atomic.Int64
	asked     atomic.Int64
}

func (t *take[T]) OnSubscribe(up Subscription) {
	if t.attach(up) {
		t.down.OnSubscribe(t)
	}
}

func (t *take[T]) OnNext(v T) {
	if t.done {
		return
	}
	t.left--
	if t.left > 0 {
		t.down.OnNext(v)
		return
	}
	t.last(v)
}

func (t *take[T]) Request(n int64) {
	if n < 1 {
		t.up.Request(n)
		return
	}
	addCap(&t.requested, n)
	raise(&t.asked, min(t.requested.Load(), t.limit), t.up)
}

// Skip is the stream without its first n values. For each value that it skips it asks for another.
//
//	--1--2--3--|
//	  skip 1
//	-----2--3--|
func (f Flux[T]) Skip(n int64) Flux[T] {
	if n < 1 {
		return f
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &skip[T]{stage: stage[T]{down: s}, left: n, drop: discarding[T](ctx)})
	})
}

type skip[T any] struct {
	stage[T]
	left int64
	drop discard[T]
}

func (s *skip[T]) OnNext(v T) {
	if s.left == 0 {
		s.down.OnNext(v)
		return
	}
	s.left--
	s.drop.value(v)
	s.up.Request(1)
}
