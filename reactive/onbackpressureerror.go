package reactive

import "context"

// OnBackpressureError asks the source for everything, and fails the stream with [ErrOverflow], and cancels the source, at
// the first value that the subscriber has no demand for.
//
//	-1-(2!)
//	  on backpressure error
//	^1-x     ^ asks for 1
func (f Flux[T]) OnBackpressureError() Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		r := &refuser[T]{}
		r.down, r.drop = s, discarding[T](ctx)
		src.Subscribe(ctx, r)
	})
}

// refuser is a dropper that does not drop.
type refuser[T any] struct{ dropper[T] }

func (r *refuser[T]) OnNext(v T) {
	if r.demand.Load() == 0 {
		r.fail(ErrOverflow)
	}
	r.dropper.OnNext(v)
}
