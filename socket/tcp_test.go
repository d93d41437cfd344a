package socket_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// openTCP is open over a socket of the kernel.
func openTCP(t testing.TB, c socket.Config, h socket.Handler) (*sockettest.Peer, *socket.Session) {
	t.Helper()
	h, sessions := capture(h)
	p := serveTCP(t, c, h).peer()
	return p, wait(t, "the session", sessions)
}

// burst is what a client sends that has depth messages of 128 bytes in flight, and what an echo answers.
func burst(depth int) (request, reply []byte) {
	payload := strings.Repeat("0123456789abcdef", 8)
	return bytes.Repeat(maskedFrame(ws.OpText, payload), depth),
		bytes.Repeat(ws.MustCompileFrame(ws.NewTextFrame([]byte(payload))), depth)
}

// roundTrip sends a burst and reads the reply.
func roundTrip(t testing.TB, conn net.Conn, request, reply, buf []byte) {
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, buf); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(buf, reply) {
		t.Fatal("the reply is not the echo")
	}
}

// TestSyscalls counts the calls into the kernel, exactly: one write for all messages that are in flight together, and one
// read, but for a second one that finds nothing where a goroutine waits. In the bubble the clock stands still, so a slow
// machine does not count as a slow handler, whose messages would leave one by one.
func TestSyscalls(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counted on Linux")
	}
	const rounds = 200
	eachDriver(t, func(t *testing.T, c socket.Config) {
		most := uint64(rounds)
		if c.Strategy == nil {
			// The second read is spared when the next burst is faster, and the counters of a batch are published
			// before its last read.
			most = 2*rounds + 1
		}
		for _, depth := range []int{1, 16} {
			t.Run(fmt.Sprintf("%d in flight", depth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p, s := openTCP(t, c, borrowedEcho)
					request, reply := burst(depth)
					buf := make([]byte, len(reply))
					roundTrip(t, p.Conn(), request, reply, buf)
					before := settled(t, s, len(reply))
					for range rounds {
						roundTrip(t, p.Conn(), request, reply, buf)
					}
					after := settled(t, s, len(reply)*(rounds+1))
					if got := after.Reads - before.Reads; got < rounds || got > most {
						t.Errorf("got %d reads for %d bursts, want at most %d", got, rounds, most)
					}
					if got := after.Writes - before.Writes; got != rounds {
						t.Errorf("got %d writes for %d bursts, want one each", got, rounds)
					}
					want := uint64(depth * rounds)
					if in, out := after.MessagesIn-before.MessagesIn, after.MessagesOut-before.MessagesOut; in != want || out != want {
						t.Errorf("got %d messages in and %d out, want %d", in, out, want)
					}
					in, out := after.BytesIn-before.BytesIn, after.BytesOut-before.BytesOut
					if in != uint64(len(request)*rounds) || out != uint64(len(reply)*rounds) {
						t.Errorf("got %d bytes in and %d out, want %d and %d", in, out, len(request)*rounds, len(reply)*rounds)
					}
				})
			})
		}
	})
}

// settled returns the counters of a session when it knows that so many bytes have left: the peer may have them earlier.
func settled(t testing.TB, s *socket.Session, bytesOut int) socket.Stats {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		stats := s.Stats()
		if stats.BytesOut >= uint64(bytesOut) {
			return stats
		}
		if time.Now().After(deadline) {
			t.Fatalf("the session knows of %d bytes that have left, want %d", stats.BytesOut, bytesOut)
		}
		runtime.Gosched()
	}
}

// TestEchoAllocations counts the allocations of an echo through an operator: none with borrowed messages, one for all the
// messages of a read with owned ones.
func TestEchoAllocations(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		identity := func(m socket.Message) socket.Message { return m }
		tests := []struct {
			name   string
			handle handlerFunc
			depth  int
			want   float64
		}{
			{"borrowed, 1 in flight", borrowedEcho, 1, 0},
			{"borrowed, 16 in flight", borrowedEcho, 16, 0},
			{"owned, 1 in flight", func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(s.Receive().Map(identity)) }, 1, 1},
			{"owned, 16 in flight", func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(s.Receive().Map(identity)) }, 16, 1},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				p, _ := openTCP(t, c, tt.handle)
				request, reply := burst(tt.depth)
				buf := make([]byte, len(reply))
				if got := testing.AllocsPerRun(500, func() { roundTrip(t, p.Conn(), request, reply, buf) }); got > tt.want && !raceEnabled {
					t.Errorf("got %v allocations, want %v", got, tt.want)
				}
			})
		}
	})
}

// TestBackpressureIn: without demand the peer is held up by TCP, the session's memory does not grow, and everything
// arrives when it is asked for.
func TestBackpressureIn(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.PingInterval = -1
		p, s := openTCP(t, c, never)
		received := reactivetest.Subscribe(t, s.Receive())
		frame := maskedFrame(ws.OpBinary, strings.Repeat("x", 10_000))
		const count = 5000 // 50 MB, more than the kernel holds
		written := make(chan error, 1)
		go func() {
			var err error
			for i := 0; i < count && err == nil; i++ {
				_, err = p.Conn().Write(frame)
			}
			written <- err
		}()
		total := uint64(0)
		for asked := range 100 {
			received.Request(1).ExpectCount(1)
			total = s.Stats().BytesIn
			if most := uint64(asked+1)*10_014 + 3*16<<10; total > most {
				t.Fatalf("got %d bytes read for %d messages, want at most %d: a read and a message ahead", total, asked+1, most)
			}
		}
		select {
		case err := <-written:
			t.Fatalf("all was written (%v) with 100 messages read: the test does not fill the kernel's buffers", err)
		default:
		}
		received.Request(reactive.Unbounded).ExpectCount(count - 100)
		if err := wait(t, "the writer", written); err != nil {
			t.Errorf("the writer: %v", err)
		}
	})
}

// TestManySendsTCP is TestManySends over a socket of the kernel, with a peer that writes at the same time.
func TestManySendsTCP(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.MaxQueuedBytes = 64 << 10
		const senders, each = 16, 200
		p, s := openTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(s.Receive()) // and the echo is one more sender
		}))
		var wg sync.WaitGroup
		for i := range senders {
			src := reactive.Map(reactive.Range(0, each), func(n int) socket.Message {
				size := []int{0, 1, 100, 5000, 20_000, 70_000}[(i+n)%6]
				b := binary.BigEndian.AppendUint32(nil, uint32(i))
				b = binary.BigEndian.AppendUint32(b, uint32(n))
				return socket.Binary(append(b, bytes.Repeat([]byte{byte(i)}, size)...))
			})
			wg.Go(func() {
				if _, err := s.Send(src).Block(t.Context()); err != nil {
					t.Errorf("sender %d: %v", i, err)
				}
			})
		}
		wg.Go(func() {
			for n := range each {
				b := binary.BigEndian.AppendUint32(nil, senders)
				b = binary.BigEndian.AppendUint32(b, uint32(n))
				if _, err := p.Conn().Write(maskedFrame(ws.OpBinary, string(b))); err != nil {
					t.Errorf("peer: %v", err)
				}
			}
		})
		next := make([]int, senders+1)
		for range (senders + 1) * each {
			b := []byte(p.Receive().Payload)
			i, n := int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
			if n != next[i] {
				t.Fatalf("got message %d of sender %d, want %d", n, i, next[i])
			}
			next[i]++
			if bytes.Count(b[8:], []byte{byte(i)}) != len(b)-8 {
				t.Fatalf("message %d of sender %d is torn", n, i)
			}
		}
		wg.Wait()
	})
}

// TestResetTCP: after a reset, what had arrived before is delivered, and Receive and Send fail.
func TestResetTCP(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = 100 * time.Millisecond
		p, s := openTCP(t, c, never)
		received := reactivetest.Subscribe(t, s.Receive())
		p.SendText("one")
		p.SendText("two")
		p.SendText("three")
		received.Request(1).ExpectCount(1)
		p.Conn().(*net.TCPConn).SetLinger(0)
		p.Close() // a reset
		var end *socket.CloseError
		for end == nil {
			_, err := s.Send(texts("anybody?")).Block(t.Context())
			if err != nil && !errors.As(err, &end) {
				t.Fatalf("got %v, want a *CloseError", err)
			}
		}
		if end.Status.Code != socket.AbnormalClosure {
			t.Errorf("got %v, want 1006", end)
		}
		received.Request(9).ExpectCount(2).ExpectError(nil)
		if got := closed(t, s); got.Code != socket.AbnormalClosure {
			t.Errorf("got status %v, want 1006", got)
		}
	})
}

// TestTLS: the same over TLS, which has no readiness and so takes the other link.
func TestTLS(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		service := newService(t, c)
		server := httptest.NewTLSServer(service.Handler(borrowedEcho))
		defer server.Close()
		conn, err := tls.Dial("tcp", server.Listener.Addr().String(), server.Client().Transport.(*http.Transport).TLSClientConfig)
		if err != nil {
			t.Fatal(err)
		}
		p := sockettest.NewPeer(t, conn, true)
		p.Handshake(server.URL, nil)
		p.SendText("open") // whose echo comes from a session that is on the list
		p.ExpectText("open")
		n := 0
		for s := range service.Sessions() {
			n++
			if s.Handshake().TLS == nil {
				t.Error("the session does not know of TLS")
			}
		}
		if n != 1 {
			t.Errorf("got %d sessions, want 1", n)
		}
		for _, size := range []int{0, 1, 4095, 4096, 4097, 20_000, 100_000} {
			text := strings.Repeat("t", size)
			p.SendText(text)
			p.ExpectText(text)
		}
		p.SendClose(1000, "")
		p.ExpectClose(1000)
		p.ExpectEnd()
	})
}
