package eventloop

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// batch is how many events a loop takes from the kernel at once.
const batch = 128

// interest is what every socket is watched for from its beginning to its end. The kernel reports changes only, so a socket
// that stays writable, or that nobody reads, causes no further events.
const interest = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | epollET

const epollET = 1 << 31 // negative in package syscall

// loop watches some sockets and calls their sources.
//
// turn tells who runs it. It is odd while a source is being called, and grows by one before the call and after it. Whoever
// wants to take the loop away during the call adds the second one in the caller's place. Only one of the two can, and that
// one goes on with the loop.
type loop struct {
	group *Group
	file  *os.File // the epoll
	raw   syscall.RawConn
	turn  atomic.Uint64
	seen  uint64      // turn at the last look; belongs to the group
	hurry atomic.Bool // those that want to flush have waited long enough

	// belong to who runs the loop
	take    func(epoll uintptr) bool
	events  [batch]syscall.EpollEvent
	got     int     // how many of them are new
	calls   queue   // of this round
	flushes queue   // at its end
	again   queue   // of the next one
	current *Socket // whose source is being called
	avoid   avoidance

	mu      sync.Mutex
	sockets []*Socket // by their index; nil: free
	free    []int32   // indices
	added   uint32    // sockets so far
	kicked  []*Socket // are to be called for what they have missed
	closed  bool
}

// call is a socket and why its source is to be called.
type call struct {
	socket *Socket
	why    Reason
}

// make makes the call.
func (c call) make() Want {
	if c.why == flush {
		c.socket.source.Flush()
		return 0
	}
	return c.socket.source.Readable(c.why)
}

// queue is a list of calls that is emptied from the front before it is filled again.
type queue struct {
	calls []call
	made  int
}

func (q *queue) add(c call) { q.calls = append(q.calls, c) }

func (q *queue) len() int { return len(q.calls) - q.made }

// next takes a call out. There must be one.
func (q *queue) next() call {
	c := q.calls[q.made]
	q.calls[q.made] = call{}
	if q.made++; q.made == len(q.calls) {
		q.calls, q.made = q.calls[:0], 0
	}
	return c
}

func newLoop(g *Group) (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // which makes a file of the runtime's poller of it
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	l := &loop{group: g, file: os.NewFile(uintptr(fd), "epoll")}
	if l.raw, err = l.file.SyscallConn(); err == nil {
		err = l.file.SetReadDeadline(time.Time{}) // fails if the poller does not take it
	}
	if err != nil {
		l.file.Close()
		return nil, err
	}
	l.take = l.takeEvents
	go l.run(0)
	return l, nil
}

// add has s watched. It returns false if the loop has ended.
func (l *loop) add(s *Socket, fd int) (ok bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false, nil
	}
	if n := len(l.free); n > 0 {
		s.index = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		s.index = int32(len(l.sockets))
		l.sockets = append(l.sockets, nil)
	}
	l.added++
	s.loop, s.number = l, l.added
	l.sockets[s.index] = s
	closed := l.raw.Control(func(epoll uintptr) {
		e := syscall.EpollEvent{Events: interest, Fd: s.index, Pad: int32(s.number)}
		err = syscall.EpollCtl(int(epoll), syscall.EPOLL_CTL_ADD, fd, &e)
	})
	if err = errors.Join(closed, os.NewSyscallError("epoll_ctl", err)); err != nil {
		l.remove(s)
	}
	return true, err
}

// remove forgets s. A loop without sockets ends. The caller holds the lock.
func (l *loop) remove(s *Socket) {
	if l.sockets[s.index] != s {
		return
	}
	l.sockets[s.index] = nil
	l.free = append(l.free, s.index)
	if len(l.free) == len(l.sockets) {
		l.closed = true
		l.file.Close()
	}
}

// find returns the socket that an event is about, or nil if that has been removed.
func (l *loop) find(e *syscall.EpollEvent) *Socket {
	if s := l.sockets[e.Fd]; s != nil && s.number == uint32(e.Pad) {
		return s
	}
	return nil
}

// kick has s called for what it has missed. The caller holds the lock.
func (l *loop) kick(s *Socket) {
	if l.closed || s.kicked {
		return
	}
	s.kicked = true
	l.kicked = append(l.kicked, s)
	l.file.SetReadDeadline(longAgo)
}

// longAgo is a deadline that has passed, also on the clock of a test.
var longAgo = time.Unix(1, 0)

func (l *loop) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sockets) - len(l.free)
}

// run calls sources until the loop ends or is taken away. The caller has it, at turn t.
func (l *loop) run(t uint64) {
	var c call
	left := true
	defer func() {
		if left {
			l.rescue(t, c.socket)
		}
	}()
	for more := true; more; more = l.refill() {
		for l.next(&c) {
			t++
			l.current, c.socket.turn = c.socket, t
			l.turn.Store(t)
			l.group.arm() // after that, so that a look which finds nothing to do is not the last one
			want := c.make()
			if !l.turn.CompareAndSwap(t, t+1) {
				left = false
				c.socket.call(want, c.why)
				return
			}
			t++
			if want&Flush != 0 {
				l.flushes.add(call{c.socket, flush})
			}
			if want&Again != 0 {
				l.again.add(c)
			}
		}
		c = call{} // nobody is kept while the loop waits
	}
	left = false
}

// next finds the next call that is the loop's own to make. It returns false at the end of the round.
func (l *loop) next(c *call) bool {
	if l.hurry.Load() {
		if l.nextFlush(c) {
			return true
		}
		l.hurry.Store(false)
	}
	for l.calls.len() > 0 {
		*c = l.calls.next()
		if c.why&writable != 0 {
			c.socket.source.Writable()
			c.why &^= writable
		}
		if c.why != 0 && c.socket.here(c.why) {
			return true
		}
	}
	return l.nextFlush(c)
}

func (l *loop) nextFlush(c *call) bool {
	for l.flushes.len() > 0 {
		*c = l.flushes.next()
		if !c.socket.detached.Load() {
			return true
		}
		go c.socket.source.Flush() // a second call of this round takes long
	}
	return false
}

// rescue follows when the source of s has ended the goroutine that called it at turn t, with runtime.Goexit.
func (l *loop) rescue(t uint64, s *Socket) {
	if t&1 == 0 {
		return // a panic of our own
	}
	l.handOff(t, false)
	go s.call(Again, Arrived)
}

// handOff has another goroutine run the loop in place of the one that calls a source at turn t, unless that has lost it
// already. stuck says that this was found out, and not told.
func (l *loop) handOff(t uint64, stuck bool) {
	l.mu.Lock() // which the other one waits for in Socket.call
	defer l.mu.Unlock()
	if !l.turn.CompareAndSwap(t, t+1) {
		return
	}
	l.current.detached.Store(true)
	l.current.avoid = avoidFor
	if stuck {
		l.avoid.foundStuck()
	}
	go l.run(t + 1)
}

// look hands the loop off if the call that was under way at the look before still is, and lets those flush that want to. It
// reports whether the loop has worked since.
func (l *loop) look() (worked bool) {
	t := l.turn.Load()
	worked = t != l.seen
	l.seen = t
	switch {
	case worked:
		l.hurry.Store(true)
	case t&1 != 0:
		l.handOff(t, true)
	}
	return worked
}

// refill waits for the calls of the next round. It returns false when the loop has ended.
func (l *loop) refill() bool {
	l.calls, l.again = l.again, l.calls
	l.current = nil
	l.avoid.roundOver()
	runtime.Gosched() // for what the sources have started, and for everybody else
	err := l.raw.Read(l.take)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		for i := range l.got {
			if s := l.find(&l.events[i]); s != nil {
				l.calls.add(call{s, reasonOf(l.events[i].Events)})
			}
		}
	case l.closed:
		return false
	case errors.Is(err, os.ErrDeadlineExceeded): // a kick
		l.file.SetReadDeadline(time.Time{})
		for _, s := range l.kicked {
			s.kicked = false
			if l.sockets[s.index] == s && !s.detached.Load() {
				l.calls.add(call{s, s.missed})
				s.missed = 0
			}
		}
		clear(l.kicked)
		l.kicked = l.kicked[:0]
	}
	return true
}

// takeEvents takes what is there. False means that there is nothing to do: it will be called again when there is.
func (l *loop) takeEvents(epoll uintptr) bool {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, epoll, uintptr(unsafe.Pointer(&l.events)), batch, 0, 0, 0)
	if errno != 0 {
		n = 0
	}
	l.got = int(n)
	return n > 0 || l.calls.len() > 0
}
