package sockettest_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

func echo(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(s.Receive()) }

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := sockettest.Serve(t, socket.Config{Subprotocols: []string{"chat"}}, socket.HandlerFunc(echo))

		p := server.Peer("/room?x=1", http.Header{"sec-websocket-protocol": {"chat"}})
		if got := p.Response.Header.Get("Sec-WebSocket-Protocol"); got != "chat" {
			t.Errorf("got subprotocol %q, want %q", got, "chat")
		}
		if got := p.Response.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, 1.3
			t.Errorf("got accept %q", got)
		}
		p.SendText("hello")
		p.ExpectText("hello")
		p.SendPing("there?")
		p.ExpectPong("there?")

		// Time passes as fast as the session lets it: it pings after half a minute.
		start := time.Now()
		p.Patience = time.Hour
		if got := p.Receive(); got.Opcode != sockettest.Ping {
			t.Errorf("got %v, want a ping", got)
		}
		if got := time.Since(start); got < 25*time.Second || got > 35*time.Second {
			t.Errorf("got the ping after %v, want about 30s", got)
		}
		p.SendClose(1000, "")
		p.ExpectClose(1000)
		p.ExpectEnd()
	})
}

func TestServeWithoutEnd(t *testing.T) {
	// Whatever is open when a test ends goes with it; otherwise the bubble would not end.
	synctest.Test(t, func(t *testing.T) {
		server := sockettest.Serve(t, socket.Config{}, socket.HandlerFunc(echo))
		p := server.Peer("/", nil)
		p.SendText("hello")
		p.ExpectText("hello")
		if _, err := server.Dial(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestServerHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := sockettest.NewServer(t, http.RedirectHandler("/elsewhere", http.StatusFound))
		answer, err := server.HTTP().Get("http://192.0.2.2/")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusFound {
			t.Errorf("got %s, want 302, which is not followed", answer.Status)
		}
	})
}

func TestHandshakeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := sockettest.Serve(t, socket.Config{}, socket.HandlerFunc(echo))
		conn, err := server.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := sockettest.NewPeer(t, conn, true)
		p.Handshake("http://192.0.2.2/", http.Header{"Sec-WebSocket-Version": {"8"}})
		if got := p.Response.StatusCode; got != http.StatusUpgradeRequired {
			t.Errorf("got status %d, want 426", got)
		}
	})
}

func TestFaultsUnderSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A client that gets its bytes one by one.
		server := sockettest.Serve(t, socket.Config{}, socket.HandlerFunc(echo))
		conn, err := server.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := sockettest.NewPeer(t, sockettest.Faults{ReadSize: 1}.Wrap(conn), true)
		p.Handshake("http://192.0.2.2/", nil)
		p.Send(sockettest.Frame{Opcode: sockettest.Text, Payload: "hel", Part: true}, sockettest.Frame{Payload: "lo"})
		p.ExpectText("hello")
	})
}

func TestListenerPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := sockettest.Listen()
		c := socket.Client{DialContext: l.DialContext}
		result := make(chan error, 1)
		go func() { result <- c.Execute(t.Context(), "ws://192.0.2.2/path", socket.HandlerFunc(echo)) }()
		p := l.Peer(t, http.Header{"X-Server": {"by hand"}})
		if got := p.Request.URL.Path; got != "/path" {
			t.Errorf("got path %q, want %q", got, "/path")
		}
		p.SendText("hello")
		p.ExpectText("hello")
		p.SendClose(1000, "")
		p.ExpectClose(1000)
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
}
