package reactive

import "sync/atomic"

// result is the subscription to one value that is still to come: it holds the value until it is asked for, or the
// demand until the value is there.
type result[T any] struct {
	down  Subscriber[T]
	v     T
	state atomic.Int32
}

const (
	resultFresh int32 = iota
	resultAsked       // demand, no value
	resultThere       // value, no demand
	resultDone        // being delivered, or ended
	resultCancelled
)

// ask notes the demand and reports whether it is the first; a value that is there is delivered.
func (r *result[T]) ask() (first bool) {
	if r.state.CompareAndSwap(resultFresh, resultAsked) {
		return true
	}
	if r.state.CompareAndSwap(resultThere, resultDone) {
		r.deliver()
	}
	return false
}

// complete delivers v, now or when it is asked for.
func (r *result[T]) complete(v T) {
	r.v = v
	if !r.state.CompareAndSwap(resultFresh, resultThere) && r.state.CompareAndSwap(resultAsked, resultDone) {
		r.deliver()
	}
}

func (r *result[T]) deliver() {
	r.down.OnNext(r.v)
	if r.state.Load() == resultDone {
		r.down.OnComplete()
	}
}

// finish ends the stream without the value, with success if err is nil. It reports whether the stream had not ended.
func (r *result[T]) finish(err error) bool {
	for {
		switch before := r.state.Load(); {
		case before >= resultDone:
			return false
		case r.state.CompareAndSwap(before, resultDone):
			if err != nil {
				r.down.OnError(err)
			} else {
				r.down.OnComplete()
			}
			return true
		}
	}
}

// Request implements Subscription for a source that does not care when it is asked.
func (r *result[T]) Request(n int64) {
	if n < 1 {
		r.finish(ErrBadRequest)
		return
	}
	r.ask()
}

// Cancel implements Subscription.
func (r *result[T]) Cancel() { r.state.Store(resultCancelled) }
