package socket

import (
	"math"
	"net"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall does not know. Its value is in milliseconds.
const tcpUserTimeout = 18

// boundUnacked has the kernel give a connection of TCP up, below TLS or not, when the peer has acknowledged nothing of
// what was sent for d. Small frames, pings above all, always fit into the kernel's buffer, so to write tells nothing
// about a peer whose cable was cut; without this the kernel repeats itself for a quarter of an hour.
func boundUnacked(conn net.Conn, d time.Duration) {
	if d <= 0 {
		return
	}
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = c.NetConn()
	}
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	ms := int(min(max(1, d.Milliseconds()), math.MaxInt32))
	// A kernel that refuses leaves things as they are on other systems.
	_ = raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, ms) })
}
