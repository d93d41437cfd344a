package reactive

import "context"

// Filter is the stream of those values for which keep returns true. For each value that it drops it asks for another.
// A panic in keep cancels the source and fails the stream.
//
//	--1--2--3--4--|
//	  filter even
//	-----2-----4--|
func (f Flux[T]) Filter(keep func(T) bool) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		k := &filter[T]{keep: keep, drop: discarding[T](ctx)}
		k.down = s
		src.Subscribe(ctx, k)
	})
}

// Filter is m without its value if keep returns false for it.
//
//	--1|  ->  --1|  or, if 1 is dropped,  --|
func (m Mono[T]) Filter(keep func(T) bool) Mono[T] { return Mono[T](m.Flux().Filter(keep)) }

type filter[T any] struct {
	leanStage[T]
	keep func(T) bool
	drop discard[T]
}

func (f *filter[T]) OnNext(v T) {
	if f.done {
		return
	}
	if f.relieved {
		f.calling = true
		keep := f.keep(v)
		f.calling = false
		if keep {
			f.down.OnNext(v)
		} else {
			f.up.Request(1)
		}
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

// relieve leaves a filter alone that has to tell the hook of the value its function failed on.
func (f *filter[T]) relieve() {
	if f.drop == nil {
		f.leanStage.relieve()
	}
}
