package reactive

import "sync/atomic"

// relay is the subscription of an operator that subscribes to one publisher after another and carries over to each
// what is left of the downstream's demand. All counts are totals since the beginning, so a Request that races with a
// change of publishers can neither be lost nor counted twice.
type relay[T any] struct {
	half[T]
	requested atomic.Int64 // by downstream
	delivered int64        // to downstream; belongs to the signals, which are serial
	current   atomic.Pointer[leg[T]]
}

// Request adds n to the demand and passes on what the current publisher was not asked for yet.
func (r *relay[T]) Request(n int64) {
	if n < 1 {
		r.fail(ErrBadRequest)
		return
	}
	addCap(&r.requested, n)
	r.pull()
}

// Cancel ends the stream without a signal.
func (r *relay[T]) Cancel() {
	if r.shut() {
		r.drop()
	}
}

// fail cancels the current publisher, then ends the stream.
func (r *relay[T]) fail(err error) {
	if r.claim(err) {
		r.drop()
		r.release()
	}
}

// drop cancels the current publisher, if there is one. The stream has been claimed before, so a publisher that comes
// too late for drop is cancelled as it subscribes.
func (r *relay[T]) drop() {
	if l := r.current.Swap(nil); l != nil {
		l.up.Cancel()
	}
}

func (r *relay[T]) pull() {
	if l := r.current.Load(); l != nil {
		l.pull()
	}
}

func (r *relay[T]) emit(v T) {
	r.delivered++
	r.next(v)
}

// leg subscribes a relay to one of its publishers.
type leg[T any] struct {
	relay *relay[T]
	owner interface{ legEnded(err error) } // hears of the end; err is nil on completion
	up    Subscription
	base  int64 // what the relay had delivered before this leg
	asked atomic.Int64
}

func (l *leg[T]) OnSubscribe(up Subscription) {
	if l.up != nil {
		up.Cancel()
		return
	}
	l.up, l.base = up, l.relay.delivered
	l.relay.current.Store(l)
	if l.relay.ended() {
		l.relay.drop()
		return
	}
	l.pull()
}

func (l *leg[T]) pull() {
	target := l.relay.requested.Load()
	if target != Unbounded {
		target -= l.base
	}
	raise(&l.asked, target, l.up)
}

func (l *leg[T]) OnNext(v T) { l.relay.emit(v) }

func (l *leg[T]) OnError(err error) {
	l.relay.current.CompareAndSwap(l, nil)
	l.owner.legEnded(failure(err))
}

func (l *leg[T]) OnComplete() {
	l.relay.current.CompareAndSwap(l, nil)
	l.owner.legEnded(nil)
}
