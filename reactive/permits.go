package reactive

import (
	"context"
	"sync/atomic"
)

// Permits lets through what another stream permits: src is asked for as many values as the sum of the permits and the
// subscriber's demand allow, whichever is less, and never for one more. Both sums saturate at [Unbounded].
//
// Permits are subscribed to after src and without bound. A permit of less than 1 fails the stream with [ErrBadRequest],
// a failure of permits with that failure; their completion only means that there will be no more of them. When src
// ends, permits are cancelled.
//
// This is how a queue consumer's receiverQueueSize and permits reach the broker as demand.
//
//	^-1-2---^-3----     ^ asks for 2, then for 1
//	2-------1------     permits
//	  permits
//	--1-2-----3----
func Permits[T any](src Publisher[T], permits Publisher[int64]) Flux[T] {
	src, permits = unwrap[T](src), unwrap[int64](permits)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		p := &permitted[T]{ctx: ctx, permits: permits, drop: discarding[T](ctx)}
		p.down, p.grants.of = s, p
		src.Subscribe(ctx, p)
	})
}

// permitted is a half because its end may come from the permits.
type permitted[T any] struct {
	half[T]
	ctx       context.Context
	permits   Publisher[int64]
	grants    grants[T]
	drop      discard[T]
	up        Subscription
	requested atomic.Int64
	granted   atomic.Int64
	asked     atomic.Int64
}

func (p *permitted[T]) OnSubscribe(up Subscription) {
	if p.up != nil {
		up.Cancel()
		return
	}
	p.up = up
	p.down.OnSubscribe(p)
	if !p.ended() {
		p.permits.Subscribe(p.ctx, &p.grants)
	}
}

func (p *permitted[T]) OnNext(v T) {
	if !p.next(v) {
		p.drop.value(v)
	}
}

func (p *permitted[T]) OnError(err error) {
	if p.claim(failure(err)) {
		p.grants.cancel()
		p.release()
	}
}

func (p *permitted[T]) OnComplete() {
	if p.claim(nil) {
		p.grants.cancel()
		p.release()
	}
}

func (p *permitted[T]) ask() {
	raise(&p.asked, min(p.requested.Load(), p.granted.Load()), p.up)
}

func (p *permitted[T]) Request(n int64) {
	if n < 1 {
		p.fail(ErrBadRequest)
		return
	}
	addCap(&p.requested, n)
	p.ask()
}

func (p *permitted[T]) Cancel() {
	if p.shut() {
		p.up.Cancel()
		p.grants.cancel()
	}
}

func (p *permitted[T]) fail(err error) {
	if p.claim(err) {
		p.up.Cancel()
		p.grants.cancel()
		p.release()
	}
}

// grants subscribes to the permits.
type grants[T any] struct {
	slot
	of *permitted[T]
}

func (g *grants[T]) OnSubscribe(up Subscription) {
	if g.set(up) {
		up.Request(Unbounded)
	}
}

func (g *grants[T]) OnNext(n int64) {
	if n < 1 {
		g.of.fail(ErrBadRequest)
		return
	}
	addCap(&g.of.granted, n)
	g.of.ask()
}

func (g *grants[T]) OnError(err error) {
	if g.ended() {
		g.of.fail(failure(err))
	}
}

func (g *grants[T]) OnComplete() { g.ended() }
