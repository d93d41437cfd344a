package reactive

import (
	"context"
	"time"
)

// Throttle is the stream without the values that come less than d after the one that was passed on before: the first of a
// burst passes. For each value that it drops it asks for another; it needs no timer. With d < 1 nothing is dropped. In
// Reactor this is sampleFirst, in RxJava throttleFirst; the last of a burst is what [Flux.Debounce] is for.
//
//	-12--3--45--|
//	  throttle 4
//	-1---3---5--|
func (f Flux[T]) Throttle(d time.Duration) Flux[T] {
	if d < 1 {
		return f
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &throttle[T]{stage: stage[T]{down: s}, d: d, epoch: time.Now(), drop: discarding[T](ctx)})
	})
}

type throttle[T any] struct {
	stage[T]
	d     time.Duration
	epoch time.Time
	until time.Duration // when, after epoch, the next value may pass
	drop  discard[T]
}

func (t *throttle[T]) OnNext(v T) {
	now := time.Since(t.epoch)
	if now < t.until {
		t.drop.value(v)
		t.up.Request(1)
		return
	}
	t.until = now + t.d
	t.down.OnNext(v)
}
