package socket_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// echoing sends back what it receives.
var echoing = socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
	return s.Send(s.Receive())
})

// texts returns text messages.
func texts(payloads ...string) reactive.Flux[socket.Message] {
	var all []socket.Message
	for _, p := range payloads {
		all = append(all, socket.Text(p))
	}
	return reactive.FromSlice(all)
}

func TestClientOverNetwork(t *testing.T) {
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		t.Fatal(err)
	}
	plain := httptest.NewServer(service.Handler(echoing))
	defer plain.Close()
	secure := httptest.NewTLSServer(service.Handler(echoing))
	defer secure.Close()

	tests := []struct {
		name string
		url  string
		tls  *tls.Config
	}{
		{name: "ws", url: strings.Replace(plain.URL, "http", "ws", 1)},
		{name: "http", url: plain.URL},
		{name: "wss", url: strings.Replace(secure.URL, "https", "wss", 1), tls: secure.Client().Transport.(*http.Transport).TLSClientConfig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := socket.Client{TLS: tt.tls}
			s, err := c.Dial(t.Context(), tt.url)
			if err != nil {
				t.Fatal(err)
			}
			long := strings.Repeat("x", 100_000)
			sent := []string{"hello", "", "grüß dich", long}
			reactive.Run(t.Context(), s.Send(texts(sent...)), nil, func(err error) {
				if err != nil {
					t.Errorf("send: %v", err)
				}
			})
			got, err := s.Receive().Take(int64(len(sent))).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range got {
				if m.Type != socket.TextMessage || m.Text() != sent[i] {
					t.Errorf("message %d: got %v, want %d bytes of text", i, m, len(sent[i]))
				}
			}
			if got := s.Handshake().TLS != nil; got != (tt.tls != nil) {
				t.Errorf("got TLS %t, want %t", got, tt.tls != nil)
			}
			s.Close(socket.CloseStatus{Code: 4000, Reason: "done"})
			if got, want := ended(t, s), (socket.CloseStatus{Code: 4000, Reason: "done"}); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestClientUnknownCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	_, err := new(socket.Client).Dial(t.Context(), server.URL)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("got %v, want a certificate error", err)
	}
}

// TestEarlyFrames: what the server sends right behind its answer, in the same segment, is not lost.
func TestEarlyFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var frames strings.Builder
		for _, text := range []string{"one", "two", "three"} {
			frames.WriteString("\x81" + string(rune(len(text))) + text)
		}
		frames.WriteString("\x88\x02\x03\xe8")
		server := answer(t, switched+"\n"+frames.String(), true)
		s, err := server.client.Dial(t.Context(), "ws://192.0.2.2/")
		if err != nil {
			t.Fatal(err)
		}
		got, err := reactive.Map(s.Receive(), socket.Message.Text).Collect(t.Context())
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(got, []string{"one", "two", "three"}); diff != "" {
			t.Errorf("got - want +:\n%s", diff)
		}
		sockettest.NewPeer(t, <-server.conns, false).ExpectClose(1000)
		if got := ended(t, s); got.Code != socket.NormalClosure {
			t.Errorf("got %v, want 1000", got)
		}
	})
}

func TestExecute(t *testing.T) {
	errHandler := errors.New("handler failed")
	errContext := errors.New("enough")
	receive := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Receive().Then() })
	fails := func(err error) socket.Handler {
		return socket.HandlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] { return reactive.ErrorMono[reactive.Void](err) })
	}
	tests := []struct {
		name    string
		handler socket.Handler
		server  func(p *sockettest.Peer)
		cancel  time.Duration // when ctx ends; 0: not
		want    *socket.CloseError
		is      error // what the error is, besides
		cause   bool  // the error is the context's cause, not a CloseError
	}{
		{
			name:    "handler completes",
			handler: socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(texts("a", "b")) }),
			server: func(p *sockettest.Peer) {
				p.ExpectText("a")
				p.ExpectText("b")
				p.ExpectClose(1000)
				p.SendClose(1000, "")
				p.ExpectEnd()
			},
		},
		{
			name:    "server closes with 1000",
			handler: echoing,
			server: func(p *sockettest.Peer) {
				p.SendText("hello")
				p.ExpectText("hello")
				p.SendClose(1000, "bye")
				p.ExpectClose(1000)
			},
		},
		{
			name:    "server closes without a status",
			handler: receive,
			server: func(p *sockettest.Peer) {
				p.SendClose(0, "")
				p.ExpectClose(0)
			},
		},
		{
			name:    "server goes away",
			handler: receive,
			server: func(p *sockettest.Peer) {
				p.SendClose(1001, "restart")
				p.ExpectClose(1001)
			},
			want: &socket.CloseError{Status: socket.CloseStatus{Code: 1001, Reason: "restart"}, Remote: true},
		},
		{
			name:    "handler fails",
			handler: fails(errHandler),
			server: func(p *sockettest.Peer) {
				if got := p.ExpectClose(1011); got != "" {
					t.Errorf("got reason %q, want none", got)
				}
				p.SendClose(1011, "")
			},
			want: &socket.CloseError{Status: socket.CloseStatus{Code: 1011}},
			is:   errHandler,
		},
		{
			name:    "handler chooses a status",
			handler: fails(&socket.CloseError{Status: socket.CloseStatus{Code: 4001, Reason: "x"}}),
			server: func(p *sockettest.Peer) {
				p.ExpectClose(4001)
				p.SendClose(4001, "")
			},
			want: &socket.CloseError{Status: socket.CloseStatus{Code: 4001, Reason: "x"}},
		},
		{
			name:    "handler panics",
			handler: socket.HandlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] { panic("oops") }),
			server: func(p *sockettest.Peer) {
				p.ExpectClose(1011)
				p.SendClose(1011, "")
			},
			want: &socket.CloseError{Status: socket.CloseStatus{Code: 1011}},
		},
		{
			name:    "server masks",
			handler: receive,
			server: func(p *sockettest.Peer) {
				p.Send(sockettest.Frame{Opcode: sockettest.Text, Payload: "a", BadMask: true})
				p.ExpectClose(1002)
			},
			want: &socket.CloseError{Status: socket.CloseStatus{Code: 1002, Reason: "frames from server to client must be not masked"}},
		},
		{
			name:    "connection breaks",
			handler: receive,
			server:  func(p *sockettest.Peer) { p.Close() },
			want:    &socket.CloseError{Status: socket.CloseStatus{Code: 1006}},
			is:      io.ErrUnexpectedEOF,
		},
		{
			name:    "context ends",
			handler: receive,
			cancel:  time.Minute,
			server: func(p *sockettest.Peer) {
				for { // pings meanwhile
					f := p.Receive()
					if f.Opcode != sockettest.Ping {
						if f != sockettest.CloseFrame(1001, "") {
							t.Errorf("got %v, want close 1001", f)
						}
						break
					}
					p.Send(sockettest.Frame{Opcode: sockettest.Pong, Payload: f.Payload})
				}
				p.SendClose(1001, "")
				p.ExpectEnd()
			},
			is:    errContext,
			cause: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := sockettest.Listen()
				c := socket.Client{DialContext: l.DialContext}
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, func() { cancel(errContext) })
				}
				result := make(chan error, 1)
				go func() { result <- c.Execute(ctx, "ws://192.0.2.2/", tt.handler) }()
				p := l.Peer(t, nil)
				p.Patience = 2 * time.Minute
				tt.server(p)
				err := <-result
				if tt.is != nil && !errors.Is(err, tt.is) {
					t.Errorf("got %v, want %v", err, tt.is)
				}
				if tt.cause {
					if err != tt.is {
						t.Errorf("got %v, want just the cause", err)
					}
					return
				}
				if tt.want == nil {
					if err != nil {
						t.Errorf("got %v, want nil", err)
					}
					return
				}
				got, ok := errors.AsType[*socket.CloseError](err)
				if !ok || got.Status != tt.want.Status || got.Remote != tt.want.Remote {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestExecuteDialFails(t *testing.T) {
	server := answer(t, "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", false)
	err := server.client.Execute(t.Context(), "ws://192.0.2.2/", socket.HandlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] {
		t.Error("the handler was called")
		return reactive.Done()
	}))
	if failed, ok := errors.AsType[*socket.DialError](err); !ok || failed.Status != 404 {
		t.Errorf("got %v, want a *DialError with 404", err)
	}
}

// speaker is a handler with subprotocols of its own.
type speaker struct{ socket.Handler }

func (speaker) Subprotocols() []string { return []string{"own"} }

func TestExecuteOffersSubprotocolsOfHandler(t *testing.T) {
	server := answer(t, "HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n", false)
	server.client.Config.Subprotocols = []string{"config"}
	server.client.Execute(t.Context(), "ws://192.0.2.2/", speaker{echoing})
	if got := (<-server.requests).Header.Get("Sec-WebSocket-Protocol"); got != "own" {
		t.Errorf("got %q offered, want %q", got, "own")
	}
}

// TestExecuteAgainstService joins the two halves, in a bubble.
func TestExecuteAgainstService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := sockettest.Serve(t, socket.Config{Subprotocols: []string{"chat"}}, echoing)
		c := socket.Client{DialContext: server.DialContext, Config: socket.Config{Subprotocols: []string{"other", "chat"}}}
		var got []string
		err := c.Execute(t.Context(), server.URL+"/room", socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			if p := s.Handshake().Subprotocol; p != "chat" {
				t.Errorf("got subprotocol %q, want %q", p, "chat")
			}
			received := reactive.Map(s.Receive().Take(3), func(m socket.Message) string {
				got = append(got, m.Text())
				return m.Text()
			})
			return reactive.When(s.Send(texts("a", "b", "c")), received.Then())
		}))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(got, []string{"a", "b", "c"}); diff != "" {
			t.Errorf("got - want +:\n%s", diff)
		}
	})
}
