package reactive

import "context"

// Broadcast hands values to any number of subscribers that do not hold each other up: each has its own demand, its own
// buffer and its own overflow policy. Values emitted while nobody is subscribed are gone. The zero value is ready to
// use; a Broadcast must not be copied.
//
// All methods may be called concurrently, also from inside a subscriber's OnNext, and none of them waits for a
// subscriber. All subscribers see the values in the same order. A subscriber that panics is given the panic as its
// OnError and is gone; one that cancels is forgotten at once.
//
// A [Sink] made by [NewMulticast] is the alternative that tells the emitter to hold back when one subscriber is full.
type Broadcast[T any] struct{ hub hub[T] }

// NewBroadcast returns a Broadcast without subscribers.
func NewBroadcast[T any]() *Broadcast[T] { return new(Broadcast[T]) }

// Emit hands v to all present subscribers and returns how many of them took it: it was delivered to them or queued for
// them. A subscriber whose demand covers v is called directly, on the goroutine of the emitter, so a subscriber's OnNext
// must not block. While another emission is under way, v is queued for all: it is delivered when that is done, and a
// subscriber that has asked for it has room for up to 256 such values beyond its capacity.
func (b *Broadcast[T]) Emit(v T) int {
	b.hub.mu.Lock()
	e, n := b.hub.place(v)
	b.hub.mu.Unlock()
	e.deliver(v)
	return n
}

// Flux returns the stream of what is emitted from the moment of subscription on. Values that come faster than a
// subscriber asks for them are queued for it up to capacity (at least 1); o says what happens beyond it, to this
// subscriber alone. After [Broadcast.Complete] or [Broadcast.Error] a new subscriber gets just that signal.
//
//	-1-2-3-4-5----|
//	  broadcast
//	^1-2-3-4-5----|
//	    ^3-4-5----|
//	^1--------^4^5|     capacity 2, drop oldest; each ^ asks for 1
func (b *Broadcast[T]) Flux(capacity int, o Overflow) Flux[T] {
	return Flux[T]{src: PublisherFunc[T](func(_ context.Context, s Subscriber[T]) {
		b.hub.join(b.hub.newMember(capacity, o), s)
	})}
}

// Complete ends the streams of all subscribers with success, after what is queued for each.
func (b *Broadcast[T]) Complete() { b.hub.end(nil) }

// Error ends the streams of all subscribers with err, after what is queued for each.
func (b *Broadcast[T]) Error(err error) {
	if err == nil {
		err = errNil
	}
	b.hub.end(err)
}

// Len returns the number of present subscribers.
func (b *Broadcast[T]) Len() int { return b.hub.count() }
