package socket

import (
	"sync/atomic"
	"time"
)

// The frames that a session sends while it works on what it has read, or while a source sends what was asked of it, are
// held back, so that they leave in one write. The work runs the application's code, which may take its time, so it is
// watched: watchEvery is how often, and twice that is the longest time for which a frame is held back.
const watchEvery = 5 * time.Millisecond

// watchSlots is how much work can be watched at the same time. Work runs on a processor or has been stuck for less than
// two rounds, so there is rarely more. What finds no slot holds nothing back.
const watchSlots = 32

// watch ends the holding back of work that takes too long. A slot holds the session that does the work, and whoever takes
// the session out of the slot ends the holding back: the work itself when it is done, or the watch when it finds the same
// session in the same slot twice. (It may be the next work of that session by then. Its frames leave a little early.)
type watch struct {
	slots  [watchSlots]slot
	armed  atomic.Bool
	timer  *time.Timer
	before [watchSlots]*Session // what the last round has seen; belongs to the timer
}

// slot has a cache line to itself.
type slot struct {
	work atomic.Pointer[Session]
	_    [56]byte
}

func (w *watch) init() {
	w.timer = time.AfterFunc(time.Hour, w.round)
	w.timer.Stop()
}

// enter puts s into a slot, or returns nil if there is none.
func (w *watch) enter(s *Session) *slot {
	for i := range uint32(watchSlots) {
		if at := &w.slots[(s.number+i)%watchSlots]; at.work.Load() == nil && at.work.CompareAndSwap(nil, s) {
			w.arm()
			return at
		}
	}
	return nil
}

// leave takes s out of its slot and reports whether the watch had not done that.
func (at *slot) leave(s *Session) bool {
	return at != nil && at.work.CompareAndSwap(s, nil)
}

func (w *watch) arm() {
	if !w.armed.Load() && w.armed.CompareAndSwap(false, true) {
		w.timer.Reset(watchEvery)
	}
}

// round looks at all slots. The timer stops when there was nothing in them for a round.
func (w *watch) round() {
	busy := false
	for i := range w.slots {
		at := &w.slots[i]
		s := at.work.Load()
		if s != nil && s == w.before[i] {
			if at.leave(s) {
				s.overdue()
			}
			s = nil
		}
		w.before[i] = s
		busy = busy || s != nil
	}
	if busy {
		w.timer.Reset(watchEvery)
		return
	}
	w.armed.Store(false)
	for i := range w.slots {
		if w.slots[i].work.Load() != nil { // it came before it could see that
			w.arm()
			return
		}
	}
}

// gather holds the session's frames back until release. It returns nil, and holds nothing back, when there is no slot.
func (s *Session) gather() *slot {
	at := s.registry.watch.enter(s)
	if at != nil {
		s.out.corks.Add(1)
	}
	return at
}

// release lets the frames go that were held back since gather.
func (s *Session) release(at *slot) {
	if at.leave(s) && s.out.uncork() {
		s.flush()
	}
}

// overdue is release for work that takes too long. The work may go on, for ever even, but holds nothing back any more.
func (s *Session) overdue() {
	s.endBurst()
	if s.out.uncork() {
		s.flushApart()
	}
}
