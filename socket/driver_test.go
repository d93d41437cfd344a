package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// oneLoop makes the sessions of a test share a loop, if they have any.
func oneLoop(c socket.Config) socket.Config {
	if c.Strategy != nil {
		c.Strategy = &socket.EventLoops{Loops: 1}
	}
	return c
}

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

// TestPausedPeerGone: a session that does not read, because it waits for demand with a message in hand, sees a reset of its
// peer without a ping. What has arrived can still be read.
func TestPausedPeerGone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs the event loops of Linux")
	}
	c := socket.Config{PingInterval: -1, CloseTimeout: 100 * time.Millisecond, Strategy: &socket.EventLoops{}}
	p, s := openTCP(t, c, never)
	p.SendText("one")
	p.SendText("two")
	for s.Stats().BytesIn == 0 { // the session has taken it, and reads no more
		runtime.Gosched()
	}
	p.Conn().(*net.TCPConn).SetLinger(0)
	p.Close()
	sent := s.Send(reactive.NeverMono[socket.Message]())
	if _, err := sent.Block(t.Context()); !errors.As(err, new(*socket.CloseError)) {
		t.Errorf("got %v, want that the session is closed", err)
	}
	reactivetest.Subscribe(t, s.Receive()).Request(9).ExpectCount(2).ExpectError(nil)
	if got := closed(t, s); got.Code != socket.AbnormalClosure {
		t.Errorf("got status %v, want 1006", got)
	}
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
					p.SendText("end")
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

// TestViolationTCP: a peer that breaks the protocol gets the Close frame, and no reset that would destroy it, though it goes
// on sending.
func TestViolationTCP(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
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
		_, s := openTCP(t, c, never)
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
		handle handlerFunc
	}{
		{"listens", false, func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnNext(func(socket.Message) { entered <- struct{}{} }).Then()
		}},
		{"stuck in OnNext", true, func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnNext(func(socket.Message) {
				entered <- struct{}{}
				<-release
			}).Then()
		}},
		{"has nobody to take a message", false, func(s *socket.Session) reactive.Mono[reactive.Void] {
			entered <- struct{}{}
			return reactive.NeverMono[reactive.Void]()
		}},
		{"writes to a peer that takes nothing", false, func(s *socket.Session) reactive.Mono[reactive.Void] {
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
			for first.service.Len()+second.service.Len() > 0 {
				runtime.Gosched()
			}
		}
	})
}

// TestManyPeers: sessions that come and go, are cut off in the middle of a frame, stop reading or send nonsense leave nothing
// behind, and do the others no harm.
func TestManyPeers(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = 200 * time.Millisecond
		server := serveTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(s.Receive().DoOnNext(func(m socket.Message) {
				switch m.Text() {
				case "yield":
					runtime.Gosched()
				case "block":
					time.Sleep(20 * time.Millisecond)
				case "close":
					s.Close(socket.CloseStatus{Code: 4000})
				}
			}))
		}))
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() { behave(t, server, rand.New(rand.NewPCG(1, uint64(i)))) })
		}
		wg.Wait()
		for server.service.Len() > 0 {
			time.Sleep(time.Millisecond)
		}
	})
}

// behave opens some sessions one after the other and does something in each.
func behave(t *testing.T, server *tcpServer, random *rand.Rand) {
	for range 10 {
		conn, err := net.Dial("tcp", server.http.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		p := sockettest.NewPeer(t, conn, true)
		p.Handshake(server.http.URL, nil)
		for range random.IntN(20) {
			text := []string{"yield", "block", "a", strings.Repeat("b", random.IntN(40_000))}[random.IntN(4)]
			p.SendText(text)
			p.ExpectText(text)
		}
		switch random.IntN(6) {
		case 0:
			p.SendClose(1000, "")
			p.ExpectClose(1000)
		case 1:
			conn.Write(maskedFrame(ws.OpText, "cut off")[:random.IntN(10)])
		case 2:
			conn.(*net.TCPConn).SetLinger(0) // a reset
		case 3:
			conn.Write([]byte{0xff, 0xff, 0xff, 0xff})
		case 4:
			conn.Write(maskedFrame(ws.OpText, "close"))
		case 5: // sends and reads nothing
			conn.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
			for err == nil {
				_, err = conn.Write(maskedFrame(ws.OpText, strings.Repeat("x", 60_000)))
			}
		}
		conn.Close()
	}
}
