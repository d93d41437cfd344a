package reactive

import "context"

// WithValue adds a value to the context that everything above sees, from the operator next to it to the source: a
// request id, a principal, a logger. [DeferContext] and functions that get a context, as those of [FromFunc] and [Pull],
// read it. The key should be of a type of its own, as with [context.WithValue]; one that is not comparable fails the
// stream. In Reactor this is contextWrite.
//
//	^--1--2--|     subscribed to with the value
//	  with value
//	^--1--2--|     subscribed to without
func (f Flux[T]) WithValue(key, value any) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		err := safely(func() { ctx = context.WithValue(ctx, key, value) })
		if err != nil {
			failed[T]{err}.Subscribe(ctx, s)
			return
		}
		src.Subscribe(ctx, s)
	})
}

// WithValue adds a value to the context that everything above sees; see [Flux.WithValue].
//
//	^--1|  ->  ^--1|     what is on the left sees the value
func (m Mono[T]) WithValue(key, value any) Mono[T] { return Mono[T](m.Flux().WithValue(key, value)) }

// DeferContext calls f for each subscriber, with the context of the subscription, and subscribes it to what f returns. A
// panic in f becomes OnError. In Reactor this is deferContextual.
//
//	  defer ^--1--2--|
//	^--1--2--|     f(ctx) is called at ^
func DeferContext[T any, P Publisher[T]](f func(ctx context.Context) P) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		deferred(func() P { return f(ctx) }).Subscribe(ctx, s)
	})
}
