//go:build !unix

package socket

import "net"

// newLink returns the best link for conn.
func newLink(conn net.Conn, calls *calls) link { return &stream{conn: conn, calls: calls} }
