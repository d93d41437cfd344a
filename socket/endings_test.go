package socket_test

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// TestAnswersBeforeTheEnd: what a session has answered is not kept back by a handler that blocks when it hears of the end.
func TestAnswersBeforeTheEnd(t *testing.T) {
	for name, end := range map[string]sockettest.Frame{
		"Close":     sockettest.CloseFrame(1000, ""),
		"violation": {Opcode: 3},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, c socket.Config) {
				entered, release := make(chan struct{}), make(chan struct{})
				c.CloseTimeout = time.Hour
				server := serveTCP(t, oneLoop(c), handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Send(s.Receive().DoFinally(func(reactive.Signal) {
						close(entered)
						<-release
					}))
				}))
				p := server.peer()
				p.Send(sockettest.Frame{Opcode: sockettest.Text, Payload: "echo"}, end)
				wait(t, "the end", entered)
				p.ExpectText("echo")
				close(release)
				p.Close()
			})
		})
	}
}

// TestGoexitTwice: a handler that leaves its goroutine again when its flow is cancelled for that does not keep its session.
func TestGoexitTwice(t *testing.T) {
	eachDriver(t, func(t *testing.T, c socket.Config) {
		c.CloseTimeout = 50 * time.Millisecond
		server := serveTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnCancel(runtime.Goexit).DoOnNext(func(socket.Message) { runtime.Goexit() }).Then()
		}))
		p := server.peer()
		p.SendText("x")
		p.ExpectClose(1011)
		p.Close()
		server.waitUntilEmpty()
	})
}

// lastWord is a subscriber that does something when it hears of the end.
type lastWord struct{ do func() }

func (lastWord) OnSubscribe(up reactive.Subscription) { up.Request(1) }
func (lastWord) OnNext(reactive.Void)                 {}
func (l lastWord) OnError(error)                      { l.do() }
func (l lastWord) OnComplete()                        { l.do() }

// TestEndOfASend: whatever the application does when a Send has ended, in the middle of a burst, the other Sends that ended
// with it hear of that, and what other sessions were sent meanwhile goes out.
func TestEndOfASend(t *testing.T) {
	for _, how := range []string{"leaves", "blocks"} {
		t.Run(how, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, c socket.Config) {
				c.CloseTimeout = 50 * time.Millisecond
				first, both, release := make(chan struct{}, 2), make(chan struct{}, 2), make(chan struct{})
				end := func() {
					both <- struct{}{}
					select {
					case first <- struct{}{}:
					default:
					}
					if len(both) > 1 {
						return
					}
					if how == "leaves" {
						runtime.Goexit()
					}
					<-release
				}
				everybody := reactive.NewBroadcast[socket.Message]()
				server := serveTCP(t, c, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					if s.Handshake().Header().Get("Role") == "listener" {
						return s.Send(everybody.Flux(16, reactive.OverflowError))
					}
					return s.Receive().DoOnNext(func(m socket.Message) {
						if m.Text() == "send" {
							for range 2 {
								s.Send(reactive.Just(socket.Text("x"))).Subscribe(context.Background(), lastWord{end})
							}
						}
					}).Then()
				}))
				listener := sockettest.NewPeer(t, server.conn(), true)
				listener.Handshake(server.http.URL, http.Header{"Role": {"listener"}})
				for everybody.Len() < 1 {
					runtime.Gosched()
				}
				p := server.peer()
				p.Send(
					sockettest.Frame{Opcode: sockettest.Text, Payload: "send"},
					sockettest.Frame{Opcode: sockettest.Text, Payload: "and more in the same segment"},
				)
				wait(t, "the end of a Send", first)
				everybody.Emit(socket.Text("hello"))
				listener.ExpectText("hello")
				close(release)
				wait(t, "the end of a Send", both)
				wait(t, "the end of the other one", both)
				p.Close()
			})
		})
	}
}
