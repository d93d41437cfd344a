package reactive

import (
	"context"
	"sync/atomic"
)

// SwitchOnFirst reads the first value of src and then becomes the stream that f makes of it: a first message that says how
// the others are to be understood. All is the whole of src, the first value included; f builds on it, or leaves it. All
// may be subscribed to once.
//
// When there is demand, src is asked for one value; after that it is asked for what all is asked for, so the demand is
// that of the stream that f returns. If src ends without a value, the stream ends like src and f is not called. A failure
// of src after the first value is for all to tell. When the stream that f returned ends, src is cancelled; a panic in f
// cancels src and fails the stream.
//
//	--a--b--c--|
//	  switch on first a, to all in capitals
//	--A--B--C--|
func SwitchOnFirst[T, R any, P Publisher[R]](src Publisher[T], f func(first T, all Flux[T]) P) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		o := &switchOnFirst[T, R, P]{ctx: ctx, f: f}
		o.down = s
		o.asked.Store(true)
		o.all.link = &o.link
		o.all.drop = discarding[T](ctx)
		o.all.hold()
		src.Subscribe(ctx, o)
	})
}

// switchOnFirst is the subscriber to src and, as a relay with one leg, the subscription of the result.
type switchOnFirst[T, R any, P Publisher[R]] struct {
	relay[R]
	ctx   context.Context
	f     func(T, Flux[T]) P
	link  slot // to src
	asked atomic.Bool
	begun bool // the first value has come
	all   whole[T]
}

func (o *switchOnFirst[T, R, P]) OnSubscribe(up Subscription) {
	if !o.link.set(up) {
		return
	}
	o.down.OnSubscribe(o)
	o.asked.Store(false) // not before: the signals of what f returns must not overlap OnSubscribe (1.3)
	if o.requested.Load() > 0 {
		o.ask()
	}
}

func (o *switchOnFirst[T, R, P]) OnNext(v T) {
	if o.begun {
		o.all.OnNext(v)
		return
	}
	if o.ended() {
		o.all.drop.value(v)
		return
	}
	o.begun = true
	o.all.first = v
	p, err := apply2(o.f, v, Flux[T]{src: &o.all})
	if err != nil {
		o.fail(err)
		return
	}
	unwrap[R](p).Subscribe(o.ctx, &leg[R]{relay: &o.relay, owner: o})
}

func (o *switchOnFirst[T, R, P]) OnError(err error) { o.over(failure(err)) }
func (o *switchOnFirst[T, R, P]) OnComplete()       { o.over(nil) }

// over is the end of src.
func (o *switchOnFirst[T, R, P]) over(err error) {
	switch {
	case !o.link.ended():
	case o.begun:
		o.all.finish(err)
	default:
		o.finish(err)
	}
}

// legEnded is the end of what f returned.
func (o *switchOnFirst[T, R, P]) legEnded(err error) {
	o.link.cancel()
	o.finish(err)
}

func (o *switchOnFirst[T, R, P]) Request(n int64) {
	if n < 1 {
		o.fail(ErrBadRequest)
		return
	}
	addCap(&o.requested, n)
	o.pull()
	o.ask()
}

// ask asks for the first value, once.
func (o *switchOnFirst[T, R, P]) ask() {
	if o.asked.CompareAndSwap(false, true) {
		o.link.up.Request(1)
	}
}

func (o *switchOnFirst[T, R, P]) Cancel() {
	if o.shut() {
		o.link.cancel()
		o.drop()
	}
}

// fail cancels src and what f returned, then ends the stream.
func (o *switchOnFirst[T, R, P]) fail(err error) {
	if o.claim(err) {
		o.link.cancel()
		o.drop()
		o.release()
	}
}

// whole is a source whose first value is there already, for one subscriber. Its half is held until that value has been
// passed on: the source, which was asked for no more, can only end meanwhile, and its end has to wait.
type whole[T any] struct {
	half[T]
	link      *slot
	drop      discard[T]
	first     T
	taken     atomic.Bool // by a subscriber
	state     atomic.Int32
	requested atomic.Int64
	asked     atomic.Int64
}

const (
	wholeClosed  int32 = iota // there is no subscriber, or it is in OnSubscribe
	wholeFresh                // the first value was not passed on
	wholePassing              // it is on its way, or will not be passed on
	wholePassed
)

func (w *whole[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	if !w.taken.CompareAndSwap(false, true) {
		reject(s, ErrSubscribed)
		return
	}
	w.down = s
	s.OnSubscribe(w)
	if w.state.CompareAndSwap(wholeClosed, wholeFresh) {
		w.start()
	}
}

func (w *whole[T]) OnNext(v T) {
	if w.state.Load() != wholePassed || !w.next(v) {
		w.drop.value(v)
	}
}

func (w *whole[T]) Request(n int64) {
	if n < 1 {
		w.abandon(&ending{ErrBadRequest})
		return
	}
	addCap(&w.requested, n)
	w.start()
}

func (w *whole[T]) Cancel() { w.abandon(endCancelled) }

// start passes the first value on if it is wanted, and asks the source for the others.
func (w *whole[T]) start() {
	if w.requested.Load() > 0 && w.state.CompareAndSwap(wholeFresh, wholePassing) {
		w.down.OnNext(w.first)
		w.unhold()
		w.state.Store(wholePassed) // only now may others ask for more
	}
	if w.state.Load() == wholePassed {
		target := w.requested.Load()
		if target != Unbounded {
			target--
		}
		raise(&w.asked, target, w.link.up)
	}
}

// abandon ends the stream from the subscriber's side. Until the first value was passed on, this takes the place of an end
// of the source that waits for it.
func (w *whole[T]) abandon(e *ending) {
	if w.state.CompareAndSwap(wholeClosed, wholePassing) || w.state.CompareAndSwap(wholeFresh, wholePassing) {
		w.drop.value(w.first)
		w.end.Store(e)
		w.link.cancel()
		w.release()
		w.unhold()
		return
	}
	switch {
	case w.end.CompareAndSwap(nil, e):
		w.link.cancel()
		w.release()
	case w.state.Load() == wholePassing:
		w.end.Store(e)
	}
}
