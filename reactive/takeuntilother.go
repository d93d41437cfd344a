package reactive

import "context"

// TakeUntilOther is src until other gives its first value or completes, at which the stream completes.
//
// Demand goes to src as it is; other, which is subscribed to first, is asked for one value. The first failure, of src or
// of other, fails the stream. Whichever of the two is left when the stream ends or is cancelled is cancelled.
//
//	--1--2--!
//	--------(9!)
//	  take until other
//	--1--2--|
func TakeUntilOther[T, U any](src Publisher[T], other Publisher[U]) Flux[T] {
	src, other = unwrap[T](src), unwrap[U](other)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		t := &takeUntilOther[T, U]{ctx: ctx, other: other, drop: discarding[T](ctx)}
		t.down, t.stop.of = s, t
		src.Subscribe(ctx, t)
	})
}

// takeUntilOther is a half because its end may come from other.
type takeUntilOther[T, U any] struct {
	half[T]
	ctx   context.Context
	other Publisher[U]
	stop  stopSignal[T, U]
	up    Subscription
	drop  discard[T]
}

func (t *takeUntilOther[T, U]) OnSubscribe(up Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.hold()
	t.other.Subscribe(t.ctx, &t.stop)
	t.down.OnSubscribe(t)
	t.unhold()
}

func (t *takeUntilOther[T, U]) OnNext(v T) {
	if !t.next(v) {
		t.drop.value(v)
	}
}

func (t *takeUntilOther[T, U]) OnError(err error) { t.over(failure(err)) }
func (t *takeUntilOther[T, U]) OnComplete()       { t.over(nil) }

// over is the end of src.
func (t *takeUntilOther[T, U]) over(err error) {
	if t.claim(err) {
		t.stop.cancel()
		t.release()
	}
}

func (t *takeUntilOther[T, U]) Request(n int64) { t.up.Request(n) }

func (t *takeUntilOther[T, U]) Cancel() {
	if t.shut() {
		t.up.Cancel()
		t.stop.cancel()
	}
}

// stopSignal is the subscriber to other.
type stopSignal[T, U any] struct {
	slot
	of *takeUntilOther[T, U]
}

func (s *stopSignal[T, U]) OnSubscribe(up Subscription) {
	if s.set(up) {
		up.Request(1)
	}
}

func (s *stopSignal[T, U]) OnNext(U) {
	s.cancel()
	s.stop(nil)
}

func (s *stopSignal[T, U]) OnError(err error) {
	if s.ended() {
		s.stop(failure(err))
	}
}

func (s *stopSignal[T, U]) OnComplete() {
	if s.ended() {
		s.stop(nil)
	}
}

func (s *stopSignal[T, U]) stop(err error) {
	if s.of.claim(err) {
		s.of.up.Cancel()
		s.of.release()
	}
}
