package reactive

import (
	"context"
	"sync/atomic"
)

// Zip is the stream of f of the first values of a and b, then f of their second values, and so on. It completes when
// either has completed and all its values are used up, and cancels the other.
//
// Each source is asked for what the subscriber has asked for, but never for more than 32 values beyond those that were
// used, as they wait here for their counterparts. The first failure, of a source or of f, ends the stream at once and
// cancels the others; what waits is dropped.
//
//	--1--2-----3--|
//	---4----5-----(6!)
//	  zip +
//	---5----7-----(9|)
func Zip[A, B, R any](a Publisher[A], b Publisher[B], f func(A, B) R) Flux[R] {
	a, b = unwrap[A](a), unwrap[B](b)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		z := &zip[R]{down: s}
		la, lb := zipLane(ctx, z, a), zipLane(ctx, z, b)
		z.combine = func() (R, error) { return apply2(f, la.take(), lb.take()) }
		z.subscribe()
	})
}

// ZipSlice is the stream of slices of the first value of each of srcs, then of their second values, and so on; see [Zip].
// Each slice is the receiver's own, and its order is that of srcs. Without srcs the stream is empty.
//
//	--1-----2--|
//	---3-------(4!)
//	  zip slice
//	---A-------(B|)     A = [1 3], B = [2 4]
func ZipSlice[T any](srcs ...Flux[T]) Flux[[]T] {
	if len(srcs) == 0 {
		return Flux[[]T]{}
	}
	return newFlux(func(ctx context.Context, s Subscriber[[]T]) {
		z := &zip[[]T]{down: s}
		lanes := make([]*lane[T], len(srcs))
		for i, src := range srcs {
			lanes[i] = zipLane(ctx, z, src.source())
		}
		z.combine = func() ([]T, error) {
			values := make([]T, len(lanes))
			for i, l := range lanes {
				values[i] = l.take()
			}
			return values, nil
		}
		z.subscribe()
	})
}

// ZipMono is f of the values of a and b. If one of them is empty, the other is cancelled and the result is empty; if one
// fails, or f panics, the other is cancelled and the result is that failure. Both are subscribed to at once, and asked for
// their value when somebody asks for the result.
//
//	--1|  and  ----2|  ->  ----f(1,2)|
func ZipMono[A, B, R any](a Mono[A], b Mono[B], f func(A, B) R) Mono[R] {
	return Mono[R](Zip(a.source(), b.source(), f))
}

// ZipMono3 is f of the values of a, b and c; see [ZipMono].
//
//	--1|  and  ----2|  and  -3|  ->  ----f(1,2,3)|
func ZipMono3[A, B, C, R any](a Mono[A], b Mono[B], c Mono[C], f func(A, B, C) R) Mono[R] {
	return newMono(func(ctx context.Context, s Subscriber[R]) {
		z := &zip[R]{down: s}
		la, lb, lc := zipLane(ctx, z, a.source()), zipLane(ctx, z, b.source()), zipLane(ctx, z, c.source())
		z.combine = func() (R, error) { return apply3(f, la.take(), lb.take(), lc.take()) }
		z.subscribe()
	})
}

// zip is the subscription to what is made of several sources, one value of each at a time.
type zip[R any] struct {
	down      Subscriber[R]
	sources   []zipSource
	combine   func() (R, error) // takes a value off each lane
	requested atomic.Int64
	wip       atomic.Int32
	end       atomic.Pointer[ending]

	emitted int64 // this and what follows belongs to the owner of wip
	over    bool  // the end was delivered
}

// zipSource is a lane of whatever type, and how to subscribe it.
type zipSource struct {
	lane interface {
		ready() bool
		exhausted() bool
		ask()
		passed()
		cancel()
		clear()
	}
	subscribe func()
}

// zipLane adds src to the sources of z.
func zipLane[T, R any](ctx context.Context, z *zip[R], src Publisher[T]) *lane[T] {
	l := &lane[T]{of: z, limit: &z.requested, drop: discarding[T](ctx)}
	z.sources = append(z.sources, zipSource{l, func() { src.Subscribe(ctx, l) }})
	return l
}

func (z *zip[R]) subscribe() {
	z.down.OnSubscribe(z)
	for _, src := range z.sources {
		if z.end.Load() != nil {
			return
		}
		src.subscribe()
	}
}

func (z *zip[R]) Request(n int64) {
	if n < 1 {
		z.fail(ErrBadRequest)
		return
	}
	addCap(&z.requested, n)
	for _, src := range z.sources {
		src.lane.ask()
	}
	z.wake()
}

func (z *zip[R]) Cancel() { z.terminate(endCancelled) }

func (z *zip[R]) fail(err error) { z.terminate(&ending{err}) }

// terminate ends the stream ahead of what waits, and cancels what has not ended.
func (z *zip[R]) terminate(e *ending) {
	if !z.end.CompareAndSwap(nil, e) {
		return
	}
	for _, src := range z.sources {
		src.lane.cancel()
	}
	z.wake()
}

func (z *zip[R]) wake() {
	if z.wip.Add(1) != 1 {
		return
	}
	for {
		missed := z.wip.Load()
		z.drain()
		if z.wip.Add(-missed) == 0 {
			return
		}
	}
}

// drain passes on what is complete, as far as there is demand. The caller owns wip.
func (z *zip[R]) drain() {
	for {
		all := z.look()
		if z.end.Load() != nil {
			z.finish()
			return
		}
		if !all || z.emitted == z.requested.Load() {
			return
		}
		v, err := z.combine()
		if err != nil {
			z.fail(err)
			continue
		}
		z.emitted++
		z.down.OnNext(v)
		for _, src := range z.sources {
			src.lane.passed()
		}
	}
}

// look reports whether there is a value of each source. If one of them will have no more, it ends the stream.
func (z *zip[R]) look() (all bool) {
	all = true
	for _, src := range z.sources {
		switch {
		case src.lane.ready():
		case src.lane.exhausted():
			z.terminate(endComplete)
			return false
		default:
			all = false
		}
	}
	return all
}

// finish drops what waits, and what comes after the end, and delivers the end once.
func (z *zip[R]) finish() {
	for _, src := range z.sources {
		src.lane.clear()
	}
	if !z.over {
		z.over = true
		z.end.Load().deliver(z.down)
	}
}

// apply2 is f(a, b); see guard.go.
func apply2[A, B, R any](f func(A, B) R, a A, b B) (r R, err error) {
	returned := false
	defer func() {
		if !returned {
			err = panicked(recover())
		}
	}()
	r = f(a, b)
	returned = true
	return r, nil
}

// apply3 is f(a, b, c); see guard.go.
func apply3[A, B, C, R any](f func(A, B, C) R, a A, b B, c C) (r R, err error) {
	returned := false
	defer func() {
		if !returned {
			err = panicked(recover())
		}
	}()
	r = f(a, b, c)
	returned = true
	return r, nil
}
