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
