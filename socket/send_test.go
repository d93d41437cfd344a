package socket_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// TestSendKinds: everything that can be sent arrives as it was, also what is empty.
func TestSendKinds(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 8<<10) // 128 KiB: written from where it lies
	frames := []sockettest.Frame{
		{Opcode: sockettest.Text, Payload: "text"},
		{Opcode: sockettest.Text},
		{Opcode: sockettest.Binary, Payload: "\x00\xff"},
		{Opcode: sockettest.Binary},
		{Opcode: sockettest.Ping, Payload: "ping"},
		{Opcode: sockettest.Pong},
		{Opcode: sockettest.Binary, Payload: large[:125]},
		{Opcode: sockettest.Binary, Payload: large[:126]},
		{Opcode: sockettest.Binary, Payload: large[:1<<14]},
		{Opcode: sockettest.Binary, Payload: large[:1<<16-1]},
		{Opcode: sockettest.Binary, Payload: large[:1<<16]},
		{Opcode: sockettest.Text, Payload: large},
		{Opcode: sockettest.Text, Payload: "after"},
	}
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		var messages []socket.Message
		for _, f := range frames {
			messages = append(messages, socket.Message{Type: socket.MessageType(f.Opcode), Payload: []byte(f.Payload)})
		}
		sent := send(t, s, reactive.FromSlice(messages))
		p.Expect(frames...)
		sent.ExpectComplete()
		synctest.Wait()
		if got, want := s.Stats().MessagesOut, uint64(len(frames)-2); got != want {
			t.Errorf("got %d messages counted, want %d: all but ping and pong", got, want)
		}
	})
}

// TestSendEnds shows how a Send ends.
func TestSendEnds(t *testing.T) {
	anyError := errors.New("any")
	long := socket.Message{Type: socket.PingMessage, Payload: make([]byte, 126)}
	tests := []struct {
		name   string
		src    reactive.Flux[socket.Message]
		frames []sockettest.Frame // that arrive nevertheless
		err    error              // nil: completes
	}{
		{name: "empty", src: reactive.Empty[socket.Message]()},
		{
			name:   "completes",
			src:    texts("one", "two"),
			frames: []sockettest.Frame{{Opcode: sockettest.Text, Payload: "one"}, {Opcode: sockettest.Text, Payload: "two"}},
		},
		{
			name:   "fails",
			src:    reactive.Concat(texts("one"), reactive.Error[socket.Message](errFlow)),
			frames: []sockettest.Frame{{Opcode: sockettest.Text, Payload: "one"}},
			err:    errFlow,
		},
		{name: "unknown type", src: reactive.Just(socket.Message{Type: 8}), err: errors.ErrUnsupported},
		{name: "ping that is too long", src: reactive.Just(long), err: anyError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, s := open(t, socket.Config{})
				sent := send(t, s, tt.src)
				switch tt.err {
				case nil:
					sent.ExpectComplete()
				case anyError:
					sent.ExpectError(nil)
				default:
					sent.ExpectError(tt.err)
				}
				p.Expect(tt.frames...)
				p.SendPing("alive")
				p.ExpectPong("alive")
			})
		})
	}
}

// TestSendCancel: a cancel reaches the source, and the session goes on.
func TestSendCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		src := reactivetest.NewSource[socket.Message](t)
		sent := send(t, s, src)
		src.Next(socket.Text("one"))
		sent.Cancel()
		src.ExpectCancelled()
		p.ExpectText("one")
		p.SendPing("alive")
		p.ExpectPong("alive")
	})
}

// TestSendWindow: a source is asked for SendWindow messages, and for more when these are with the kernel.
func TestSendWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{SendWindow: 8})
		src := reactivetest.NewSource[socket.Message](t)
		send(t, s, src)
		expectRequested(t, src, 8)
		for range 5 {
			src.Next(socket.Text("x"))
		}
		synctest.Wait()
		expectRequested(t, src, 8) // three are still wanted, and that is enough
		src.Next(socket.Text("x"))
		synctest.Wait()
		expectRequested(t, src, 14)
		for range 6 {
			p.ExpectText("x")
		}
	})
}

// TestSendBackpressure: a peer that does not read is a source that is not asked, and what waits is bounded.
func TestSendBackpressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{SendWindow: 8, MaxQueuedBytes: 40 << 10, WriteTimeout: -1})
		var requested int64
		src := reactive.Map(reactive.Range(0, 1000).DoOnRequest(func(n int64) { requested += n }),
			func(int) socket.Message { return socket.Binary(make([]byte, 10<<10)) })
		sent := send(t, s, src)
		time.Sleep(time.Minute)
		// 64 KiB fit into the connection: six messages, which are three quarters of eight, so six more are asked for,
		// but only when less than 40 KiB wait.
		if stats := s.Stats(); requested > 20 || stats.Queued > 140<<10 {
			t.Errorf("got %d messages requested and %d bytes queued, want at most 20 and 120 KiB", requested, stats.Queued)
		}
		for range 1000 {
			if f := p.Receive(); len(f.Payload) != 10<<10 {
				// The silence of the peer was long, too.
				t.Fatalf("got %v, want 10 KiB", f)
			}
		}
		sent.ExpectComplete()
		if requested < 1000 {
			t.Errorf("got %d messages requested, want all", requested)
		}
	})
}

// TestSendsWaitForRoom: a Send that starts while the queue is full asks for nothing until there is room.
func TestSendsWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{MaxQueuedBytes: 1 << 10})
		first := send(t, s, reactive.Just(socket.Binary(make([]byte, 100<<10))))
		synctest.Wait()
		src := reactivetest.NewSource[socket.Message](t)
		send(t, s, src)
		synctest.Wait()
		expectRequested(t, src, 0)
		p.Receive()
		first.ExpectComplete()
		synctest.Wait()
		expectRequested(t, src, 64)
	})
}

// TestManySends: messages of many concurrent Sends arrive whole and each Send's in order, whatever their size, also if
// the peer reads slowly.
func TestManySends(t *testing.T) {
	const senders, each = 16, 60
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{MaxQueuedBytes: 64 << 10})
		var wg sync.WaitGroup
		for i := range senders {
			src := reactive.Map(reactive.Range(0, each), func(n int) socket.Message {
				size := []int{0, 1, 100, 5000, 20_000, 70_000}[(i+n)%6]
				b := binary.BigEndian.AppendUint32(nil, uint32(i))
				b = binary.BigEndian.AppendUint32(b, uint32(n))
				return socket.Binary(append(b, strings.Repeat(string(rune('a'+i)), size)...))
			})
			wg.Go(func() {
				if _, err := s.Send(src).Block(t.Context()); err != nil {
					t.Errorf("sender %d: %v", i, err)
				}
			})
		}
		next := make([]int, senders)
		for k := range senders * each {
			if k%50 == 0 {
				time.Sleep(time.Second)
			}
			b := []byte(p.Receive().Payload)
			i, n := int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
			if n != next[i] {
				t.Fatalf("got message %d of sender %d, want %d", n, i, next[i])
			}
			next[i]++
			if rest := string(b[8:]); strings.Trim(rest, string(rune('a'+i))) != "" {
				t.Fatalf("message %d of sender %d is torn", n, i)
			}
		}
		wg.Wait()
	})
}

// TestPingFlood: a peer that sends pings and does not read does not make the queue grow; the last ping is answered.
func TestPingFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{WriteTimeout: -1})
		ping := sockettest.Frame{Opcode: sockettest.Ping, Payload: strings.Repeat("p", 125)}
		for range 100 {
			p.Send(ping, ping, ping, ping, ping, ping, ping, ping, ping, ping)
			time.Sleep(time.Second)
		}
		p.SendPing("last")
		synctest.Wait()
		if got := s.Stats().Queued; got > 20<<10 {
			t.Errorf("got %d bytes queued, want at most 20 KiB", got)
		}
		for pongs := 1; ; pongs++ {
			if f := p.Receive(); f.Payload == "last" {
				if pongs == 1001 {
					t.Error("got all pings answered: the test does not fill the connection")
				}
				return
			}
		}
	})
}

// TestWriteFails: when the peer is gone a Send fails, but commands that it left behind are still delivered.
func TestWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		received := reactivetest.Subscribe(t, s.Receive())
		p.SendText("one")
		p.SendText("two")
		p.SendText("three")
		synctest.Wait()
		p.Close()
		sent := send(t, s, texts("anybody?"))
		var end *socket.CloseError
		if err := failure(sent); !errors.As(err, &end) || end.Status.Code != socket.AbnormalClosure {
			t.Errorf("got %v from Send, want 1006", err)
		}
		received.Request(1).ExpectCount(1)
		received.Request(9).ExpectCount(2).ExpectError(end)
		if diff := cmp.Diff([]string{"one", "two", "three"}, payloads(received.Values())); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

// TestPeerLeavesWithStatus: the status of a Close frame that is found behind a failed write is the better reason.
func TestPeerLeavesWithStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		received := reactivetest.Subscribe(t, s.Receive())
		p.SendText("one")
		p.SendText("two")
		synctest.Wait()
		p.SendClose(4000, "bye")
		p.Close()
		send(t, s, texts("anybody?")).ExpectError(nil)
		received.Request(9).ExpectCount(2).ExpectComplete()
		if got := closed(t, s); got != (socket.CloseStatus{Code: 4000, Reason: "bye"}) {
			t.Errorf("got status %v, want 4000 bye", got)
		}
	})
}

func expectRequested(t *testing.T, src *reactivetest.Source[socket.Message], want int64) {
	t.Helper()
	if got := src.Requested(); got != want {
		t.Errorf("got %d messages requested, want %d", got, want)
	}
}

// TestSendConformance examines Send as an operator of Reactive Streams.
func TestSendConformance(t *testing.T) {
	h, sessions := capture(never)
	p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
	go io.Copy(io.Discard, p.Conn())
	s := <-sessions
	reactivetest.Conformance(t, reactivetest.Subject{
		Operator: func(src reactive.Publisher[int]) reactive.Publisher[int] {
			sent := s.Send(reactive.Map(src, func(int) socket.Message { return socket.Text("x") }))
			return reactive.MapMono(sent, func(reactive.Void) int { return 0 })
		},
		MaxValues: reactivetest.NoValues,
		ReadAhead: reactive.Unbounded, // a Send asks by itself
	})
}

// TestReceiveConformance examines Receive as a publisher of Reactive Streams, over a socket of the kernel.
func TestReceiveConformance(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		h, sessions := capture(never)
		server := serveTCP(t, c, h)
		// numbers is what a session receives whose peer sends n messages and closes.
		numbers := func(n int) reactive.Publisher[int] {
			conn := server.peer().Conn()
			s := <-sessions
			t.Cleanup(func() {
				s.Close(socket.CloseStatus{})
				conn.Close()
			})
			go func() {
				conn.Write(bytes.Repeat(maskedFrame(ws.OpText, "x"), n))
				conn.Write(maskedFrame(ws.OpClose, ""))
			}()
			return reactive.Map(s.Receive(), func(m socket.Message) int { return len(m.Payload) })
		}
		reactivetest.Conformance(t, reactivetest.Subject{Publisher: numbers, Unicast: true})
	})
}

// maskedFrame returns a frame of a client whose mask changes nothing.
func maskedFrame(op ws.OpCode, payload string) []byte {
	f := ws.NewFrame(op, true, []byte(payload))
	f.Header.Masked = true
	return ws.MustCompileFrame(f)
}
