package reactive

import (
	"context"
	"sync/atomic"
	"time"
)

// Buffer is the stream of the values of src in slices of n (at least 1); the last one is shorter if src completes in
// between. One slice asked for is n values asked of src. A failure of src drops the slice that is not full yet. Each
// slice is the receiver's own.
//
//	--1--2--3--|
//	  buffer 2
//	-----A-----(B|)     A = [1 2], B = [3]
func Buffer[T any](src Publisher[T], n int) Flux[[]T] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[[]T]) {
		src.Subscribe(ctx, &buffer[T]{stage: stage[[]T]{down: s}, size: n, drop: discarding[T](ctx)})
	})
}

type buffer[T any] struct {
	stage[[]T]
	size int
	list []T          // belongs to the owner of wip
	wip  atomic.Int32 // keeps a Cancel, which drops list, apart from the signals; stays up after it
	over atomic.Bool  // src has completed: the last slice may be on its way, and calls from there end here (2.3)
	drop discard[T]
}

func (b *buffer[T]) OnSubscribe(up Subscription) {
	if b.attach(up) {
		b.down.OnSubscribe(b)
	}
}

func (b *buffer[T]) OnNext(v T) {
	if !b.wip.CompareAndSwap(0, 1) {
		b.drop.value(v)
		return
	}
	b.list = append(b.list, v)
	var full []T
	if len(b.list) == b.size {
		full, b.list = b.list, nil
	}
	b.leave()
	if full != nil {
		b.down.OnNext(full)
	}
}

func (b *buffer[T]) OnError(err error) {
	b.clear()
	b.stage.OnError(err)
}

// OnComplete need not wait for demand: what is left was asked for as part of a slice that is owed.
func (b *buffer[T]) OnComplete() {
	b.over.Store(true)
	if b.wip.CompareAndSwap(0, 1) {
		last := b.list
		b.list = nil
		b.leave()
		if last != nil {
			b.down.OnNext(last)
		}
	}
	if b.wip.Load() == 0 { // or the subscriber has left, perhaps from inside the last slice
		b.stage.OnComplete()
	}
}

func (b *buffer[T]) Request(n int64) {
	if b.over.Load() {
		return
	}
	if n > 0 {
		n = mulCap(n, int64(b.size))
	}
	b.up.Request(n)
}

func (b *buffer[T]) Cancel() {
	if !b.over.Load() {
		b.up.Cancel()
	}
	b.clear()
}

// clear drops the slice that is not full yet, and everything that follows.
func (b *buffer[T]) clear() {
	if b.wip.Add(1) == 1 {
		b.drop.values(b.list)
		b.list = nil
	}
}

// leave gives wip back, or does what clear found it busy for.
func (b *buffer[T]) leave() {
	if b.wip.Add(-1) != 0 {
		b.drop.values(b.list)
		b.list = nil
	}
}

// BufferTimeout is the stream of the values of src in slices that go out when they have n values (at least 1) or when d
// has passed since their first value. A slice whose time has come waits for demand if there is none, and grows meanwhile
// up to n. At most n values are asked of src for each slice that is asked for, so src waits too. When src ends, a last
// shorter slice goes out before completion, and is dropped before a failure. Each slice is the receiver's own.
//
//	--1-2-3-----4|
//	  buffer timeout 2, 4
//	----A-----B--(C|)     A = [1 2], B = [3], C = [4]
func BufferTimeout[T any](src Publisher[T], n int, d time.Duration) Flux[[]T] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[[]T]) {
		b := &timedBuffer[T]{drop: discarding[T](ctx)}
		b.portions = portions[[]T]{down: s, of: b, size: n, d: d}
		src.Subscribe(ctx, b)
	})
}

// timedBuffer is the subscriber to src. A slice is passed on when it is ripe and there is demand.
type timedBuffer[T any] struct {
	portions[[]T]
	drop discard[T]
	list []T // guarded by mu
}

func (b *timedBuffer[T]) OnNext(v T) {
	b.mu.Lock()
	if !b.admit() {
		b.mu.Unlock()
		b.drop.value(v)
		b.refused()
		return
	}
	b.list = append(b.list, v)
	full := b.held == b.size
	b.mu.Unlock()
	if full {
		b.wake()
	}
}

func (b *timedBuffer[T]) Cancel() { b.stop(endCancelled) }

func (b *timedBuffer[T]) pass() bool {
	b.mu.Lock()
	if b.demand == 0 || !b.ripe() {
		b.mu.Unlock()
		return false
	}
	list := b.list
	b.list = nil
	b.give()
	b.next()
	b.mu.Unlock()
	b.down.OnNext(list)
	return true
}

func (b *timedBuffer[T]) last(e *ending) {
	b.mu.Lock()
	list := b.list
	b.list = nil
	b.next()
	b.mu.Unlock()
	b.drop.values(list)
	e.deliver(b.down)
}
