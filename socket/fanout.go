package socket

import "sync/atomic"

// fanout puts the messages that a burst in one session causes in others into one write for each of those: without it, a
// room whose publisher sends sixteen messages in one segment would write sixteen times to every member.
//
// While a reader knows that more messages follow the one it delivers, what is sent to other sessions only marks these.
// At the end of its batch the reader flushes whoever is marked. Since a handler may take its time in the middle of a
// burst, the watch ends the burst then. A message that comes alone is written at once.
type fanout struct {
	bursts atomic.Int32 // readers that have more in hand
	marked atomic.Pointer[Session]
}

// mark puts s on the list. The caller has found that it is not there.
func (f *fanout) mark(s *Session) {
	for {
		s.marked = f.marked.Load()
		if f.marked.CompareAndSwap(s.marked, s) {
			return
		}
	}
}

// flush writes what was held back. It runs nobody's code: one session must not wait for what another has to do.
func (f *fanout) flush() {
	if f.marked.Load() == nil {
		return
	}
	s := f.marked.Swap(nil)
	for s != nil {
		next := s.marked
		s.marked = nil
		o := &s.out
		o.mu.Lock()
		o.held = false
		mine := o.start()
		o.mu.Unlock()
		if mine {
			s.flushApart()
		}
		s = next
	}
}

// beginBurst makes what is sent to other sessions wait for endBurst. The caller's work is in the slot, or was: work that
// is not watched must not make anybody wait.
func (s *Session) beginBurst(at *slot) {
	s.out.burst.Store(true)
	s.registry.fanout.bursts.Add(1)
	if at == nil || at.work.Load() != s {
		s.endBurst()
	}
}

// endBurst lets out what was held back, unless that was done already.
func (s *Session) endBurst() {
	if s.out.burst.Load() && s.out.burst.CompareAndSwap(true, false) {
		s.registry.fanout.bursts.Add(-1)
		s.registry.fanout.flush()
	}
}

// startOrHold is start for a message of the application: in the middle of a burst it only marks the session. The caller
// holds the lock of the queue.
func (s *Session) startOrHold() bool {
	o, f := &s.out, &s.registry.fanout
	if o.held || o.corks.Load() > 0 || o.taken || o.head == nil {
		return false
	}
	if f.bursts.Load() == 0 {
		return o.start()
	}
	o.held = true
	f.mark(s)
	if f.bursts.Load() == 0 { // the last burst has ended meanwhile, perhaps without having seen the mark
		go f.flush()
	}
	return false
}
