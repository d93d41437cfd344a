package socket

import (
	"context"
	"fmt"
	"net/http"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Handler is the application's side of a session.
//
// Handle is called once per session, on a goroutine of its own. The flow it returns is the session's life: when it
// completes, the session is closed with 1000; when it fails, with 1011 and no detail, or with the status of a
// [*CloseError] in the error's chain; a panic counts as a failure. Nothing runs that is not part of that flow: what
// Send returns must be returned or combined with what is ([reactive.When], [reactive.Race]).
//
// A handler serves many sessions at the same time. What belongs to one of them lives in its flow, in
// [Session.Attributes], or in a handler of its own (see [Opener]).
//
// A handler with a method Subprotocols() []string says which subprotocols it speaks, in place of [Config.Subprotocols].
type Handler interface {
	Handle(s *Session) reactive.Mono[reactive.Void]
}

// HandlerFunc is a function that is a [Handler].
type HandlerFunc func(s *Session) reactive.Mono[reactive.Void]

// Handle calls f.
func (f HandlerFunc) Handle(s *Session) reactive.Mono[reactive.Void] { return f(s) }

// Opener makes the handler of one session from its handshake, after all other checks have passed and before the
// handshake is answered. What the session cannot do without, a subscription or a place in a room, is opened here: if
// that fails the peer gets an HTTP status instead of a session that ends at once.
//
// The context is that of the handshake: it ends when Open has returned and the peer has its answer, with the request, and
// after [Config.HandshakeTimeout]. What is to outlive Open must not hang on it: that is the session's, and has
// [Session.Context] in Handle and [io.Closer] for the end. An error is answered with the status of a [*HandshakeError] in
// its chain, otherwise with 500 and a neutral text; it is logged, not told.
//
// If the handler is an [io.Closer], Close is called exactly once: when the session's flow has ended and before the
// closing handshake is finished, or when the upgrade failed after Open. So what a session held is free again when its
// peer sees it closed. Close may block; the session waits for it.
type Opener interface {
	Open(ctx context.Context, h *Handshake) (Handler, error)
}

// OpenerFunc is a function that is an [Opener].
type OpenerFunc func(ctx context.Context, h *Handshake) (Handler, error)

// Open calls f.
func (f OpenerFunc) Open(ctx context.Context, h *Handshake) (Handler, error) { return f(ctx, h) }

// HandshakeError refuses a handshake with an HTTP status.
type HandshakeError struct {
	// Status is the HTTP status of the answer, 400 to 599; anything else counts as 500.
	Status int
	// Text is the body of the answer, sent as text/plain. Empty: the standard text of the status.
	Text string
	// Header is added to the answer: WWW-Authenticate, Retry-After.
	Header http.Header
	// Err is the reason, for logs. The peer does not see it.
	Err error
}

// Error returns the status, the text and the reason.
func (e *HandshakeError) Error() string {
	s := fmt.Sprintf("socket: handshake: %d %s", e.status(), e.text())
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *HandshakeError) Unwrap() error { return e.Err }

func (e *HandshakeError) status() int {
	if e.Status < 400 || e.Status > 599 {
		return http.StatusInternalServerError
	}
	return e.Status
}

func (e *HandshakeError) text() string {
	if e.Text == "" {
		return http.StatusText(e.status())
	}
	return e.Text
}
