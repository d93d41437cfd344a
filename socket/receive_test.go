package socket_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// open serves a session that does nothing by itself and returns both sides of it.
func open(t *testing.T, c socket.Config) (*sockettest.Peer, *socket.Session) {
	t.Helper()
	h, sessions := capture(never)
	p := sockettest.Serve(t, c, h).Peer("/", nil)
	return p, <-sessions
}

// TestDemand: exactly what was asked for is delivered, and control frames in between need no demand.
func TestDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		received := reactivetest.Subscribe(t, s.Receive())
		p.SendPing("first")
		p.ExpectPong("first")
		p.SendText("one")
		p.SendText("two")
		p.SendText("three")
		received.ExpectNoSignal(time.Second)
		received.Request(1).ExpectCount(1).ExpectNoSignal(time.Second)
		received.Request(1).Request(1).ExpectCount(2).ExpectNoSignal(time.Second)
		p.SendPing("last")
		p.ExpectPong("last")
		p.SendClose(1000, "")
		received.ExpectComplete()
		if diff := cmp.Diff([]string{"one", "two", "three"}, payloads(received.Values())); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		p.ExpectClose(1000)
	})
}

// TestReadAhead: without demand one message is read ahead and what follows it stays where it is.
func TestReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		p.SendText("ahead")
		synctest.Wait()
		p.SendText("behind")
		p.SendPing("behind")
		synctest.Wait()
		received := reactivetest.Subscribe(t, s.Receive())
		before := s.Stats().BytesIn
		received.Request(1).ExpectCount(1)
		synctest.Wait() // now the second message is the one that was read ahead
		after := s.Stats().BytesIn
		received.Request(1).ExpectCount(1)
		p.ExpectPong("behind")
		if before != 11 || after != 35 {
			t.Errorf("got %d bytes read before the request and %d after it, want 11 (a message) and 35 (all)", before, after)
		}
	})
}

// TestLateSubscriber: messages, and the end, wait for their subscriber.
func TestLateSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := sockettest.Listen()
		client := socket.Client{DialContext: server.DialContext}
		sessions := make(chan *socket.Session)
		go func() {
			s, err := client.Dial(t.Context(), "ws://192.0.2.2")
			if err != nil {
				t.Error(err)
			}
			sessions <- s
		}()
		p := server.Peer(t, nil)
		s := <-sessions
		p.SendClose(4000, "early")
		p.ExpectClose(4000)
		p.ExpectEnd()
		reactivetest.Subscribe(t, s.Receive()).ExpectComplete()
		reactivetest.Subscribe(t, s.Receive()).ExpectError(reactive.ErrSubscribed)
		if got := closed(t, s); got != (socket.CloseStatus{Code: 4000, Reason: "early"}) {
			t.Errorf("got status %v, want 4000 early", got)
		}
	})
}

// TestCancelReceive: after a cancel the session reads on, drops what comes and sees the end.
func TestCancelReceive(t *testing.T) {
	tests := []struct {
		name   string
		before string // what waits for demand when the cancel comes
	}{
		{name: "while reading"},
		{name: "while a message waits", before: "waiting"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, s := open(t, socket.Config{})
				received := reactivetest.Subscribe(t, s.Receive())
				if tt.before != "" {
					p.SendText(tt.before)
				}
				synctest.Wait()
				received.Cancel()
				p.SendText("dropped")
				p.SendPing("still here")
				p.ExpectPong("still here")
				p.SendClose(1000, "")
				p.ExpectClose(1000)
				received.ExpectNoSignal(time.Second)
				if got := s.Stats().MessagesIn; got != 0 {
					t.Errorf("got %d messages delivered, want 0", got)
				}
			})
		})
	}
}

// TestBadRequest: a request of less than one is answered by OnError (rule 3.9).
func TestBadRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		reactivetest.Subscribe(t, s.Receive()).Request(0).ExpectError(reactive.ErrBadRequest)
		p.SendPing("alive")
		p.ExpectPong("alive")
	})
}

// TestOwned: what Receive delivers may be kept; the messages of one read do not overlap.
func TestOwned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		received := reactivetest.NewProbe[socket.Message](t).RequestFirst(reactive.Unbounded)
		s.Receive().Subscribe(t.Context(), received)
		var frames []sockettest.Frame
		var want []string
		for i := range 50 {
			text := strings.Repeat(string(rune('a'+i%26)), i)
			want = append(want, text)
			frames = append(frames, sockettest.Frame{Opcode: sockettest.Text, Payload: text})
		}
		p.Send(frames...)
		received.ExpectCount(len(frames))
		p.Send(frames[25:]...) // which would overwrite what is only borrowed
		received.ExpectCount(25)
		for _, m := range received.Values() {
			_ = append(m.Payload, "overflow"...) // must not reach the next message
		}
		if diff := cmp.Diff(want, payloads(received.Values()[:50])); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// TestBorrowed: a borrowed message lives in the read buffer until OnNext returns; Clone keeps it.
func TestBorrowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		var clones []socket.Message
		var last []byte
		received := reactivetest.NewProbe[socket.Message](t).RequestFirst(reactive.Unbounded).
			Each(func(m socket.Message) {
				clones = append(clones, m.Clone())
				last = m.Payload
			})
		s.ReceiveBorrowed().Subscribe(t.Context(), received)
		p.SendText("first")
		received.ExpectCount(1)
		kept := last
		p.SendText("again")
		received.ExpectCount(1)
		if diff := cmp.Diff([]string{"first", "again"}, payloads(clones)); diff != "" {
			t.Errorf("clones (-want +got):\n%s", diff)
		}
		if !bytes.Equal(kept, []byte("again")) {
			t.Errorf("got %q in the read buffer, want it overwritten: is there a copy?", kept)
		}
	})
}
