package reactive

import "context"

// TakeUntil is the stream up to and including the first value for which last returns true; the source is cancelled as
// that value is delivered. A panic in last cancels the source and fails the stream.
//
//	--1--(2!)
//	  take until 2
//	--1--(2|)
func (f Flux[T]) TakeUntil(last func(T) bool) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &takeUntil[T]{finalStage: finalStage[T]{stage: stage[T]{down: s}}, ends: last, drop: discarding[T](ctx)})
	})
}

// TakeWhile is the stream up to and not including the first value for which keep returns false, at which the source is
// cancelled. A panic in keep cancels the source and fails the stream.
//
//	--1--2--(3!)
//	  take while below 3
//	--1--2--|
func (f Flux[T]) TakeWhile(keep func(T) bool) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &takeWhile[T]{stage: stage[T]{down: s}, keep: keep, drop: discarding[T](ctx)})
	})
}

type takeUntil[T any] struct {
	finalStage[T]
	ends func(T) bool
	drop discard[T]
}

func (t *takeUntil[T]) OnNext(v T) {
	if t.done {
		return
	}
	switch last, err := apply(t.ends, v); {
	case err != nil:
		t.drop.value(v)
		t.fail(err)
	case last:
		t.last(v)
	default:
		t.down.OnNext(v)
	}
}

type takeWhile[T any] struct {
	stage[T]
	keep func(T) bool
	drop discard[T]
}

func (t *takeWhile[T]) OnNext(v T) {
	if t.done {
		return
	}
	keep, err := apply(t.keep, v)
	switch {
	case err != nil:
		t.drop.value(v)
		t.fail(err)
	case keep:
		t.down.OnNext(v)
	default:
		t.drop.value(v)
		t.up.Cancel()
		t.OnComplete()
	}
}
