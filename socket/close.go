package socket

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluxsocket/fluxsocket/socket/internal/frame"
)

// StatusCode says why a session is closed (RFC 6455, 7.4). Codes from 3000 are registered for libraries and frameworks,
// those from 4000 to 4999 are free for applications.
type StatusCode uint16

// The codes of the IANA registry "WebSocket Close Code Number".
const (
	NormalClosure      StatusCode = 1000 // the purpose is fulfilled
	GoingAway          StatusCode = 1001 // a server shuts down, a browser leaves the page
	ProtocolError      StatusCode = 1002
	UnsupportedData    StatusCode = 1003 // a type of message that the endpoint cannot accept
	NoStatus           StatusCode = 1005 // never sent: the Close frame had no code
	AbnormalClosure    StatusCode = 1006 // never sent: the connection ended without a Close frame
	InvalidPayload     StatusCode = 1007 // text that is not UTF-8
	PolicyViolation    StatusCode = 1008
	MessageTooBig      StatusCode = 1009
	MandatoryExtension StatusCode = 1010 // a client misses an extension in the server's answer
	InternalError      StatusCode = 1011
	ServiceRestart     StatusCode = 1012 // reconnect after a random delay of 5 to 30 seconds
	TryAgainLater      StatusCode = 1013 // overload: use another server, or wait for the user
	BadGateway         StatusCode = 1014
	TLSHandshake       StatusCode = 1015 // never sent: the TLS handshake failed
)

// Sendable reports whether a Close frame may carry the code, which also is what is accepted from a peer: 1000 to 1003,
// 1007 to 1014 and 3000 to 4999.
func (c StatusCode) Sendable() bool { return frame.ValidCode(uint16(c)) }

// String returns the number and, for a code of the registry, its name: "1001 going away".
func (c StatusCode) String() string {
	n := strconv.Itoa(int(c))
	if name := c.name(); name != "" {
		return n + " " + name
	}
	return n
}

func (c StatusCode) name() string {
	switch c {
	case NormalClosure:
		return "normal closure"
	case GoingAway:
		return "going away"
	case ProtocolError:
		return "protocol error"
	case UnsupportedData:
		return "unsupported data"
	case NoStatus:
		return "no status"
	case AbnormalClosure:
		return "abnormal closure"
	case InvalidPayload:
		return "invalid payload"
	case PolicyViolation:
		return "policy violation"
	case MessageTooBig:
		return "message too big"
	case MandatoryExtension:
		return "mandatory extension"
	case InternalError:
		return "internal error"
	case ServiceRestart:
		return "service restart"
	case TryAgainLater:
		return "try again later"
	case BadGateway:
		return "bad gateway"
	case TLSHandshake:
		return "TLS handshake"
	default:
		return ""
	}
}

// CloseStatus is a status code and a reason for people. The zero value stands for [NormalClosure].
//
// A session that is closed with a status ends with what of it a Close frame can carry: that is what the peer sees, and
// [Session.Closed] and the [*CloseError] say. A code that must not be sent (see [StatusCode.Sendable]) is a mistake and
// becomes [InternalError] without a reason; 1005, 1006 and 1015 say what their names do (see [Session.Close]).
type CloseStatus struct {
	Code StatusCode
	// Reason is UTF-8 text. At most 123 bytes fit into a Close frame; a longer reason is cut at the end of a
	// character. The peer sees it: no internals.
	Reason string
}

// String returns the code, its name and the reason: "1001 going away: server restarts".
func (s CloseStatus) String() string {
	if s.Reason == "" {
		return s.Code.String()
	}
	return s.Code.String() + ": " + s.Reason
}

// normal returns s as a session ends with it: as it is sent, if it is.
func (s CloseStatus) normal() CloseStatus {
	if code, reason, send := s.onWire(); send {
		return CloseStatus{code, reason}
	}
	return s
}

// onWire returns what of s goes into a Close frame. Zero becomes 1000, and 1005 stands for a frame without a payload.
// A code that must not be sent is a mistake on this side and becomes 1011, except those that say that no Close frame was
// seen: a proxy that passes on 1006 or 1015 ends its connection without one (send is false).
func (s CloseStatus) onWire() (code StatusCode, reason string, send bool) {
	switch {
	case s.Code == 0:
		code = NormalClosure
	case s.Code == NoStatus:
		return NoStatus, "", true
	case s.Code == AbnormalClosure, s.Code == TLSHandshake:
		return 0, "", false
	case !s.Code.Sendable():
		return InternalError, "", true
	default:
		code = s.Code
	}
	reason = s.Reason
	if !utf8.ValidString(reason) {
		reason = strings.ToValidUTF8(reason, "\uFFFD")
	}
	return code, frame.CutReason(reason), true
}

// CloseError says why a session ended. It is the error of streams that ended with the session and the cause of
// [Session.Context].
//
// An application closes a session with a status of its choice by letting the handler's flow fail with an error that is
// or wraps a *CloseError.
type CloseError struct {
	Status CloseStatus
	// Remote is true if the peer closed the session and Status is what it said.
	Remote bool
	// Err is the failure behind it, if there is one: that of the connection, of the protocol, of the handler. It is
	// not told to the peer.
	Err error
}

// Error returns who closed, the status and the cause.
func (e *CloseError) Error() string {
	s := "socket: closed: "
	if e.Remote {
		s = "socket: closed by peer: "
	}
	s += e.Status.String()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *CloseError) Unwrap() error { return e.Err }

// StatusOf returns the status of the first [*CloseError] in err's chain; ok is false if there is none.
func StatusOf(err error) (status CloseStatus, ok bool) {
	if e, ok := errors.AsType[*CloseError](err); ok {
		return e.Status, true
	}
	return CloseStatus{}, false
}
