package sockettest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/socket"
)

// Server serves HTTP, and so WebSocket handshakes, on a [Listener]. It works in a bubble of testing/synctest if it was
// made there.
type Server struct {
	// URL is what a client dials: ws://192.0.2.2. Nothing but this server's own clients reaches it.
	URL string

	t        testing.TB
	listener *Listener
	server   *http.Server

	mu    sync.Mutex
	conns []*Conn
}

// NewServer starts a server, which is closed with the test: its connections are reset then.
func NewServer(t testing.TB, h http.Handler) *Server {
	s := &Server{URL: "ws://192.0.2.2", t: t, listener: Listen()}
	s.server = &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.server.Serve(s.listener)
	}()
	t.Cleanup(func() {
		s.server.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.conns {
			c.Reset()
		}
		<-done
	})
	return s
}

// Serve starts a server whose only resource are the sessions that h handles.
func Serve(t testing.TB, c socket.Config, h socket.Handler) *Server {
	t.Helper()
	service, err := socket.NewHandshakeService(c)
	if err != nil {
		t.Fatalf("sockettest: %v", err)
	}
	return NewServer(t, service.Handler(h))
}

// Dial connects to the server. The connection is reset with the test.
func (s *Server) Dial(ctx context.Context) (*Conn, error) {
	conn, err := s.listener.Dial(ctx)
	if err == nil {
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
	}
	return conn, err
}

// DialContext is Dial with the signature of net.Dialer.DialContext, for [socket.Client] and [http.Transport].
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := s.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// HTTP returns an HTTP client that reaches the server, for requests that do not become sessions. The URL to request is
// http://192.0.2.2/.
func (s *Server) HTTP() *http.Client {
	transport := &http.Transport{DialContext: s.DialContext}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Peer connects, opens a session by hand and returns the client's side of it. target is the path and query; header is
// added to that of the handshake and may be nil. The test fails if the answer is not 101.
func (s *Server) Peer(target string, header http.Header) *Peer {
	s.t.Helper()
	conn, err := s.Dial(s.t.Context())
	if err != nil {
		s.t.Fatalf("sockettest: %v", err)
	}
	p := NewPeer(s.t, conn, true)
	p.Handshake("http://192.0.2.2"+target, header)
	if p.Response.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("sockettest: got status %s, want 101", p.Response.Status)
	}
	return p
}

// Handshake sends a request to switch to WebSocket, with header added, and reads the answer into Response, whatever it
// is.
func (p *Peer) Handshake(url string, header http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		p.t.Fatalf("sockettest: handshake: %v", err)
	}
	r.Header = http.Header{
		"Connection":            {"Upgrade"},
		"Upgrade":               {"websocket"},
		"Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key":     {"dGhlIHNhbXBsZSBub25jZQ=="}, // RFC 6455, 1.3
	}
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if err := r.Write(p.conn); err != nil {
		p.t.Fatalf("sockettest: handshake: %v", err)
	}
	if p.Response, err = http.ReadResponse(p.in, r); err != nil {
		p.t.Fatalf("sockettest: handshake: %v", err)
	}
}
