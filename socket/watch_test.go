package socket_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// atOnce is how late a frame may be that somebody's work holds back: two rounds of the watch.
const atOnce = 10 * time.Millisecond

// slowly is a source that makes its values within Request: the first quick ones at once, each of the others after pause.
func slowly(n, quick int, pause time.Duration) reactive.Flux[socket.Message] {
	return reactive.Map(reactive.Range(0, n), func(i int) socket.Message {
		if i >= quick {
			time.Sleep(pause)
		}
		return socket.Text(fmt.Sprint(i))
	})
}

// TestSlowSource: a source that takes its time within Request is no peer that takes no bytes. Its messages leave as they
// come, and do not keep pongs and other Sends waiting.
func TestSlowSource(t *testing.T) {
	const n, quick, pause = 200, 70, 250 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(slowly(n, quick, pause))
		}))
		p := sockettest.Serve(t, socket.Config{WriteTimeout: 3 * time.Second}, h).Peer("/", nil)
		session := <-sessions
		start := time.Now()
		for i := range n {
			p.ExpectText(fmt.Sprint(i))
			made := time.Duration(max(0, i+1-quick)) * pause
			within(t, "message", time.Since(start), made, made+atOnce)
			if i != n/2 {
				continue
			}
			now := time.Now()
			p.SendPing("alive?")
			p.ExpectPong("alive?")
			send(t, session, texts("beside it"))
			p.ExpectText("beside it")
			within(t, "pong and message of another Send", time.Since(now), 0, 2*atOnce)
		}
		p.ExpectClose(1000)
	})
}

// TestSlowHandler: what a handler sends before it takes its time does not wait until it is done.
func TestSlowHandler(t *testing.T) {
	for name, messages := range map[string][]string{"one message": {"1"}, "first of a batch": {"1", "2"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := sockettest.Serve(t, socket.Config{}, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Receive().DoOnNext(func(socket.Message) {
						send(t, s, texts("working on it"))
						time.Sleep(3 * time.Second)
						send(t, s, texts("done"))
					}).Then()
				})).Peer("/", nil)
				start := time.Now()
				var frames []sockettest.Frame
				for _, m := range messages {
					frames = append(frames, sockettest.Frame{Opcode: sockettest.Text, Payload: m})
				}
				p.Send(frames...)
				for i := range messages {
					begun := time.Duration(i) * 3 * time.Second
					p.ExpectText("working on it")
					within(t, "first", time.Since(start), begun, begun+atOnce)
					p.ExpectText("done")
					within(t, "second", time.Since(start), begun+3*time.Second, begun+3*time.Second+atOnce)
				}
			})
		})
	}
}

// TestStuckBurst: a handler that is stuck in the middle of a burst does not slow down what is sent to other sessions.
func TestStuckBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnNext(func(socket.Message) { time.Sleep(time.Hour) }).Then()
		}))
		server := sockettest.Serve(t, socket.Config{}, h)
		peer := server.Peer("/other", nil)
		other := <-sessions
		server.Peer("/stuck", nil).Send(
			sockettest.Frame{Opcode: sockettest.Text, Payload: "1"},
			sockettest.Frame{Opcode: sockettest.Text, Payload: "2"},
		)
		<-sessions
		time.Sleep(atOnce)
		start := time.Now()
		for i := range 10 {
			send(t, other, texts(fmt.Sprint(i)))
			peer.ExpectText(fmt.Sprint(i))
		}
		within(t, "ten messages", time.Since(start), 0, 0)
		time.Sleep(2 * time.Hour)
	})
}

// TestFanoutRunsNobodysCode: a session that has something to do when its messages are out does not keep those waiting that
// got theirs in the same burst.
func TestFanoutRunsNobodysCode(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		everybody := reactive.NewBroadcast[socket.Message]()
		blocked, release := make(chan struct{}), make(chan struct{})
		server := serveTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			switch {
			case s.Handshake().Header().Get("Role") == "stuck":
				return s.Send(everybody.Flux(16, reactive.OverflowError).Take(1)).DoOnComplete(func() {
					close(blocked)
					<-release
				})
			case s.Handshake().Header().Get("Role") == "speaker":
				return s.Receive().DoOnNext(func(m socket.Message) { everybody.Emit(m) }).Then()
			default:
				return s.Send(everybody.Flux(16, reactive.OverflowError))
			}
		}))
		defer close(release)
		dial := func(role string) *sockettest.Peer {
			p := sockettest.NewPeer(t, server.conn(), true)
			p.Handshake(server.http.URL, http.Header{"Role": {role}})
			return p
		}
		first, stuck, last, speaker := dial("listener"), dial("stuck"), dial("listener"), dial("speaker")
		for everybody.Len() < 3 {
			runtime.Gosched()
		}
		for range 3 {
			speaker.Send(
				sockettest.Frame{Opcode: sockettest.Text, Payload: "1"},
				sockettest.Frame{Opcode: sockettest.Text, Payload: "2"},
			)
			for _, p := range []*sockettest.Peer{first, last} {
				p.ExpectText("1")
				p.ExpectText("2")
			}
		}
		stuck.ExpectText("1")
		wait(t, "the session that gets stuck", blocked)
	})
}
