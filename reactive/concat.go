package reactive

import "context"

// Concat is the stream of the values of all srcs, one stream after the other. The next one is subscribed to as soon as
// the one before has completed, whether there is demand or not, and sees what is left of that: if it is empty, or fails at
// once, that is known without asking. The first failure ends the stream.
//
//	--1--2|
//	      --3--|
//	  concat
//	--1--2--3--|
func Concat[T any](srcs ...Flux[T]) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		c := &concat[T]{ctx: ctx, rest: srcs}
		c.down = s
		s.OnSubscribe(c)
		c.proceed() // not before: a source's signals must not overlap OnSubscribe (1.3)
	})
}

// StartWith is the stream with the values v in front of it; see [Concat].
//
//	------1--2--|
//	  start with 8 9
//	(89)--1--2--|
func (f Flux[T]) StartWith(v ...T) Flux[T] { return Concat(FromSlice(v), f) }

// concat subscribes to one source after the other.
type concat[T any] struct {
	relay[T]
	ctx  context.Context
	turn turn
	rest []Flux[T] // belongs to the owner of turn
}

// proceed subscribes to the next source, or ends the stream after the last one. A source that completes meanwhile leaves
// that to who is at it, so that the stack stays flat however many sources are empty.
func (c *concat[T]) proceed() {
	if !c.turn.enter() {
		return
	}
	for {
		switch {
		case c.ended():
		case len(c.rest) == 0:
			c.finish(nil)
		default:
			src := c.rest[0].source()
			c.rest = c.rest[1:]
			src.Subscribe(c.ctx, &leg[T]{relay: &c.relay, owner: c})
		}
		if c.turn.leave() {
			return
		}
	}
}

func (c *concat[T]) legEnded(err error) {
	if err != nil {
		c.finish(err)
		return
	}
	c.proceed()
}
