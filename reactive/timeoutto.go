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
	return timedTo(f, d, fallback, false)
}

// TimeoutTo is fallback if neither the value of m nor its end comes in time; see [Flux.TimeoutTo] and [Mono.Timeout].
//
//	----!  and  -9|  ->  -----9|
func (m Mono[T]) TimeoutTo(d time.Duration, fallback Mono[T]) Mono[T] {
	return Mono[T](timedTo(m.Flux(), d, fallback.Flux(), true))
}

// timedTo is TimeoutTo. A single value is not followed by a timeout, and so not by the fallback.
func timedTo[T any](f Flux[T], d time.Duration, fallback Flux[T], single bool) Flux[T] {
	if d < 1 {
		return f
	}
	// The source's failures are marked, so that what is not marked is that of Timeout here.
	src := timed(f.OnErrorMap(func(err error) error { return &sourceError{err} }), d, single)
	return resume(src.source(), resumption[T]{onError: func(err error) Publisher[T] {
		if failure, ok := err.(*sourceError); ok {
			return failed[T]{failure.error}
		}
		return fallback.source()
	}})
}

// sourceError marks a failure that has passed; it never leaves TimeoutTo.
type sourceError struct{ error }
