package reactive

import (
	"context"
	"sync/atomic"
	"time"
)

// Timer is the one value 0, d after the subscription or, if nobody had asked for it by then, when somebody does.
// It runs on a goroutine of the timer.
func Timer(d time.Duration) Mono[int64] {
	return newMono(func(_ context.Context, s Subscriber[int64]) {
		t := &timerSubscription{result: result[int64]{down: s}}
		s.OnSubscribe(t)
		t.alarm.set(d, func() { t.complete(0) })
	})
}

type timerSubscription struct {
	result[int64]
	alarm alarm
}

func (t *timerSubscription) Request(n int64) {
	if n < 1 {
		t.alarm.stop()
	}
	t.result.Request(n)
}

func (t *timerSubscription) Cancel() {
	t.result.Cancel()
	t.alarm.stop()
}

// DelayEnd holds the end of the stream back by d; values pass at once. Cancelling meanwhile drops the end. With d < 1
// nothing is held back.
func (f Flux[T]) DelayEnd(d time.Duration) Flux[T] {
	if d < 1 {
		return f
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		t := &delayedEnd[T]{d: d}
		t.down = s
		src.Subscribe(ctx, t)
	})
}

// DelayEnd holds the end of m back by d; a value passes at once. See [Flux.DelayEnd].
func (m Mono[T]) DelayEnd(d time.Duration) Mono[T] { return Mono[T](m.Flux().DelayEnd(d)) }

type delayedEnd[T any] struct {
	half[T]
	d     time.Duration
	up    Subscription
	held  atomic.Bool // upstream has ended
	alarm alarm
}

func (t *delayedEnd[T]) OnSubscribe(up Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.down.OnSubscribe(t)
}

func (t *delayedEnd[T]) OnNext(v T) { t.down.OnNext(v) }

func (t *delayedEnd[T]) OnError(err error) { t.hold(err) }
func (t *delayedEnd[T]) OnComplete()       { t.hold(nil) }

func (t *delayedEnd[T]) hold(err error) {
	t.held.Store(true)
	t.alarm.set(t.d, func() { t.finish(err) })
}

func (t *delayedEnd[T]) Request(n int64) {
	switch {
	case !t.held.Load():
		t.up.Request(n)
	case n < 1: // upstream can no longer answer it
		t.alarm.stop()
		t.finish(ErrBadRequest)
	}
}

func (t *delayedEnd[T]) Cancel() {
	if t.shut() {
		t.up.Cancel()
		t.alarm.stop()
	}
}
