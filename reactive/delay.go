package reactive

import (
	"context"
	"sync/atomic"
	"time"
)

// Delay holds each value back by d, one after the other: the next one is asked for when the one before was passed on, so
// values keep their order and are at least d apart. It asks for no more than the subscriber does.
//
// A failure does not wait: it ends the stream at once, and drops the value that is held back. Completion comes after it.
// Values are delivered on a goroutine of the timer. With d < 1 nothing is held back. In Reactor this is delayElements.
//
//	-1--2-----3---|
//	  delay 3
//	----1--2-----3|
func (f Flux[T]) Delay(d time.Duration) Flux[T] {
	if d < 1 {
		return f
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		t := &delayed[T]{d: d, drop: discarding[T](ctx)}
		t.down, t.fire = s, t.pass
		t.alive.Store(1)
		t.passed.Store(delayHeld)
		src.Subscribe(ctx, t)
	})
}

// Delay holds the value of m back by d; see [Flux.Delay]. In Reactor this is delayElement.
//
//	--1|  ->  -----1|
func (m Mono[T]) Delay(d time.Duration) Mono[T] { return Mono[T](m.Flux().Delay(d)) }

// delayed is a half because its values come from the timer and its end may come from the source.
type delayed[T any] struct {
	half[T]
	d         time.Duration
	drop      discard[T]
	up        Subscription
	requested atomic.Int64
	asked     atomic.Int64
	passed    atomic.Int64 // values; delayHeld while the source must not be asked
	alive     atomic.Int32 // the source and the value that is held back, as long as they have not ended
	alarm     alarm
	fire      func() // pass, made once

	held atomic.Bool // there is a value; who clears it owns that
	v    T
}

const delayHeld = -1

func (t *delayed[T]) OnSubscribe(up Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.down.OnSubscribe(t)
	t.passed.Store(0) // not before: the timer must not overlap OnSubscribe (1.3)
	t.ask()
}

func (t *delayed[T]) OnNext(v T) {
	if t.held.Load() { // the source breaks rule 1.1
		t.drop.value(v)
		t.fail(ErrOverflow)
		return
	}
	t.alive.Add(1)
	t.v = v
	t.held.Store(true)
	t.alarm.set(t.d, t.fire)
	if t.ended() { // its alarm may have been stopped before it was set
		t.letGo()
	}
}

// pass delivers the value that was held back. It runs on a goroutine of the timer.
func (t *delayed[T]) pass() {
	if !t.held.CompareAndSwap(true, false) {
		return
	}
	var none T
	v := t.v
	t.v = none
	if !t.next(v) {
		t.drop.value(v)
		return
	}
	t.passed.Add(1)
	if t.alive.Add(-1) == 0 {
		t.finish(nil)
	} else {
		t.ask()
	}
}

// letGo drops the value that is held back, if there is one.
func (t *delayed[T]) letGo() {
	t.alarm.stop()
	if t.held.CompareAndSwap(true, false) {
		var none T
		v := t.v
		t.v = none
		t.drop.value(v)
	}
}

func (t *delayed[T]) OnError(err error) {
	if t.claim(failure(err)) {
		t.letGo()
		t.release()
	}
}

func (t *delayed[T]) OnComplete() {
	if t.alive.Add(-1) == 0 {
		t.finish(nil)
	}
}

// ask asks for the next value if none is held back and there is demand.
func (t *delayed[T]) ask() {
	raise(&t.asked, min(t.requested.Load(), t.passed.Load()+1), t.up)
}

func (t *delayed[T]) Request(n int64) {
	if n > 0 {
		addCap(&t.requested, n)
		t.ask()
		return
	}
	t.fail(ErrBadRequest)
}

// fail cancels the source, then ends the stream.
func (t *delayed[T]) fail(err error) {
	if t.claim(err) {
		t.up.Cancel()
		t.letGo()
		t.release()
	}
}

func (t *delayed[T]) Cancel() {
	if t.shut() {
		t.up.Cancel()
		t.letGo()
	}
}
