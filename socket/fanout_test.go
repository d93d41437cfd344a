package socket_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// room returns a handler whose sessions all hear what one of them says.
func room() (all *reactive.Broadcast[socket.Message], h handlerFunc) {
	all = reactive.NewBroadcast[socket.Message]()
	return all, func(s *socket.Session) reactive.Mono[reactive.Void] {
		in := s.Receive().DoOnNext(func(m socket.Message) { all.Emit(m) }).Then()
		return reactive.Race(in, s.Send(all.Flux(1024, reactive.OverflowError)))
	}
}

// TestFanoutWrites counts what a burst to a room costs, exactly: one write per member. In the bubble the clock stands
// still, so a slow machine does not count as a burst that takes too long.
func TestFanoutWrites(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counted on Linux")
	}
	const members, depth, rounds = 10, 16, 20
	eachDriver(t, func(t *testing.T, c socket.Config) {
		synctest.Test(t, func(t *testing.T) {
			everybody, handle := room()
			h, sessions := capture(handle)
			server := serveTCP(t, c, h)
			var peers []*sockettest.Peer
			var all []*socket.Session
			for range members {
				peers = append(peers, server.peer())
				all = append(all, <-sessions)
			}
			for everybody.Len() < members {
				runtime.Gosched()
			}
			request, reply := burst(depth)
			buf := make([]byte, len(reply))
			for n := range rounds {
				roundTrip(t, peers[0].Conn(), request, reply, buf)
				for i, p := range peers {
					if i > 0 {
						roundTrip(t, p.Conn(), nil, reply, buf)
					}
					settled(t, all[i], len(reply)*(n+1))
				}
			}
			for i, s := range all {
				stats := s.Stats()
				if stats.Writes != rounds || stats.MessagesOut != rounds*depth {
					t.Errorf("member %d: got %d writes for %d messages, want %d for %d", i, stats.Writes, stats.MessagesOut, rounds, rounds*depth)
				}
			}
		})
	})
}

// TestFanoutIsNotHeldUp: a burst whose handler takes its time holds back other sessions' messages for some milliseconds,
// no longer.
func TestFanoutIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var other *socket.Session
		server := sockettest.Serve(t, socket.Config{}, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			if s.Handshake().URL.Path == "/other" {
				other = s
				return s.Receive().Then()
			}
			return s.Receive().DoOnNext(func(m socket.Message) {
				send(t, other, texts("for the other: "+m.Text()))
				time.Sleep(10 * time.Second)
			}).Then()
		}))
		peer := server.Peer("/other", nil)
		synctest.Wait()
		busy := server.Peer("/busy", nil)
		start := time.Now()
		busy.Send(
			sockettest.Frame{Opcode: sockettest.Text, Payload: "0"},
			sockettest.Frame{Opcode: sockettest.Text, Payload: "1"},
			sockettest.Frame{Opcode: sockettest.Text, Payload: "2"},
		)
		for i := range 3 {
			peer.Patience = time.Minute
			peer.ExpectText(fmt.Sprintf("for the other: %d", i))
			sent := time.Duration(i) * 10 * time.Second
			within(t, "message", time.Since(start), sent, sent+20*time.Millisecond)
		}
		time.Sleep(time.Minute) // until the handler is done
	})
}
