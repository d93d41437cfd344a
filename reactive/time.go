package reactive

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Timer is the one value 0, d after the subscription or, if nobody had asked for it by then, when somebody does.
// It runs on a goroutine of the timer.
//
//	  timer 4
//	----0|
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

// Interval is the stream of the numbers of the ticks of a clock, 0 at d after the subscription and one more every d. It
// has no end. A tick that meets no demand, or the delivery of the one before, is dropped, as [time.Ticker] does; the gap
// in the numbers tells. It runs on a goroutine of the timer. With d < 1 the stream fails.
//
//	  interval 4
//	^---0---1-----^-3---     ^ asks for 2, then for 1
func Interval(d time.Duration) Flux[int64] {
	if d < 1 {
		return Error[int64](fmt.Errorf("reactive: interval of %v", d))
	}
	return newFlux(func(_ context.Context, s Subscriber[int64]) {
		t := &intervalSubscription{d: d}
		t.down = s
		s.OnSubscribe(t)
		t.start = time.Now()
		t.alarm.set(d, t.tick)
	})
}

type intervalSubscription struct {
	half[int64]
	d      time.Duration
	start  time.Time
	ticks  int64 // that have passed; belongs to the timer's goroutine
	demand atomic.Int64
	alarm  alarm
}

func (t *intervalSubscription) tick() {
	if t.demand.Load() > 0 {
		produced(&t.demand, 1)
		t.next(t.ticks)
	}
	t.ticks++
	// Set only now, so that no tick overlaps another.
	passed := time.Since(t.start)
	t.ticks = max(t.ticks, int64(passed/t.d))
	t.alarm.set(time.Duration(t.ticks+1)*t.d-passed, t.tick)
}

func (t *intervalSubscription) Request(n int64) {
	if n < 1 {
		t.alarm.stop()
		t.finish(ErrBadRequest)
		return
	}
	addCap(&t.demand, n)
}

func (t *intervalSubscription) Cancel() {
	t.shut()
	t.alarm.stop()
}

// DelayEnd holds the end of the stream back by d; values pass at once. Cancelling meanwhile drops the end. With d < 1
// nothing is held back.
//
//	--1--2--|
//	  delay end 3
//	--1--2-----|
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
//
//	--1|  ->  --1---|
func (m Mono[T]) DelayEnd(d time.Duration) Mono[T] { return Mono[T](m.Flux().DelayEnd(d)) }

type delayedEnd[T any] struct {
	half[T]
	d     time.Duration
	up    Subscription
	ready atomic.Bool // OnSubscribe has returned
	held  atomic.Bool // upstream has ended
	err   error       // how
	alarm alarm
}

func (t *delayedEnd[T]) OnSubscribe(up Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.down.OnSubscribe(t)
	t.ready.Store(true)
	if t.held.Load() { // the end came while the subscriber was in OnSubscribe, which no signal may overlap (1.3)
		t.start()
	}
}

func (t *delayedEnd[T]) OnNext(v T) { t.down.OnNext(v) }

func (t *delayedEnd[T]) OnError(err error) { t.hold(failure(err)) }
func (t *delayedEnd[T]) OnComplete()       { t.hold(nil) }

func (t *delayedEnd[T]) hold(err error) {
	t.err = err
	t.held.Store(true)
	if t.ready.Load() {
		t.start()
	}
}

func (t *delayedEnd[T]) start() { t.alarm.set(t.d, func() { t.finish(t.err) }) }

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
