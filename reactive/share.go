package reactive

import (
	"context"
	"math"
	"sync"
	"time"
)

// replayWindow is how many values Replay lets be on their way from its source, if it keeps fewer.
const replayWindow = 256

// Share subscribes to f once for all its subscribers: with the first one, until the last one has left or f has ended;
// after that the next subscriber starts f anew. A subscriber gets the values from its subscription on; one that must
// not miss the first is what [Flux.AutoConnect] is for. Share(capacity) is RefCount(1, capacity, 0).
//
// Nothing is dropped, so the slowest subscriber sets the pace: f is asked for what all present subscribers have asked
// for, in requests of at most capacity (at least 1). That is as many as a newcomer, which has not asked for them, may
// have to queue. A subscriber that should not hold up the others puts a policy of its own behind Share:
// f.Share(n).OnBackpressureBuffer(m, OverflowDropOldest).
//
// The context that f sees has the values of the context of the subscriber with which it starts, and ends when f is
// left. The subscribers' values are delivered on the goroutine of f, so they must not block in OnNext.
//
//	^--1--2--3--4--!
//	  share
//	^--1--2--3-!
//	       ^-3--4--!
func (f Flux[T]) Share(capacity int) Flux[T] { return f.RefCount(1, capacity, 0) }

// RefCount is [Flux.Share] that starts f when n subscribers (at least 1) are there and leaves it grace after the last
// one has gone; one that comes meanwhile goes on where the others stopped.
//
//	    ^--1--2--3--!
//	  ref count 2
//	^------1--2--3--!
//	    ^--1-!
func (f Flux[T]) RefCount(n, capacity int, grace time.Duration) Flux[T] {
	return Flux[T]{src: &shared[T]{
		src: f.source(), starts: max(1, n), capacity: max(1, capacity), leaves: true, grace: grace,
	}}
}

// AutoConnect subscribes to f once and for all, when n subscribers (at least 1) are there, so that none of these n
// misses a value; see [Flux.Share] for demand and capacity. It never leaves f: while there are no subscribers, it just
// does not ask for values, and what is still on its way is kept for the next one. Once f has ended, a new subscriber
// gets just the end.
//
//	    ^--1--2--3--4--
//	  auto connect 2
//	^------1--2!
//	    ^--1--2--3-!     4 waits for the next one
func (f Flux[T]) AutoConnect(n, capacity int) Flux[T] {
	return Flux[T]{src: &shared[T]{src: f.source(), starts: max(1, n), capacity: max(1, capacity)}}
}

// Replay subscribes to f once and for all, with the first subscriber, and gives each later one the n newest values (at
// least 1) first, also when f has ended. As with [Flux.Share], the slowest subscriber sets the pace, and as with
// [Flux.AutoConnect] f is never left. In Reactor this is called cache(n).
//
//	^--1--2--------3--|
//	  replay 2
//	^--1--2--------3--|
//	        ^(12)--3--|
func (f Flux[T]) Replay(n int) Flux[T] {
	n = min(max(1, n), math.MaxInt/2) // what is kept and what is on its way must add up
	return Flux[T]{src: &shared[T]{src: f.source(), starts: 1, capacity: max(n, replayWindow), history: n}}
}

// Cache does the work of m once, with the first subscriber that asks for it, and gives its result, value, emptiness or
// failure, to all. The work goes on if the subscribers leave. A subscriber that has not asked holds nobody up: the value
// is kept for it.
//
//	^---1|  ->  ^---1|  and, for who comes later,  ^1|
func (m Mono[T]) Cache() Mono[T] {
	return Mono[T]{src: &shared[T]{src: m.source(), starts: 1, capacity: 1, history: 1, single: true}}
}

// shared is a source with one subscription for many subscribers, or for as many as come until it is left: a round.
type shared[T any] struct {
	src      Publisher[T]
	starts   int  // subscribers that start it
	capacity int  // most values on their way
	history  int  // values for newcomers
	single   bool // there is one value at most, and it is asked for as soon as one subscriber has
	leaves   bool
	grace    time.Duration

	mu    sync.Mutex // guards what follows; it is taken before that of the hub
	round *round[T]  // the present one, if there is one
}

// round is one subscription to the source of a shared and those who share it.
type round[T any] struct {
	hub[T]
	shared *shared[T]
	up     slot
	stop   context.CancelFunc

	users int // subscribed and not gone; guarded by shared.mu
	timer *time.Timer

	started bool // guarded by hub.mu, as the rest
	ready   bool // up is there
	coming  int64
}

func (s *shared[T]) Subscribe(ctx context.Context, down Subscriber[T]) {
	s.mu.Lock()
	r := s.round
	if r == nil {
		r = &round[T]{shared: s, hub: hub[T]{keep: s.capacity}}
		if s.history > 0 {
			r.keep, r.replay = s.history, true
		}
		r.source = r
		s.round = r
	}
	r.users++
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	s.mu.Unlock()

	r.join(r.newMember(s.history+s.capacity, refuse), down)

	r.hub.mu.Lock()
	start := !r.started && len(r.members) >= s.starts
	if start {
		r.started = true
		ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	}
	r.hub.mu.Unlock()
	if start {
		s.src.Subscribe(ctx, r)
	} else {
		r.pull() // it may be the one that a paused source waits for
	}
}

// ended makes the next subscriber start a new round, if there are to be several.
func (s *shared[T]) ended(r *round[T]) {
	if !s.leaves {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.round == r {
		s.round = nil
	}
}

func (r *round[T]) OnSubscribe(up Subscription) {
	if !r.up.set(up) {
		return
	}
	r.hub.mu.Lock()
	r.ready = true
	r.hub.mu.Unlock()
	r.pull()
}

func (r *round[T]) OnNext(v T) {
	r.hub.mu.Lock()
	if r.coming == 0 {
		r.hub.mu.Unlock()
		r.up.cancel()
		r.finish(ErrOverflow) // the source breaks rule 1.1
		return
	}
	r.coming--
	if r.replay || len(r.members) == 0 {
		if r.past.len() == r.keep {
			r.past.pop()
		}
		r.past.push(v)
	}
	present := len(r.members)
	e, _ := r.place(v)
	fell := present - len(r.members)
	low := r.low()
	r.hub.mu.Unlock()
	e.deliver(v)
	for range fell {
		r.memberLeft()
	}
	if low {
		r.pull()
	}
}

func (r *round[T]) OnError(err error) { r.over(failure(err)) }
func (r *round[T]) OnComplete()       { r.over(nil) }

func (r *round[T]) over(err error) {
	if r.up.ended() {
		r.finish(err)
	}
}

// finish ends the round for all its subscribers; the source is gone.
func (r *round[T]) finish(err error) {
	r.stop()
	r.shared.ended(r)
	r.end(err)
}

// demandChanged implements hubSource.
func (r *round[T]) demandChanged() { r.pull() }

// memberLeft implements hubSource.
func (r *round[T]) memberLeft() {
	s := r.shared
	s.mu.Lock()
	r.users--
	leave := false
	if s.leaves && r.users == 0 && s.round == r {
		if s.grace > 0 {
			r.timer = time.AfterFunc(s.grace, r.expire)
		} else {
			leave = r.abandon()
		}
	}
	s.mu.Unlock()
	if leave {
		r.leave()
	} else {
		r.pull()
	}
}

// expire leaves the source when the grace is over.
func (r *round[T]) expire() {
	r.shared.mu.Lock()
	leave := r.users == 0 && r.shared.round == r && r.abandon()
	r.shared.mu.Unlock()
	if leave {
		r.leave()
	}
}

// abandon takes a round that nobody uses off the shared, and reports whether there is a source to be left. The caller
// holds shared.mu.
func (r *round[T]) abandon() bool {
	r.shared.round = nil
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	return r.started
}

func (r *round[T]) leave() {
	r.up.cancel()
	r.stop()
}

// low reports whether so few values are on their way that more should be asked for. The caller holds hub.mu.
func (r *round[T]) low() bool { return r.coming <= int64(r.shared.capacity/4) }

// pull asks the source for what all present subscribers want.
func (r *round[T]) pull() {
	r.hub.mu.Lock()
	n := int64(0)
	if r.ready && !r.hub.ended && len(r.members) > 0 && r.low() {
		n = r.wanted() - r.coming
		if n > 0 {
			r.coming += n
		}
	}
	r.hub.mu.Unlock()
	if n > 0 {
		r.up.up.Request(n)
	}
}

// wanted is how many values beyond those that have come every member has asked for, up to the capacity, or whether any
// has asked for the only one. The caller holds hub.mu, so no value arrives meanwhile.
func (r *round[T]) wanted() int64 {
	least, present := int64(r.shared.capacity), false
	for _, m := range r.members {
		if m.halt.Load() != mailOpen {
			continue
		}
		if r.shared.single && m.wanted() > 0 {
			return 1
		}
		least, present = min(least, m.wanted()), true
	}
	if !present {
		return 0
	}
	return least
}
