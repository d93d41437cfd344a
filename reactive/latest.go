package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// CombineLatest is the stream of f of the newest values of a and b, once for each value of either, as soon as both have
// had one. It completes when both have, or when one completes without ever having had a value.
//
// When there is demand, each source is asked for 32 values in advance, and for more as three quarters of them were used:
// which of the two will speak next is not known, so the demand cannot be split between them. Values that are not used yet
// wait in a queue, of 64 at most. The first failure, of a source or of f, ends the stream at once and cancels the others;
// what is queued is dropped, each value to the hook of its type ([OnDiscard]).
//
//	-1-----2-----|
//	---5-----7-|
//	  combine latest +
//	---6---7-9---|
func CombineLatest[A, B, R any](a Publisher[A], b Publisher[B], f func(A, B) R) Flux[R] {
	a, b = unwrap[A](a), unwrap[B](b)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		c := &combineLatest[A, B, R]{out: s, f: f}
		c.down, c.up = c, endedSubscription{}
		c.drop = discardEither(discarding[A](ctx), discarding[B](ctx))
		c.left = latestInlet[A, either[A, B]]{of: c, wrap: func(v A) either[A, B] { return either[A, B]{a: v} }}
		c.right = latestInlet[B, either[A, B]]{of: c, wrap: func(v B) either[A, B] { return either[A, B]{b: v, isB: true} }}
		c.left.in.of, c.right.in.of = &c.merger, &c.merger
		s.OnSubscribe(c)
		c.add(&c.left.in)
		c.add(&c.right.in)
		a.Subscribe(ctx, &c.left)
		if c.end.Load() == nil {
			b.Subscribe(ctx, &c.right)
		}
	})
}

// either is a value of one of two types.
type either[A, B any] struct {
	a   A
	b   B
	isB bool
}

// discardEither gives the values of each side to the hook of its type.
func discardEither[A, B any](a discard[A], b discard[B]) discard[either[A, B]] {
	if a == nil && b == nil {
		return nil
	}
	return func(v either[A, B]) {
		if v.isB {
			b.value(v.b)
		} else {
			a.value(v.a)
		}
	}
}

// combineLatest merges the values of both sources into one sequence, of which it is the subscriber as well.
type combineLatest[A, B, R any] struct {
	merger[either[A, B]]
	left   latestInlet[A, either[A, B]]
	right  latestInlet[B, either[A, B]]
	out    Subscriber[R]
	f      func(A, B) R
	wanted atomic.Bool // there was demand

	newest     either[A, B] // this and what follows belongs to the owner of wip
	hasA, hasB bool
}

func (c *combineLatest[A, B, R]) OnSubscribe(Subscription) {}

func (c *combineLatest[A, B, R]) OnNext(v either[A, B]) {
	if v.isB {
		c.newest.b, c.hasB = v.b, true
	} else {
		c.newest.a, c.hasA = v.a, true
	}
	if !c.hasA || !c.hasB {
		addCap(&c.demand, 1) // it was taken for nothing
		return
	}
	r, err := apply2(c.f, c.newest.a, c.newest.b)
	if err != nil {
		c.fail(err)
		return
	}
	c.out.OnNext(r)
}

func (c *combineLatest[A, B, R]) OnError(err error) { c.out.OnError(err) }
func (c *combineLatest[A, B, R]) OnComplete()       { c.out.OnComplete() }

func (c *combineLatest[A, B, R]) Request(n int64) {
	if n < 1 {
		c.fail(ErrBadRequest)
		return
	}
	addCap(&c.demand, n)
	if c.held.Load() > 0 && c.wip.Add(1) == 1 {
		c.drain()
	}
	if c.wanted.CompareAndSwap(false, true) { // one caller asks a before b, however many there are
		c.left.ask()
		c.right.ask()
	}
}

func (c *combineLatest[A, B, R]) Cancel() { c.terminate(endCancelled, true) }

func (c *combineLatest[A, B, R]) started() bool { return c.wanted.Load() }
func (c *combineLatest[A, B, R]) nothing()      { c.terminate(endComplete, false) }

// latestInlet is the subscriber to one of the sources.
type latestInlet[T, E any] struct {
	in   inlet[E]
	wrap func(T) E
	of   interface {
		started() bool
		nothing() // one of the sources has completed without a value
	}
	some bool
}

func (l *latestInlet[T, E]) OnSubscribe(up Subscription) {
	if l.in.set(up) {
		l.ask()
	}
}

// ask asks for the read-ahead when there is demand; the inlet sees to the rest.
func (l *latestInlet[T, E]) ask() {
	if l.in.state.Load() == slotTaken && l.of.started() {
		raise(&l.in.asked, innerPrefetch, l.in.up)
	}
}

func (l *latestInlet[T, E]) OnNext(v T) {
	l.some = true
	l.in.OnNext(l.wrap(v))
}

func (l *latestInlet[T, E]) OnError(err error) { l.in.OnError(err) }

func (l *latestInlet[T, E]) OnComplete() {
	if l.some {
		l.in.OnComplete()
	} else if l.in.ended() {
		l.of.nothing()
	}
}

// WithLatestFrom is the stream of f(v, u) for each value v of src, where u is the newest value of other at that moment.
// Values of src that come before other has had one are dropped, and for each of them src is asked for another. The stream
// completes when src does, or when other completes without ever having had a value.
//
// Demand goes to src as it is; other, which is subscribed to first, is asked for everything. The first failure, of src, of
// other or of f, ends the stream and cancels the others; when src ends, other is cancelled.
//
//	-1---2----3--|
//	---4---5-----!
//	  with latest from +
//	-----6----8--|
func WithLatestFrom[T, U, R any](src Publisher[T], other Publisher[U], f func(T, U) R) Flux[R] {
	src, other = unwrap[T](src), unwrap[U](other)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		w := &withLatest[T, U, R]{ctx: ctx, other: other, f: f, drop: discarding[T](ctx)}
		w.down, w.newest.of = s, w
		src.Subscribe(ctx, w)
	})
}

// withLatest is a half because its end may come from other.
type withLatest[T, U, R any] struct {
	half[R]
	ctx    context.Context
	other  Publisher[U]
	f      func(T, U) R
	newest newest[U]
	up     Subscription
	drop   discard[T]
}

func (w *withLatest[T, U, R]) OnSubscribe(up Subscription) {
	if w.up != nil {
		up.Cancel()
		return
	}
	w.up = up
	w.hold()
	w.other.Subscribe(w.ctx, &w.newest)
	w.down.OnSubscribe(w)
	w.unhold()
}

func (w *withLatest[T, U, R]) OnNext(v T) {
	if w.ended() {
		w.drop.value(v)
		return
	}
	u, ok := w.newest.get()
	if !ok {
		w.drop.value(v)
		w.up.Request(1)
		return
	}
	r, err := apply2(w.f, v, u)
	if err != nil {
		w.stop(err)
		return
	}
	w.next(r)
}

func (w *withLatest[T, U, R]) OnError(err error) { w.over(failure(err)) }
func (w *withLatest[T, U, R]) OnComplete()       { w.over(nil) }

// over is the end of src.
func (w *withLatest[T, U, R]) over(err error) {
	if w.claim(err) {
		w.newest.cancel()
		w.release()
	}
}

func (w *withLatest[T, U, R]) Request(n int64) { w.up.Request(n) }

func (w *withLatest[T, U, R]) Cancel() {
	if w.shut() {
		w.up.Cancel()
		w.newest.cancel()
	}
}

// stop ends the stream, with success if err is nil, and cancels what has not ended.
func (w *withLatest[T, U, R]) stop(err error) {
	if w.claim(err) {
		w.up.Cancel()
		w.newest.cancel()
		w.release()
	}
}

// newest is the subscriber to other. The value is written on other's goroutine and read on that of src, hence the lock.
type newest[U any] struct {
	slot
	of interface{ stop(err error) }

	mu   sync.Mutex // guards what follows
	v    U
	some bool
}

func (n *newest[U]) OnSubscribe(up Subscription) {
	if n.set(up) {
		up.Request(Unbounded)
	}
}

func (n *newest[U]) OnNext(v U) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.v, n.some = v, true
}

func (n *newest[U]) OnError(err error) {
	if n.ended() {
		n.of.stop(failure(err))
	}
}

func (n *newest[U]) OnComplete() {
	if !n.ended() {
		return
	}
	if _, some := n.get(); !some {
		n.of.stop(nil)
	}
}

func (n *newest[U]) get() (v U, some bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.v, n.some
}
