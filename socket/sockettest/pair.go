package sockettest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferSize is how many bytes one direction of a [Pair] holds.
const bufferSize = 64 << 10

// The addresses of a pair, from the block for documentation (RFC 5737).
var (
	clientAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 49152}
	serverAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 80}
)

// Pair returns the two ends of a connection in memory, which behaves like one of TCP: each direction buffers up to 64
// KiB, and Write blocks only when that is full.
//
// After Close the other end reads what is still there, then io.EOF, and its writes fail with EPIPE.
func Pair() (client, server *Conn) {
	up, down := newPipe(), newPipe()
	return newConn(down, up, clientAddr, serverAddr), newConn(up, down, serverAddr, clientAddr)
}

// Conn is one end of a [Pair]. Its methods may be called concurrently.
type Conn struct {
	in, out       *pipe
	readBy        *deadline
	writeBy       *deadline
	local, remote net.Addr
}

var _ net.Conn = (*Conn)(nil)

func newConn(in, out *pipe, local, remote net.Addr) *Conn {
	return &Conn{in: in, out: out, readBy: newDeadline(), writeBy: newDeadline(), local: local, remote: remote}
}

// Read reads what is there, at least one byte. It blocks until there is something, the other end has closed (io.EOF),
// this end is closed (net.ErrClosed), or the deadline has passed (os.ErrDeadlineExceeded).
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p, c.readBy)
	return n, c.opError("read", err)
}

// Write writes all of p. It blocks while the buffer is full.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p, c.writeBy)
	return n, c.opError("write", err)
}

func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "sockettest", Source: c.local, Addr: c.remote, Err: err}
}

// Close closes this end. A second call does nothing.
func (c *Conn) Close() error {
	c.out.closeWrite(net.ErrClosed)
	c.in.closeRead(net.ErrClosed)
	return nil
}

// CloseWrite says that nothing more will be written: the other end reads io.EOF. This end still reads.
func (c *Conn) CloseWrite() error {
	c.out.closeWrite(syscall.EPIPE)
	return nil
}

// Reset breaks the connection as a TCP reset does: what is on its way is lost, both ends fail with ECONNRESET.
func (c *Conn) Reset() {
	c.in.reset()
	c.out.reset()
}

// Buffered returns the number of bytes that the other end has written and this end has not read.
func (c *Conn) Buffered() int {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	return len(c.in.buf)
}

// LocalAddr returns 192.0.2.1:49152 for the client, 192.0.2.2:80 for the server.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	c.readBy.set(t)
	c.writeBy.set(t)
	return nil
}

// SetReadDeadline sets the deadline of Read calls, those that wait included.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.readBy.set(t)
	return nil
}

// SetWriteDeadline sets the deadline of Write calls, those that wait included.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.writeBy.set(t)
	return nil
}

// pipe is one direction.
type pipe struct {
	mu       sync.Mutex
	buf      []byte
	readErr  error // why read fails
	writeErr error // why write fails
	eof      bool  // nothing comes after buf
	changed  chan struct{}
}

func newPipe() *pipe { return &pipe{changed: make(chan struct{})} }

// change runs f and wakes who waits.
func (p *pipe) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	p.wake()
}

func (p *pipe) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pipe) read(b []byte, by *deadline) (n int, err error) {
	for {
		expired := by.wait()
		p.mu.Lock()
		switch {
		case p.readErr != nil:
			err = p.readErr
		case isClosed(expired):
			err = os.ErrDeadlineExceeded
		case len(p.buf) > 0:
			n = copy(b, p.buf)
			p.buf = p.buf[n:]
			if len(p.buf) == 0 {
				p.buf = nil // who is idle holds no memory
			}
			p.wake()
		case p.eof:
			err = io.EOF
		}
		changed := p.changed
		p.mu.Unlock()
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

func (p *pipe) write(b []byte, by *deadline) (n int, err error) {
	for {
		expired := by.wait()
		p.mu.Lock()
		err = p.writeErr
		if err == nil && isClosed(expired) {
			err = os.ErrDeadlineExceeded
		}
		if k := min(len(b), bufferSize-len(p.buf)); err == nil && k > 0 {
			p.buf = append(p.buf, b[:k]...)
			n, b = n+k, b[k:]
			p.wake()
		}
		changed := p.changed
		p.mu.Unlock()
		if err != nil || len(b) == 0 {
			return n, err
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

func (p *pipe) closeWrite(err error) {
	p.change(func() {
		p.eof = true
		// After CloseWrite, Close has something to add: the end is closed altogether.
		if p.writeErr == nil || p.writeErr == syscall.EPIPE && err == net.ErrClosed {
			p.writeErr = err
		}
	})
}

func (p *pipe) closeRead(err error) {
	p.change(func() {
		if p.readErr == nil {
			p.readErr = err
		}
		if p.writeErr == nil {
			p.writeErr = syscall.EPIPE
		}
		p.buf = nil
	})
}

func (p *pipe) reset() {
	p.change(func() {
		p.buf = nil
		if p.readErr == nil {
			p.readErr = syscall.ECONNRESET
		}
		if p.writeErr == nil {
			p.writeErr = syscall.ECONNRESET
		}
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
