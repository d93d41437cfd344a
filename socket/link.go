package socket

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"
)

// link is a connection as a session uses it. One goroutine at a time reads, one at a time writes.
type link interface {
	// drive has s read from here on, beginning with what was read early: on a goroutine, or whenever there is something
	// to read.
	drive(s *Session, early []byte)
	// detach says that the reader is about to wait for demand.
	detach()
	// flushLater reports whether the link will have the session flush, as soon as other sessions have been read. The
	// caller is the reader and has the turn to write.
	flushLater() bool
	// read waits for bytes, or returns errLater where nobody waits. They lie in a buffer of the pool, which the caller
	// puts back, or in the link's own if buf is nil, until the next read. waited is false if they were there already. At
	// the end the error is io.EOF if the peer ended its side.
	read() (b []byte, buf *buffer, waited bool, err error)
	// try writes as much of b as the connection takes at once, which may be nothing.
	try(b []byte) (int, error)
	// write waits until the connection takes some of b.
	write(b []byte) (int, error)
	// interrupt makes a read that waits return errInterrupted, if that costs the connection nothing.
	interrupt()
	// readUntil makes the read that goes on then, or begins later, return errInterrupted, once.
	readUntil(t time.Time)
	// failWrites makes a write that waits fail with os.ErrDeadlineExceeded, and all that follow.
	failWrites()
	// stopReading makes read end after what has arrived, if the connection can do that.
	stopReading()
	// stopWriting tells the peer that nothing more will come.
	stopWriting()
	// abort closes the connection at once; read and write fail.
	abort()
	// close closes the connection. It may take a moment if the connection has a farewell of its own.
	close()
}

var (
	errInterrupted = errors.New("socket: read interrupted")
	errLater       = errors.New("socket: nothing to read, or no room to write, yet")
)

// longAgo is a deadline that has passed, also on the clock of a test.
var longAgo = time.Unix(1, 0)

// calls counts the calls into a connection: reads belongs to who reads, writes to who writes.
type calls struct{ reads, writes uint64 }

// byGoroutine is the part of a link whose session is read by a goroutine of its own.
type byGoroutine struct{}

func (byGoroutine) drive(s *Session, early []byte) { go s.read(early) }
func (byGoroutine) detach()                        {}
func (byGoroutine) flushLater() bool               { return false }

// stream is a link over any connection. It can wait for bytes only in Read, so it owns memory to read into, and for room
// only in Write, which is therefore left to a goroutine: two peers that both wrote where they read would wait for each
// other once both directions are full.
type stream struct {
	byGoroutine
	conn  net.Conn
	small []byte
	full  bool // the last read filled its memory: there may be more
	err   error
	calls *calls
}

// streamRead is the memory that a stream owns, in bytes: what it asks for while it may have to wait long.
const streamRead = 4 << 10

// streamWrite is how much a stream writes at once, in bytes.
const streamWrite = 16 << 10

func (l *stream) read() (b []byte, buf *buffer, waited bool, err error) {
	if l.err != nil {
		return nil, nil, false, l.err
	}
	if l.full {
		buf = getBuffer()
		b = buf.data[:]
	} else {
		if l.small == nil {
			l.small = make([]byte, streamRead)
		}
		b = l.small
	}
	n := 0
	for n == 0 && err == nil {
		l.calls.reads++
		n, err = l.conn.Read(b)
	}
	l.full = n == len(b)
	expired := errors.Is(err, os.ErrDeadlineExceeded)
	if n == 0 {
		if buf != nil {
			putBuffer(buf)
		}
		if expired {
			l.conn.SetReadDeadline(time.Time{})
			err = errInterrupted
		}
		return nil, nil, true, err
	}
	if !expired { // the next read finds it so again
		l.err = err // comes after the bytes
	}
	return b[:n], buf, true, nil
}

func (l *stream) try([]byte) (int, error) { return 0, nil }

// write writes a piece, so that the sweep sees progress. Those of TLS are no larger either.
func (l *stream) write(b []byte) (int, error) {
	l.calls.writes++
	return l.conn.Write(b[:min(len(b), streamWrite)])
}

func (l *stream) interrupt()            {}
func (l *stream) readUntil(t time.Time) { l.conn.SetReadDeadline(t) }
func (l *stream) failWrites()           { l.conn.SetWriteDeadline(longAgo) }
func (l *stream) stopReading()          {}

func (l *stream) stopWriting() {
	if c, ok := l.conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
}

// abort closes what is below TLS, whose farewell waits for a peer that may take nothing.
func (l *stream) abort() {
	if c, ok := l.conn.(*tls.Conn); ok {
		c.NetConn().Close()
		return
	}
	l.conn.Close()
}

func (l *stream) close() { l.conn.Close() }
