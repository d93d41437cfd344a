package reactive

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
)

// Overflow says what becomes of a value that finds neither demand nor room in a buffer. Every place that takes an
// Overflow takes a capacity too, which is at least 1 and always a bound: there is no policy that buffers without one.
// Keeping only the latest value is [OverflowDropOldest] with capacity 1.
//
// Values that the subscriber did ask for, and that wait only because another goroutine is calling it just then, have
// room of their own beside the capacity, for at most 256 of them: whether a buffer is full is no matter of timing.
type Overflow int8

const (
	// OverflowError ends the stream with [ErrOverflow], after the values that are queued: nothing is lost in
	// silence. It is the zero value.
	OverflowError Overflow = iota
	// OverflowDropNewest drops the value that found no room, so that what is queued stays.
	OverflowDropNewest
	// OverflowDropOldest drops the value that has been queued longest and queues the new one.
	OverflowDropOldest
)

// String returns the name without the prefix.
func (o Overflow) String() string {
	switch o {
	case OverflowError:
		return "Error"
	case OverflowDropNewest:
		return "DropNewest"
	case OverflowDropOldest:
		return "DropOldest"
	}
	return "Overflow(" + strconv.Itoa(int(o)) + ")"
}

// Create turns a callback API into a stream. For each subscriber, after its OnSubscribe, f is called with the emitter
// to push into; it should register its callbacks or start its goroutine and return. The context that f gets carries the
// subscriber's values and ends with the subscription, however that ends.
//
// What is pushed faster than it is asked for is queued up to capacity (at least 1); o says what happens beyond it. A value
// that [Emitter.Next] did not take is the emitter's to deal with; one that it took and that is not delivered, because the
// stream ended before or a newer one took its place, is given to the hook of [Flux.OnDiscard]. A panic in f becomes
// OnError with a [PanicError], after what is queued.
//
// A source that can be asked for values, rather than one that pushes them, is better written with [Pull].
//
//	-1-2-3-------|     pushed
//	  create 1, drop oldest
//	^1------^3---|     each ^ asks for 1
func Create[T any](f func(ctx context.Context, out Emitter[T]), capacity int, o Overflow) Flux[T] {
	return Flux[T]{src: PublisherFunc[T](func(ctx context.Context, s Subscriber[T]) {
		c := &creation[T]{}
		drop := discarding[T](ctx)
		ctx, c.stopped = context.WithCancel(ctx)
		c.prepare(c, capacity, o)
		c.dropInto(drop)
		c.attach(s)
		c.drain()
		if c.halt.Load() != mailOpen {
			return // the subscriber left from inside OnSubscribe
		}
		c.guard(func() { f(ctx, Emitter[T]{c}) })
	})}
}

// Emitter is what the function given to [Create] pushes into. Its methods may be called concurrently, from any
// goroutine, also after the stream has ended, and none of them blocks.
type Emitter[T any] struct{ c *creation[T] }

// Next pushes a value and reports whether it was taken: delivered, or queued for delivery. It was not if the stream has
// ended or the overflow policy dropped it.
func (e Emitter[T]) Next(v T) bool { return e.c.offer(v) == EmitOK }

// Complete ends the stream with success, after the values that are queued.
func (e Emitter[T]) Complete() { e.c.finish(nil) }

// Error ends the stream with err, after the values that are queued.
func (e Emitter[T]) Error(err error) {
	e.c.finish(failure(err))
}

// Requested returns how many values can be pushed now without being queued, or [Unbounded].
func (e Emitter[T]) Requested() int64 {
	d := e.c.demand.Load()
	switch {
	case e.c.ending.Load() || e.c.halt.Load() != mailOpen:
		return 0
	case d == Unbounded:
		return Unbounded
	}
	return max(0, d-int64(e.c.held.Load()))
}

// OnRequest makes f hear of demand: at once of what was asked for before, then of each request. Calls of f are serial,
// and requests that arrive during one are added up for the next; f may push from inside. A second OnRequest replaces
// the first. A panic in f becomes OnError with a [PanicError].
func (e Emitter[T]) OnRequest(f func(n int64)) {
	e.c.hooks.Lock()
	e.c.onRequest = f
	e.c.hooks.Unlock()
	e.c.ask()
}

// OnCancel makes f run, once, when the stream ends for another reason than the emitter's own Complete or Error: the
// subscriber cancelled or broke a rule, an overflow ended it, or a function given to [Create] or OnRequest panicked. If that has happened already, f runs at once. A second
// OnCancel replaces the first. A panic in f goes nowhere: there is no signal left that could carry it.
func (e Emitter[T]) OnCancel(f func()) {
	e.c.hooks.Lock()
	e.c.onCancel = f
	gone := e.c.gone
	e.c.hooks.Unlock()
	if gone {
		e.c.cancelled()
	}
}

// creation is one subscription to what Create made.
type creation[T any] struct {
	mailbox[T]
	stopped context.CancelFunc

	asking turn         // calling onRequest
	asked  atomic.Int64 // not yet told to onRequest

	hooks     sync.Mutex // guards what follows
	onRequest func(int64)
	onCancel  func()
	gone      bool
}

func (c *creation[T]) finish(err error) {
	if c.end(err) == EmitOK {
		c.stopped()
	}
}

func (c *creation[T]) requested(n int64) {
	addCap(&c.asked, n)
	c.ask()
}

// ask tells onRequest of the demand it has not heard of. Requests from inside onRequest only add to it, so that the
// stack does not grow with the number of values.
func (c *creation[T]) ask() {
	if !c.asking.enter() {
		return
	}
	for {
		c.hooks.Lock()
		f := c.onRequest
		c.hooks.Unlock()
		if f != nil {
			if n := c.asked.Swap(0); n > 0 && !c.ending.Load() && c.halt.Load() == mailOpen {
				c.guard(func() { f(n) })
			}
		}
		if c.asking.leave() {
			return
		}
	}
}

func (c *creation[T]) left() {
	c.stopped()
	c.hooks.Lock()
	c.gone = true
	c.hooks.Unlock()
	c.cancelled()
}

// cancelled runs onCancel if it has not run.
func (c *creation[T]) cancelled() {
	c.hooks.Lock()
	f := c.onCancel
	c.onCancel = nil
	c.hooks.Unlock()
	if f == nil {
		return
	}
	_ = safely(f)
}

// guard runs user code and makes its panic the end of the stream, which the emitter has not chosen.
func (c *creation[T]) guard(f func()) {
	if err := safely(f); err != nil && c.putEnd(err) == EmitOK {
		c.left()
		c.wake()
	}
}
