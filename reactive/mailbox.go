package reactive

import (
	"math"
	"sync"
	"sync/atomic"
)

// refuse is the overflow policy of a source whose emitter is told that there is no room and may try again.
const refuse Overflow = -1

// contention is the room, beyond the capacity, for values that have demand but must wait because another goroutine is
// delivering at that moment. It keeps a full buffer from being an accident of timing, and it is a bound as well.
const contention = 256

// Why a mailbox delivers no more values.
const (
	mailOpen      int32 = iota
	mailCancelled       // by the subscriber
	mailMisused         // the subscriber broke rule 3.9 and is told so
	mailOver            // the last signal was delivered
)

// turn lets one goroutine at a time do a piece of work that several ask for. Those who find it taken leave a note, and
// whoever has it looks once more before it gives it up: nobody waits, and nothing is forgotten.
type turn struct{ state atomic.Int32 }

const (
	turnFree  int32 = iota
	turnTaken       // somebody has it
	turnNoted       // and has to look once more
)

// try takes the turn if it is free, and otherwise leaves no note.
func (t *turn) try() bool { return t.state.CompareAndSwap(turnFree, turnTaken) }

// enter takes the turn if it is free, and otherwise leaves a note.
func (t *turn) enter() bool {
	for {
		switch t.state.Load() {
		case turnFree:
			if t.state.CompareAndSwap(turnFree, turnTaken) {
				return true
			}
		case turnTaken:
			if t.state.CompareAndSwap(turnTaken, turnNoted) {
				return false
			}
		default:
			return false
		}
	}
}

// leave gives the turn up, unless there is a note: then it takes the note away and reports false.
func (t *turn) leave() bool {
	if t.state.CompareAndSwap(turnTaken, turnFree) {
		return true
	}
	t.state.Store(turnTaken)
	return false
}

// mailboxOwner is the source behind a mailbox.
type mailboxOwner interface {
	// requested says that the subscriber asked for n more values.
	requested(n int64)
	// left says, once, that the subscriber takes no more values: it cancelled, broke a rule, panicked or fell too
	// far behind. It is not called when the source itself ended the stream.
	left()
}

// nobody owns a mailbox whose source does not care what the subscriber does.
type nobody struct{}

func (nobody) requested(int64) {}
func (nobody) left()           {}

// mailbox is the end of a push source that faces one subscriber: it holds the subscriber's demand, keeps its signals
// serial whatever goroutines they come from, and queues, up to a bound, what there is no demand for.
//
// One goroutine at a time owns work and calls the subscriber; the others leave their value in the queue. A value that
// meets demand and an empty queue is a direct call: no lock, no queue, no allocation. No lock is ever held while the
// subscriber runs.
type mailbox[T any] struct {
	sub      Subscriber[T] // belongs to the owner of work; nil before it came and after its last signal
	owner    mailboxOwner
	capacity int
	overflow Overflow

	work   turn
	halt   atomic.Int32
	held   atomic.Int32 // queue.len, readable without mu
	ending atomic.Bool  // ended, readable without mu
	demand atomic.Int64

	mu    sync.Mutex // guards what follows
	queue queue[T]
	ended bool  // nothing more will be queued
	err   error // how it ended; nil is success
	waste *waste[T]
}

// prepare sets up a mailbox whose subscriber is still to come: it queues, and delivers nothing before attach. The capacity
// leaves room for contention on top of it, however large it is.
func (o *mailbox[T]) prepare(owner mailboxOwner, capacity int, overflow Overflow) {
	o.owner, o.capacity, o.overflow = owner, min(max(1, capacity), math.MaxInt-contention), overflow
	o.work.try()
}

// attach hands the subscription to s. Whatever s asks for meanwhile is delivered by the drain that has to follow, so
// that no signal overlaps OnSubscribe (1.3, 1.9).
func (o *mailbox[T]) attach(s Subscriber[T]) {
	o.sub = s
	relieve(s)
	defer o.rescue()
	s.OnSubscribe(o)
}

// offer delivers v or queues it, or applies the overflow policy.
func (o *mailbox[T]) offer(v T) EmitResult {
	if !o.work.try() {
		r, fell := o.put(v)
		if fell {
			o.owner.left()
		}
		if (r == EmitOK || fell) && o.work.enter() {
			o.drain()
		}
		return r
	}
	if o.spend() {
		o.next(v)
		if !o.work.leave() {
			o.drain()
		}
		return EmitOK
	}
	r, fell := o.put(v)
	if fell {
		o.owner.left()
	}
	o.drain()
	return r
}

// put queues v. fell reports that it found no room and that this ends the stream: the caller tells the owner, once it
// holds no lock, and drains.
func (o *mailbox[T]) put(v T) (r EmitResult, fell bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ended:
		return EmitTerminated, false
	case o.halt.Load() != mailOpen:
		return EmitCancelled, false
	case o.queue.len() < o.room():
	case o.overflow == OverflowDropOldest:
		if oldest, _ := o.queue.pop(); o.waste != nil {
			o.waste.lost.push(oldest)
		}
	case o.overflow == OverflowError:
		o.ended, o.err = true, ErrOverflow
		o.ending.Store(true)
		return EmitOverflow, true
	default:
		return EmitOverflow, false
	}
	o.queue.push(v)
	o.held.Store(int32(o.queue.len()))
	return EmitOK, false
}

// room is how many values may be queued.
func (o *mailbox[T]) room() int { return o.capacity + int(min(o.demand.Load(), contention)) }

// full reports whether put would find no room. Values are only added by a caller that keeps others from adding, so a
// no stays true.
func (o *mailbox[T]) full() bool {
	if int(o.held.Load()) < o.capacity || o.halt.Load() != mailOpen {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue.len() >= o.room()
}

// wanted is how many values the subscriber has asked for beyond those that are queued; it is negative if some of these
// have no demand either.
func (o *mailbox[T]) wanted() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.demand.Load() - int64(o.queue.len())
}

// preload queues values from before the subscription, whatever the capacity is. The caller owns work.
func (o *mailbox[T]) preload(past *queue[T]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range past.len() {
		o.queue.push(past.at(i))
	}
	o.held.Store(int32(o.queue.len()))
}

// end makes err, or success if it is nil, the last signal, after the values that are queued.
func (o *mailbox[T]) end(err error) EmitResult {
	r := o.putEnd(err)
	if r == EmitOK && o.work.enter() {
		o.drain()
	}
	return r
}

// putEnd is the part of end that calls nobody.
func (o *mailbox[T]) putEnd(err error) EmitResult {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ended:
		return EmitTerminated
	case o.halt.Load() != mailOpen:
		return EmitCancelled
	}
	o.ended, o.err = true, err
	o.ending.Store(true)
	return EmitOK
}

// Request implements Subscription.
func (o *mailbox[T]) Request(n int64) {
	if n < 1 {
		o.stop(mailMisused)
		return
	}
	if o.halt.Load() != mailOpen {
		return
	}
	addCap(&o.demand, n)
	if o.held.Load() > 0 && o.work.enter() {
		o.drain()
	}
	o.owner.requested(n)
}

// Cancel implements Subscription.
func (o *mailbox[T]) Cancel() { o.stop(mailCancelled) }

// stop ends the subscription from the subscriber's side.
func (o *mailbox[T]) stop(why int32) {
	if !o.halt.CompareAndSwap(mailOpen, why) {
		return
	}
	o.mu.Lock()
	ended := o.ended
	o.mu.Unlock()
	if !ended {
		o.owner.left()
	}
	o.wake()
}

// wake delivers what can be delivered, or leaves that to who is at it.
func (o *mailbox[T]) wake() {
	if o.work.enter() {
		o.drain()
	}
}

// drain delivers what can be delivered and gives work up. The caller owns work.
func (o *mailbox[T]) drain() {
	for {
		o.flush()
		if o.work.leave() {
			return
		}
	}
}

// flush delivers queued values while there is demand, then the end. The caller owns work.
func (o *mailbox[T]) flush() {
	o.discard()
	for o.sub != nil {
		switch o.halt.Load() {
		case mailOpen:
		case mailMisused:
			o.last(ErrBadRequest)
			return
		default:
			o.forget()
			o.discard()
			return
		}
		if o.held.Load() == 0 {
			// ending never goes back, and nothing is queued after it: with nothing held now, nothing will be.
			if o.ending.Load() && o.held.Load() == 0 {
				o.last(o.err)
			}
			return
		}
		if o.demand.Load() == 0 {
			return
		}
		if v, ok := o.take(); ok {
			o.next(v)
		}
	}
}

// take removes the oldest queued value and its demand, as one step: what is room for a value stays so until a value is
// added.
func (o *mailbox[T]) take() (T, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, ok := o.queue.pop()
	if ok {
		produced(&o.demand, 1)
		o.held.Store(int32(o.queue.len()))
	}
	return v, ok
}

// spend reports whether the next value can go straight to the subscriber, and if so takes its demand. The caller owns
// work.
func (o *mailbox[T]) spend() bool {
	if o.sub == nil || o.held.Load() != 0 || o.demand.Load() == 0 || o.halt.Load() != mailOpen {
		return false
	}
	produced(&o.demand, 1)
	return true
}

// next calls OnNext. The caller owns work.
func (o *mailbox[T]) next(v T) {
	defer o.rescue()
	o.sub.OnNext(v)
}

// last calls OnError or, if err is nil, OnComplete. The caller owns work.
func (o *mailbox[T]) last(err error) {
	o.halt.Store(mailOver)
	sub := o.forget()
	o.discard()
	defer func() { _ = recover() }() // there is no signal left that could carry the panic (2.13)
	if err != nil {
		sub.OnError(err)
	} else {
		sub.OnComplete()
	}
}

// forget drops all references to the subscriber and to values (3.13). The caller owns work.
func (o *mailbox[T]) forget() Subscriber[T] {
	o.mu.Lock()
	defer o.mu.Unlock()
	sub := o.sub
	o.sub = nil
	if o.waste != nil {
		for v, ok := o.queue.pop(); ok; v, ok = o.queue.pop() {
			o.waste.lost.push(v)
		}
	}
	o.queue.clear()
	o.held.Store(0)
	return sub
}

// rescue is deferred around calls of the subscriber.
func (o *mailbox[T]) rescue() {
	if v := recover(); v != nil {
		o.broken(v)
	}
}

// broken is what follows when the subscriber has panicked with v. If that was in a function of the user, it is how the
// stage ends that called it. Otherwise the subscriber has broken rule 2.13, is told so as far as it can be, and loses its
// subscription; the emitter and the other subscribers go on. The caller owns work.
func (o *mailbox[T]) broken(v any) {
	err := panicked(v)
	if err == nil { // the goroutine ends: there is no failure to tell of
		o.stop(mailCancelled)
		return
	}
	defer func() { _ = recover() }() // nobody is left who could be told of a second panic (2.13)
	if s := caller(o.sub); s != nil {
		s.fail(err) // which cancels
		return
	}
	o.stop(mailCancelled) // work is ours: this only tells the owner
	o.last(err)
}
