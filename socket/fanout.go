package socket

import (
	"sync/atomic"
	"time"
)

// fanout puts the messages that a burst in one session causes in others into one write for each of those: without it, a
// room whose publisher sends sixteen messages in one segment would write sixteen times to every member.
//
// While a reader knows that more messages follow the one it delivers, what is sent to other sessions only marks these.
// At the end of its batch the reader flushes whoever is marked. Since a handler may take its time in the middle of a
// burst, a timer does so at the latest after holdBackOthers. A message that comes alone is written at once.
type fanout struct {
	bursts   atomic.Int32 // readers that have more in hand
	marked   atomic.Pointer[Session]
	backstop *time.Timer
}

func (f *fanout) init() {
	f.backstop = time.AfterFunc(time.Hour, f.flush)
	f.backstop.Stop()
}

// mark puts s on the list. The caller has found that it is not there.
func (f *fanout) mark(s *Session) {
	for {
		head := f.marked.Load()
		s.marked = head
		if f.marked.CompareAndSwap(head, s) {
			if head == nil {
				f.backstop.Reset(holdBackOthers)
			}
			return
		}
	}
}

// flush writes what was held back.
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
			s.flush()
		}
		s = next
	}
}

// startOrHold is start for a message of the application: in the middle of a burst it only marks the session. The caller
// holds the lock of the queue.
func (s *Session) startOrHold() bool {
	o, f := &s.out, &s.registry.fanout
	if o.held || o.corks > 0 || o.taken || o.head == nil {
		return false
	}
	if f.bursts.Load() == 0 {
		return o.start()
	}
	o.held = true
	f.mark(s)
	return false
}
