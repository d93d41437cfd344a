package sockettest

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Faults says how a connection is to misbehave from the start. The zero value is a good connection.
type Faults struct {
	// ReadSize is the most that one Read returns, in bytes: 1 tears every frame apart. 0: no bound.
	ReadSize int
	// CutRead and CutWrite are the numbers of bytes after which the connection breaks: this end fails with ECONNRESET,
	// the other finds what came before and then the end. 0: never.
	CutRead, CutWrite int
}

// Wrap returns a connection over conn that has the faults.
func (f Faults) Wrap(conn net.Conn) *FaultConn {
	return &FaultConn{
		Conn:    conn,
		faults:  f,
		readBy:  newDeadline(),
		writeBy: newDeadline(),
		closed:  make(chan struct{}),
		changed: make(chan struct{}),
	}
}

// FaultConn is a connection that misbehaves (see [Faults]). Stalls can be switched while it is in use; a call that is
// stalled still ends by its deadline, by Close and by Cut, as one on a dead network does.
type FaultConn struct {
	net.Conn
	faults          Faults
	readBy, writeBy *deadline
	closed          chan struct{}
	once            sync.Once

	mu         sync.Mutex
	changed    chan struct{} // closed when a stall begins or ends
	noReads    bool
	noWrites   bool
	held       []byte // read while reads were stalled
	read, sent int
	broken     bool
}

// StallReads makes Read block, also one that waits already: nothing arrives any more.
func (c *FaultConn) StallReads() { c.stall(func() { c.noReads = true }) }

// StallWrites makes Write block: the peer takes nothing any more.
func (c *FaultConn) StallWrites() { c.stall(func() { c.noWrites = true }) }

// Resume ends all stalls.
func (c *FaultConn) Resume() { c.stall(func() { c.noReads, c.noWrites = false, false }) }

func (c *FaultConn) stall(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.changed)
	c.changed = make(chan struct{})
}

// Cut breaks the connection now. Over a [Conn] or TCP the peer sees a reset, otherwise the end.
func (c *FaultConn) Cut() {
	switch conn := c.Conn.(type) {
	case *Conn:
		conn.Reset()
	case *net.TCPConn:
		conn.SetLinger(0)
	}
	c.fail()
}

// pass waits while stalled says so. The caller does not hold mu.
func (c *FaultConn) pass(stalled *bool, by *deadline) error {
	for {
		c.mu.Lock()
		wait, broken, changed := *stalled, c.broken, c.changed
		c.mu.Unlock()
		expired := by.wait()
		switch {
		case broken:
			return syscall.ECONNRESET
		case isClosed(c.closed):
			return net.ErrClosed
		case !wait:
			return nil
		case isClosed(expired):
			return os.ErrDeadlineExceeded
		}
		select {
		case <-changed:
		case <-expired:
		case <-c.closed:
		}
	}
}

// Read reads as the faults allow.
func (c *FaultConn) Read(p []byte) (n int, err error) {
	if err := c.pass(&c.noReads, c.readBy); err != nil {
		return 0, err
	}
	if c.faults.ReadSize > 0 {
		p = p[:min(len(p), c.faults.ReadSize)]
	}
	c.mu.Lock()
	if c.faults.CutRead > 0 {
		if left := c.faults.CutRead - c.read; left > 0 {
			p = p[:min(len(p), left)]
		} else {
			c.mu.Unlock()
			return 0, c.fail()
		}
	}
	if len(c.held) > 0 {
		n = copy(p, c.held)
		c.held = c.held[n:]
	}
	c.mu.Unlock()
	if n == 0 {
		n, err = c.Conn.Read(p)
		// A stall that began meanwhile holds back what this call has got.
		if stalled := c.pass(&c.noReads, c.readBy); stalled != nil && err == nil {
			c.mu.Lock()
			c.held = append(c.held, p[:n]...)
			c.mu.Unlock()
			return 0, stalled
		}
	}
	c.mu.Lock()
	c.read += n
	c.mu.Unlock()
	return n, err
}

// Write writes as the faults allow.
func (c *FaultConn) Write(p []byte) (n int, err error) {
	if err := c.pass(&c.noWrites, c.writeBy); err != nil {
		return 0, err
	}
	c.mu.Lock()
	left := len(p)
	if c.faults.CutWrite > 0 {
		left = min(left, c.faults.CutWrite-c.sent)
	}
	c.sent += left
	c.mu.Unlock()
	if n, err = c.Conn.Write(p[:left]); err != nil || n == len(p) {
		return n, err
	}
	return n, c.fail()
}

// fail breaks the connection behind what was written.
func (c *FaultConn) fail() error {
	c.mu.Lock()
	c.broken = true
	c.mu.Unlock()
	c.Close()
	return syscall.ECONNRESET
}

// Close closes the connection.
func (c *FaultConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// SetDeadline sets both deadlines.
func (c *FaultConn) SetDeadline(t time.Time) error {
	c.readBy.set(t)
	c.writeBy.set(t)
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline sets the deadline of Read calls.
func (c *FaultConn) SetReadDeadline(t time.Time) error {
	c.readBy.set(t)
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline sets the deadline of Write calls.
func (c *FaultConn) SetWriteDeadline(t time.Time) error {
	c.writeBy.set(t)
	return c.Conn.SetWriteDeadline(t)
}
