package reactive

import "sync/atomic"

// loop is the end of a source that emits in a loop. The goroutine whose Request finds no demand runs the loop; a
// Request from inside it, or from another goroutine at the same time, only adds. So the stack stays flat however many
// values there are, and signals are serial without a lock.
//
// A source that has ended leaves its demand above zero: nobody gets into the loop again.
type loop[T any] struct {
	down   Subscriber[T]
	demand atomic.Int64
	state  atomic.Int32
}

// guard is deferred by a loop whose stages were relieved of guarding each call: if the function of one of them has
// panicked, that stage fails. Any other panic goes its way. The demand stays above zero then, so the loop is not entered
// again. A loop that has returned may be somebody else's by now: then guard looks at nothing.
func (l *loop[T]) guard(returned *bool) {
	if *returned {
		return
	}
	if s := caller(l.down); s != nil {
		if err := panicked(recover()); err != nil {
			s.fail(err)
		}
	}
}

const (
	loopOpen int32 = iota
	loopCancelled
	loopMisused // a request of less than one: the loop ends with ErrBadRequest
)

// enter adds n to the demand and reports whether the caller has to run the loop.
func (l *loop[T]) enter(n int64) bool {
	if n < 1 {
		l.state.CompareAndSwap(loopOpen, loopMisused)
		n = 1
	}
	return addCap(&l.demand, n) == 0
}

// hold keeps the loop from being entered while the subscriber is in OnSubscribe. It is for sources whose loop runs on
// another goroutine: no signal may overlap OnSubscribe (1.3).
func (l *loop[T]) hold() { l.demand.Store(1) }

// unhold is called when OnSubscribe has returned, and reports whether the caller has to run the loop.
func (l *loop[T]) unhold() bool { return produced(&l.demand, 1) > 0 }

// Cancel makes the loop end before the next value.
func (l *loop[T]) Cancel() { l.state.CompareAndSwap(loopOpen, loopCancelled) }

// closed reports whether the loop has to end, and tells the subscriber if that was its own mistake. Only the loop
// calls it, and ends if it is true.
func (l *loop[T]) closed() bool { return l.state.Load() != loopOpen && l.close() }

func (l *loop[T]) close() bool {
	if l.state.Load() == loopMisused {
		l.down.OnError(ErrBadRequest)
	}
	return true
}

// finish ends the stream from inside the loop, with success if err is nil.
func (l *loop[T]) finish(err error) {
	switch {
	case l.closed():
	case err != nil:
		l.down.OnError(err)
	default:
		l.down.OnComplete()
	}
}
