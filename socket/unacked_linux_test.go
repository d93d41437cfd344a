package socket_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// revealing is a strategy that passes the connection on to the test as well.
type revealing struct {
	socket.HTTPUpgrade
	conns chan net.Conn
}

func (s revealing) Upgrade(w http.ResponseWriter, r *http.Request, h *socket.Handshake) (socket.Upgraded, error) {
	up, err := s.HTTPUpgrade.Upgrade(w, r, h)
	s.conns <- up.Conn
	return up, err
}

// userTimeout asks the kernel for TCP_USER_TIMEOUT.
func userTimeout(t *testing.T, conn net.Conn) time.Duration {
	t.Helper()
	if c, ok := conn.(*tls.Conn); ok {
		conn = c.NetConn()
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var ms int
	var failed error
	if err := raw.Control(func(fd uintptr) { ms, failed = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, 18) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return time.Duration(ms) * time.Millisecond
}

// TestUnacknowledged: the kernel keeps WriteTimeout for what it has taken over, on both sides, with and without TLS.
func TestUnacknowledged(t *testing.T) {
	tests := []struct{ timeout, want time.Duration }{
		{0, 30 * time.Second},
		{7 * time.Second, 7 * time.Second},
		{-1, 0},
	}
	for _, tt := range tests {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, TLS: %t", tt.timeout, secure), func(t *testing.T) {
				served, dialled := make(chan net.Conn, 1), make(chan net.Conn, 1)
				opened := make(chan struct{}, 1)
				service := newService(t, socket.Config{WriteTimeout: tt.timeout, Strategy: revealing{conns: served}})
				server := httptest.NewUnstartedServer(service.Handler(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					opened <- struct{}{}
					return never(s)
				})))
				if secure {
					server.StartTLS()
				} else {
					server.Start()
				}
				defer server.Close()
				client := socket.Client{
					Config: socket.Config{WriteTimeout: tt.timeout},
					DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
						conn, err := new(net.Dialer).DialContext(ctx, network, address)
						dialled <- conn
						return conn, err
					},
				}
				if secure {
					client.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig
				}
				s, err := client.Dial(t.Context(), server.URL)
				if err != nil {
					t.Fatal(err)
				}
				wait(t, "the session", opened)
				for side, conn := range map[string]net.Conn{"server": wait(t, "the server's connection", served), "client": wait(t, "the client's connection", dialled)} {
					if got := userTimeout(t, conn); got != tt.want {
						t.Errorf("%s: got %v, want %v", side, got, tt.want)
					}
				}
				s.Close(socket.CloseStatus{})
				closed(t, s)
			})
		}
	}
}
