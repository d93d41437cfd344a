package reactive

import "sync/atomic"

const (
	laneSize   = 32                    // values that may be outstanding or waiting
	laneRefill = laneSize - laneSize/4 // the next request goes out when so many were taken
)

// lane holds the values of one source until the owner of a drain loop takes them. The source puts on one goroutine and
// the owner takes on another, or on the same, without a lock: as there is one of each, the counts tell who may touch
// which place. No more than laneSize values are asked for in advance, so the ring never overflows; it is made for the
// second value, because many a source has only one.
type lane[T any] struct {
	slot
	of    laneOwner
	limit *atomic.Int64 // what may be asked of the source in all; nil if only laneSize bounds it
	drop  discard[T]

	asked atomic.Int64
	put   atomic.Int64
	over  atomic.Bool // source has completed, after the last put
	first T
	ring  []T

	taken int64        // belongs to the owner
	freed atomic.Int64 // taken, in steps of laneRefill
}

// laneOwner takes the values of lanes in a drain loop of its own.
type laneOwner interface {
	// wake says that a lane has a value more, or has completed.
	wake()
	// fail ends the whole on account of a lane.
	fail(err error)
}

func (l *lane[T]) OnSubscribe(up Subscription) {
	if l.set(up) {
		l.ask()
	}
}

func (l *lane[T]) OnNext(v T) {
	n := l.put.Load()
	if n >= l.asked.Load() { // the source breaks rule 1.1
		l.drop.value(v)
		l.cancel()
		l.of.fail(ErrOverflow)
		return
	}
	if n == 0 {
		l.first = v
	} else {
		if l.ring == nil {
			l.ring = make([]T, laneSize)
		}
		l.ring[n%laneSize] = v
	}
	l.put.Store(n + 1)
	l.of.wake()
}

func (l *lane[T]) OnError(err error) {
	if l.ended() {
		l.of.fail(failure(err))
	}
}

func (l *lane[T]) OnComplete() {
	if l.ended() {
		l.over.Store(true)
		l.of.wake()
	}
}

// ask asks the source for what there is room for, within the limit.
func (l *lane[T]) ask() {
	if l.state.Load() != slotTaken {
		return
	}
	target := l.freed.Load() + laneSize
	if l.limit != nil {
		target = min(target, l.limit.Load())
	}
	raise(&l.asked, target, l.up)
}

// ready reports whether there is a value to take. This and what follows is for the owner.
func (l *lane[T]) ready() bool { return l.put.Load() > l.taken }

// exhausted reports whether there is no value and will be none.
func (l *lane[T]) exhausted() bool { return l.over.Load() && !l.ready() }

// take removes the oldest value; the owner knows that there is one.
func (l *lane[T]) take() (v T) {
	place := &l.first
	if l.taken > 0 {
		place = &l.ring[l.taken%laneSize]
	}
	var none T
	v, *place = *place, none // the ring must not keep what was taken out alive
	l.taken++
	return v
}

// passed asks for more in time, after a value that was taken has been passed on.
func (l *lane[T]) passed() {
	if l.taken%laneRefill == 0 {
		l.freed.Store(l.taken)
		l.ask()
	}
}

// clear drops what is there.
func (l *lane[T]) clear() {
	for l.ready() {
		l.drop.value(l.take())
	}
}
