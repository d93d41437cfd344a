package reactive

import "sync/atomic"

// ending is a terminal signal on its way.
type ending struct{ err error }

var (
	endComplete  = &ending{}
	endCancelled = &ending{} // ended by the subscriber: there is nothing to tell it
)

// deliver sends the signal.
func (e *ending) deliver(s interface {
	OnError(error)
	OnComplete()
}) {
	switch {
	case e == endCancelled:
	case e.err != nil:
		s.OnError(e.err)
	default:
		s.OnComplete()
	}
}

// half serialises the signals of an operator whose values come from one place at a time while its end may come from
// elsewhere: another upstream, a timer, a context, a bad Request. It costs two uncontended atomic operations a value.
type half[T any] struct {
	down Subscriber[T]
	wip  atomic.Int32
	end  atomic.Pointer[ending]
}

// next delivers v unless the end was delivered before, and reports whether it did.
func (h *half[T]) next(v T) bool {
	if !h.wip.CompareAndSwap(0, 1) {
		// Either the end is out, or this is a value from inside the delivery of another, by an upstream that does
		// not trampoline; the latter is serial already.
		if h.end.Load() != nil {
			return false
		}
		h.down.OnNext(v)
		return true
	}
	h.down.OnNext(v)
	if h.wip.Add(-1) != 0 {
		h.end.Load().deliver(h.down)
	}
	return true
}

// finish ends the stream with err, or with success if err is nil: at once, or when the value that is being delivered
// is done. Only the first end counts; finish reports whether this was it.
func (h *half[T]) finish(err error) bool {
	if !h.claim(err) {
		return false
	}
	h.release()
	return true
}

// claim decides how the stream ends, without saying so yet. Who needs to cancel something first does it between claim
// and release.
func (h *half[T]) claim(err error) bool {
	e := endComplete
	if err != nil {
		e = &ending{err}
	}
	return h.end.CompareAndSwap(nil, e)
}

// release delivers what was claimed, or leaves that to the delivery of the value that is under way. It is reached once
// and wip stays up for good, so no value follows.
func (h *half[T]) release() {
	if h.wip.Add(1) == 1 {
		h.end.Load().deliver(h.down)
	}
}

// shut ends the stream without a signal, as a Cancel from downstream does, and reports whether it had not ended yet.
func (h *half[T]) shut() bool {
	if !h.end.CompareAndSwap(nil, endCancelled) {
		return false
	}
	h.release()
	return true
}

// ended reports whether the stream has ended or is about to.
func (h *half[T]) ended() bool { return h.end.Load() != nil }

// hold keeps the end back until unhold, for an operator that subscribes to something else before its subscriber has
// been subscribed: no signal may overlap OnSubscribe (1.3). Values pass meanwhile; they can only come from inside it.
func (h *half[T]) hold() { h.wip.Store(1) }

// unhold is called when OnSubscribe has returned.
func (h *half[T]) unhold() {
	if h.wip.Add(-1) != 0 {
		h.end.Load().deliver(h.down)
	}
}
