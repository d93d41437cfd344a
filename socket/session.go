package socket

import (
	"context"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Session is one WebSocket connection after its handshake.
//
// Concurrency:
//   - All methods may be called from any goroutine at any time.
//   - Receive has one subscriber; Send may have many at the same time, and their messages never tear.
//   - No method blocks, and neither does anything a stream of the session does on the goroutine of who emits to it.
//   - After the end, Receive and Send fail with the session's [*CloseError], Close does nothing, and the rest answers
//     as before.
type Session struct {
	handshake  *Handshake
	ctx        context.Context
	attributes Attributes
}

// ID returns an identifier that no other session has, in this process or another. It is made when it is first asked for.
func (s *Session) ID() string { return "" }

// Handshake returns the facts of the HTTP exchange that opened the session.
func (s *Session) Handshake() *Handshake { return s.handshake }

// Attributes returns the values that the application keeps with the session.
func (s *Session) Attributes() *Attributes { return &s.attributes }

// Context returns the context of the session's flow. It has the values of the request's context and ends when the flow
// is over, with a [*CloseError] as its cause.
func (s *Session) Context() context.Context { return s.ctx }

// Receive returns the messages of the peer.
func (s *Session) Receive() reactive.Flux[Message] { return reactive.Flux[Message]{} }

// ReceiveBorrowed is Receive without the copy: a payload is valid until OnNext returns.
func (s *Session) ReceiveBorrowed() reactive.Flux[Message] { return reactive.Flux[Message]{} }

// Send writes the messages of src to the peer.
func (s *Session) Send(src reactive.Publisher[Message]) reactive.Mono[reactive.Void] {
	return reactive.Mono[reactive.Void]{}
}

// Close ends the session with a status.
func (s *Session) Close(status CloseStatus) {}

// Closed emits the status that the session ended with, when everything of it is gone.
func (s *Session) Closed() reactive.Mono[CloseStatus] { return reactive.Mono[CloseStatus]{} }

// Stats returns what the session has done so far.
func (s *Session) Stats() Stats { return Stats{} }
