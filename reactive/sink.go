package reactive

import (
	"context"
	"strconv"
	"sync/atomic"
)

// EmitResult says what became of a signal that was pushed into a [Sink]. The names are those of Reactor's
// Sinks.EmitResult; there is no "non-serialized", because concurrent emitters are serialised.
type EmitResult int8

const (
	// EmitOK: the signal was delivered, or queued within the capacity.
	EmitOK EmitResult = iota
	// EmitTerminated: the sink was completed or failed before.
	EmitTerminated
	// EmitOverflow: there is neither demand nor room; nobody got the value, and it may be offered again.
	EmitOverflow
	// EmitCancelled: the only subscriber that a unicast sink ever has is gone.
	EmitCancelled
	// EmitZeroSubscribers: a multicast sink has no subscriber and no room to keep the value for the next one.
	EmitZeroSubscribers
)

// String returns the name without the prefix.
func (r EmitResult) String() string {
	switch r {
	case EmitOK:
		return "OK"
	case EmitTerminated:
		return "Terminated"
	case EmitOverflow:
		return "Overflow"
	case EmitCancelled:
		return "Cancelled"
	case EmitZeroSubscribers:
		return "ZeroSubscribers"
	}
	return "EmitResult(" + strconv.Itoa(int(r)) + ")"
}

// Sink is a source that is pushed by hand: what goes into Next, Complete and Error comes out of Flux, under the demand
// of whoever subscribed. The result of each push tells the emitter what became of it; the sink itself drops nothing,
// except that a replaying sink keeps only so many values (see [NewReplay]).
//
// All methods may be called concurrently, also from inside a subscriber's OnNext, and none of them blocks: signals are
// serialised, and a push that meets one on its way is queued behind it. A push with demand and an empty queue is a
// direct call of the subscriber.
//
// [NewUnicast], [NewMulticast] and [NewReplay] make sinks. A [Broadcast] is the sink for subscribers that must not hold
// each other up.
type Sink[T any] struct{ core sinkCore[T] }

type sinkCore[T any] interface {
	Publisher[T]
	emit(v T) EmitResult
	end(err error) EmitResult
	count() int
}

// NewUnicast returns a sink for one subscriber. Values that come before it, or faster than it asks for them, are queued
// up to capacity (at least 1), beyond which Next answers [EmitOverflow]. Every further subscriber fails with
// [ErrSubscribed]. Once the subscriber has cancelled, what is queued goes to the hook of its [Flux.OnDiscard] and Next
// answers [EmitCancelled].
//
//	-1-2---------3--|
//	  unicast
//	     ^(12)---3--|
func NewUnicast[T any](capacity int) *Sink[T] {
	u := &unicast[T]{}
	u.prepare(nobody{}, capacity, refuse)
	return &Sink[T]{core: u}
}

// Next pushes a value.
func (s *Sink[T]) Next(v T) EmitResult { return s.core.emit(v) }

// Complete ends the stream with success, after the values that are queued.
func (s *Sink[T]) Complete() EmitResult { return s.core.end(nil) }

// Error ends the stream with err, after the values that are queued.
func (s *Sink[T]) Error(err error) EmitResult {
	return s.core.end(failure(err))
}

// Flux returns the stream of what is pushed.
func (s *Sink[T]) Flux() Flux[T] { return Flux[T]{src: s.core} }

// Subscribers returns the number of present subscribers.
func (s *Sink[T]) Subscribers() int { return s.core.count() }

// unicast is the core of a sink for one subscriber: a mailbox that exists before its subscriber.
type unicast[T any] struct {
	mailbox[T]
	taken atomic.Bool
}

func (u *unicast[T]) Subscribe(ctx context.Context, s Subscriber[T]) {
	if !u.taken.CompareAndSwap(false, true) {
		reject(s, ErrSubscribed)
		return
	}
	u.dropInto(discarding[T](ctx))
	u.attach(s)
	u.drain()
}

func (u *unicast[T]) emit(v T) EmitResult { return u.offer(v) }

func (u *unicast[T]) count() int {
	if u.taken.Load() && u.halt.Load() == mailOpen {
		return 1
	}
	return 0
}

// reject subscribes s to nothing but err.
func reject[T any](s Subscriber[T], err error) {
	m := &mailbox[T]{}
	m.prepare(nobody{}, 1, refuse)
	m.putEnd(err)
	m.attach(s)
	m.drain()
}

// NewMulticast returns a sink for any number of subscribers, at the pace of the slowest. What a subscriber has not asked
// for is queued for it, up to capacity (at least 1); as soon as one of them is full, Next answers [EmitOverflow] and
// nobody gets the value, so that the emitter can offer it again later and no subscriber misses one.
//
// While there is no subscriber, values are queued, up to capacity, for the next one that comes; then Next answers
// [EmitZeroSubscribers]. Unlike Reactor's default, the sink does not end when the last subscriber leaves.
//
//	-1--2--3--4--|
//	  multicast
//	^1--2--3-!
//	     ^-3--4--|
func NewMulticast[T any](capacity int) *Sink[T] {
	capacity = max(1, capacity)
	return &Sink[T]{core: &multicast[T]{hub: hub[T]{keep: capacity}, overflow: refuse}}
}

// NewReplay returns a sink for any number of subscribers that remembers the n newest values (at least 1) and gives them
// to each newcomer first. It always takes a value: a subscriber that falls more than n values behind what it asked for
// loses the oldest, as one does that comes late. With n = 1 it holds a state of which only the present value matters.
//
//	-1--2--3--4--|
//	  replay 1
//	^1--2--3--4--|
//	     ^23--4--|
func NewReplay[T any](n int) *Sink[T] {
	n = max(1, n)
	return &Sink[T]{core: &multicast[T]{hub: hub[T]{keep: n, replay: true}, overflow: OverflowDropOldest}}
}

// multicast is the core of a sink for many subscribers.
type multicast[T any] struct {
	hub[T]
	overflow Overflow // of the members
}

func (m *multicast[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	m.join(m.newMember(m.keep, m.overflow), s)
}

func (m *multicast[T]) emit(v T) EmitResult {
	m.mu.Lock()
	e, r := m.accept(v)
	m.mu.Unlock()
	e.deliver(v)
	return r
}

// accept places v, or refuses it for all. The caller holds the lock.
func (m *multicast[T]) accept(v T) (e emission[T], r EmitResult) {
	switch {
	case m.ended:
		return e, EmitTerminated
	case m.replay:
		if m.past.len() == m.keep {
			m.past.pop()
		}
		m.past.push(v)
	case len(m.members) == 0:
		if m.past.len() == m.keep {
			return e, EmitZeroSubscribers
		}
		m.past.push(v)
		return e, EmitOK
	default:
		for _, s := range m.members {
			if s.full() {
				return e, EmitOverflow
			}
		}
	}
	e, _ = m.place(v)
	return e, EmitOK
}
