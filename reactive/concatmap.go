package reactive

import (
	"context"
	"sync/atomic"
)

// ConcatMap subscribes to f(v) for each value v of src, one after the other, and is the stream of all their values in
// that order.
//
// It asks src for one value at a time: when the stream before has ended and there is demand. Each inner stream sees
// exactly what is left of the subscriber's demand. There is no buffer and no read-ahead, so at most one value of src is
// ever in the works: with a Mono that saves a message this is "the next one when this one is safe".
//
// A failure of src, of an inner stream or of f ends the stream at once and cancels the others.
//
//	^--1---^--2|     each ^ asks for 1
//	  concat map v to -v-v|
//	^---1-1----2-2|
func ConcatMap[T, R any, P Publisher[R]](src Publisher[T], f func(T) P) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		c := &concatMap[T, R, P]{ctx: ctx, f: f}
		c.down = s
		c.alive.Store(1)
		c.idleAt.Store(concatBusy)
		src.Subscribe(ctx, c)
	})
}

// ConcatMapPrefetch is ConcatMap behind [Flux.Prefetch]: up to prefetch values of src (at least 1) wait for their turn, so
// that src is at work while an inner stream is. Its end waits behind them.
//
//	^-1-2|  and  f(v): --v|  ->  ^---1--2|
func ConcatMapPrefetch[T, R any, P Publisher[R]](src Publisher[T], prefetch int, f func(T) P) Flux[R] {
	return ConcatMap(FromPublisher(src).Prefetch(prefetch), f)
}

// FlatMapMono subscribes to f of the value of src and is its value.
//
//	--1|  and  f(1): ---2|  ->  -----2|
func FlatMapMono[T, R any](src Mono[T], f func(T) Mono[R]) Mono[R] {
	return Mono[R](ConcatMap(src.source(), f))
}

type concatMap[T, R any, P Publisher[R]] struct {
	relay[R]
	ctx   context.Context
	f     func(T) P
	up    Subscription
	alive atomic.Int32 // src and the inner stream, as long as they have not completed

	// idleAt is concatBusy while a value was asked of src and the stream made of it has not ended. Otherwise it is
	// the total delivered so far: with more than that requested, one caller gets from it to concatBusy, and asks.
	idleAt atomic.Int64
}

const concatBusy = -1

func (c *concatMap[T, R, P]) OnSubscribe(up Subscription) {
	if c.up != nil {
		up.Cancel()
		return
	}
	c.up = up
	c.down.OnSubscribe(c)
	c.proceed() // not before: an inner stream's signals must not overlap OnSubscribe (1.3)
}

func (c *concatMap[T, R, P]) OnNext(v T) {
	if c.ended() {
		return
	}
	p, err := apply(c.f, v)
	if err != nil {
		c.fail(err)
		return
	}
	switch inner := unwrap[R](p).(type) {
	case *scalar[R]: // there is demand, or src would not have been asked
		c.emit(inner.v)
		c.proceed()
	case empty[R]:
		c.proceed()
	case failed[R]:
		c.fail(inner.err)
	default:
		c.alive.Add(1)
		inner.Subscribe(c.ctx, &leg[R]{relay: &c.relay, owner: c})
	}
}

func (c *concatMap[T, R, P]) OnError(err error) {
	if c.claim(failure(err)) {
		c.drop()
		c.release()
	}
}

func (c *concatMap[T, R, P]) OnComplete() { c.completed() }

// legEnded is the end of an inner stream.
func (c *concatMap[T, R, P]) legEnded(err error) {
	if err != nil {
		c.fail(err)
		return
	}
	if !c.completed() {
		c.proceed()
	}
}

// completed takes one off those that live, and ends the stream with the last.
func (c *concatMap[T, R, P]) completed() bool {
	if c.alive.Add(-1) > 0 {
		return false
	}
	c.finish(nil)
	return true
}

// proceed is called at the beginning and whenever the stream made of a value has ended.
func (c *concatMap[T, R, P]) proceed() {
	c.idleAt.Store(c.delivered)
	c.ask()
}

// ask asks src for a value if none is in the works and there is demand for what may become of it.
func (c *concatMap[T, R, P]) ask() {
	for {
		at := c.idleAt.Load()
		if at == concatBusy || c.requested.Load() <= at {
			return
		}
		if c.idleAt.CompareAndSwap(at, concatBusy) {
			c.up.Request(1)
			return
		}
	}
}

func (c *concatMap[T, R, P]) Request(n int64) {
	if n < 1 {
		c.fail(ErrBadRequest)
		return
	}
	addCap(&c.requested, n)
	c.pull()
	c.ask()
}

func (c *concatMap[T, R, P]) Cancel() {
	if c.shut() {
		c.up.Cancel()
		c.drop()
	}
}

// fail cancels src and the inner stream, then ends the stream.
func (c *concatMap[T, R, P]) fail(err error) {
	if c.claim(err) {
		c.up.Cancel()
		c.drop()
		c.release()
	}
}
