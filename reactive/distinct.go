package reactive

import "context"

// Distinct is src without the values whose key was seen before. It remembers the newest n keys (at least 1) and forgets
// the one that it has known longest, so that its memory is bounded: a value whose key was forgotten passes again. For each
// value that it drops it asks for another. A panic in key, or in the comparison of keys of an interface type, cancels src
// and fails the stream. A key that does not equal itself, such as NaN, is never seen before, and not remembered.
//
// Reactor's operator of this name remembers all keys.
//
//	--1--2--1--3--1--|
//	  distinct 2
//	--1--2-----3--1--|     3 made it forget 1
func Distinct[T any, K comparable](src Publisher[T], n int, key func(T) K) Flux[T] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		d := &distinct[T, K]{
			stage: stage[T]{down: s}, n: n, key: key, known: map[K]struct{}{}, drop: discarding[T](ctx),
		}
		d.check = d.isNew
		src.Subscribe(ctx, d)
	})
}

type distinct[T any, K comparable] struct {
	stage[T]
	n     int
	key   func(T) K
	check func(T) bool // isNew, made once
	known map[K]struct{}
	order queue[K] // of known, the oldest first
	drop  discard[T]
}

func (d *distinct[T, K]) OnNext(v T) {
	if d.done {
		d.drop.value(v)
		return
	}
	fresh, err := apply(d.check, v)
	switch {
	case err != nil:
		d.drop.value(v)
		d.fail(err)
	case fresh:
		d.down.OnNext(v)
	default:
		d.drop.value(v)
		d.up.Request(1)
	}
}

// isNew reports whether the key of v was not seen, and remembers it. Besides d.key, the comparison of keys may panic:
// those of an interface type may hold what cannot be compared.
func (d *distinct[T, K]) isNew(v T) bool {
	key := d.key(v)
	if key != key { // NaN, which a map could neither find nor delete again
		return true
	}
	if _, known := d.known[key]; known {
		return false
	}
	if d.order.len() == d.n {
		oldest, _ := d.order.pop()
		delete(d.known, oldest)
	}
	d.known[key] = struct{}{}
	d.order.push(key)
	return true
}

// DistinctUntilChanged is src without the values whose key is that of the value before. For each value that it drops it
// asks for another. A panic in key, or in the comparison of keys of an interface type, cancels src and fails the stream.
//
//	--1--1--2--2--1--|
//	  distinct until changed
//	--1-----2-----1--|
func DistinctUntilChanged[T any, K comparable](src Publisher[T], key func(T) K) Flux[T] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		c := &changed[T, K]{stage: stage[T]{down: s}, key: key, drop: discarding[T](ctx)}
		c.check = c.isNew
		src.Subscribe(ctx, c)
	})
}

type changed[T any, K comparable] struct {
	stage[T]
	key   func(T) K
	check func(T) bool // isNew, made once
	last  K
	some  bool // there is a last
	drop  discard[T]
}

func (c *changed[T, K]) OnNext(v T) {
	if c.done {
		c.drop.value(v)
		return
	}
	fresh, err := apply(c.check, v)
	switch {
	case err != nil:
		c.drop.value(v)
		c.fail(err)
	case fresh:
		c.down.OnNext(v)
	default:
		c.drop.value(v)
		c.up.Request(1)
	}
}

// isNew reports whether the key of v is not that of the value before, and remembers it; see distinct.isNew.
func (c *changed[T, K]) isNew(v T) bool {
	key := c.key(v)
	if c.some && key == c.last {
		return false
	}
	c.last, c.some = key, true
	return true
}
