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
	byGoroutine
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
	l.in, l.inLen, l.inErr = l.calls.read(fd)
	l.waited = l.waited || l.inErr == errLater
	return l.inErr != errLater
}

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
	l.outLen, l.outErr = l.calls.write(fd, l.out)
	if l.outErr == errLater {
		l.outErr = nil
		return !l.wait
	}
	return true
}

func (l *direct) interrupt()            { l.readUntil(longAgo) }
func (l *direct) readUntil(t time.Time) { l.conn.SetReadDeadline(t) }
func (l *direct) failWrites()           { l.conn.SetWriteDeadline(longAgo) }
func (l *direct) stopReading()          { l.conn.CloseRead() }
func (l *direct) stopWriting()          { l.conn.CloseWrite() }
func (l *direct) abort()                { l.conn.Close() }
func (l *direct) close()                { l.conn.Close() }

// read reads once from a socket, into a buffer that is taken for it. It returns errLater if there is nothing.
func (c *calls) read(fd uintptr) (buf *buffer, n int, err error) {
	buf = getBuffer()
	for {
		c.reads++
		if n, err = rawRead(fd, buf.data[:]); err != syscall.EINTR {
			break
		}
	}
	if n > 0 {
		return buf, n, nil
	}
	putBuffer(buf)
	switch err {
	case nil:
		err = io.EOF
	case syscall.EAGAIN:
		err = errLater
	default:
		err = os.NewSyscallError("read", err)
	}
	return nil, 0, err
}

// write writes once to a socket. It returns errLater if that is full.
func (c *calls) write(fd uintptr, b []byte) (n int, err error) {
	for {
		c.writes++
		if n, err = rawWrite(fd, b); err != syscall.EINTR {
			break
		}
	}
	switch err {
	case nil:
		return n, nil
	case syscall.EAGAIN:
		return 0, errLater
	default:
		return 0, os.NewSyscallError("write", err)
	}
}
