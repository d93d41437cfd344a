package reactive

import (
	"context"
	"sync/atomic"
)

// Using is a stream over a resource of its own for each subscriber. On the first Request, acquire makes the resource and
// use makes the stream; when that has ended, failed or was cancelled, release gets the resource back, once, before the
// end is passed on. The context that acquire gets ends with the subscription; what it returns after a cancellation is
// released at once, and use does not see it.
//
// A cancellation waits for nobody. A read of the stream that blocks, as that of [Pull] on its goroutine or of [FromFunc]
// on the one that asked, may still be under way when release runs, on the goroutine that cancels. With a file or a
// connection that is what ends the read; a resource that must not be touched any more needs a lock of its own.
//
// A panic in use fails the stream after the release; a panic in release joins the failure, or becomes it.
//
//	  using ^--1--2--|
//	^--1--2--|     acquire at ^, release before |
func Using[R, T any, P Publisher[T]](
	acquire func(ctx context.Context) (R, error), use func(R) P, release func(R),
) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		u := &using[R, T, P]{ctx: callContext{parent: ctx}, acquire: acquire, use: use, free: release}
		u.down = s
		u.state.Store(usingHeld)
		s.OnSubscribe(u)
		u.state.CompareAndSwap(usingHeld, usingFresh)
		u.start()
	})
}

type using[R, T any, P Publisher[T]] struct {
	relay[T]
	ctx      callContext
	acquire  func(ctx context.Context) (R, error)
	use      func(R) P
	free     func(R)
	resource R
	state    atomic.Int32
}

const (
	usingFresh int32 = iota
	usingHeld        // the subscriber is in OnSubscribe, which no signal may overlap (1.3)
	usingOpening
	usingOpen // there is a resource to release
	usingClosed
)

func (u *using[R, T, P]) Request(n int64) {
	if n < 1 {
		u.fail(ErrBadRequest)
		return
	}
	addCap(&u.requested, n)
	u.pull()
	u.start()
}

// start opens the resource if it is wanted and was not opened yet.
func (u *using[R, T, P]) start() {
	if u.requested.Load() == 0 || !u.state.CompareAndSwap(usingFresh, usingOpening) {
		return
	}
	resource, err := call(u.acquire, &u.ctx)
	if err != nil {
		u.ctx.end()
		u.finish(err)
		return
	}
	u.resource = resource
	var p P
	if !u.ended() {
		p, err = apply(u.use, resource)
	}
	u.state.Store(usingOpen)
	switch {
	case err != nil:
		u.finish(joinErrors(err, u.dispose()))
	case u.ended():
		_ = u.dispose()
	default:
		unwrap[T](p).Subscribe(u.ctx.parent, &leg[T]{relay: &u.relay, owner: u})
	}
}

func (u *using[R, T, P]) Cancel() {
	if u.shut() {
		u.drop()
		_ = u.dispose()
	}
}

func (u *using[R, T, P]) fail(err error) {
	if u.claim(err) {
		u.drop()
		_ = u.dispose()
		u.release()
	}
}

func (u *using[R, T, P]) legEnded(err error) { u.finish(joinErrors(err, u.dispose())) }

// dispose releases the resource if there is one, and returns the panic of that.
func (u *using[R, T, P]) dispose() error {
	u.ctx.end()
	if u.state.CompareAndSwap(usingOpen, usingClosed) {
		return accept(u.free, u.resource)
	}
	return nil
}
