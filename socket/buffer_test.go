package socket

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// until looks again and again, for what gives no signal, and fails the test if it does not come true.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// TestPausedSessionGivesUpItsBuffer: a reader that waits for demand for long keeps what it has in memory of its size, and
// delivers it as if nothing had happened.
func TestPausedSessionGivesUpItsBuffer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, borrowed := range []bool{false, true} {
		peer, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		config := Config{PingInterval: -1, IdleTimeout: -1}.withDefaults()
		registry := newRegistry(&config)
		registry.enter()
		s := openSession(connection{handshake: new(Handshake), conn: conn, registry: registry})

		var frames []byte
		for _, text := range []string{"one", "two", "three"} {
			f := ws.NewTextFrame([]byte(text))
			f.Header.Masked = true
			frames = append(frames, ws.MustCompileFrame(f)...)
		}
		if _, err := peer.Write(frames); err != nil {
			t.Fatal(err)
		}
		var got []string
		receive := s.Receive()
		if borrowed {
			receive = s.ReceiveBorrowed()
		}
		received := reactivetest.NewProbe[Message](t).Each(func(m Message) { got = append(got, m.Text()) })
		receive.Subscribe(t.Context(), received)
		waits := func() bool { return s.in.parked.Load() && s.in.flags.Load()&inCompact == 0 }
		for n := range 3 {
			until(t, "the reader waits", waits)
			held := s.in.flags.Load()&inHolding != 0
			s.in.giveUpBuffer()
			until(t, "the reader waits without a buffer", waits)
			if want := n == 0; held != want || s.in.flags.Load()&inHolding != 0 {
				t.Errorf("borrowed %v, message %d: a buffer was held: %v, want %v, and none after it was given up", borrowed, n, held, want)
			}
			received.Request(1).ExpectCount(1)
		}
		if diff := cmp.Diff([]string{"one", "two", "three"}, got); diff != "" {
			t.Errorf("borrowed %v: messages (-want +got):\n%s", borrowed, diff)
		}
		peer.Close()
		received.ExpectError(nil)
		until(t, "the session is gone", func() bool { return registry.len() == 0 })
	}
}
