package socket_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// byHand is a server for one connection whose answer is written by hand.
type byHand struct {
	client   *socket.Client
	requests chan *http.Request // what it was asked
	conns    chan net.Conn      // the connection, if it is held
}

// answer returns a server that reads a request and writes head, in which {accept} stands for what belongs to the request's
// key. Then it closes the connection, or holds it for the test.
func answer(t *testing.T, head string, hold bool) byHand {
	t.Helper()
	l := sockettest.Listen()
	s := byHand{
		client:   &socket.Client{DialContext: l.DialContext},
		requests: make(chan *http.Request, 1),
		conns:    make(chan net.Conn, 1),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			conn.Close()
			return
		}
		s.requests <- r
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		accept := base64.StdEncoding.EncodeToString(sum[:])
		io.WriteString(conn, strings.NewReplacer("\n", "\r\n", "{accept}", accept).Replace(head))
		if hold {
			s.conns <- conn
			return
		}
		conn.Close()
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		select {
		case conn := <-s.conns:
			conn.Close()
		default:
		}
	})
	return s
}

// switched is the answer that opens a session.
const switched = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: {accept}\n"

func TestDialAnswers(t *testing.T) {
	tests := []struct {
		name   string
		offer  []string
		head   string
		status int    // of the DialError
		err    string // part of its text; empty: a session
		body   string
		// of the session
		subprotocol string
	}{
		{
			name: "plain",
			head: switched + "\n",
		},
		{
			name: "another spelling",
			head: "HTTP/1.1 101 Web Socket Protocol Handshake\nupgrade: WebSocket\nconnection: keep-alive, UPGRADE\nsec-websocket-accept: {accept}\n\n",
		},
		{
			name: "interim answers first",
			head: "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nLink: </a>\n\n" + switched + "\n",
		},
		{
			name:        "subprotocol",
			offer:       []string{"mqtt", "stomp"},
			head:        switched + "Sec-WebSocket-Protocol: stomp\n\n",
			subprotocol: "stomp",
		},
		{
			name:  "no subprotocol of those offered",
			offer: []string{"mqtt"},
			head:  switched + "\n",
		},
		{
			name:   "unauthorized",
			head:   "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic\nContent-Length: 6\n\nwho?\n\nmore",
			status: 401,
			err:    "socket: dial ws://192.0.2.2/path: 401 Unauthorized",
			body:   "who?\r\n",
		},
		{
			name:   "redirect",
			head:   "HTTP/1.1 302 Found\nLocation: ws://elsewhere/\nContent-Length: 0\n\n",
			status: 302,
			err:    "302 Found",
		},
		{
			name:   "a page instead",
			head:   "HTTP/1.1 200 OK\nContent-Type: text/html\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n",
			status: 200,
			err:    "200 OK",
			body:   "abc",
		},
		{
			name:   "large page",
			head:   "HTTP/1.1 503 Service Unavailable\n\n" + strings.Repeat("x", 30000),
			status: 503,
			err:    "503 Service Unavailable",
			body:   strings.Repeat("x", 4096),
		},
		{
			name:   "body that is cut",
			head:   "HTTP/1.1 500 Internal Server Error\nContent-Length: 100\n\nsorry",
			status: 500,
			err:    "500 Internal Server Error",
			body:   "sorry",
		},
		{
			name:   "accept of another key",
			head:   "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\n",
			status: 101,
			err:    "101 Switching Protocols: the answer's Sec-WebSocket-Accept does not belong to the key",
		},
		{
			name:   "no accept",
			head:   "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n\n",
			status: 101,
			err:    "Sec-WebSocket-Accept",
		},
		{
			name:   "another upgrade",
			head:   "HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\nConnection: Upgrade\nSec-WebSocket-Accept: {accept}\n\n",
			status: 101,
			err:    `upgrades to "h2c"`,
		},
		{
			name:   "no connection header",
			head:   "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nSec-WebSocket-Accept: {accept}\n\n",
			status: 101,
			err:    "Connection",
		},
		{
			name:   "extension that was not offered",
			head:   switched + "Sec-WebSocket-Extensions: permessage-deflate\n\n",
			status: 101,
			err:    `uses the extension "permessage-deflate"`,
		},
		{
			name:   "subprotocol that was not offered",
			offer:  []string{"mqtt"},
			head:   switched + "Sec-WebSocket-Protocol: stomp\n\n",
			status: 101,
			err:    `chooses the subprotocol "stomp"`,
		},
		{
			name:   "two subprotocols",
			offer:  []string{"mqtt", "stomp"},
			head:   switched + "Sec-WebSocket-Protocol: mqtt\nSec-WebSocket-Protocol: stomp\n\n",
			status: 101,
			err:    `chooses the subprotocol "mqtt, stomp"`,
		},
		{
			name:   "HTTP/1.0",
			head:   strings.Replace(switched, "1.1", "1.0", 1) + "\n",
			status: 101,
			err:    "the answer is HTTP/1.0",
		},
		{
			name: "not HTTP",
			head: "SSH-2.0-OpenSSH_9.9\n",
			err:  "malformed HTTP",
		},
		{
			name: "nothing",
			err:  "unexpected EOF",
		},
		{
			name: "endless header",
			head: switched + strings.Repeat("X-Padding: "+strings.Repeat("x", 1000)+"\n", 70),
			err:  "the answer's header is larger than 65536 bytes",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := answer(t, tt.head, false).client
				c.Config.Subprotocols = tt.offer
				s, err := c.Dial(t.Context(), "ws://192.0.2.2/path?token=secret")
				if tt.err == "" {
					if err != nil {
						t.Fatalf("got %v, want a session", err)
					}
					if got := s.Handshake().Subprotocol; got != tt.subprotocol {
						t.Errorf("got subprotocol %q, want %q", got, tt.subprotocol)
					}
					ended(t, s)
					return
				}
				failed, ok := errors.AsType[*socket.DialError](err)
				if !ok {
					t.Fatalf("got session %v, error %v, want a *DialError", s, err)
				}
				if failed.Status != tt.status || string(failed.Body) != tt.body {
					t.Errorf("got status %d, body %q, want %d, %q", failed.Status, failed.Body, tt.status, tt.body)
				}
				if !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %q, want %q in it", err, tt.err)
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("got %q, want no query in it", err)
				}
				if tt.status == 302 && failed.Header.Get("Location") != "ws://elsewhere/" {
					t.Errorf("got header %v, want the Location", failed.Header)
				}
			})
		})
	}
}

// ended waits for the end of a session and returns its status.
func ended(t *testing.T, s *socket.Session) socket.CloseStatus {
	t.Helper()
	status, err := s.Closed().Block(context.Background())
	if err != nil {
		t.Fatalf("closed: %v", err)
	}
	return status
}

func TestDialRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := answer(t, switched+"X-From: server\n\n", false)
		c := server.client
		c.Config.Subprotocols = []string{"a", "b"}
		c.Header = http.Header{
			"Authorization":            {"Bearer x"},
			"Cookie":                   {"a=1", "b=2"},
			"Host":                     {"virtual.example"},
			"Sec-Websocket-Key":        {"mine"},
			"Sec-Websocket-Extensions": {"mine"},
			"Connection":               {"close"},
		}
		kept := c.Header.Clone()
		s, err := c.Dial(t.Context(), "ws://192.0.2.2/a%2Fb/c?q=1%20x")
		if err != nil {
			t.Fatal(err)
		}
		r := <-server.requests
		if r.Method != "GET" || r.RequestURI != "/a%2Fb/c?q=1%20x" || r.Proto != "HTTP/1.1" || r.Host != "virtual.example" {
			t.Errorf("got %s %s %s to %s", r.Method, r.RequestURI, r.Proto, r.Host)
		}
		if key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key")); err != nil || len(key) != 16 {
			t.Errorf("got key %x, %v, want 16 bytes", key, err)
		}
		r.Header.Del("Sec-WebSocket-Key")
		r.Header.Del("User-Agent")
		want := http.Header{
			"Authorization":          {"Bearer x"},
			"Cookie":                 {"a=1", "b=2"},
			"Connection":             {"Upgrade"},
			"Upgrade":                {"websocket"},
			"Sec-Websocket-Version":  {"13"},
			"Sec-Websocket-Protocol": {"a, b"},
		}
		if diff := cmp.Diff(r.Header, want); diff != "" {
			t.Errorf("header: got - want +:\n%s", diff)
		}
		if diff := cmp.Diff(c.Header, kept); diff != "" {
			t.Errorf("the client's header was changed: got - want +:\n%s", diff)
		}

		h := s.Handshake()
		if got := h.URL.String(); got != "ws://192.0.2.2/a%2Fb/c?q=1%20x" {
			t.Errorf("got URL %q", got)
		}
		if got := h.Header().Get("X-From"); got != "server" {
			t.Errorf("got header %v, want that of the answer", h.Header())
		}
		if h.RemoteAddr != "192.0.2.2:80" || h.LocalAddr.String() != "192.0.2.1:49152" || h.TLS != nil || h.Host != "virtual.example" {
			t.Errorf("got remote %s, local %v, TLS %v, host %s", h.RemoteAddr, h.LocalAddr, h.TLS, h.Host)
		}
		ended(t, s)
	})
}

func TestDialKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		server := answer(t, "HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n", false)
		server.client.Dial(t.Context(), "ws://192.0.2.2/")
		seen[(<-server.requests).Header.Get("Sec-WebSocket-Key")] = true
	}
	if len(seen) != 2 {
		t.Errorf("got the same key twice: %v", seen)
	}
}

func TestDialURLs(t *testing.T) {
	tests := []struct {
		url     string
		address string // empty: refused
		err     string
	}{
		{url: "ws://example.com", address: "example.com:80"},
		{url: "wss://example.com/x", address: "example.com:443"},
		{url: "http://example.com", address: "example.com:80"},
		{url: "https://example.com", address: "example.com:443"},
		{url: "WS://example.com:8080", address: "example.com:8080"},
		{url: "ws://[2001:db8::1]/", address: "[2001:db8::1]:80"},
		{url: "ws://[2001:db8::1]:81/", address: "[2001:db8::1]:81"},
		{url: "ws://example.com:/", address: "example.com:80"},
		{url: "ftp://example.com", err: `scheme "ftp" is neither ws nor wss`},
		{url: "example.com", err: `scheme "" is neither`},
		{url: "ws:///path", err: "no host"},
		{url: "ws://example.com/#part", err: "fragment"},
		{url: "ws://user:secret@example.com/", err: "credentials"},
		{url: "ws://exa mple.com/?token=secret", err: "bad URL"},
		{url: "ws://example.com/%zz?token=secret", err: "bad URL"},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			errStop := errors.New("stop here")
			var got string
			c := socket.Client{DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
				got = network + " " + address
				return nil, errStop
			}}
			_, err := c.Dial(t.Context(), tt.url)
			if tt.address != "" {
				if got != "tcp "+tt.address || !errors.Is(err, errStop) {
					t.Errorf("got %q, %v, want %q", got, err, "tcp "+tt.address)
				}
				return
			}
			if _, ok := errors.AsType[*socket.DialError](err); !ok || !strings.Contains(err.Error(), tt.err) || got != "" {
				t.Errorf("got %v after dialling %q, want a *DialError with %q", err, got, tt.err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("got %q, want no secret in it", err)
			}
		})
	}
}

func TestDialConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = new(socket.Client).Dial(t.Context(), "ws://"+l.Addr().String())
	failed, ok := errors.AsType[*socket.DialError](err)
	if !ok || !errors.Is(err, syscall.ECONNREFUSED) || failed.Status != 0 {
		t.Errorf("got %v, want a *DialError with %v", err, syscall.ECONNREFUSED)
	}
}

func TestDialInvalidConfig(t *testing.T) {
	c := socket.Client{Config: socket.Config{Subprotocols: []string{"not a token"}}}
	if _, err := c.Dial(t.Context(), "ws://192.0.2.2/"); err == nil || !strings.Contains(err.Error(), "Subprotocols") {
		t.Errorf("got %v, want what Validate says", err)
	}
}

func TestDialTakesTooLong(t *testing.T) {
	errMine := errors.New("enough")
	tests := []struct {
		name    string
		timeout time.Duration // Config.HandshakeTimeout
		ctx     func(context.Context) (context.Context, context.CancelFunc)
		head    string
		want    error
		status  int
		after   time.Duration
	}{
		{
			name:  "default timeout",
			want:  context.DeadlineExceeded,
			after: 10 * time.Second,
		},
		{
			name:    "timeout amid the answer",
			timeout: 3 * time.Second,
			head:    switched,
			want:    context.DeadlineExceeded,
			after:   3 * time.Second,
		},
		{
			name: "deadline of the context",
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeoutCause(ctx, time.Second, errMine)
			},
			want:  errMine,
			after: time.Second,
		},
		{
			name: "context cancelled",
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				time.AfterFunc(2*time.Second, func() { cancel(errMine) })
				return ctx, func() { cancel(nil) }
			},
			want:  errMine,
			after: 2 * time.Second,
		},
		{
			name:    "no timeout of its own",
			timeout: -1,
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Hour)
			},
			want:  context.DeadlineExceeded,
			after: time.Hour,
		},
		{
			name:   "body of a refusal",
			head:   "HTTP/1.1 403 Forbidden\n\nbecause",
			status: 403,
			after:  time.Second,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := answer(t, tt.head, true).client
				c.Config.HandshakeTimeout = tt.timeout
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if tt.ctx != nil {
					ctx, cancel = tt.ctx(ctx)
				}
				defer cancel()
				start := time.Now()
				_, err := c.Dial(ctx, "ws://192.0.2.2/")
				if got := time.Since(start); got != tt.after {
					t.Errorf("got it after %v, want after %v", got, tt.after)
				}
				failed, ok := errors.AsType[*socket.DialError](err)
				if !ok || !errors.Is(err, tt.want) && tt.want != nil || failed.Status != tt.status {
					t.Errorf("got %v, want a *DialError with status %d and %v", err, tt.status, tt.want)
				}
			})
		})
	}
}

func TestDialThatWaitsForTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := sockettest.Listen() // nobody accepts
		c := socket.Client{DialContext: l.DialContext}
		start := time.Now()
		_, err := c.Dial(t.Context(), "ws://192.0.2.2/")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("got %v after %v, want %v after 10s", err, time.Since(start), context.DeadlineExceeded)
		}
	})
}

// TestContextIsForTheHandshake: a session outlives the context that it was dialled with.
func TestContextIsForTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := sockettest.Listen()
		c := socket.Client{DialContext: l.DialContext}
		type key struct{}
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Second)
		defer cancel()
		dialled := make(chan *socket.Session)
		go func() {
			s, err := c.Dial(ctx, "ws://192.0.2.2/")
			if err != nil {
				t.Error(err)
			}
			dialled <- s
		}()
		p := l.Peer(t, nil)
		s := <-dialled
		cancel()
		time.Sleep(5 * time.Second)
		p.SendText("still there")
		m, err := s.Receive().First().Block(t.Context())
		if err != nil || m.Text() != "still there" {
			t.Errorf("got %v, %v, want a message", m, err)
		}
		if got := s.Context().Value(key{}); got != "value" {
			t.Errorf("got value %v, want that of the context", got)
		}
		s.Close(socket.CloseStatus{})
		p.ExpectClose(1000)
		p.SendClose(1000, "")
		if got := ended(t, s); got.Code != socket.NormalClosure {
			t.Errorf("got %v, want 1000", got)
		}
	})
}

// TestDialNothing: a DialContext that returns nothing at all is an error, not the end of the process.
func TestDialNothing(t *testing.T) {
	for _, url := range []string{"ws://example.com", "wss://example.com"} {
		c := socket.Client{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, nil }}
		_, err := c.Dial(t.Context(), url)
		if failure, ok := errors.AsType[*socket.DialError](err); !ok || !strings.Contains(failure.Error(), "neither a connection nor an error") {
			t.Errorf("%s: got %v, want a *DialError that says so", url, err)
		}
	}
}
