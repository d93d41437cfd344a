package reactive

import "context"

// Filter is the stream of those values for which keep returns true. For each value that it drops it asks for another.
// A panic in keep cancels the source and fails the stream.
func (f Flux[T]) Filter(keep func(T) bool) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &filter[T]{stage: stage[T]{down: s}, keep: keep, drop: discarding[T](ctx)})
	})
}

// Filter is m without its value if keep returns false for it.
func (m Mono[T]) Filter(keep func(T) bool) Mono[T] { return Mono[T](m.Flux().Filter(keep)) }

type filter[T any] struct {
	stage[T]
	keep func(T) bool
	drop discard[T]
}

func (f *filter[T]) OnNext(v T) {
	if f.done {
		return
	}
	switch keep, err := apply(f.keep, v); {
	case err != nil:
		f.drop.value(v)
		f.fail(err)
	case keep:
		f.down.OnNext(v)
	default:
		f.drop.value(v)
		f.up.Request(1)
	}
}
