package socket_test

import (
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// TestManyPeers: sessions that come and go, are cut off in the middle of a frame, stop reading or send nonsense leave nothing
// behind, and do the others no harm.
func TestManyPeers(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = 200 * time.Millisecond
		release := make(chan struct{})
		server := serveTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(s.Receive().DoOnNext(func(m socket.Message) {
				switch m.Text() {
				case "yield":
					runtime.Gosched()
				case "block":
					<-release
				case "close":
					s.Close(socket.CloseStatus{Code: 4000})
				}
			}))
		}))
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() { behave(t, server, release, rand.New(rand.NewPCG(1, uint64(i)))) })
		}
		wg.Wait()
		server.waitUntilEmpty()
	})
}

// behave opens some sessions one after the other and does something in each. A handler that blocks is released when another
// session has gone on, for which a loop must not wait for it.
func behave(t *testing.T, server *tcpServer, release chan<- struct{}, random *rand.Rand) {
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
			if text == "block" {
				other := server.peer()
				other.SendText("a")
				other.ExpectText("a")
				other.Close()
				release <- struct{}{}
			}
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
