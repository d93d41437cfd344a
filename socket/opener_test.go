package socket_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// opened is a handler that counts how often it is closed.
type opened struct {
	handlerFunc
	closes *atomic.Int32
	err    error
}

func (o *opened) Close() error {
	o.closes.Add(1)
	return o.err
}

// TestOpenerCloses shows that what was opened is closed exactly once, before the peer sees the end.
func TestOpenerCloses(t *testing.T) {
	closeTCP := func(p *sockettest.Peer, _ *socket.Session) { p.Close() }
	tests := []struct {
		name   string
		handle handlerFunc
		end    func(p *sockettest.Peer, s *socket.Session)
		code   socket.StatusCode // of the Close frame that the peer sees; 0 if none
	}{
		{
			name:   "peer closes",
			handle: echoing,
			end:    func(p *sockettest.Peer, _ *socket.Session) { p.SendClose(1000, "") },
			code:   socket.NormalClosure,
		},
		{
			name: "peer closes and the flow goes on",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.When(s.Receive().Then(), reactive.NeverMono[reactive.Void]())
			},
			end:  func(p *sockettest.Peer, _ *socket.Session) { p.SendClose(1000, "") },
			code: socket.NormalClosure,
		},
		{
			name:   "session closes",
			handle: never,
			end:    func(_ *sockettest.Peer, s *socket.Session) { s.Close(socket.CloseStatus{Code: 4000}) },
			code:   4000,
		},
		{
			name:   "flow completes",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Receive().Take(1).Then() },
			end:    func(p *sockettest.Peer, _ *socket.Session) { p.SendText("go") },
			code:   socket.NormalClosure,
		},
		{
			name:   "Handle panics",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] { panic("boom") },
			end:    func(*sockettest.Peer, *socket.Session) {},
			code:   socket.InternalError,
		},
		{
			name:   "peer breaks the protocol",
			handle: echoing,
			end:    func(p *sockettest.Peer, _ *socket.Session) { p.SendBytes([]byte{0xff, 0xff}) },
			code:   socket.ProtocolError,
		},
		{name: "connection ends", handle: echoing, end: closeTCP},
		{name: "connection ends and the flow goes on", handle: never, end: closeTCP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var closes atomic.Int32
				h, sessions := capture(tt.handle)
				service := newService(t, socket.Config{})
				server := sockettest.NewServer(t, service.Opener(socket.OpenerFunc(
					func(context.Context, *socket.Handshake) (socket.Handler, error) {
						return &opened{h.Handle, &closes, errors.New("close fails")}, nil
					})))
				p := server.Peer("/", nil)
				s := <-sessions
				tt.end(p, s)
				if tt.code != 0 {
					p.ExpectClose(uint16(tt.code))
					if got := closes.Load(); got != 1 {
						t.Errorf("got %d closes when the peer saw the end, want 1", got)
					}
				}
				p.Close()
				closed(t, s)
				if got := closes.Load(); got != 1 {
					t.Errorf("got %d closes, want 1", got)
				}
				if service.Len() != 0 {
					t.Errorf("got %d sessions, want 0", service.Len())
				}
			})
		})
	}
}

// TestOpenerClosesAfterFailedUpgrade: what was opened is closed when the session does not come about.
func TestOpenerClosesAfterFailedUpgrade(t *testing.T) {
	tests := []struct {
		name     string
		strategy socket.UpgradeStrategy
		status   int
	}{
		{"refused", strategyFunc(func() error { return &socket.HandshakeError{Status: http.StatusNotImplemented} }), http.StatusNotImplemented},
		{"fails", strategyFunc(func() error { return errFlow }), http.StatusInternalServerError},
		{"returns nothing", strategyFunc(func() error { return nil }), http.StatusInternalServerError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var closes atomic.Int32
				service := newService(t, socket.Config{Strategy: tt.strategy})
				server := sockettest.NewServer(t, service.Opener(socket.OpenerFunc(
					func(context.Context, *socket.Handshake) (socket.Handler, error) {
						return &opened{never, &closes, nil}, nil
					})))
				if got := upgradeStatus(t, server); got != tt.status {
					t.Errorf("got status %d, want %d", got, tt.status)
				}
				if got := closes.Load(); got != 1 {
					t.Errorf("got %d closes, want 1", got)
				}
				if err := service.Drain(t.Context(), socket.CloseStatus{}); err != nil {
					t.Errorf("drain: %v", err)
				}
			})
		})
	}
}

type strategyFunc func() error

func (f strategyFunc) Upgrade(http.ResponseWriter, *http.Request, *socket.Handshake) (socket.Upgraded, error) {
	return socket.Upgraded{}, f()
}

// upgradeStatus asks for an upgrade and returns the status of the answer.
func upgradeStatus(t *testing.T, server *sockettest.Server) int {
	t.Helper()
	conn, err := server.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := sockettest.NewPeer(t, conn, true)
	p.Handshake("http://192.0.2.2/", nil)
	return p.Response.StatusCode
}

// TestPlainHandlerIsNotClosed: a handler of many sessions is not closed with one of them, even if it could be.
func TestPlainHandlerIsNotClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var closes atomic.Int32
		p := sockettest.Serve(t, socket.Config{}, &opened{echoing, &closes, nil}).Peer("/", nil)
		p.SendClose(1000, "")
		p.ExpectClose(1000)
		p.ExpectEnd()
		if got := closes.Load(); got != 0 {
			t.Errorf("got %d closes, want none", got)
		}
	})
}
