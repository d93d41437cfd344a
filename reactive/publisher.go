package reactive

import (
	"context"
	"math"
)

// Unbounded is the demand of a subscriber that takes whatever comes: requesting it (or any sum of requests that
// reaches it) switches flow control off for the rest of the subscription (Reactive Streams 1.0.4, rule 3.17).
const Unbounded int64 = math.MaxInt64

// Void is the element type of a stream that only completes or fails.
type Void = struct{}

// Publisher is a source of at most as many values as its subscriber asked for.
//
// A publisher is a recipe: subscribing starts it, and subscribing again starts it anew unless its documentation says
// that it is single-use. The duties of an implementation are those of Reactive Streams 1.0.4:
//
//   - It calls OnSubscribe first and exactly once, also when it is about to fail (1.9).
//   - It calls OnNext at most as often as Request allowed (1.1), never two signals at once (1.3), and nothing after
//     OnComplete, OnError (1.7) or, as soon as it can, after Cancel (1.8).
//   - It reports failure through OnError and success through OnComplete, once (1.4, 1.5).
//   - Subscribe does not panic and does not block on work of its own; a source that must block starts a goroutine
//     when there is demand and ends it with the subscription.
//
// The context carries the subscriber's deadline and values up to the source, as Reactor's Context does. Operators pass
// it on; a source that blocks must give up when it ends. Ending the context is not a signal: who wants the stream to
// fail with the context subscribes through a terminal ([Flux.ForEach], [Mono.Block], [Run] and their kin).
//
// Package reactivetest checks an implementation against these rules.
type Publisher[T any] interface {
	Subscribe(ctx context.Context, s Subscriber[T])
}

// Subscriber receives the signals of one subscription: OnSubscribe, then any number of OnNext, then at most one of
// OnError and OnComplete.
//
// Signals are serial: an implementation needs no lock against its own signals, but they may arrive on different
// goroutines one after the other. A signal must not block; a subscriber that is slow asks for less.
type Subscriber[T any] interface {
	// OnSubscribe hands over the link to the publisher. Nothing arrives before the first Request. A second
	// OnSubscribe is a mistake of the caller and must be answered by cancelling the new subscription (2.5).
	OnSubscribe(s Subscription)
	// OnNext delivers one requested value.
	OnNext(v T)
	// OnError ends the subscription with a failure; err is never nil.
	OnError(err error)
	// OnComplete ends the subscription with success.
	OnComplete()
}

// Subscription is the link from one subscriber to one publisher. Both methods may be called from any goroutine, also
// from inside OnNext, any number of times, and do nothing once the subscription has ended (3.6, 3.7).
type Subscription interface {
	// Request allows n more values. Requests add up and saturate at [Unbounded]; n < 1 ends the subscription
	// with [ErrBadRequest] (3.9). Values may be delivered before Request returns.
	Request(n int64)
	// Cancel says that no more values are wanted. A few that are on their way may still arrive (2.8).
	Cancel()
}

// PublisherFunc is a function that is a [Publisher].
type PublisherFunc[T any] func(ctx context.Context, s Subscriber[T])

// Subscribe calls f.
func (f PublisherFunc[T]) Subscribe(ctx context.Context, s Subscriber[T]) { f(ctx, s) }
