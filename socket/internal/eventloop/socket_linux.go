package eventloop

import (
	"runtime"
	"sync/atomic"
	"syscall"
)

// Source is who is called when a socket is ready.
//
// Readable is called by one goroutine at a time, and may take its time, as Flush may. The others return at once, and may come
// during a call that takes long; so may Flush.
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
	Arrived Reason = 1 << iota // something from the peer
	HungUp                     // the end of that, or of the connection; reading will tell
	Kicked                     // see Socket.Kick

	writable // for Writable
	broken   // for Broken
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
		r |= HungUp | writable | broken
	}
	return r
}

// Socket is the place of a socket with a group. It is made to be part of the source, so its zero value is nobody's.
type Socket struct {
	loop   *loop
	source Source
	index  int32
	number uint32
	turn   uint64      // of the call that goes on, if it goes on here
	apart  int32       // how many calls are to be made apart from the loop; belongs to who runs that
	away   atomic.Bool // one goes on; set by who takes it away, reset under the lock of the loop by who makes it
	missed Reason      // meanwhile; guarded by the lock of the loop
}

// apartFor is how many calls of a source are made apart from its loop after one that has held that up.
const apartFor = 64

// Remove takes the socket off, before its descriptor is closed. A call may go on, and another one may follow.
func (s *Socket) Remove() { s.loop.remove(s) }

// Kick has the source called soon.
func (s *Socket) Kick() { s.loop.kick(s) }

// Detach says that the call that goes on may take long. Only who is being called may say so.
func (s *Socket) Detach() {
	if s.loop != nil && !s.away.Load() {
		s.loop.steal(s.turn, apartFor)
	}
}

// here reports whether the loop is to call the source itself. If not, somebody else does. The caller runs the loop.
func (s *Socket) here(why Reason) bool {
	if s.away.Load() && s.miss(why) {
		return false
	}
	if s.apart > 0 {
		s.apart--
		s.away.Store(true)
		go s.goOn(Again, why)
		return false
	}
	return true
}

// miss leaves a call to the one that goes on. It returns false if that has ended meanwhile.
func (s *Socket) miss(why Reason) bool {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	if !s.away.Load() {
		return false
	}
	s.missed |= why
	if why&broken != 0 {
		s.source.Broken()
	}
	return true
}

// goOn calls the source apart from the loop, as long as there is a reason to.
func (s *Socket) goOn(want Want, why Reason) {
	left := true
	defer func() {
		if left { // by runtime.Goexit
			go s.goOn(Again, Arrived)
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
			s.away.Store(false)
			s.loop.mu.Unlock()
			left = false
			return
		}
		s.loop.mu.Unlock()
		want = Again
	}
}
