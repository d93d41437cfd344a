package reactive

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// Timeout fails the stream with [ErrTimeout], and cancels the source, when a value that was asked for does not come
// within d of the request or of the value before it. Unlike in Reactor, time in which the source owes nothing does not
// count, nor does the time the subscriber takes in OnNext: it is the source that is timed, not the subscriber. With
// d < 1 there is no timeout.
//
// The timer is not set anew for each value; it looks, when it goes off, how long ago the last one was.
//
//	--1--2---!
//	  timeout 4
//	--1--2---x
func (f Flux[T]) Timeout(d time.Duration) Flux[T] { return timed(f, d, false) }

// Timeout fails m with [ErrTimeout], and cancels it, when neither its value nor its end has come within d of its being
// asked; see [Flux.Timeout]. Once the value is there nothing is timed any more, as in Reactor.
//
//	----!  ->  ----x
func (m Mono[T]) Timeout(d time.Duration) Mono[T] { return Mono[T](timed(m.Flux(), d, true)) }

// timed is Timeout. After a single value nothing is owed.
func timed[T any](f Flux[T], d time.Duration, single bool) Flux[T] {
	if d < 1 {
		return f
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		t := &timeout[T]{d: d, epoch: time.Now(), drop: discarding[T](ctx), single: single}
		t.down = s
		src.Subscribe(ctx, t)
	})
}

type timeout[T any] struct {
	half[T]
	d         time.Duration
	single    bool
	epoch     time.Time
	drop      discard[T]
	up        Subscription
	requested atomic.Int64
	received  atomic.Int64
	since     atomic.Int64 // when the source began to owe the next value, in ns after epoch
	armed     atomic.Bool  // the alarm is set; true while it must not be
	alarm     alarm
}

// timeoutBusy as since: the subscriber is in OnNext.
const timeoutBusy = math.MaxInt64

func (t *timeout[T]) now() int64 { return int64(time.Since(t.epoch)) }

// owes reports whether the source was asked for more than it delivered.
func (t *timeout[T]) owes() bool {
	received := t.received.Load()
	return t.requested.Load() > received && (received == 0 || !t.single)
}

func (t *timeout[T]) OnSubscribe(up Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.armed.Store(true)
	t.down.OnSubscribe(t)
	t.armed.Store(false) // not before: the alarm must not overlap OnSubscribe (1.3)
	t.arm()
}

func (t *timeout[T]) OnNext(v T) {
	t.since.Store(timeoutBusy)
	if received := t.received.Add(1); received > 1 && t.single || !t.next(v) {
		t.drop.value(v)
	}
	t.since.Store(t.now())
}

func (t *timeout[T]) OnError(err error) {
	t.alarm.stop()
	t.finish(failure(err))
}

func (t *timeout[T]) OnComplete() {
	t.alarm.stop()
	t.finish(nil)
}

func (t *timeout[T]) Request(n int64) {
	if n > 0 {
		if !t.owes() && t.since.Load() != timeoutBusy {
			t.since.Store(t.now()) // first, or the alarm could see the debt with the time of the value before it
		}
		addCap(&t.requested, n)
		t.arm()
	}
	t.up.Request(n)
}

func (t *timeout[T]) Cancel() {
	if t.shut() {
		t.alarm.stop()
		t.up.Cancel()
	}
}

// arm sets the alarm if it is needed and not set.
func (t *timeout[T]) arm() {
	if t.owes() && t.armed.CompareAndSwap(false, true) {
		t.alarm.set(t.d, t.expire)
	}
}

func (t *timeout[T]) expire() {
	left := t.d
	switch since := t.since.Load(); {
	case !t.owes():
		t.armed.Store(false)
		t.arm() // in case a Request found it armed just then
		return
	case since != timeoutBusy:
		left -= time.Duration(t.now() - since)
	}
	if left > 0 {
		t.alarm.set(left, t.expire)
		return
	}
	if t.single && !t.received.CompareAndSwap(0, 1) {
		return // the value came just then: it is that or the timeout
	}
	if t.claim(ErrTimeout) {
		t.alarm.stop()
		t.up.Cancel()
		t.release()
	}
}
