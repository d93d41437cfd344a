package hub

import (
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// Attachment is one consumer of the subscription.
type Attachment[D any] struct {
	hub     *Hub[D]
	o       Options
	settled tally

	// Guarded by the hub's lock.
	first, last *row[D]
	n           int
	active      bool
	left        bool        // nothing is tracked any more
	timer       *time.Timer // nil: no delivery had a deadline yet
	armed       bool
}

// Active tells whether this attachment may be given messages: always, but for a Failover subscription, where it is the
// one that arrived first among those that are here. Once true it stays true until Leave.
func (a *Attachment[D]) Active() bool {
	a.hub.mu.Lock()
	defer a.hub.mu.Unlock()
	return a.active
}

// Track records a delivery, to be called before the message is handed on. It returns false if the attachment has left:
// then the message is still the engine's, to be given to somebody else.
//
// If the message is open already, because the queue delivered it again on its own account, the earlier delivery ends
// and counts as settled.
func (a *Attachment[D]) Track(id mq.MessageID, data D) bool {
	h := a.hub
	h.mu.Lock()
	if a.left {
		h.mu.Unlock()
		return false
	}
	var before *Attachment[D]
	if r, ok := h.open[id.Key()]; ok {
		before = h.remove(r).Attachment
	}
	r := h.newRow()
	r.id, r.owner, r.data = id, a, data
	h.open[id.Key()] = r
	a.link(r)
	if a.o.AckTimeout > 0 {
		r.deadline = time.Now().Add(a.o.AckTimeout)
		a.arm(a.o.AckTimeout)
	}
	h.mu.Unlock()
	if before != nil {
		before.Credit(1)
	}
	return true
}

// Settled is the flow that [mq.Consumer] describes: how many deliveries have been credited since the last value. It
// allows one subscriber and completes with Leave.
func (a *Attachment[D]) Settled() reactive.Flux[int64] {
	return reactive.FromPublisher[int64](&a.settled)
}

// Credit counts n deliveries as settled; see [Hub.Take].
func (a *Attachment[D]) Credit(n int64) { a.settled.add(n) }

// Leave detaches. The deliveries that are still open here go to back, in order of id, for the engine to give them back
// at once; they do not count as settled. Only when back has returned can another consumer become active in this one's
// place, or attach where this one was exclusive, so nobody is given later messages before them. Without open deliveries
// back is not called. Leaving a second time does nothing.
func (a *Attachment[D]) Leave(back func([]Row[D])) {
	h := a.hub
	h.mu.Lock()
	if a.left {
		h.mu.Unlock()
		return
	}
	a.left = true
	if a.timer != nil {
		a.timer.Stop()
	}
	rows := make([]Row[D], 0, a.n)
	for a.first != nil {
		rows = append(rows, h.remove(a.first))
	}
	h.mu.Unlock()
	if len(rows) > 0 {
		sortRows(rows)
		back(rows)
	}
	h.detach(a)
	a.settled.complete()
}

func (a *Attachment[D]) link(r *row[D]) {
	r.prev = a.last
	if a.last == nil {
		a.first = r
	} else {
		a.last.next = r
	}
	a.last = r
	a.n++
}

func (a *Attachment[D]) unlink(r *row[D]) {
	if r.prev == nil {
		a.first = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		a.last = r.prev
	} else {
		r.next.prev = r.prev
	}
	a.n--
}
