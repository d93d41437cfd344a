package socket_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// handlerFunc is short for the type that tests write most.
type handlerFunc = socket.HandlerFunc

// borrowedEcho is the echo of the benchmarks: one operator, no copy.
var borrowedEcho = handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
	return s.Send(s.ReceiveBorrowed().Map(func(m socket.Message) socket.Message { return m }))
})

// newService fails the test instead of returning an error.
func newService(t testing.TB, c socket.Config) *socket.HandshakeService {
	t.Helper()
	service, err := socket.NewHandshakeService(c)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// eachDriver runs a test for both ways in which a session over TCP may be driven: everything is the same for them.
func eachDriver(t *testing.T, test func(t *testing.T, c socket.Config)) {
	t.Run("goroutines", func(t *testing.T) { test(t, socket.Config{}) })
	t.Run("event loops", func(t *testing.T) { test(t, socket.Config{Strategy: &socket.EventLoops{}}) })
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}

// tcpServer serves h on a socket of the kernel; the sessions are drained with the test.
type tcpServer struct {
	t       testing.TB
	service *socket.HandshakeService
	http    *httptest.Server
}

func serveTCP(t testing.TB, c socket.Config, h socket.Handler) *tcpServer {
	t.Helper()
	service := newService(t, c)
	return serveHTTP(t, service, service.Handler(h))
}

func serveHTTP(t testing.TB, service *socket.HandshakeService, h http.Handler) *tcpServer {
	t.Helper()
	s := &tcpServer{t: t, service: service, http: httptest.NewServer(h)}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := service.Drain(ctx, socket.CloseStatus{Code: socket.GoingAway}); err != nil {
			t.Errorf("drain: %v, %d sessions left", err, service.Len())
		}
		s.http.Close()
	})
	return s
}

// waitUntilEmpty waits for the end of all sessions.
func (s *tcpServer) waitUntilEmpty() {
	s.t.Helper()
	for s.service.Len() > 0 {
		for session := range s.service.Sessions() {
			closed(s.t, session)
		}
	}
}

// conn opens a connection without a handshake.
func (s *tcpServer) conn() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// peer opens a session by hand and returns the client's side.
func (s *tcpServer) peer() *sockettest.Peer {
	s.t.Helper()
	p := sockettest.NewPeer(s.t, s.conn(), true)
	p.Handshake(s.http.URL, nil)
	if got := p.Response.StatusCode; got != http.StatusSwitchingProtocols {
		s.t.Fatalf("got status %d, want 101", got)
	}
	return p
}

// capture passes the sessions of h on to a channel.
func capture(h socket.Handler) (socket.Handler, <-chan *socket.Session) {
	sessions := make(chan *socket.Session, 16)
	return handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		sessions <- s
		return h.Handle(s)
	}), sessions
}

// never is a handler whose flow does nothing until it is cancelled.
var never = handlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] { return reactive.NeverMono[reactive.Void]() })

// wait returns the next value, or fails the test.
func wait[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// closed waits for the end of a session and returns its status.
func closed(t testing.TB, s *socket.Session) socket.CloseStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	status, err := s.Closed().Block(ctx)
	if err != nil {
		t.Fatalf("the session did not end: %v", err)
	}
	return status
}

// send starts a Send and returns what hears of its end.
func send(t testing.TB, s *socket.Session, src reactive.Publisher[socket.Message]) *reactivetest.Probe[reactive.Void] {
	p := reactivetest.NewProbe[reactive.Void](t).RequestFirst(1)
	s.Send(src).Subscribe(t.Context(), p)
	return p
}

// failure consumes OnError of a probe and returns the error.
func failure[T any](p *reactivetest.Probe[T]) error {
	p.ExpectError(nil)
	signals := p.Signals()
	return signals[len(signals)-1].Err
}

// timeless logs to w without the time.
func timeless(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// payloads returns the payloads of messages as strings.
func payloads(messages []socket.Message) []string {
	all := []string{}
	for _, m := range messages {
		all = append(all, m.Text())
	}
	return all
}
