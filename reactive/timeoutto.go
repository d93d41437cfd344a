package reactive

import "time"

// TimeoutTo goes on with fallback, which sees what is left of the demand, when a value that was asked for does not come in
// time; see [Flux.Timeout] for what is timed. The source is cancelled then, and fallback is not timed. A failure of the
// source, also one with [ErrTimeout], is passed on. With d < 1 there is no timeout.
//
//	--1--2---!
//	         -8-9-|
//	  timeout 4 to
//	--1--2----8-9-|
func (f Flux[T]) TimeoutTo(d time.Duration, fallback Flux[T]) Flux[T] {
	if d < 1 {
		return f
	}
	// The source's failures are marked, so that what is not marked is that of Timeout here.
	timed := f.OnErrorMap(func(err error) error { return &sourceError{err} }).Timeout(d)
	return timed.OnErrorResume(func(err error) Flux[T] {
		if failure, ok := err.(*sourceError); ok {
			return Error[T](failure.error)
		}
		return fallback
	})
}

// TimeoutTo is fallback if m does not end in time; see [Flux.TimeoutTo].
//
//	----!  and  -9|  ->  -----9|
func (m Mono[T]) TimeoutTo(d time.Duration, fallback Mono[T]) Mono[T] {
	return Mono[T](m.Flux().TimeoutTo(d, fallback.Flux()))
}

// sourceError marks a failure that has passed; it never leaves TimeoutTo.
type sourceError struct{ error }
