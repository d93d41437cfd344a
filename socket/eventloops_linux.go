package socket

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fluxsocket/fluxsocket/socket/internal/eventloop"
)

type loopGroup = eventloop.Group

// newLink returns nil if the loops cannot serve conn. Otherwise conn is closed: the loop watches a duplicate of its
// descriptor, so that the poller of the runtime does not wake up for it, too.
func (e *EventLoops) newLink(conn net.Conn, calls *calls) link {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	var fd uintptr
	var errno syscall.Errno
	err = raw.Control(func(original uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, original, syscall.F_DUPFD_CLOEXEC, 0)
	})
	if err != nil || errno != 0 {
		return nil
	}
	e.once.Do(func() { e.group.Loops = e.Loops })
	l := &looped{calls: calls, fd: int(fd)}
	if e.group.Add(&l.place, l.fd, l) != nil { // there are no descriptors left, for instance
		syscall.Close(l.fd)
		return nil
	}
	c.Close()
	return l
}

// looped is a link over a socket of TCP that an event loop watches: the loop calls the reader when there is something to
// read. Only a writer ever waits.
type looped struct {
	place   eventloop.Socket
	session *Session
	calls   *calls
	fd      int
	users   atomic.Int32 // usersOne for each call under way, and usersClosed: the last one closes the descriptor

	// belong to the reader
	early   []byte // is read first
	drained bool   // the last read has taken all there was
	hangUp  bool   // there will be an end
	over    bool   // which the session has seen
	broke   bool   // the connection has broken, which the session does not know
	called  bool   // Readable goes on

	flushing atomic.Bool // the turn to write is ours, for Flush
	expired  atomic.Bool // the next read is to be interrupted
	waiting  atomic.Bool // a writer waits for room
	failing  atomic.Bool // writes are to fail

	mu    sync.Mutex
	timer *time.Timer   // of readUntil
	room  chan struct{} // wakes a writer
}

const (
	usersClosed = 1
	usersOne    = 2
)

func (l *looped) drive(s *Session, early []byte) {
	l.session, l.early = s, early
	l.place.Start()
	if early != nil {
		l.place.Kick()
	}
}

// Readable implements [eventloop.Source].
func (l *looped) Readable(why eventloop.Reason) (want eventloop.Want) {
	if l.over {
		return 0
	}
	l.hangUp = l.hangUp || why&eventloop.HungUp != 0
	l.broke = l.broke || why&eventloop.Broke != 0
	left := true
	defer func() {
		if left {
			l.session.readerLeft() // another call follows
		}
	}()
	l.called, l.drained = true, false
	l.over = l.session.readSome() == readOver
	l.called, left = false, false
	if l.flushing.Load() {
		want |= eventloop.Flush
	}
	if !l.over && (!l.drained || l.hangUp) {
		want |= eventloop.Again
	}
	return want
}

// flushLater leaves the turn to write to the end of the round: peers that are written to one after the other are woken up
// once for all, where they are one process.
func (l *looped) flushLater() bool {
	if l.called {
		l.flushing.Store(true)
	}
	return l.called
}

// Flush implements [eventloop.Source].
func (l *looped) Flush() {
	if l.flushing.CompareAndSwap(true, false) {
		l.session.flush()
	}
}

// Broken implements [eventloop.Source]: the reader, which waits for demand or is stuck in the application, may not find out
// for long.
func (l *looped) Broken() { go l.session.connectionBroke() }

func (l *looped) detach() {
	l.place.Detach()
	if l.broke {
		l.broke = false
		l.Broken()
	}
}

func (l *looped) read() (b []byte, buf *buffer, waited bool, err error) {
	if l.expired.Load() && l.expired.CompareAndSwap(true, false) {
		return nil, nil, false, errInterrupted
	}
	if l.early != nil {
		b, l.early = l.early, nil
		return b, nil, false, nil
	}
	if !l.hold() {
		return nil, nil, false, net.ErrClosed
	}
	buf, n, err := l.calls.read(uintptr(l.fd))
	l.drop()
	switch err {
	case nil:
		l.drained = n < len(buf.data)
		return buf.data[:n], buf, false, nil
	case errLater:
		l.drained, l.hangUp = true, false
	}
	return nil, nil, false, err
}

func (l *looped) try(b []byte) (n int, err error) {
	if !l.hold() {
		return 0, net.ErrClosed
	}
	defer l.drop()
	if l.failing.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	n, err = l.calls.write(uintptr(l.fd), b)
	if err == errLater {
		err = nil
	}
	return n, err
}

func (l *looped) write(b []byte) (int, error) {
	for {
		room := l.await()
		if n, err := l.try(b); n > 0 || err != nil {
			return n, err
		}
		<-room
	}
}

// await makes the next change that a writer may wait for wake it up.
func (l *looped) await() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.room == nil {
		l.room = make(chan struct{}, 1)
	}
	l.waiting.Store(true)
	return l.room
}

// Writable implements [eventloop.Source]: a writer that waits tries again.
func (l *looped) Writable() {
	if l.waiting.Load() && l.waiting.CompareAndSwap(true, false) {
		select {
		case l.room <- struct{}{}:
		default:
		}
	}
}

// interrupt does nothing: it would give a reader that waits a new stack.
func (l *looped) interrupt() {}

func (l *looped) readUntil(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(time.Until(t), func() {
		l.expired.Store(true)
		l.place.Kick()
	})
}

func (l *looped) failWrites() {
	l.failing.Store(true)
	l.Writable()
}

func (l *looped) stopReading() { l.shutdown(syscall.SHUT_RD) }
func (l *looped) stopWriting() { l.shutdown(syscall.SHUT_WR) }

func (l *looped) shutdown(how int) {
	if l.hold() {
		syscall.Shutdown(l.fd, how)
		l.drop()
	}
}

// abort closes the descriptor and has the reader find out.
func (l *looped) abort() {
	l.closeSocket()
	l.place.Kick()
}

// close follows when the reader is done.
func (l *looped) close() {
	l.closeSocket()
	l.place.Remove()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
}

func (l *looped) closeSocket() {
	before := l.users.Or(usersClosed)
	switch {
	case before&usersClosed != 0:
		return
	case before == 0:
		syscall.Close(l.fd)
	}
	l.failWrites()
}

// hold keeps the descriptor open until drop. It returns false if it is closed.
func (l *looped) hold() bool {
	for {
		n := l.users.Load()
		if n&usersClosed != 0 {
			return false
		}
		if l.users.CompareAndSwap(n, n+usersOne) {
			return true
		}
	}
}

func (l *looped) drop() {
	if l.users.Add(-usersOne) == usersClosed {
		syscall.Close(l.fd)
	}
}
