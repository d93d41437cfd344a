package socket_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// exchange sends a request as it stands and reads the answer.
func exchange(t *testing.T, server *sockettest.Server, request string) *http.Response {
	t.Helper()
	conn, err := server.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

const (
	validStart = "GET /chat HTTP/1.1\nHost: example.com\n"
	validRest  = "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13"
)

// TestChecks goes through the checks of a handshake.
func TestChecks(t *testing.T) {
	without := func(field string) string {
		lines := strings.Split(validRest, "\n")
		return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, field+":") }), "\n")
	}
	tests := []struct {
		name    string
		request string
		config  socket.Config
		status  int
		header  http.Header // that the answer must have
	}{
		{
			name:    "the example of the RFC",
			request: validStart + validRest,
			status:  101,
			header: http.Header{
				"Upgrade":              {"websocket"},
				"Connection":           {"Upgrade"},
				"Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
			},
		},
		{name: "lists and letter case", request: validStart + "upgrade: h2c, WebSocket\nconnection: keep-alive, UPGRADE\n" +
			"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\nsec-websocket-version: 13", status: 101},
		{name: "POST", request: "POST / HTTP/1.1\nHost: example.com\n" + validRest, status: 405, header: http.Header{"Allow": {"GET"}}},
		{name: "CONNECT over HTTP/1.1", request: "CONNECT example.com:80 HTTP/1.1\nHost: example.com\n" + validRest, status: 405},
		{name: "HTTP/1.0", request: "GET / HTTP/1.0\nHost: example.com\n" + validRest, status: 400},
		{
			name:    "plain GET",
			request: validStart,
			status:  426,
			header:  http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
		},
		{name: "other upgrade", request: validStart + strings.Replace(validRest, "websocket", "h2c", 1), status: 426},
		{name: "plain GET with a fallback", request: validStart, config: socket.Config{NotUpgrade: http.NotFoundHandler()}, status: 404},
		{name: "POST with a fallback", request: "POST / HTTP/1.1\nHost: example.com\n" + validRest, config: socket.Config{NotUpgrade: http.NotFoundHandler()}, status: 404},
		{name: "upgrade with a fallback", request: validStart + validRest, config: socket.Config{NotUpgrade: http.NotFoundHandler()}, status: 101},
		{name: "no Connection", request: validStart + without("Connection"), status: 400},
		{name: "body", request: validStart + validRest + "\nContent-Length: 4\n\nbody", status: 400},
		{name: "chunked body", request: validStart + validRest + "\nTransfer-Encoding: chunked\n\n0", status: 400},
		{name: "no key", request: validStart + without("Sec-WebSocket-Key"), status: 400},
		{name: "two keys", request: validStart + validRest + "\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", status: 400},
		{name: "short key", request: validStart + without("Sec-WebSocket-Key") + "\nSec-WebSocket-Key: c2hvcnQ=", status: 400},
		{name: "key of 17 bytes", request: validStart + without("Sec-WebSocket-Key") + "\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTE=", status: 400},
		{name: "key that is no base64", request: validStart + without("Sec-WebSocket-Key") + "\nSec-WebSocket-Key: !GhlIHNhbXBsZSBub25jZQ==", status: 400},
		{
			name:    "no version",
			request: validStart + without("Sec-WebSocket-Version"),
			status:  426,
			header:  http.Header{"Sec-Websocket-Version": {"13"}},
		},
		{
			name:    "other version",
			request: validStart + without("Sec-WebSocket-Version") + "\nSec-WebSocket-Version: 8",
			status:  426,
			header:  http.Header{"Sec-Websocket-Version": {"13"}},
		},
		{name: "same origin", request: validStart + validRest + "\nOrigin: http://example.com", status: 101},
		{name: "other origin", request: validStart + validRest + "\nOrigin: http://evil.example", status: 403},
		{
			name:    "other origin allowed",
			request: validStart + validRest + "\nOrigin: http://evil.example",
			config:  socket.Config{CheckOrigin: func(*http.Request) bool { return true }},
			status:  101,
		},
		{
			name:    "not authenticated",
			request: validStart + validRest,
			config:  socket.Config{Authenticate: func(*http.Request) (any, error) { return nil, errFlow }},
			status:  401,
		},
		{
			name:    "not authenticated, with a status of its own",
			request: validStart + validRest,
			config: socket.Config{Authenticate: func(*http.Request) (any, error) {
				return nil, fmt.Errorf("wrapped: %w", &socket.HandshakeError{Status: 407, Header: http.Header{"proxy-authenticate": {"Basic"}}})
			}},
			status: 407,
			header: http.Header{"Proxy-Authenticate": {"Basic"}},
		},
		{
			name:    "check fails",
			request: validStart + validRest,
			config:  socket.Config{Checks: []socket.Check{func(*http.Request, *socket.Handshake) error { return errFlow }}},
			status:  403,
		},
		{name: "subprotocol", request: validStart + validRest + "\nSec-WebSocket-Protocol: d,a,b", config: socket.Config{Subprotocols: []string{"c", "b", "a"}},
			status: 101, header: http.Header{"Sec-Websocket-Protocol": {"a"}}},
		{name: "subprotocol on two lines", request: validStart + validRest + "\nSec-WebSocket-Protocol: x\nSec-WebSocket-Protocol:  a ,, y",
			config: socket.Config{Subprotocols: []string{"a"}}, status: 101, header: http.Header{"Sec-Websocket-Protocol": {"a"}}},
		{name: "no subprotocol in common", request: validStart + validRest + "\nSec-WebSocket-Protocol: A",
			config: socket.Config{Subprotocols: []string{"a"}}, status: 101, header: http.Header{"Sec-Websocket-Protocol": nil}},
		{name: "subprotocol that is no token", request: validStart + validRest + "\nSec-WebSocket-Protocol: a b", status: 400},
		{name: "subprotocol twice", request: validStart + validRest + "\nSec-WebSocket-Protocol: a, a", status: 400},
		{name: "extension", request: validStart + validRest + "\nSec-WebSocket-Extensions: permessage-deflate", status: 101,
			header: http.Header{"Sec-Websocket-Extensions": nil}},
		// The order: what comes first in the list of checks is answered.
		{name: "method before upgrade", request: "PUT / HTTP/1.1\nHost: example.com", status: 405},
		{name: "key before origin", request: validStart + without("Sec-WebSocket-Key") + "\nOrigin: http://evil.example", status: 400},
		{
			name:    "origin before authentication",
			request: validStart + validRest + "\nOrigin: http://evil.example",
			config:  socket.Config{Authenticate: func(*http.Request) (any, error) { return nil, errFlow }},
			status:  403,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				response := exchange(t, sockettest.Serve(t, tt.config, echoing), tt.request)
				if response.StatusCode != tt.status {
					t.Errorf("got status %d, want %d", response.StatusCode, tt.status)
				}
				for name, want := range tt.header {
					if diff := cmp.Diff(want, response.Header[name]); diff != "" {
						t.Errorf("%s (-want +got):\n%s", name, diff)
					}
				}
				if tt.status == 101 || tt.status == 404 {
					return
				}
				if got := response.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
					t.Errorf("got Content-Type %q, want text/plain", got)
				}
				body, err := io.ReadAll(response.Body)
				if err != nil || len(body) < 5 || strings.Contains(string(body), errFlow.Error()) {
					t.Errorf("got body %q, %v, want a sentence without internals", body, err)
				}
			})
		})
	}
}

// TestSubprotocolsOfHandler: a handler's list takes the place of the configured one, and the client's order decides.
func TestSubprotocolsOfHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, socket.Config{Subprotocols: []string{"a"}})
		for name, h := range map[string]http.Handler{
			"handler": service.Handler(speaking{echoing}),
			"opener":  service.Opener(speakingOpener{}),
		} {
			p := sockettest.NewServer(t, h).Peer("/", http.Header{"Sec-Websocket-Protocol": {"a, y, x"}})
			if got := p.Response.Header.Get("Sec-Websocket-Protocol"); got != "y" {
				t.Errorf("%s: got %q, want y", name, got)
			}
			p.Close()
		}
	})
}

type speaking struct{ handlerFunc }

func (speaking) Subprotocols() []string { return []string{"x", "y"} }

type speakingOpener struct{}

func (speakingOpener) Subprotocols() []string { return []string{"x", "y"} }
func (speakingOpener) Open(context.Context, *socket.Handshake) (socket.Handler, error) {
	return echoing, nil
}

// TestSubprotocolChosenLater: a check or an opener may change the choice, but not to what the client has not offered.
func TestSubprotocolChosenLater(t *testing.T) {
	tests := []struct {
		chosen string
		status int
	}{
		{chosen: "", status: 101},
		{chosen: "a", status: 101},
		{chosen: "b", status: 101},
		{chosen: "c", status: 500},
		{chosen: "A", status: 500},
		{chosen: "a, b", status: 500},
		{chosen: "a\r\nX-Injected: yes", status: 500},
	}
	for _, tt := range tests {
		for _, by := range []string{"check", "opener"} {
			t.Run(fmt.Sprintf("%q by %s", tt.chosen, by), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var log strings.Builder
					var closes atomic.Int32
					choose := func(who string, h *socket.Handshake) {
						if who == by {
							h.Subprotocol = tt.chosen
						}
					}
					service := newService(t, socket.Config{
						Subprotocols: []string{"a"},
						Logger:       timeless(&log),
						Checks: []socket.Check{func(_ *http.Request, h *socket.Handshake) error {
							choose("check", h)
							return nil
						}},
					})
					server := sockettest.NewServer(t, service.Opener(socket.OpenerFunc(
						func(_ context.Context, h *socket.Handshake) (socket.Handler, error) {
							choose("opener", h)
							return &opened{echoing, &closes, nil}, nil
						})))
					response := exchange(t, server, validStart+validRest+"\nSec-WebSocket-Protocol: a, b")
					if response.StatusCode != tt.status {
						t.Errorf("got status %d, want %d", response.StatusCode, tt.status)
					}
					if _, ok := response.Header["X-Injected"]; ok {
						t.Error("the answer has a header field that nobody has set")
					}
					if tt.status == 101 {
						if got := response.Header.Get("Sec-WebSocket-Protocol"); got != tt.chosen {
							t.Errorf("got subprotocol %q, want %q", got, tt.chosen)
						}
						return
					}
					if got := log.String(); !strings.Contains(got, "not offered") || strings.Count(got, "\n") != 1 {
						t.Errorf("got log %q, want one line about what was not offered", got)
					}
					if got := closes.Load(); got != 1 {
						t.Errorf("got %d closes of what was opened, want 1", got)
					}
				})
			})
		}
	}
}

// TestHandshakeFacts: a session knows what the request said, after the request is gone.
func TestHandshakeFacts(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(echoing)
		service := newService(t, socket.Config{
			Subprotocols: []string{"chat"},
			Authenticate: func(r *http.Request) (any, error) { return r.Header.Get("X-User"), nil },
			Attributes:   func(*http.Request) map[string]any { return map[string]any{"seed": 1} },
			Checks: []socket.Check{func(_ *http.Request, h *socket.Handshake) error {
				h.SetPathValue("room", strings.ToUpper(h.PathValue("room")))
				h.SetPathValue("extra", "more")
				return nil
			}},
		})
		mux := http.NewServeMux()
		mux.Handle("GET /rooms/{room}/{rest...}", service.Handler(h))
		p := sockettest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "set", Value: "by middleware"})
			mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "from middleware")))
		})).Peer("/rooms/a%2Fb/c/d?q=1&q=2", http.Header{
			"X-User":                 {"alice"},
			"X-Many":                 {"one", "two"},
			"Cookie":                 {"a=1; b=2"},
			"Sec-Websocket-Protocol": {"chat"},
		})
		if got := p.Response.Header.Get("Set-Cookie"); got != `set="by middleware"` {
			t.Errorf("got Set-Cookie %q, want that of the middleware", got)
		}
		s := <-sessions
		hs := s.Handshake()
		for _, c := range []struct{ name, got, want string }{
			{"path", hs.URL.EscapedPath(), "/rooms/a%2Fb/c/d"},
			{"room", hs.PathValue("room"), "A/B"},
			{"rest", hs.PathValue("rest"), "c/d"},
			{"extra", hs.PathValue("extra"), "more"},
			{"unknown", hs.PathValue("unknown"), ""},
			{"pattern", hs.Pattern, "GET /rooms/{room}/{rest...}"},
			{"query", strings.Join(hs.Query()["q"], ","), "1,2"},
			{"host", hs.Host, "192.0.2.2"},
			{"header", strings.Join(hs.Header()["X-Many"], ","), "one,two"},
			{"field of the upgrade", hs.Header().Get("Sec-WebSocket-Key"), ""},
			{"cookie", hs.Cookies()[1].String(), "b=2"},
			{"subprotocol", hs.Subprotocol, "chat"},
			{"principal", hs.Principal.(string), "alice"},
			{"remote", hs.RemoteAddr, "192.0.2.1:49152"},
			{"local", hs.LocalAddr.String(), "192.0.2.2:80"},
			{"value", hs.Value(key{}).(string), "from middleware"},
			{"value in the session", s.Context().Value(key{}).(string), "from middleware"},
			{"attribute", fmt.Sprint(s.Attributes().Get("seed")), "1"},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %q, want %q", c.name, c.got, c.want)
			}
		}
		if hs.TLS != nil {
			t.Error("got TLS over a plain connection")
		}
		if a, b := s.ID(), s.ID(); a != b || len(a) != 26 {
			t.Errorf("got ids %q and %q, want one of 26 characters", a, b)
		}
		s.Attributes().Set("k", "v")
		if got := s.Attributes().Get("k"); got != "v" {
			t.Errorf("got attribute %v, want v", got)
		}
		s.Attributes().Delete("k")
		if got := s.Attributes().Get("k"); got != nil {
			t.Errorf("got attribute %v after it was deleted", got)
		}
		if err := s.Context().Err(); err != nil {
			t.Errorf("the session's context has ended with the request: %v", err)
		}
	})
}

// TestOpen shows how the answer depends on what Open returns.
func TestOpen(t *testing.T) {
	tests := []struct {
		name   string
		open   func(ctx context.Context, h *socket.Handshake) (socket.Handler, error)
		status int
		body   string
	}{
		{
			name:   "handler",
			open:   func(context.Context, *socket.Handshake) (socket.Handler, error) { return echoing, nil },
			status: 101,
		},
		{
			name:   "error",
			open:   func(context.Context, *socket.Handshake) (socket.Handler, error) { return nil, errFlow },
			status: 500, body: "Internal Server Error\n",
		},
		{
			name: "status",
			open: func(context.Context, *socket.Handshake) (socket.Handler, error) {
				return nil, &socket.HandshakeError{Status: 409, Text: "taken", Err: errFlow}
			},
			status: 409, body: "taken\n",
		},
		{
			name: "bad status",
			open: func(context.Context, *socket.Handshake) (socket.Handler, error) {
				return nil, &socket.HandshakeError{Status: 200}
			},
			status: 500, body: "Internal Server Error\n",
		},
		{
			name:   "nothing",
			open:   func(context.Context, *socket.Handshake) (socket.Handler, error) { return nil, nil },
			status: 500, body: "Internal Server Error\n",
		},
		{
			name:   "panic",
			open:   func(context.Context, *socket.Handshake) (socket.Handler, error) { panic("boom") },
			status: 500, body: "Internal Server Error\n",
		},
		{
			name: "takes too long",
			open: func(ctx context.Context, _ *socket.Handshake) (socket.Handler, error) {
				<-ctx.Done()
				return nil, &socket.HandshakeError{Status: 504, Err: ctx.Err()}
			},
			status: 504, body: "Gateway Timeout\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logs strings.Builder
				service := newService(t, socket.Config{
					HandshakeTimeout: 5 * time.Second,
					Logger:           slog.New(slog.NewTextHandler(&logs, nil)),
				})
				server := sockettest.NewServer(t, service.Opener(socket.OpenerFunc(tt.open)))
				start := time.Now()
				response := exchange(t, server, validStart+validRest)
				if response.StatusCode != tt.status {
					t.Errorf("got status %d, want %d", response.StatusCode, tt.status)
				}
				within(t, "answer", time.Since(start), 0, 5*time.Second)
				if tt.status == 101 {
					return
				}
				if body, err := io.ReadAll(response.Body); string(body) != tt.body {
					t.Errorf("got body %q, %v, want %q", body, err, tt.body)
				}
				if got := logs.String(); strings.Count(got, "handshake refused") != 1 {
					t.Errorf("got log %q, want one line about the refusal", got)
				}
				if err := service.Drain(t.Context(), socket.CloseStatus{}); err != nil {
					t.Errorf("drain: %v", err)
				}
			})
		})
	}
}

// TestHandshakeTimeout: the time is that of the whole handshake. What fails or succeeds after it is answered with 503,
// unless it says how to answer.
func TestHandshakeTimeout(t *testing.T) {
	const timeout = 5 * time.Second
	plain := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	own := func(ctx context.Context) error {
		<-ctx.Done()
		return &socket.HandshakeError{Status: http.StatusGatewayTimeout}
	}
	deaf := func(context.Context) error { time.Sleep(timeout + 1); return nil }
	halves := func(ctx context.Context) error { time.Sleep(timeout/2 + 1); return ctx.Err() } // of the time, each
	tests := []struct {
		name                              string
		origin, authenticate, check, open func(context.Context) error
		status                            int
	}{
		{name: "origin", origin: plain, status: 503},
		{name: "authentication", authenticate: plain, status: 503},
		{name: "check", check: plain, status: 503},
		{name: "Open", open: plain, status: 503},
		{name: "authentication with a status", authenticate: own, status: 504},
		{name: "check with a status", check: own, status: 504},
		{name: "Open with a status", open: own, status: 504},
		{name: "authentication that succeeds", authenticate: deaf, status: 503},
		{name: "check that succeeds", check: deaf, status: 503},
		{name: "Open that succeeds", open: deaf, status: 503},
		{name: "together", authenticate: halves, open: halves, status: 503},
		{name: "in time", authenticate: halves, status: 101},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				call := func(f func(context.Context) error, ctx context.Context) error {
					if f == nil {
						return nil
					}
					return f(ctx)
				}
				var opens, closes atomic.Int32
				h, sessions := capture(never)
				service := newService(t, socket.Config{
					HandshakeTimeout: timeout,
					CheckOrigin:      func(r *http.Request) bool { return call(tt.origin, r.Context()) == nil },
					Authenticate:     func(r *http.Request) (any, error) { return nil, call(tt.authenticate, r.Context()) },
					Checks: []socket.Check{func(r *http.Request, _ *socket.Handshake) error {
						return call(tt.check, r.Context())
					}},
				})
				server := sockettest.NewServer(t, service.Opener(socket.OpenerFunc(
					func(ctx context.Context, _ *socket.Handshake) (socket.Handler, error) {
						if err := call(tt.open, ctx); err != nil {
							return nil, err
						}
						opens.Add(1)
						return &opened{h.Handle, &closes, nil}, nil
					})))
				response := exchange(t, server, validStart+validRest)
				if response.StatusCode != tt.status {
					t.Errorf("got status %d, want %d", response.StatusCode, tt.status)
				}
				if tt.status == 503 {
					if body, err := io.ReadAll(response.Body); string(body) != "the handshake took too long\n" {
						t.Errorf("got body %q, %v", body, err)
					}
				}
				if tt.status != 101 {
					if opens.Load() != closes.Load() {
						t.Errorf("got %d handlers opened and %d closed", opens.Load(), closes.Load())
					}
					return
				}
				time.Sleep(2 * timeout)
				if err := (<-sessions).Context().Err(); err != nil {
					t.Errorf("the session's context has ended with the handshake: %v", err)
				}
			})
		})
	}
}

// TestNilHandler: a handler that is not there is a mistake that shows when it is registered.
func TestNilHandler(t *testing.T) {
	service := newService(t, socket.Config{})
	for name, register := range map[string]func(){
		"socket: nil handler": func() { service.Handler(nil) },
		"socket: nil opener":  func() { service.Opener(nil) },
	} {
		if got := panicOf(register); got != name {
			t.Errorf("got panic %v, want %q", got, name)
		}
	}
	if got := panicOf(func() { service.Handler(handlerFunc(nil)) }); got == nil {
		t.Error("got no panic for a nil function as a handler")
	}
	if got := panicOf(func() { service.Opener(socket.OpenerFunc(nil)) }); got == nil {
		t.Error("got no panic for a nil function as an opener")
	}
}

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// TestCannotHijack: what cannot be upgraded is told so in words.
func TestCannotHijack(t *testing.T) {
	h := newService(t, socket.Config{}).Handler(echoing)
	request := func(major int, method string) *http.Request {
		r := httptest.NewRequest(method, "http://example.com/", nil)
		r.ProtoMajor, r.Proto = major, fmt.Sprintf("HTTP/%d", major)
		r.Header = http.Header{
			"Upgrade":               {"websocket"},
			"Connection":            {"Upgrade"},
			"Sec-Websocket-Key":     {"dGhlIHNhbXBsZSBub25jZQ=="},
			"Sec-Websocket-Version": {"13"},
			":protocol":             {"websocket"},
		}
		return r
	}
	for name, r := range map[string]*http.Request{
		"recorder":         request(1, http.MethodGet),
		"GET over HTTP/2":  request(2, http.MethodGet),
		"extended CONNECT": request(2, http.MethodConnect),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotImplemented || w.Body.Len() < 20 {
			t.Errorf("%s: got %d %q, want 501 and a sentence", name, w.Code, w.Body)
		}
	}
}

// TestEarlyData: frames that come in one segment with the handshake are the first of the session.
func TestEarlyData(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		server := serveTCP(t, c, borrowedEcho)
		conn := server.conn()
		defer conn.Close()
		request := strings.ReplaceAll(validStart+validRest, "\n", "\r\n") + "\r\n\r\n"
		if _, err := conn.Write(append([]byte(request), "\x81\x85\x00\x00\x00\x00early\x81\x84\x00\x00"...)); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(conn)
		if response, err := http.ReadResponse(in, nil); err != nil || response.StatusCode != 101 {
			t.Fatalf("got %v, %v, want 101", response, err)
		}
		if _, err := conn.Write([]byte("\x00\x00late")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 13)
		if _, err := io.ReadFull(in, got); err != nil || string(got) != "\x81\x05early\x81\x04late" {
			t.Errorf("got %q, %v, want the echo of two messages", got, err)
		}
	})
}

// TestStay: a strategy may keep the HTTP handler until the session has ended.
func TestStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returned := make(chan time.Time, 1)
		h := newService(t, socket.Config{Strategy: staying{}}).Handler(echoing)
		p := sockettest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r)
			returned <- time.Now()
		})).Peer("/", nil)
		time.Sleep(45 * time.Second)
		p.Receive() // a ping
		end := time.Now()
		p.SendClose(1000, "")
		p.ExpectClose(1000)
		if got := <-returned; got != end {
			t.Errorf("the handler returned %v before the end", end.Sub(got))
		}
	})
}

type staying struct{ socket.HTTPUpgrade }

func (s staying) Upgrade(w http.ResponseWriter, r *http.Request, h *socket.Handshake) (socket.Upgraded, error) {
	up, err := s.HTTPUpgrade.Upgrade(w, r, h)
	up.Stay = true
	return up, err
}

func TestIsUpgrade(t *testing.T) {
	tests := []struct {
		name   string
		method string
		major  int
		header http.Header
		want   bool
	}{
		{"GET", http.MethodGet, 1, http.Header{"Upgrade": {"websocket"}}, true},
		{"among others", http.MethodGet, 1, http.Header{"Upgrade": {"h2c", "foo , WebSocket"}}, true},
		{"other protocol", http.MethodGet, 1, http.Header{"Upgrade": {"h2c"}}, false},
		{"part of a token", http.MethodGet, 1, http.Header{"Upgrade": {"websocket2"}}, false},
		{"plain GET", http.MethodGet, 1, nil, false},
		{"POST", http.MethodPost, 1, http.Header{"Upgrade": {"websocket"}}, false},
		{"extended CONNECT", http.MethodConnect, 2, http.Header{":protocol": {"websocket"}}, true},
		{"extended CONNECT over HTTP/1.1", http.MethodConnect, 1, http.Header{":protocol": {"websocket"}}, false},
		{"extended CONNECT for something else", http.MethodConnect, 2, http.Header{":protocol": {"connect-udp"}}, false},
		{"plain CONNECT", http.MethodConnect, 2, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{Method: tt.method, ProtoMajor: tt.major, Header: tt.header}
			if got := socket.IsUpgrade(r); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestSameOrigin(t *testing.T) {
	tests := []struct {
		name   string
		host   string
		origin []string
		want   bool
		secure bool // the request came by TLS
	}{
		{"no origin", "example.com", nil, true, false},
		{"same", "example.com", []string{"http://example.com"}, true, false},
		{"letter case", "Example.com", []string{"HTTP://example.COM"}, true, false},
		{"default port", "example.com:80", []string{"http://example.com"}, true, false},
		{"default port in the origin", "example.com", []string{"http://example.com:80"}, true, false},
		{"TLS ends at a proxy", "example.com", []string{"https://example.com"}, true, false},
		{"TLS with port", "example.com:443", []string{"https://example.com"}, true, false},
		{"port", "example.com:8080", []string{"http://example.com:8080"}, true, false},
		{"IPv6", "[::1]:8080", []string{"http://[::1]:8080"}, true, false},
		{"IPv6 with default port", "[::1]", []string{"http://[::1]:80"}, true, false},
		{"other host", "example.com", []string{"http://evil.example"}, false, false},
		{"subdomain", "example.com", []string{"http://a.example.com"}, false, false},
		{"suffix", "example.com", []string{"http://evilexample.com"}, false, false},
		{"other port", "example.com:8080", []string{"http://example.com"}, false, false},
		{"null", "example.com", []string{"null"}, false, false},
		{"empty", "example.com", []string{""}, false, false},
		{"malformed", "example.com", []string{"http://exa mple.com"}, false, false},
		{"two", "example.com", []string{"http://example.com", "http://example.com"}, false, false},
		{name: "https by TLS", host: "example.com", origin: []string{"HTTPS://example.com"}, secure: true, want: true},
		{name: "http by TLS", host: "example.com:80", origin: []string{"http://example.com"}, secure: true},
		{name: "http by TLS, with port", host: "example.com:8443", origin: []string{"http://example.com:8443"}, secure: true},
		{name: "no origin by TLS", host: "example.com", secure: true, want: true},
		{"user info", "example.com", []string{"http://example.com@evil.example"}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{Host: tt.host, Header: http.Header{}}
			if tt.secure {
				r.TLS = new(tls.ConnectionState)
			}
			if tt.origin != nil {
				r.Header["Origin"] = tt.origin
			}
			if got := socket.SameOrigin(r); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name   string
		config socket.Config
		want   []string // a word of each problem
	}{
		{name: "zero"},
		{name: "all off", config: socket.Config{HandshakeTimeout: -1, CloseTimeout: -1, PingInterval: -1, IdleTimeout: -1, WriteTimeout: -1}},
		{name: "ping off", config: socket.Config{PingInterval: -1, IdleTimeout: time.Second}},
		{
			name: "everything",
			config: socket.Config{
				MaxMessageSize: -1, MaxQueuedBytes: -1, SendWindow: 1_000_001,
				Subprotocols: []string{"a", "a", "b c", ""},
				Checks:       []socket.Check{nil},
				PingInterval: time.Minute, IdleTimeout: time.Minute,
			},
			want: []string{"MaxMessageSize", "MaxQueuedBytes", "SendWindow", "twice", `"b c"`, `""`, "Checks", "IdleTimeout"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.config.Validate()
			if len(tt.want) == 0 {
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
				return
			}
			lines := strings.Split(fmt.Sprint(err), "\n")
			if len(lines) != len(tt.want) {
				t.Errorf("got %d problems, want %d:\n%v", len(lines), len(tt.want), err)
			}
			for i, word := range tt.want {
				if i < len(lines) && !strings.Contains(lines[i], word) {
					t.Errorf("got %q, want something about %s", lines[i], word)
				}
			}
			if _, err := socket.NewHandshakeService(tt.config); err == nil {
				t.Error("got a service for it")
			}
		})
	}
}

// TestWrappedWriter: a middleware's ResponseWriter is no obstacle if it can be unwrapped.
func TestWrappedWriter(t *testing.T) {
	h := newService(t, socket.Config{}).Handler(echoing)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(wrapped{w}, r)
	}))
	defer server.Close()
	u, _ := url.Parse(server.URL)
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := sockettest.NewPeer(t, conn, true)
	p.Handshake(server.URL, nil)
	p.SendText("through")
	p.ExpectText("through")
	p.SendClose(1000, "")
	p.ExpectClose(1000)
	p.ExpectEnd()
}

type wrapped struct{ w http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.w.Header() }
func (w wrapped) Write(b []byte) (int, error) { return w.w.Write(b) }
func (w wrapped) WriteHeader(status int)      { w.w.WriteHeader(status) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.w }
