package reactive

import (
	"context"
	"errors"
)

// Flux is a stream of 0 to n values. It is a recipe and cheap to copy; [Flux.Subscribe] or one of the terminals
// ([Run], [Flux.ForEach], [Flux.Collect], [Flux.All]) starts it. The zero value is the empty stream.
//
// Operators that keep the element type are methods; operators that change it are functions over any [Publisher].
// A Flux may be used by several goroutines at the same time, and subscribed again unless its source is single-use.
type Flux[T any] struct{ src Publisher[T] }

// Subscribe starts the stream for one subscriber. The context carries its deadline and values up to the source.
//
//	--1--2--|  ->  OnSubscribe, OnNext(1), OnNext(2), OnComplete
func (f Flux[T]) Subscribe(ctx context.Context, s Subscriber[T]) { f.source().Subscribe(ctx, s) }

// Then ignores the values and ends like the stream; see the function [Then].
//
//	--1--2--|
//	  then
//	--------|
func (f Flux[T]) Then() Mono[Void] { return Then(f.source()) }

func (f Flux[T]) source() Publisher[T] {
	if f.src == nil {
		return empty[T]{}
	}
	return f.src
}

// newFlux makes a stream out of what happens when somebody subscribes.
func newFlux[T any](subscribe PublisherFunc[T]) Flux[T] { return Flux[T]{src: subscribe} }

var errNilPublisher = errors.New("reactive: nil publisher")

// unwrap takes the struct off a Flux or a Mono, so that a chain of operators is a chain of direct calls, and makes a
// failed stream of a publisher that is nil.
func unwrap[T any, P Publisher[T]](p P) Publisher[T] {
	switch p := any(p).(type) {
	case nil:
		return failed[T]{errNilPublisher}
	case Flux[T]:
		return p.source()
	case Mono[T]:
		return p.source()
	}
	return p
}
