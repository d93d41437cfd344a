package reactive

import "math"

// Repeat subscribes to the stream again when it completes, n times at most, so that its values come n+1 times. What is
// left of the demand is carried over, and the next subscription, as the first, waits until there is some: otherwise a
// stream without values would be done over and over, n times, for nobody. (That is why it is not [Concat], which does not
// wait.) A failure ends the stream. With n < 1 nothing is repeated.
//
//	--1--2|
//	  repeat 1
//	--1--2--1--2|
func (f Flux[T]) Repeat(n int) Flux[T] {
	if n < 1 {
		return f
	}
	return ConcatMap(Range(0, min(n, math.MaxInt-1)+1), func(int) Flux[T] { return f })
}

// Repeat subscribes to m again when it completes, n times at most, so that it is done n+1 times; see [Flux.Repeat]. Each
// time waits for demand, as the first does.
//
//	--1|  ->  --1--1|     with n = 1
func (m Mono[T]) Repeat(n int) Flux[T] { return m.Flux().Repeat(n) }
