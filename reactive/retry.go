package reactive

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// OnErrorResume goes on, when the stream fails, with the stream that fn makes of the failure, which sees what is left
// of the demand. A panic in fn is the failure then. The subscriber's own mistakes ([ErrBadRequest]) are not resumed.
//
//	--1--2--x
//	        --8--9--|
//	  on error resume
//	--1--2----8--9--|
func (f Flux[T]) OnErrorResume(fn func(error) Flux[T]) Flux[T] {
	return resume(f.source(), resumption[T]{onError: func(err error) Publisher[T] { return fn(err).source() }})
}

// OnErrorResume goes on, when m fails before it had its value, with what fn makes of the failure; see
// [Flux.OnErrorResume]. A failure after the value, as of a [Mono.DoOnComplete] that panics, is passed on: there is one
// value at most.
//
//	--x  and  -9|  ->  ---9|
func (m Mono[T]) OnErrorResume(fn func(error) Mono[T]) Mono[T] {
	onError := func(err error) Publisher[T] { return fn(err).source() }
	return Mono[T](resume(m.source(), resumption[T]{onError: onError, single: true}))
}

// OnErrorReturn ends the stream, when it fails, with the value v and completion.
//
//	--1--2--x
//	  on error return 9
//	--1--2--(9|)
func (f Flux[T]) OnErrorReturn(v T) Flux[T] {
	return resume(f.source(), resumption[T]{onError: returning(v)})
}

// OnErrorReturn is v if m fails before it had its value; see [Mono.OnErrorResume].
//
//	--x  ->  --9|
func (m Mono[T]) OnErrorReturn(v T) Mono[T] {
	return Mono[T](resume(m.source(), resumption[T]{onError: returning(v), single: true}))
}

func returning[T any](v T) func(error) Publisher[T] {
	fallback := &scalar[T]{v}
	return func(error) Publisher[T] { return fallback }
}

// OnErrorMap replaces the failure by what fn makes of it; where that is nil it stays. A panic in fn is the failure then.
//
//	--1--2--x
//	  on error map
//	--1--2--x     another failure
func (f Flux[T]) OnErrorMap(fn func(error) error) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &errorMapper[T]{stage: stage[T]{down: s}, fn: fn})
	})
}

// OnErrorMap replaces the failure by what fn makes of it; see [Flux.OnErrorMap].
//
//	--x  ->  --f(x)
func (m Mono[T]) OnErrorMap(fn func(error) error) Mono[T] { return Mono[T](m.Flux().OnErrorMap(fn)) }

// DefaultIfEmpty is the one value v if the stream completes without a value.
//
//	--------|
//	  default if empty 9
//	--------(9|)
func (f Flux[T]) DefaultIfEmpty(v T) Flux[T] {
	return resume(f.source(), resumption[T]{onEmpty: &scalar[T]{v}})
}

// DefaultIfEmpty is v if m completes without a value.
//
//	--|  ->  --9|
func (m Mono[T]) DefaultIfEmpty(v T) Mono[T] { return Mono[T](m.Flux().DefaultIfEmpty(v)) }

type errorMapper[T any] struct {
	stage[T]
	fn func(error) error
}

func (m *errorMapper[T]) OnNext(v T) { m.down.OnNext(v) }

func (m *errorMapper[T]) OnError(err error) {
	err = failure(err)
	mapped, panicked := apply(m.fn, err)
	switch {
	case panicked != nil:
		err = panicked
	case mapped != nil:
		err = mapped
	}
	m.stage.OnError(err)
}

// resumption is what follows a publisher: what onError makes of its failure, or onEmpty if it completes without a value.
// Either may be nil.
type resumption[T any] struct {
	onError func(error) Publisher[T]
	onEmpty Publisher[T]
	single  bool // nothing follows a value
}

// resume subscribes to src and then, once, to a second publisher.
func resume[T any](src Publisher[T], then resumption[T]) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		r := &resumed[T]{ctx: ctx, resumption: then}
		r.down = s
		s.OnSubscribe(r)
		r.follow(src)
	})
}

type resumed[T any] struct {
	relay[T]
	resumption[T]
	ctx    context.Context
	second bool
}

func (r *resumed[T]) follow(src Publisher[T]) {
	if !r.ended() {
		src.Subscribe(r.ctx, &leg[T]{relay: &r.relay, owner: r})
	}
}

func (r *resumed[T]) legEnded(err error) {
	first := !r.second && (!r.single || r.delivered == 0)
	r.second = true
	switch {
	case first && err != nil && r.onError != nil:
		next, panicked := apply(r.onError, err)
		if panicked != nil {
			r.finish(panicked)
			return
		}
		r.follow(next)
	case first && err == nil && r.onEmpty != nil && r.delivered == 0:
		r.follow(r.onEmpty)
	default:
		r.finish(err)
	}
}

// RetryBackoff subscribes to the stream again when it fails, n times at most, and carries over what is left of the
// demand. Before each time it waits: a random time between nothing and a bound that begins with first and doubles with
// each failure up to limit ("full jitter", which spreads those that failed together). The failure after the last retry
// ends the stream, wrapped. Values do not make it forget how often it failed.
//
// The subscriber's own mistakes ([ErrBadRequest]) are not retried, nor is anything once the context has ended: if that
// happens during a wait, the stream fails at once with the failure that it waits after. With n < 1 nothing is retried.
//
//	--1--x
//	         --2--3--|
//	  retry backoff
//	--1--------2--3--|
func (f Flux[T]) RetryBackoff(n int, first, limit time.Duration) Flux[T] {
	return retry(f, n, first, limit, false)
}

// RetryBackoff does m again when it fails before it had its value; see [Flux.RetryBackoff] and [Mono.OnErrorResume].
//
//	--x  and  --1|  ->  -------1|
func (m Mono[T]) RetryBackoff(n int, first, limit time.Duration) Mono[T] {
	return Mono[T](retry(m.Flux(), n, first, limit, true))
}

// retry is RetryBackoff. A single value is not followed by another.
func retry[T any](f Flux[T], n int, first, limit time.Duration, single bool) Flux[T] {
	if n < 1 {
		return f
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		r := &retried[T]{ctx: ctx, src: src, n: n, bound: max(0, first), limit: max(first, limit), single: single}
		r.down = s
		s.OnSubscribe(r)
		r.follow()
	})
}

type retried[T any] struct {
	relay[T]
	ctx    context.Context
	src    Publisher[T]
	single bool
	n      int // retries allowed
	failed int
	bound  time.Duration
	limit  time.Duration
	last   error // the latest failure
	alarm  alarm
}

// follow is called at the beginning, and when a wait is over.
func (r *retried[T]) follow() {
	switch {
	case r.ended():
	case r.last != nil && r.ctx.Err() != nil:
		r.finish(r.last)
	default:
		r.src.Subscribe(r.ctx, &leg[T]{relay: &r.relay, owner: r})
	}
}

func (r *retried[T]) legEnded(err error) {
	switch {
	case err == nil, r.ctx.Err() != nil, r.single && r.delivered > 0:
		r.finish(err)
		return
	case r.failed == r.n:
		r.finish(fmt.Errorf("reactive: retry: failed %d times: %w", r.failed+1, err))
		return
	}
	r.failed++
	r.last = err
	wait := time.Duration(rand.Int64N(min(int64(r.bound), math.MaxInt64-1) + 1))
	r.bound = min(time.Duration(mulCap(int64(r.bound), 2)), r.limit)
	r.alarm.setUntil(r.ctx, wait, r.follow)
}

func (r *retried[T]) Request(n int64) {
	if n < 1 {
		r.alarm.stop()
	}
	r.relay.Request(n)
}

func (r *retried[T]) Cancel() {
	r.relay.Cancel()
	r.alarm.stop()
}
