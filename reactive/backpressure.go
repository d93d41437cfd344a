package reactive

import (
	"context"
	"sync/atomic"
)

// LimitRate splits the subscriber's demand into requests of at most n (at least 1), so that never more than n values
// that were asked for are outstanding at the source. It asks for nothing beyond the demand; that is what [Flux.Prefetch]
// does. New requests go out when three quarters of n have arrived, not for each value.
//
//	^-1--2^-3--4^-|     each ^ asks for 2
//	  limit rate 2
//	^-1--2--3--4--|     ^ asks for everything
func (f Flux[T]) LimitRate(n int) Flux[T] {
	src, limit := f.source(), int64(max(1, n))
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &limiter[T]{stage: stage[T]{down: s}, limit: limit, refill: limit - limit/4})
	})
}

// limiter counts totals. Those that received says have arrived only grow in steps of refill: up to the next step a
// request may find less room than there is, but the step is always reached, because limit values after the last one
// are outstanding then.
type limiter[T any] struct {
	stage[T]
	limit, refill int64
	requested     atomic.Int64
	asked         atomic.Int64
	received      atomic.Int64
	since         int64 // received since the last step
}

func (l *limiter[T]) OnSubscribe(up Subscription) {
	if l.attach(up) {
		l.down.OnSubscribe(l)
	}
}

func (l *limiter[T]) OnNext(v T) {
	l.down.OnNext(v)
	if l.since++; l.since == l.refill {
		l.since = 0
		l.received.Add(l.refill)
		l.ask()
	}
}

func (l *limiter[T]) ask() {
	raise(&l.asked, min(l.requested.Load(), l.received.Load()+l.limit), l.up)
}

func (l *limiter[T]) Request(n int64) {
	if n < 1 {
		l.up.Request(n)
		return
	}
	addCap(&l.requested, n)
	l.ask()
}

func (l *limiter[T]) Cancel() { l.up.Cancel() }

// OnBackpressureBuffer asks the source for everything and queues what the subscriber has no demand for, up to capacity
// (at least 1). O says what happens beyond it: with [OverflowError] the source is cancelled and the stream fails after
// the values that are queued.
//
//	-1-2-3-4-5----|
//	  on backpressure buffer 2, drop oldest
//	^1--------^4^5|     each ^ asks for 1
func (f Flux[T]) OnBackpressureBuffer(capacity int, o Overflow) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &absorber[T]{down: s, drop: discarding[T](ctx), capacity: capacity, overflow: o})
	})
}

// OnBackpressureLatest asks the source for everything and keeps, while the subscriber has no demand, only the newest
// value for it. It is OnBackpressureBuffer(1, OverflowDropOldest).
//
//	-1-2-3-4-5----|
//	  on backpressure latest
//	^1--------^5--|     each ^ asks for 1
func (f Flux[T]) OnBackpressureLatest() Flux[T] { return f.OnBackpressureBuffer(1, OverflowDropOldest) }

// OnBackpressureDrop asks the source for everything and drops the values that the subscriber has no demand for. Dropped,
// unless it is nil, is called with each of them; a panic in it cancels the source and fails the stream.
//
//	-1-2-3-4-5-6--|
//	  on backpressure drop
//	^1--------^6--|     each ^ asks for 1
func (f Flux[T]) OnBackpressureDrop(dropped func(T)) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		d := &dropper[T]{dropped: dropped, drop: discarding[T](ctx)}
		d.down = s
		src.Subscribe(ctx, d)
	})
}

// absorber puts everything that comes into a mailbox.
type absorber[T any] struct {
	mailbox[T]
	down     Subscriber[T]
	drop     discard[T]
	capacity int
	overflow Overflow
	up       Subscription
}

func (a *absorber[T]) OnSubscribe(up Subscription) {
	if a.up != nil {
		up.Cancel()
		return
	}
	a.up = up
	a.prepare(a, a.capacity, a.overflow)
	a.dropInto(a.drop)
	a.attach(a.down)
	a.down = nil
	a.drain()
	up.Request(Unbounded)
}

func (a *absorber[T]) OnNext(v T) {
	if a.offer(v) != EmitOK {
		a.drop.value(v)
	}
}

func (a *absorber[T]) OnError(err error) { a.end(failure(err)) }
func (a *absorber[T]) OnComplete()       { a.end(nil) }

// requested implements mailboxOwner: everything was asked for already.
func (a *absorber[T]) requested(int64) {}

// left implements mailboxOwner.
func (a *absorber[T]) left() { a.up.Cancel() }

type dropper[T any] struct {
	half[T]
	dropped func(T)
	drop    discard[T]
	up      Subscription
	demand  atomic.Int64
}

func (d *dropper[T]) OnSubscribe(up Subscription) {
	if d.up != nil {
		up.Cancel()
		return
	}
	d.up = up
	d.down.OnSubscribe(d)
	up.Request(Unbounded)
}

func (d *dropper[T]) OnNext(v T) {
	if d.demand.Load() > 0 {
		produced(&d.demand, 1)
		if !d.next(v) {
			d.drop.value(v)
		}
		return
	}
	if d.dropped != nil && !d.ended() {
		if err := accept(d.dropped, v); err != nil {
			d.fail(err)
		}
	}
	d.drop.value(v)
}

func (d *dropper[T]) OnError(err error) { d.finish(failure(err)) }
func (d *dropper[T]) OnComplete()       { d.finish(nil) }

func (d *dropper[T]) Request(n int64) {
	if n < 1 {
		d.fail(ErrBadRequest)
		return
	}
	addCap(&d.demand, n)
}

func (d *dropper[T]) Cancel() {
	if d.shut() {
		d.up.Cancel()
	}
}

func (d *dropper[T]) fail(err error) {
	if d.claim(err) {
		d.up.Cancel()
		d.release()
	}
}
