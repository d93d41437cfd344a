package eventloop

import (
	"runtime"
	"sync/atomic"
	"syscall"
)

// Source is who is called when a socket is ready.
//
// Readable is called by one goroutine at a time, and may take its time, as Flush may. The others return at once, and may be
// called during a call that takes long; so may Flush.
type Source interface {
	// Readable is called when there may be something to read, or for another reason. It says what it wants next.
	Readable(Reason) Want
	// Flush is called when the source wants it, at the end of the round: when all sockets that were ready together have
	// been read, but at most 10 ms later.
	Flush()
	// Writable is called when there may be room to write.
	Writable()
	// Broken is called when the connection has broken while a call goes on that may take long.
	Broken()
}

// Want is what a source wants after a call.
type Want uint8

const (
	Again Want = 1 << iota // a call of Readable in the next round: it has not read all there was
	Flush                  // a call of Flush
)

// Reason says why Readable is called.
type Reason uint8

const (
	Arrived Reason = 1 << iota // there is something from the peer
	HungUp                     // the peer will send nothing more, or the connection has broken: reading will tell
	Broke                      // the connection has broken
	Kicked                     // see Socket.Kick

	writable // for Writable
	flush    // for Flush
)

func reasonOf(events uint32) (r Reason) {
	if events&syscall.EPOLLIN != 0 {
		r |= Arrived
	}
	if events&syscall.EPOLLOUT != 0 {
		r |= writable
	}
	if events&syscall.EPOLLRDHUP != 0 {
		r |= HungUp
	}
	if events&syscall.EPOLLHUP != 0 {
		r |= HungUp | writable
	}
	if events&syscall.EPOLLERR != 0 {
		r |= HungUp | Broke | writable
	}
	return r
}

// Socket is the place of a socket with a group. It is made to be a field of the source.
//
// Its source is called by the goroutine that runs the loop or, when that cannot wait for it, by one of its own: then it is
// detached. What happens meanwhile is noted as missed.
type Socket struct {
	loop     *loop
	source   Source
	index    int32
	number   uint32
	turn     uint64      // of the loop at the call that goes on, unless that is detached
	avoid    int32       // how many calls are to be detached from the beginning; belongs to who runs the loop
	detached atomic.Bool // is set by who runs the loop or takes it away, and reset under its lock

	// guarded by the lock of the loop
	missed Reason
	held   bool // Start has not been called
	kicked bool // is on the list
}

// avoidFor is how many calls of a source are detached from the beginning after one that has held up its loop.
const avoidFor = 64

// Start lets the calls begin.
func (s *Socket) Start() {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	s.held = false
	s.detached.Store(false)
	if s.missed != 0 {
		s.loop.kick(s)
	}
}

// Kick has the source called soon, once more after Start.
func (s *Socket) Kick() {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	s.missed |= Kicked
	s.loop.kick(s)
}

// Remove has the loop forget the socket. A call may go on, and some that were due already may follow.
func (s *Socket) Remove() {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	s.loop.remove(s)
}

// Detach says that the call that goes on may take long. Only who is being called may say so.
func (s *Socket) Detach() {
	if !s.detached.Load() {
		s.loop.handOff(s.turn, false)
	}
}

// here reports whether the loop is to call the source itself. If not, somebody else does. The caller runs the loop.
func (s *Socket) here(why Reason) bool {
	if s.detached.Load() && s.miss(why) {
		return false
	}
	if s.avoid == 0 && s.loop.avoid.rounds == 0 {
		return true
	}
	s.avoid = max(0, s.avoid-1)
	s.detached.Store(true)
	go s.call(Again, why)
	return false
}

// miss leaves a reason to the call that goes on. It returns false if there is none any more.
func (s *Socket) miss(why Reason) bool {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	if !s.detached.Load() {
		return false
	}
	s.missed |= why
	if why&Broke != 0 && !s.held {
		s.source.Broken()
	}
	return true
}

// call calls the source, which is detached, as long as there is a reason to.
func (s *Socket) call(want Want, why Reason) {
	left := true
	defer func() {
		if left { // by runtime.Goexit
			go s.call(Again, Arrived)
		}
	}()
	for {
		for want != 0 {
			if want&Flush != 0 {
				s.source.Flush()
			}
			if want&Again == 0 {
				break
			}
			if want = s.source.Readable(why); want&Again != 0 {
				runtime.Gosched()
			}
		}
		s.loop.mu.Lock()
		why, s.missed = s.missed, 0
		if why == 0 {
			s.detached.Store(false)
			s.loop.mu.Unlock()
			left = false
			return
		}
		s.loop.mu.Unlock()
		want = Again
	}
}
