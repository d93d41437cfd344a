//go:build unix

package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// newLink returns the best link for conn.
func newLink(conn net.Conn, calls *calls) link {
	switch c := conn.(type) {
	case *net.TCPConn:
		if l := newDirect(c, calls); l != nil {
			return l
		}
	case *net.UnixConn:
		if l := newDirect(c, calls); l != nil {
			return l
		}
	}
	return &stream{conn: conn, calls: calls}
}

// socketConn is a connection that is a socket of the kernel and nothing else.
type socketConn interface {
	net.Conn
	syscall.Conn
	CloseRead() error
	CloseWrite() error
}

// direct is a link over a socket. It waits until the socket is readable and takes a buffer only then, so a session that
// waits owns none, and it can write without waiting.
type direct struct {
	conn  socketConn
	raw   syscall.RawConn
	calls *calls

	// of who reads
	onReadable func(fd uintptr) bool
	in         *buffer
	inLen      int
	inErr      error

	// of who writes
	onWritable func(fd uintptr) bool
	out        []byte
	outLen     int
	outErr     error

	waited bool // of who reads
	wait   bool // of who writes
}

func newDirect(conn socketConn, calls *calls) *direct {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	l := &direct{conn: conn, raw: raw, calls: calls}
	l.onReadable, l.onWritable = l.readable, l.writable
	return l
}

func (l *direct) read() (b []byte, buf *buffer, waited bool, err error) {
	l.waited = false
	if err := l.raw.Read(l.onReadable); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			l.conn.SetReadDeadline(time.Time{})
			err = errInterrupted
		}
		return nil, nil, false, err
	}
	buf, l.in = l.in, nil
	if buf == nil {
		return nil, nil, false, l.inErr
	}
	return buf.data[:l.inLen], buf, l.waited, nil
}

// readable reads once. False means that there was nothing: the runtime calls again when there is.
func (l *direct) readable(fd uintptr) bool {
	buf := getBuffer()
	n, err := 0, error(nil)
	for {
		l.calls.reads++
		if n, err = rawRead(fd, buf.data[:]); err != syscall.EINTR {
			break
		}
	}
	switch {
	case n > 0:
		l.in, l.inLen, l.inErr = buf, n, nil
		return true
	case err == syscall.EAGAIN:
		l.waited = true
		putBuffer(buf)
		return false
	case err == nil:
		err = io.EOF
	default:
		err = os.NewSyscallError("read", err)
	}
	putBuffer(buf)
	l.in, l.inLen, l.inErr = nil, 0, err
	return true
}

func (l *direct) drive(s *Session, early []byte) { go s.read(early) }
func (l *direct) detach()                        {}
func (l *direct) flushLater() bool               { return false }

func (l *direct) try(b []byte) (int, error)   { return l.send(b, false) }
func (l *direct) write(b []byte) (int, error) { return l.send(b, true) }

func (l *direct) send(b []byte, wait bool) (int, error) {
	l.out, l.wait = b, wait
	if err := l.raw.Write(l.onWritable); err != nil {
		return 0, err
	}
	l.out = nil
	return l.outLen, l.outErr
}

// writable writes once. False means that the socket was full and that the writer wants to wait.
func (l *direct) writable(fd uintptr) bool {
	n, err := 0, error(nil)
	for {
		l.calls.writes++
		if n, err = rawWrite(fd, l.out); err != syscall.EINTR {
			break
		}
	}
	if err == syscall.EAGAIN {
		l.outLen, l.outErr = 0, nil
		return !l.wait
	}
	if err != nil {
		n, err = 0, os.NewSyscallError("write", err)
	}
	l.outLen, l.outErr = n, err
	return true
}

func (l *direct) interrupt()            { l.readUntil(longAgo) }
func (l *direct) readUntil(t time.Time) { l.conn.SetReadDeadline(t) }
func (l *direct) failWrites()           { l.conn.SetWriteDeadline(longAgo) }
func (l *direct) stopReading()          { l.conn.CloseRead() }
func (l *direct) stopWriting()          { l.conn.CloseWrite() }
func (l *direct) abort()                { l.conn.Close() }
func (l *direct) close()                { l.conn.Close() }
