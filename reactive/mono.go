package reactive

import "context"

// Mono is a stream of at most one value: the result of something that is done when somebody subscribes and asks for
// it. The zero value completes without a value. What is said of [Flux] holds for Mono too.
type Mono[T any] struct{ src Publisher[T] }

// Subscribe starts the work for one subscriber. The context carries its deadline and values up to the source.
//
//	--1|  ->  OnSubscribe, OnNext(1), OnComplete
func (m Mono[T]) Subscribe(ctx context.Context, s Subscriber[T]) { m.source().Subscribe(ctx, s) }

// Flux returns m as a stream that may have more values as it is joined with others.
//
//	--1|  ->  --1|
func (m Mono[T]) Flux() Flux[T] { return Flux[T](m) }

// Then drops the value and ends like m.
//
//	--1|  ->  --|
func (m Mono[T]) Then() Mono[Void] { return Then(m.source()) }

func (m Mono[T]) source() Publisher[T] {
	if m.src == nil {
		return empty[T]{}
	}
	return m.src
}

// newMono makes a stream out of what happens when somebody subscribes; subscribe sees to it that there is at most
// one value.
func newMono[T any](subscribe PublisherFunc[T]) Mono[T] { return Mono[T]{src: subscribe} }
