package socket

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"time"
)

// UpgradeStrategy turns a request that has passed all checks into a connection that carries frames. Everything above it
// is the same for all strategies. If it has a method Validate() error, [Config.Validate] calls that.
type UpgradeStrategy interface {
	// Upgrade sends the answer that switches protocols, with the subprotocol of h and what middleware has put into
	// w.Header(), and takes the connection over. The context of r ends with the handshake, after
	// [Config.HandshakeTimeout] at the latest.
	//
	// An error is answered with the status of a [*HandshakeError] in its chain, otherwise with 500; not at all if it
	// wraps [http.ErrHijacked], since then there is no connection to answer on.
	Upgrade(w http.ResponseWriter, r *http.Request, h *Handshake) (Upgraded, error)
}

// validateStrategy returns what s says is wrong with it, if it can tell.
func validateStrategy(s UpgradeStrategy) error {
	if v, ok := s.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// Upgraded is a connection that has switched protocols.
type Upgraded struct {
	// Conn carries the frames from here on, and is the session's. It has no deadlines.
	Conn net.Conn
	// Early is what the peer has sent behind the handshake, if it was read already.
	Early []byte
	// Stay keeps the HTTP handler from returning before the session has ended, for connections that end with it, such
	// as the streams of HTTP/2. It costs a goroutine and the memory of the request.
	Stay bool

	loops *EventLoops // that are to serve the session; nil: a goroutine
}

// HTTPUpgrade is the strategy for HTTP/1.1: it takes the connection away from the HTTP server. The HTTP handler returns
// at once and the session goes on by itself, with a quarter of the memory.
type HTTPUpgrade struct {
	// Timeout bounds the writing of the answer, as the deadline of the request's context does. Default 10 s.
	Timeout time.Duration
}

const defaultUpgradeTimeout = 10 * time.Second

// Upgrade implements [UpgradeStrategy]. What cannot be hijacked is refused with 501: HTTP/2, and a ResponseWriter that
// a middleware has wrapped without an Unwrap method.
func (u HTTPUpgrade) Upgrade(w http.ResponseWriter, r *http.Request, h *Handshake) (Upgraded, error) {
	if r.ProtoMajor != 1 {
		return Upgraded{}, &HandshakeError{
			Status: http.StatusNotImplemented,
			Text:   "WebSocket over " + r.Proto + " is not available here, use HTTP/1.1",
		}
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return Upgraded{}, &HandshakeError{
			Status: http.StatusNotImplemented,
			Text:   "this server cannot give the connection away, which an upgrade to WebSocket needs",
			Err:    err,
		}
	}
	timeout := u.Timeout
	if timeout == 0 {
		timeout = defaultUpgradeTimeout
	}
	deadline := time.Now().Add(timeout)
	if d, ok := r.Context().Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	conn.SetDeadline(deadline) // in place of what the HTTP server may have set
	if _, err := conn.Write(appendAnswer(rw.AvailableBuffer(), w.Header(), r, h.Subprotocol)); err != nil {
		conn.Close()
		return Upgraded{}, fmt.Errorf("socket: upgrade: %w: %w", http.ErrHijacked, err)
	}
	conn.SetDeadline(time.Time{})
	up := Upgraded{Conn: conn}
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ := rw.Reader.Peek(n)
		up.Early = bytes.Clone(early)
	}
	return up, nil
}

// appendAnswer appends the server's half of the handshake (RFC 6455, 4.2.2).
func appendAnswer(b []byte, header http.Header, r *http.Request, subprotocol string) []byte {
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = append(b, acceptKey(r.Header.Get("Sec-WebSocket-Key"))...)
	if subprotocol != "" {
		b = append(b, "\r\nSec-WebSocket-Protocol: "...)
		b = append(b, subprotocol...)
	}
	b = append(b, "\r\n"...)
	if len(header) > 0 {
		buf := bytes.NewBuffer(b)
		header.WriteSubset(buf, ownFields) // which neither fails nor lets a line break through
		b = buf.Bytes()
	}
	return append(b, "\r\n"...)
}

// ownFields are the header fields of the answer that nobody but the strategy sets.
var ownFields = map[string]bool{
	"Connection":               true,
	"Content-Length":           true,
	"Content-Type":             true,
	"Sec-Websocket-Accept":     true,
	"Sec-Websocket-Extensions": true,
	"Sec-Websocket-Protocol":   true,
	"Transfer-Encoding":        true,
	"Upgrade":                  true,
}
