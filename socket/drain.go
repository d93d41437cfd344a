package socket

import "time"

// lastRead is how long a session reads on when it drains, at least: time for what is with the kernel already.
const lastRead = 50 * time.Millisecond

// drainState is how far the reader is with the end of the input that a drain asks for.
type drainState uint8

const (
	drainNone  drainState = iota
	drainAsked            // the reader is to come to its end
	drainLast             // it reads for lastRead more
	drainOver             // Receive has ended; what comes is dropped, until the peer's Close frame
)

// drain ends the session from this side, but unlike [Session.Close] it lets the flow finish what the peer had sent: the
// flow hears the end of Receive after that, and has CloseTimeout to end by itself.
func (s *Session) drain(status CloseStatus) {
	if status.Code == 0 {
		status.Code = NormalClosure
	}
	if !s.conclude(&CloseError{Status: status}) {
		return
	}
	listened := s.in.listened()
	if listened {
		s.life.mu.Lock()
		s.life.drain = drainAsked
		s.link.readUntil(longAgo) // under the lock: it must not undo what interrupted sets
		s.life.mu.Unlock()
	}
	s.flowMayEnd(listened)
}

// interrupted is where the reader hears of a drain. The sweep interrupts it as well, for reasons of its own.
func (s *Session) interrupted() {
	s.life.mu.Lock()
	switch s.life.drain {
	case drainAsked:
		s.life.drain = drainLast
		s.link.readUntil(time.Now().Add(lastRead))
	case drainLast:
		s.life.drain = drainOver
	}
	over := s.life.drain == drainOver
	s.life.mu.Unlock()
	if over {
		s.endReceive(nil)
	}
}
