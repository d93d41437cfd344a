package socket

import "time"

// lastRead is for how long a session that drains waits for more before it takes the input for finished: time for what is
// with the kernel already. It begins anew with each read that has brought something.
const lastRead = 50 * time.Millisecond

// draining is how far the reader is with the end of the input that a drain asks for. The times are on the registry's
// clock.
type draining struct {
	state drainState
	asked time.Duration // when it was asked for
	until time.Duration // how long the reader waits for more, in drainLast
}

type drainState uint8

const (
	drainAsked drainState = iota // the reader is to come to its end
	drainLast                    // it reads until nothing comes for lastRead
	drainOver                    // Receive has ended; what comes is dropped, until the peer's Close frame
)

// drain ends the session from this side, but unlike [Session.Close] it lets the flow finish what the peer had sent: the
// flow hears the end of Receive after that, and has CloseTimeout to end by itself.
//
// It does not call the application, which may not return, where others wait for the drain.
func (s *Session) drain(status CloseStatus) {
	if !s.conclude(&CloseError{Status: status}) {
		return
	}
	listened := s.in.listened()
	if listened {
		s.life.mu.Lock()
		s.life.drain = &draining{asked: s.registry.now()}
		s.link.readUntil(longAgo) // under the lock: it must not undo what interrupted sets
		s.life.mu.Unlock()
	}
	if !s.flowHears(listened) {
		go s.leaveFlow()
	}
}

// interrupted is where the reader hears of a drain. The sweep interrupts it as well, for reasons of its own.
func (s *Session) interrupted() {
	if s.endInput() {
		s.endReceive(nil)
	}
}

// endInput takes the reader's next step and reports whether that was the last one.
func (s *Session) endInput() bool {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	d := s.life.drain
	switch {
	case d == nil:
		return false
	case d.state == drainAsked:
		d.state = drainLast
		s.in.flags.Or(inLast)
		s.waitLast(lastRead)
	case d.state == drainLast:
		if left := d.until - s.registry.now(); left > 0 {
			s.waitLast(left)
			break
		}
		d.state = drainOver
		s.in.flags.And(^inLast)
	}
	return d.state == drainOver
}

// waitLast has the reader interrupted after d. The caller holds the lock.
func (s *Session) waitLast(d time.Duration) {
	s.life.drain.until = s.registry.now() + d
	s.link.readUntil(time.Now().Add(d))
}

// readOn follows each batch. If the session drains there may be more where it came from, however long the subscriber has
// taken. But a peer that never stops must not keep the flow from hearing the end while there is time to react to it: half
// of CloseTimeout.
func (s *Session) readOn() {
	if s.in.flags.Load()&inLast != 0 {
		s.readLast()
	}
}

func (s *Session) readLast() {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	wait := lastRead
	if most := s.config().CloseTimeout / 2; most > 0 {
		wait = min(wait, most-(s.registry.now()-s.life.drain.asked))
	}
	s.waitLast(wait)
}
