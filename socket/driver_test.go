package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// TestBlockedHandler: a handler that does not return from OnNext holds up its own session and no other.
func TestBlockedHandler(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		entered, release := make(chan struct{}, 1), make(chan struct{})
		server := serveTCP(t, oneLoop(c), handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(s.Receive().DoOnNext(func(m socket.Message) {
				if m.Text() == "block" {
					entered <- struct{}{}
					<-release
				}
			}))
		}))
		blocked, other := server.peer(), server.peer()
		for round := range 3 {
			blocked.SendText("block")
			wait(t, "the handler", entered)
			blocked.SendText("behind it")
			for i := range 3 {
				text := fmt.Sprintf("%d.%d", round, i)
				other.SendText(text)
				other.ExpectText(text)
			}
			release <- struct{}{}
			blocked.ExpectText("block")
			blocked.ExpectText("behind it")
		}
	})
}

// TestPausedSession: a session that waits for demand holds up no other, and goes on when it is asked.
func TestPausedSession(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = 100 * time.Millisecond
		h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			if s.Handshake().Header().Get("Role") == "paused" {
				return reactive.NeverMono[reactive.Void]()
			}
			return s.Send(s.Receive())
		}))
		server := serveTCP(t, oneLoop(c), h)
		paused := sockettest.NewPeer(t, server.conn(), true)
		paused.Handshake(server.http.URL, http.Header{"Role": {"paused"}})
		received := reactivetest.Subscribe(t, wait(t, "the session", sessions).Receive())
		other := server.peer()
		for i := range 10 {
			paused.SendText(fmt.Sprint(2 * i))
			paused.SendText(fmt.Sprint(2*i + 1))
			other.SendText("x")
			other.ExpectText("x")
			received.Request(2).ExpectCount(2)
		}
		paused.SendText("last")
		paused.SendClose(1000, "")
		received.Request(1).ExpectCount(1).ExpectComplete()
		paused.ExpectClose(1000)
	})
}

// TestHandlerEndsTCP: however a handler leaves, its peer hears the status, and another session lives.
func TestHandlerEndsTCP(t *testing.T) {
	tests := []struct {
		name string
		next func(s *socket.Session)
		want uint16
	}{
		{"panic", func(*socket.Session) { panic("told") }, 1011},
		{"goexit", func(*socket.Session) { runtime.Goexit() }, 1011},
		{"close", func(s *socket.Session) { s.Close(socket.CloseStatus{Code: 4001}) }, 4001},
	}
	eachDriver(t, func(t *testing.T, c socket.Config) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				server := serveTCP(t, oneLoop(c), handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Send(s.Receive().DoOnNext(func(m socket.Message) {
						if m.Text() == "end" {
							tt.next(s)
						}
					}))
				}))
				other := server.peer()
				for range 3 {
					p := server.peer()
					p.SendText("first")
					p.ExpectText("first")
					p.Send( // in one segment: the answer to the first one must not be lost
						sockettest.Frame{Opcode: sockettest.Text, Payload: "second"},
						sockettest.Frame{Opcode: sockettest.Text, Payload: "end"},
					)
					p.ExpectText("second")
					p.ExpectClose(tt.want)
					p.SendClose(tt.want, "")
					p.ExpectEnd()
					other.SendText("alive")
					other.ExpectText("alive")
				}
			})
		}
	})
}

// TestGoexitAtTheEnd: a handler that leaves its goroutine when it hears of the end does not keep the session.
func TestGoexitAtTheEnd(t *testing.T) {
	ends := map[string]func(p *sockettest.Peer){
		"Close": func(p *sockettest.Peer) { p.SendClose(1000, "") },
		"FIN":   func(p *sockettest.Peer) { p.Conn().(*net.TCPConn).CloseWrite() },
		"reset": func(p *sockettest.Peer) {
			p.Conn().(*net.TCPConn).SetLinger(0)
			p.Close()
		},
		"violation": func(p *sockettest.Peer) { p.SendBytes([]byte("\x83\x80\x00\x00\x00\x00")) },
	}
	handlers := map[string]socket.Handler{
		"OnError": handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnError(func(error) { runtime.Goexit() }).Then()
		}),
		"OnComplete": handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnComplete(runtime.Goexit).Then()
		}),
		"Cancel": handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return reactive.When(s.Receive().Then(), s.Send(reactive.Never[socket.Message]().DoOnCancel(runtime.Goexit)))
		}),
		"Close": exitingCloser{echoing},
	}
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = 50 * time.Millisecond
		service := newService(t, c)
		server := serveHTTP(t, service, service.Opener(socket.OpenerFunc(
			func(_ context.Context, h *socket.Handshake) (socket.Handler, error) {
				return handlers[h.Header().Get("Handler")], nil
			})))
		for name := range handlers {
			for end, do := range ends {
				t.Run(name+" after "+end, func(t *testing.T) {
					p := sockettest.NewPeer(t, server.conn(), true)
					p.Handshake(server.http.URL, http.Header{"Handler": {name}})
					p.SendText("x")
					do(p)
					server.waitUntilEmpty()
				})
			}
		}
	})
}

// exitingCloser is a handler whose Close leaves its goroutine.
type exitingCloser struct{ socket.Handler }

func (exitingCloser) Close() error {
	runtime.Goexit()
	return nil
}

// TestViolationTCP: a peer that breaks the protocol gets the Close frame, and no reset that would destroy it, though it goes
// on sending.
func TestViolationTCP(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = time.Hour // which it does not take
		p, s := openTCP(t, c, borrowedEcho)
		p.SendBytes([]byte("\x83\x80\x00\x00\x00\x00")) // opcode 3
		for range 100 {
			if _, err := p.Conn().Write(make([]byte, 10_000)); err != nil {
				break // it has closed
			}
		}
		p.ExpectClose(1002)
		p.ExpectEnd()
		p.Close()
		if got := closed(t, s); got.Code != socket.ProtocolError {
			t.Errorf("got status %v, want 1002", got)
		}
	})
}

// TestHalfClosed: a peer that sends and then ends its side gets all the echoes before the session ends without a Close
// frame of its own.
func TestHalfClosed(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		p, s := openTCP(t, c, borrowedEcho)
		const n = 1000
		payload := strings.Repeat("h", 1000) // more than one read takes
		go func() {
			for range n {
				p.Conn().Write(maskedFrame(ws.OpText, payload))
			}
			p.Conn().(*net.TCPConn).CloseWrite()
		}()
		for range n {
			p.ExpectText(payload)
		}
		if got := closed(t, s); got.Code != socket.AbnormalClosure {
			t.Errorf("got status %v, want 1006", got)
		}
	})
}

// TestWriteTimeoutTCP: a peer that takes nothing is given up.
func TestWriteTimeoutTCP(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.WriteTimeout = 100 * time.Millisecond
		c.CloseTimeout = time.Hour // which it does not take
		p, s := openTCP(t, c, never)
		defer p.Close() // and not before: it must not be collected
		_, err := s.Send(endless).Block(t.Context())
		var end *socket.CloseError
		if !errors.As(err, &end) || end.Status.Code != socket.AbnormalClosure || !strings.Contains(err.Error(), "takes no bytes") {
			t.Errorf("got %v, want 1006: the peer takes no bytes", err)
		}
		if got := closed(t, s); got.Code != socket.AbnormalClosure {
			t.Errorf("got status %v, want 1006", got)
		}
	})
}

// endless are large messages without an end.
var endless = reactive.FromSeq(func(yield func(socket.Message) bool) {
	for yield(socket.Binary(make([]byte, 1<<20))) {
	}
})

// TestDrainTCP: what has arrived is delivered, the peers hear the status, and nothing is left.
func TestDrainTCP(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		const n = 8
		first, received := make(chan struct{}, n*n), make(chan int, n)
		server := serveTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			all := reactive.CollectList(s.Receive().DoOnNext(func(socket.Message) { first <- struct{}{} }))
			return all.DoOnNext(func(m []socket.Message) { received <- len(m) }).Then()
		}))
		var peers []*sockettest.Peer
		for range n {
			p := server.peer()
			p.SendText("m")
			wait(t, "the first message", first) // from here on the flow listens
			peers = append(peers, p)
		}
		for i, p := range peers {
			for range i {
				p.SendText("m")
			}
		}
		drained := make(chan error, 1)
		go func() {
			drained <- server.service.Drain(context.Background(), socket.CloseStatus{Code: socket.ServiceRestart})
		}()
		for _, p := range peers {
			p.ExpectClose(1012)
			p.SendClose(1012, "")
			p.ExpectEnd()
		}
		if err := wait(t, "the drain", drained); err != nil {
			t.Error(err)
		}
		got := map[int]int{}
		for range n {
			got[wait(t, "a flow", received)]++
		}
		for i := range n {
			if got[i+1] != 1 {
				t.Errorf("got %d flows with %d messages, want 1", got[i+1], i+1)
			}
		}
	})
}

// TestDrainCutsTCP: peers that do not answer are cut when the context of a drain ends, whatever their sessions do.
func TestDrainCutsTCP(t *testing.T) {
	entered, release := make(chan struct{}, 2), make(chan struct{})
	tests := []struct {
		name   string
		stuck  bool
		writes bool
		handle handlerFunc
	}{
		{"listens", false, false, func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnNext(func(socket.Message) { entered <- struct{}{} }).Then()
		}},
		{"stuck in OnNext", true, false, func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnNext(func(socket.Message) {
				entered <- struct{}{}
				<-release
			}).Then()
		}},
		{"has nobody to take a message", false, false, func(s *socket.Session) reactive.Mono[reactive.Void] {
			entered <- struct{}{}
			return reactive.NeverMono[reactive.Void]()
		}},
		{"writes to a peer that takes nothing", false, true, func(s *socket.Session) reactive.Mono[reactive.Void] {
			entered <- struct{}{}
			return s.Send(endless)
		}},
	}
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = time.Hour
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				server := serveTCP(t, c, tt.handle)
				p := server.peer()
				p.SendText("x")
				wait(t, "the handler", entered)
				for tt.writes && !strings.Contains(stacks(), "(*Session).flushWaiting(") {
					runtime.Gosched() // until the kernel takes nothing any more
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := server.service.Drain(ctx, socket.CloseStatus{}); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want that the context was cancelled", err)
				}
				io.Copy(io.Discard, p.Conn()) // ends, by whatever
				if tt.stuck {
					release <- struct{}{}
				}
			})
		}
	})
}

// earlyStrategy adds bytes to what came with the handshake.
type earlyStrategy struct {
	socket.UpgradeStrategy
	early []byte
}

func (e earlyStrategy) Upgrade(w http.ResponseWriter, r *http.Request, h *socket.Handshake) (socket.Upgraded, error) {
	up, err := e.UpgradeStrategy.Upgrade(w, r, h)
	up.Early = append(up.Early, e.early...)
	return up, err
}

// TestEarlyAndWriting: a session that has something in hand since its handshake can write more than the kernel takes at once.
func TestEarlyAndWriting(t *testing.T) {
	const size = 16 << 20
	tests := []struct {
		name   string
		early  []byte
		handle handlerFunc
	}{
		{"a message that nobody takes", maskedFrame(ws.OpText, "hello"), func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(reactive.Just(socket.Binary(make([]byte, size))))
		}},
		{"a message and a Close", append(maskedFrame(ws.OpText, "hello"), maskedFrame(ws.OpClose, "\x03\xe8")...),
			func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(s.Receive().Map(func(socket.Message) socket.Message { return socket.Binary(make([]byte, size)) }))
			}},
	}
	eachDriver(t, func(t *testing.T, c socket.Config) {
		if c.Strategy == nil {
			c.Strategy = socket.HTTPUpgrade{}
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				c := c
				c.Strategy = earlyStrategy{c.Strategy, tt.early}
				p := serveTCP(t, c, tt.handle).peer()
				if f := p.Receive(); len(f.Payload) != size {
					t.Errorf("got %d bytes, want %d", len(f.Payload), size)
				}
				p.ExpectClose(1000)
				p.SendClose(1000, "")
			})
		}
	})
}

// TestReconnect: a service whose last session has gone opens new ones, and several may share their loops.
func TestReconnect(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		first, second := serveTCP(t, c, borrowedEcho), serveTCP(t, c, borrowedEcho)
		for range 20 {
			var peers []*sockettest.Peer
			for _, server := range []*tcpServer{first, second, first} {
				p := server.peer()
				p.SendText("x")
				p.ExpectText("x")
				peers = append(peers, p)
			}
			for _, p := range peers {
				p.SendClose(1000, "")
				p.ExpectClose(1000)
				p.ExpectEnd()
				p.Close()
			}
			first.waitUntilEmpty()
			second.waitUntilEmpty()
		}
	})
}
