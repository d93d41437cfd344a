package socket_test

import (
	"errors"
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

// oneLoop makes the sessions of a test share a loop, if they have any.
func oneLoop(c socket.Config) socket.Config {
	if c.Strategy != nil {
		c.Strategy = &socket.EventLoops{Loops: 1}
	}
	return c
}

// TestPausedPeerResets: a session that waits for demand sees a reset also if that comes together with the messages.
func TestPausedPeerResets(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs the event loops of Linux")
	}
	for range 20 {
		c := socket.Config{PingInterval: -1, CloseTimeout: 10 * time.Millisecond, Strategy: &socket.EventLoops{}}
		p, s := openTCP(t, c, never)
		p.Conn().(*net.TCPConn).SetLinger(0)
		p.SendBytes(append(maskedFrame(ws.OpText, "one"), maskedFrame(ws.OpText, "two")...))
		p.Close()
		if got := closed(t, s); got.Code != socket.AbnormalClosure {
			t.Errorf("got status %v, want 1006", got)
		}
	}
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

// wrappingStrategy passes on what wrap makes of a connection.
type wrappingStrategy struct {
	socket.UpgradeStrategy
	wrap func(net.Conn) socket.Upgraded
}

func (s wrappingStrategy) Upgrade(w http.ResponseWriter, r *http.Request, h *socket.Handshake) (socket.Upgraded, error) {
	up, err := s.UpgradeStrategy.Upgrade(w, r, h)
	if err != nil {
		return up, err
	}
	return s.wrap(up.Conn), nil
}

// TestEventLoopsWrapped: what the loops cannot serve has a goroutine.
func TestEventLoopsWrapped(t *testing.T) {
	type wrapped struct{ net.Conn }
	for name, strategy := range map[string]socket.UpgradeStrategy{
		"inside": &socket.EventLoops{Strategy: wrappingStrategy{socket.HTTPUpgrade{}, func(conn net.Conn) socket.Upgraded {
			return socket.Upgraded{Conn: wrapped{conn}}
		}}},
		"outside": wrappingStrategy{&socket.EventLoops{}, func(conn net.Conn) socket.Upgraded {
			return socket.Upgraded{Conn: conn}
		}},
		"stays": wrappingStrategy{&socket.EventLoops{}, func(conn net.Conn) socket.Upgraded {
			return socket.Upgraded{Conn: wrapped{conn}, Stay: true}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, s := openTCP(t, socket.Config{Strategy: strategy}, borrowedEcho)
			p.SendText("x")
			p.ExpectText("x")
			p.SendClose(1000, "")
			p.ExpectClose(1000)
			p.ExpectEnd()
			closed(t, s)
		})
	}
}

// TestEventLoopsCount: there are as many loops as were asked for.
func TestEventLoopsCount(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs the event loops of Linux")
	}
	for _, loops := range []int{1, 3} {
		server := serveTCP(t, socket.Config{Strategy: &socket.EventLoops{Loops: loops}}, borrowedEcho)
		var peers []*sockettest.Peer
		for range 2 * loops {
			p := server.peer()
			p.SendText("x")
			p.ExpectText("x")
			peers = append(peers, p)
		}
		if got := strings.Count(stacks(), "eventloop.(*loop).run("); got != loops {
			t.Errorf("got %d loops, want %d", got, loops)
		}
		for _, p := range peers {
			p.SendClose(1000, "")
			p.ExpectClose(1000)
		}
		server.waitUntilEmpty()
	}
}
