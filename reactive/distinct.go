package reactive

import "context"

// Distinct is src without the values whose key was seen before. It remembers the newest n keys (at least 1) and forgets
// the one that it has known longest, so that its memory is bounded: a value whose key was forgotten passes again. For each
// value that it drops it asks for another. A panic in key cancels src and fails the stream.
//
// Reactor's operator of this name remembers all keys.
//
//	--1--2--1--3--1--|
//	  distinct 2
//	--1--2-----3--1--|     3 made it forget 1
func Distinct[T any, K comparable](src Publisher[T], n int, key func(T) K) Flux[T] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &distinct[T, K]{
			stage: stage[T]{down: s}, n: n, key: key, known: map[K]struct{}{}, drop: discarding[T](ctx),
		})
	})
}

type distinct[T any, K comparable] struct {
	stage[T]
	n     int
	key   func(T) K
	known map[K]struct{}
	order queue[K] // of known, the oldest first
	drop  discard[T]
}

func (d *distinct[T, K]) OnNext(v T) {
	if d.done {
		d.drop.value(v)
		return
	}
	key, err := apply(d.key, v)
	if err != nil {
		d.drop.value(v)
		d.fail(err)
		return
	}
	if _, known := d.known[key]; known {
		d.drop.value(v)
		d.up.Request(1)
		return
	}
	if d.order.len() == d.n {
		oldest, _ := d.order.pop()
		delete(d.known, oldest)
	}
	d.known[key] = struct{}{}
	d.order.push(key)
	d.down.OnNext(v)
}

// DistinctUntilChanged is src without the values whose key is that of the value before. For each value that it drops it
// asks for another. A panic in key cancels src and fails the stream.
//
//	--1--1--2--2--1--|
//	  distinct until changed
//	--1-----2-----1--|
func DistinctUntilChanged[T any, K comparable](src Publisher[T], key func(T) K) Flux[T] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &changed[T, K]{stage: stage[T]{down: s}, key: key, drop: discarding[T](ctx)})
	})
}

type changed[T any, K comparable] struct {
	stage[T]
	key  func(T) K
	last K
	some bool // there is a last
	drop discard[T]
}

func (c *changed[T, K]) OnNext(v T) {
	if c.done {
		c.drop.value(v)
		return
	}
	key, err := apply(c.key, v)
	switch {
	case err != nil:
		c.drop.value(v)
		c.fail(err)
	case c.some && key == c.last:
		c.drop.value(v)
		c.up.Request(1)
	default:
		c.last, c.some = key, true
		c.down.OnNext(v)
	}
}
