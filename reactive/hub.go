package reactive

import (
	"slices"
	"sync"
)

// hub hands one sequence of values to any number of subscribers, in the same order to each of them, however many
// goroutines emit (1.11).
//
// An emission has two parts. Under the lock each member is given the value: it is put into the member's queue or, if
// the member has demand and nobody is busy with it, the member is claimed for this emission. Without the lock the
// claimed members are called. A later emission that finds a member claimed queues behind it, which keeps the order.
type hub[T any] struct {
	mu      sync.Mutex
	members []*member[T]
	ended   bool
	err     error
	past    queue[T] // for those who come later
	keep    int      // bound of past
	replay  bool     // past is for each newcomer, not for the first one only
	source  hubSource
}

// hubSource is told, without the lock, what the members do. It is nil if nobody cares.
type hubSource interface {
	demandChanged()
	memberLeft()
}

// member is one subscriber of a hub.
type member[T any] struct {
	mailbox[T]
	hub   *hub[T]
	index int // in hub.members, guarded by hub.mu; -1 if it is not there

	// These belong to the owner of work.
	link   *member[T] // the next one claimed by the same emission
	direct bool       // claimed for a value that was not queued
}

func (h *hub[T]) newMember(capacity int, o Overflow) *member[T] {
	m := &member[T]{hub: h, index: -1}
	m.prepare(m, capacity, o)
	return m
}

func (m *member[T]) requested(int64) {
	if m.hub.source != nil {
		m.hub.source.demandChanged()
	}
}

func (m *member[T]) left() {
	m.hub.mu.Lock()
	m.hub.remove(m)
	m.hub.mu.Unlock()
	if m.hub.source != nil {
		m.hub.source.memberLeft()
	}
}

// join subscribes s through m, which gets what is kept from the past first.
func (h *hub[T]) join(m *member[T], s Subscriber[T]) {
	m.attach(s)
	h.mu.Lock()
	if m.halt.Load() == mailOpen { // else it left from inside OnSubscribe
		m.preload(&h.past)
		if !h.replay {
			h.past.clear()
		}
		if h.ended {
			m.putEnd(h.err)
		} else {
			m.index = len(h.members)
			h.members = append(h.members, m)
		}
	}
	h.mu.Unlock()
	m.drain()
}

// remove takes m off the list. The caller holds the lock.
func (h *hub[T]) remove(m *member[T]) {
	if m.index < 0 {
		return
	}
	last := len(h.members) - 1
	h.members[m.index] = h.members[last]
	h.members[m.index].index = m.index
	h.members[last] = nil
	h.members = h.members[:last]
	m.index = -1
}

// place gives v to all members. It returns the ones that were claimed, to be passed to deliver after the lock is
// released, and how many took the value. The caller holds the lock.
func (h *hub[T]) place(v T) (claimed *member[T], n int) {
	// Backwards, because a member that falls too far behind is replaced by the last one.
	for i := len(h.members) - 1; i >= 0; i-- {
		m := h.members[i]
		mine := m.work.try()
		if mine && m.spend() {
			m.link, m.direct, claimed = claimed, true, m
			n++
			continue
		}
		r, fell := m.put(v)
		if fell {
			h.remove(m)
		}
		if r == EmitOK {
			n++
		}
		if mine || (r == EmitOK || fell) && m.work.enter() {
			m.link, claimed = claimed, m
		}
	}
	return claimed, n
}

// deliver calls the members that were claimed for v.
func (m *member[T]) deliver(v T) {
	for m != nil {
		link, direct := m.link, m.direct
		m.link, m.direct = nil, false
		if direct && m.halt.Load() == mailOpen {
			m.next(v)
		}
		if !direct || !m.work.leave() {
			m.drain()
		}
		m = link
	}
}

// end makes err, or success if it is nil, the last signal of all members, and of those to come.
func (h *hub[T]) end(err error) EmitResult {
	h.mu.Lock()
	if h.ended {
		h.mu.Unlock()
		return EmitTerminated
	}
	h.ended, h.err = true, err
	var claimed *member[T]
	for _, m := range slices.Backward(h.members) {
		m.index = -1
		if m.putEnd(err) == EmitOK && m.work.enter() {
			m.link, claimed = claimed, m
		}
	}
	h.members = nil
	h.mu.Unlock()
	var none T
	claimed.deliver(none) // nothing is claimed for a value: this only drains
	return EmitOK
}

func (h *hub[T]) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.members)
}
