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
//
// To claim a member and to let go of it is half of what an emission costs. So members that keep up stay claimed from one
// emission to the next: they are seated. Seats belong to the lock while no emission is under way, and to the one that
// has set busy from then on until it settles.
type hub[T any] struct {
	mu      sync.Mutex
	members []*member[T]
	seated  []*member[T]
	busy    bool // an emission is under way that calls the seated members
	noted   bool // and has to look at them again, because something has come for one of them
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
	seat  int // in hub.seated, likewise

	// These belong to the owner of work.
	link   *member[T] // the next one claimed by the same emission
	direct bool       // claimed for a value that was not queued
}

// emission is what is left to do without the lock for a value. The zero emission is done.
type emission[T any] struct {
	hub     *hub[T]
	claimed *member[T] // to be called or drained
	called  *member[T] // were called and may take a seat
	seated  int        // the seated members to be called; less than zero if another emission is at them
}

func (h *hub[T]) newMember(capacity int, o Overflow) *member[T] {
	m := &member[T]{hub: h, index: -1, seat: -1}
	m.prepare(m, capacity, o)
	return m
}

func (m *member[T]) requested(int64) {
	if m.hub.source != nil {
		m.hub.source.demandChanged()
	}
}

func (m *member[T]) left() {
	h := m.hub
	h.mu.Lock()
	h.remove(m)
	claimed := m.seat >= 0 && h.unseat(m)
	h.mu.Unlock()
	if claimed && !m.work.leave() {
		m.drain()
	}
	if h.source != nil {
		h.source.memberLeft()
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

// unseat takes the seat away and leaves work to the caller, unless an emission is under way: that is told, and unseat
// reports false. The caller holds the lock.
func (h *hub[T]) unseat(m *member[T]) bool {
	if h.busy {
		h.noted = true
		return false
	}
	h.clearSeat(m)
	return true
}

// clearSeat takes m off the list of seated members, whose owner calls it.
func (h *hub[T]) clearSeat(m *member[T]) {
	last := len(h.seated) - 1
	h.seated[m.seat] = h.seated[last]
	h.seated[m.seat].seat = m.seat
	h.seated[last] = nil
	h.seated = h.seated[:last]
	m.seat = -1
}

// place gives v to all members, and returns what is left to do without the lock and how many took the value. The caller
// holds the lock.
func (h *hub[T]) place(v T) (e emission[T], n int) {
	e.hub, e.seated = h, -1
	free := !h.busy
	// Backwards, because a member that falls too far behind is replaced by the last one.
	for i := len(h.members) - 1; i >= 0; i-- {
		m := h.members[i]
		mine := false
		switch {
		case m.seat < 0:
			mine = m.work.try()
		case free:
			mine = true
		}
		if mine && m.spend() {
			if n++; m.seat < 0 {
				m.link, m.direct, e.claimed = e.claimed, true, m
			}
			continue
		}
		r, fell := m.put(v)
		if r == EmitOverflow && m.overflow == refuse {
			// The source was to see to it that there is room. Who gets no more values must not miss one in silence.
			fell = m.putEnd(ErrOverflow) == EmitOK
		}
		if fell {
			h.remove(m)
		}
		if r == EmitOK {
			n++
		}
		switch {
		case m.seat >= 0 && free:
			h.clearSeat(m)
			m.link, e.claimed = e.claimed, m
		case m.seat >= 0:
			h.noted = true
		case mine || (r == EmitOK || fell) && m.work.enter():
			m.link, e.claimed = e.claimed, m
		}
	}
	if free {
		h.busy, e.seated = true, len(h.seated)
	}
	return e, n
}

// deliver calls the members that are to have v directly. It is called without the lock.
func (e emission[T]) deliver(v T) {
	if e.hub == nil {
		return
	}
	var m *member[T]
	defer func() {
		if m != nil { // the goroutine ends with the function of a subscriber
			m.stop(mailCancelled)
			m.link, e.claimed = e.claimed, m
			go e.deliver(v)
		}
	}()
	for e.claimed != nil {
		m = e.claimed
		e.claimed = m.link
		direct := m.direct
		m.link, m.direct = nil, false
		if direct && m.halt.Load() == mailOpen {
			m.next(v)
		}
		switch {
		case direct && e.seated >= 0:
			m.link, e.called = e.called, m
		case !direct || !m.work.leave():
			m.drain()
		}
	}
	for m = nil; e.seated > 0; {
		e.callSeated(v)
	}
	if e.seated == 0 {
		e.hub.settle(e.called)
	}
}

// callSeated calls the seated members, the last one first, and returns after one that panicked, or all.
func (e *emission[T]) callSeated(v T) {
	defer func() {
		if e.seated < 0 {
			e.seated = 0
			return
		}
		// One guard for all of them is enough, because it is known who is being called.
		m, cause := e.hub.seated[e.seated], recover()
		m.broken(cause)
		if cause == nil {
			go e.deliver(v)
		}
	}()
	for e.seated--; e.seated >= 0; e.seated-- {
		if m := e.hub.seated[e.seated]; m.halt.Load() == mailOpen {
			m.sub.OnNext(v)
		}
	}
}

// settle ends the emission that called the seated members, and seats those that it called besides.
func (h *hub[T]) settle(called *member[T]) {
	var claimed *member[T]
	h.mu.Lock()
	if h.noted {
		h.noted = false
		for _, m := range slices.Backward(h.seated) {
			if !m.idle() {
				h.clearSeat(m)
				m.link, claimed = claimed, m
			}
		}
	}
	for m := called; m != nil; {
		link := m.link
		m.link = nil
		if m.idle() {
			m.seat = len(h.seated)
			h.seated = append(h.seated, m)
		} else {
			m.link, claimed = claimed, m
		}
		m = link
	}
	h.busy = false
	h.mu.Unlock()
	h.drain(claimed)
}

// idle reports whether there is nothing to do for m until the next emission. The caller holds the lock of the hub and
// owns work.
func (m *member[T]) idle() bool {
	return m.index >= 0 && m.held.Load() == 0 && m.halt.Load() == mailOpen && m.work.state.Load() == turnTaken
}

// drain drains a list of claimed members.
func (h *hub[T]) drain(claimed *member[T]) {
	var none T
	emission[T]{hub: h, claimed: claimed, seated: -1}.deliver(none)
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
		last := m.putEnd(err) == EmitOK
		if m.seat >= 0 && h.unseat(m) || m.seat < 0 && last && m.work.enter() {
			m.link, claimed = claimed, m
		}
	}
	h.members = nil
	h.mu.Unlock()
	h.drain(claimed)
	return EmitOK
}

func (h *hub[T]) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.members)
}
