package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

var errFlow = errors.New("the flow failed")

// TestHandlerEnds shows how the end of a flow becomes the status of the session.
func TestHandlerEnds(t *testing.T) {
	tests := []struct {
		name   string
		handle func(s *socket.Session) reactive.Mono[reactive.Void]
		frame  sockettest.Frame
		status socket.CloseStatus
		log    string // the beginning of the line
	}{
		{
			name:   "completes",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] { return reactive.Done() },
			frame:  sockettest.CloseFrame(1000, ""),
			status: socket.CloseStatus{Code: socket.NormalClosure},
		},
		{
			name:   "fails",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] { return reactive.ErrorMono[reactive.Void](errFlow) },
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
			log:    `level=ERROR msg="socket: handler failed"`,
		},
		{
			name: "fails with a status",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] {
				return reactive.ErrorMono[reactive.Void](&socket.CloseError{Status: socket.CloseStatus{Code: 4001, Reason: "enough"}, Err: errFlow})
			},
			frame:  sockettest.CloseFrame(4001, "enough"),
			status: socket.CloseStatus{Code: 4001, Reason: "enough"},
			log:    `level=INFO msg="socket: closed by the handler"`,
		},
		{
			name:   "Handle panics",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] { panic("boom") },
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
			log:    `level=ERROR msg="socket: panic"`,
		},
		{
			name: "Subscribe panics",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] {
				return reactive.MonoFrom[reactive.Void](reactive.PublisherFunc[reactive.Void](
					func(context.Context, reactive.Subscriber[reactive.Void]) { panic("boom") }))
			},
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
			log:    `level=ERROR msg="socket: panic"`,
		},
		{
			name: "an operator panics",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Receive().DoOnNext(func(socket.Message) { panic("boom") }).Then()
			},
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
			log:    `level=ERROR msg="socket: handler failed"`,
		},
		{
			name:   "Handle leaves its goroutine",
			handle: func(*socket.Session) reactive.Mono[reactive.Void] { runtime.Goexit(); panic("unreachable") },
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
		},
		{
			name: "an operator leaves its goroutine",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Receive().DoOnNext(func(socket.Message) { runtime.Goexit() }).Then()
			},
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
		},
		{
			name: "a subscriber of Receive panics",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				s.Receive().Subscribe(s.Context(), panicking{})
				return reactive.NeverMono[reactive.Void]()
			},
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
			log:    `level=ERROR msg="socket: panic"`,
		},
		{
			name: "a source of Send panics when asked for more",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(reactive.PublisherFunc[socket.Message](func(_ context.Context, sub reactive.Subscriber[socket.Message]) {
					sub.OnSubscribe(panickingSource{})
				}))
			},
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
			log:    `level=ERROR msg="socket: panic"`,
		},
		{
			name: "a source of Send leaves its goroutine when asked for more",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(reactive.Map(reactive.Range(0, 100), func(i int) socket.Message {
					if i == 0 {
						runtime.Goexit()
					}
					return socket.Text("never")
				}))
			},
			frame:  sockettest.CloseFrame(1011, ""),
			status: socket.CloseStatus{Code: socket.InternalError},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, sessions := capture(handlerFunc(tt.handle))
				var log strings.Builder
				p := sockettest.Serve(t, socket.Config{Logger: timeless(&log)}, h).Peer("/", nil)
				p.SendText("go")
				p.Expect(tt.frame)
				p.SendClose(uint16(tt.status.Code), "")
				p.ExpectEnd()
				s := <-sessions
				if got := closed(t, s); got != tt.status {
					t.Errorf("got status %v, want %v", got, tt.status)
				}
				end, ok := errors.AsType[*socket.CloseError](context.Cause(s.Context()))
				if !ok || end.Status != tt.status || end.Remote {
					t.Errorf("got cause %v of the context, want %v", context.Cause(s.Context()), tt.status)
				}
				synctest.Wait()
				if got := log.String(); !strings.HasPrefix(got, tt.log) || tt.log == "" && got != "" {
					t.Errorf("got log %q, want %q", got, tt.log)
				}
			})
		})
	}
}

type panicking struct{}

func (panicking) OnSubscribe(up reactive.Subscription) { up.Request(1) }
func (panicking) OnNext(socket.Message)                { panic("boom") }
func (panicking) OnError(error)                        {}
func (panicking) OnComplete()                          {}

type panickingSource struct{}

func (panickingSource) Request(int64) { panic("boom") }
func (panickingSource) Cancel()       {}

// TestPeerCloses shows what the end looks like from both sides when the peer closes.
func TestPeerCloses(t *testing.T) {
	tests := []struct {
		name   string
		frame  sockettest.Frame
		answer sockettest.Frame
		status socket.CloseStatus
	}{
		{
			name:   "normal",
			frame:  sockettest.CloseFrame(1000, ""),
			answer: sockettest.CloseFrame(1000, ""),
			status: socket.CloseStatus{Code: socket.NormalClosure},
		},
		{
			name:   "with a reason",
			frame:  sockettest.CloseFrame(4001, "bye"),
			answer: sockettest.CloseFrame(4001, ""),
			status: socket.CloseStatus{Code: 4001, Reason: "bye"},
		},
		{
			name:   "without a status",
			frame:  sockettest.CloseFrame(0, ""),
			answer: sockettest.CloseFrame(0, ""),
			status: socket.CloseStatus{Code: socket.NoStatus},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var completed atomic.Bool
				h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Send(s.Receive().DoOnComplete(func() { completed.Store(true) }))
				}))
				p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
				start := time.Now()
				p.Send(sockettest.Frame{Opcode: sockettest.Text, Payload: "last"}, tt.frame)
				p.ExpectText("last")
				p.Expect(tt.answer)
				p.ExpectEnd()
				s := <-sessions
				if got := closed(t, s); got != tt.status {
					t.Errorf("got status %v, want %v", got, tt.status)
				}
				if !completed.Load() {
					t.Error("Receive did not complete")
				}
				want := &socket.CloseError{Status: tt.status, Remote: true}
				if diff := cmp.Diff(want, context.Cause(s.Context())); diff != "" {
					t.Errorf("cause of the context (-want +got):\n%s", diff)
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("it took %v, want no wait", d)
				}
			})
		})
	}
}

// TestPeerClosesGrace shows how long a flow may go on after the peer has closed: as long as it likes if it ends within
// CloseTimeout; until then if not; not at all if it does not look at what the peer sends.
func TestPeerClosesGrace(t *testing.T) {
	receive := func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Receive().Then() }
	forever := func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(reactive.Never[socket.Message]())
	}
	tests := []struct {
		name      string
		handle    func(s *socket.Session) reactive.Mono[reactive.Void]
		text      string // sent before the Close frame, if not empty
		min, max  time.Duration
		cancelled bool
	}{
		{
			name: "ends by itself",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return receive(s).DelayEnd(time.Second)
			},
			min: time.Second, max: time.Second,
		},
		{
			name: "waits for what never ends",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.When(receive(s), forever(s))
			},
			min: 2 * time.Second, max: 2500 * time.Millisecond, cancelled: true,
		},
		{
			name:      "only sends",
			handle:    forever,
			cancelled: true,
		},
		{
			name: "has stopped receiving",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.When(s.Receive().Take(1).Then(), forever(s))
			},
			text:      "one",
			cancelled: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan reactive.Signal, 1)
				h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return tt.handle(s).DoFinally(func(s reactive.Signal) { ended <- s })
				}))
				p := sockettest.Serve(t, socket.Config{CloseTimeout: 2 * time.Second}, h).Peer("/", nil)
				s := <-sessions
				if tt.text != "" {
					p.SendText(tt.text)
				}
				synctest.Wait() // the handler has subscribed
				start := time.Now()
				p.SendClose(1000, "")
				p.ExpectClose(1000)
				p.ExpectEnd()
				if d := time.Since(start); d < tt.min || d > tt.max {
					t.Errorf("it took %v, want %v to %v", d, tt.min, tt.max)
				}
				want := reactive.SignalComplete
				if tt.cancelled {
					want = reactive.SignalCancel
				}
				if got := <-ended; got != want {
					t.Errorf("the flow ended with %v, want %v", got, want)
				}
				if got := closed(t, s); got.Code != socket.NormalClosure {
					t.Errorf("got status %v, want 1000", got)
				}
			})
		})
	}
}

// TestHandleDoesNotReturn: a session whose Handle hangs ends all the same when its peer does, or when the service drains,
// whether the handler has begun to receive or not.
func TestHandleDoesNotReturn(t *testing.T) {
	tests := []struct {
		name string
		end  func(p *sockettest.Peer, service *socket.HandshakeService)
		code socket.StatusCode
	}{
		{"peer closes", func(p *sockettest.Peer, _ *socket.HandshakeService) { p.SendClose(4000, "") }, 4000},
		{"reset", func(p *sockettest.Peer, _ *socket.HandshakeService) { p.Conn().(*sockettest.Conn).Reset() }, socket.AbnormalClosure},
		{"violation", func(p *sockettest.Peer, _ *socket.HandshakeService) { p.SendBytes([]byte{0xff, 0xff}) }, socket.ProtocolError},
		{"drain", func(_ *sockettest.Peer, service *socket.HandshakeService) {
			go service.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway})
		}, socket.GoingAway},
	}
	for _, tt := range tests {
		for _, receives := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, receives: %t", tt.name, receives), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					hangs := make(chan struct{})
					ended := make(chan reactive.Signal, 1)
					h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
						if receives {
							reactivetest.Subscribe(t, s.Receive()).Request(1)
						}
						<-hangs
						return reactive.NeverMono[reactive.Void]().DoFinally(func(s reactive.Signal) { ended <- s })
					}))
					service := newService(t, socket.Config{CloseTimeout: time.Second})
					p := sockettest.NewServer(t, service.Handler(h)).Peer("/", nil)
					s := <-sessions
					synctest.Wait()
					start := time.Now()
					tt.end(p, service)
					if got := closed(t, s); got.Code != tt.code {
						t.Errorf("got status %v, want %v", got, tt.code)
					}
					// One step for the flow, one for the peer, which does not answer.
					within(t, "end", time.Since(start), time.Second, 3*time.Second)
					if n := service.Len(); n != 0 {
						t.Errorf("got %d sessions, want none", n)
					}
					close(hangs)
					if got := <-ended; got != reactive.SignalCancel {
						t.Errorf("the late flow ended with %v, want it cancelled", got)
					}
				})
			})
		}
	}
}

// TestSessionCloses shows the order of things when this side closes: what is queued, the Close frame, the wait for the
// answer.
func TestSessionCloses(t *testing.T) {
	tests := []struct {
		name   string
		close  socket.CloseStatus
		frame  sockettest.Frame
		status socket.CloseStatus
	}{
		{
			name:   "zero status",
			frame:  sockettest.CloseFrame(1000, ""),
			status: socket.CloseStatus{Code: socket.NormalClosure},
		},
		{
			name:   "with a reason",
			close:  socket.CloseStatus{Code: 4000, Reason: "reason"},
			frame:  sockettest.CloseFrame(4000, "reason"),
			status: socket.CloseStatus{Code: 4000, Reason: "reason"},
		},
		{
			name:   "no status",
			close:  socket.CloseStatus{Code: socket.NoStatus},
			frame:  sockettest.CloseFrame(0, ""),
			status: socket.CloseStatus{Code: socket.NoStatus},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				received := reactivetest.NewProbe[socket.Message](t)
				h, sessions := capture(never)
				p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
				s := <-sessions
				s.Receive().Subscribe(t.Context(), received.RequestFirst(1))
				sent := send(t, s, texts("before"))
				pending := send(t, s, reactive.Never[socket.Message]())
				sent.ExpectComplete()
				s.Close(tt.close)
				s.Close(socket.CloseStatus{Code: 4999})

				late := send(t, s, texts("after"))
				for _, e := range []error{failure(received), failure(pending), failure(late)} {
					want := &socket.CloseError{Status: tt.status}
					if diff := cmp.Diff(want, e); diff != "" {
						t.Errorf("error of a stream (-want +got):\n%s", diff)
					}
				}
				p.ExpectText("before")
				p.Expect(tt.frame)
				synctest.Wait()
				p.SendText("too late")
				p.SendClose(4000, "")
				p.ExpectEnd()
				if got := closed(t, s); got != tt.status {
					t.Errorf("got status %v, want %v", got, tt.status)
				}
			})
		})
	}
}

// TestCloseBadStatus: for a status that cannot be sent as it is, all say what is sent in its place.
func TestCloseBadStatus(t *testing.T) {
	long := strings.Repeat("x", 200)
	tests := []struct {
		status, want socket.CloseStatus
	}{
		{socket.CloseStatus{Code: 999, Reason: "internals"}, socket.CloseStatus{Code: socket.InternalError}},
		{socket.CloseStatus{Code: 1004}, socket.CloseStatus{Code: socket.InternalError}},
		{socket.CloseStatus{Code: 4000, Reason: long}, socket.CloseStatus{Code: 4000, Reason: long[:123]}},
		{socket.CloseStatus{Code: 4000, Reason: "\xff"}, socket.CloseStatus{Code: 4000, Reason: "\uFFFD"}},
	}
	for _, tt := range tests {
		ways := map[string]func(s *socket.Session, end chan<- error){
			"Close": func(s *socket.Session, _ chan<- error) { s.Close(tt.status) },
			"flow":  func(_ *socket.Session, end chan<- error) { end <- &socket.CloseError{Status: tt.status} },
		}
		for name, act := range ways {
			t.Run(fmt.Sprintf("%s %d", name, tt.status.Code), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					end := make(chan error, 1)
					h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
						return reactive.Do(func(ctx context.Context) error {
							select {
							case err := <-end:
								return err
							case <-ctx.Done():
								return ctx.Err()
							}
						})
					}))
					p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
					s := <-sessions
					act(s, end)
					if reason := p.ExpectClose(uint16(tt.want.Code)); reason != tt.want.Reason {
						t.Errorf("the peer got reason %q, want %q", reason, tt.want.Reason)
					}
					p.SendClose(uint16(tt.want.Code), "")
					p.ExpectEnd()
					if got := closed(t, s); got != tt.want {
						t.Errorf("got status %v, want %v", got, tt.want)
					}
					if got, _ := socket.StatusOf(context.Cause(s.Context())); got != tt.want {
						t.Errorf("got cause %v of the context, want %v", got, tt.want)
					}
				})
			})
		}
	}
}

// TestCloseWithoutFrame: a status that says that no Close frame was seen ends the connection without one.
func TestCloseWithoutFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(never)
		p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
		s := <-sessions
		s.Close(socket.CloseStatus{Code: socket.AbnormalClosure})
		p.ExpectEnd()
		if got := closed(t, s); got.Code != socket.AbnormalClosure {
			t.Errorf("got status %v, want 1006", got)
		}
	})
}

// TestCloseUnanswered: a peer that does not answer is waited for as long as CloseTimeout says.
func TestCloseUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(never)
		p := sockettest.Serve(t, socket.Config{CloseTimeout: time.Second}, h).Peer("/", nil)
		s := <-sessions
		start := time.Now()
		s.Close(socket.CloseStatus{})
		p.ExpectClose(1000)
		p.ExpectEnd()
		if d := time.Since(start); d < time.Second || d > 1500*time.Millisecond {
			t.Errorf("it took %v, want about 1 s", d)
		}
		closed(t, s)
	})
}

// TestCloseStubbornFlow: a flow whose Cancel does not return is not waited for longer than CloseTimeout.
func TestCloseStubbornFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		h, sessions := capture(stubborn{release})
		p := sockettest.Serve(t, socket.Config{CloseTimeout: time.Second}, h).Peer("/", nil)
		s := <-sessions
		synctest.Wait()
		start := time.Now()
		go s.Close(socket.CloseStatus{})
		p.ExpectClose(1000)
		within(t, "Close frame", time.Since(start), time.Second, 1500*time.Millisecond)
		p.SendClose(1000, "")
		p.ExpectEnd()
		closed(t, s)
	})
}

// TestCloseUnread: a peer that takes no bytes does not hold up the end for longer than CloseTimeout.
func TestCloseUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(never)
		sockettest.Serve(t, socket.Config{CloseTimeout: time.Second}, h).Peer("/", nil)
		s := <-sessions
		sent := send(t, s, reactive.Just(socket.Binary(make([]byte, 1<<20))))
		start := time.Now()
		s.Close(socket.CloseStatus{})
		sent.ExpectError(nil)
		closed(t, s)
		if d := time.Since(start); d < time.Second || d > 1500*time.Millisecond {
			t.Errorf("it took %v, want about 1 s", d)
		}
	})
}

// TestBothClose: when both sides close at the same time each has its own status, and nobody waits.
func TestBothClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sessions := capture(never)
		p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
		s := <-sessions
		start := time.Now()
		s.Close(socket.CloseStatus{Code: 4000})
		p.SendClose(4001, "")
		p.ExpectClose(4000)
		p.ExpectEnd()
		if got := closed(t, s); got.Code != 4000 {
			t.Errorf("got status %v, want 4000", got)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("it took %v, want no wait", d)
		}
	})
}

// TestConnectionEnds shows what a connection looks like that ends without a Close frame: all that arrived is delivered.
func TestConnectionEnds(t *testing.T) {
	tests := []struct {
		name string
		end  func(c *sockettest.Conn)
		err  error
	}{
		{"end of file", func(c *sockettest.Conn) { c.Close() }, io.ErrUnexpectedEOF},
		{"half closed", func(c *sockettest.Conn) { c.CloseWrite() }, io.ErrUnexpectedEOF},
		{"reset", func(c *sockettest.Conn) { synctest.Wait(); c.Reset() }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				received := reactivetest.NewProbe[socket.Message](t).RequestFirst(reactive.Unbounded)
				h, sessions := capture(never)
				p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
				s := <-sessions
				s.Receive().Subscribe(t.Context(), received)
				p.SendText("one")
				p.SendText("two")
				p.SendBytes([]byte{0x81, 0x85, 0, 0}) // and the beginning of a third
				tt.end(p.Conn().(*sockettest.Conn))
				received.ExpectCount(2)
				if diff := cmp.Diff([]string{"one", "two"}, payloads(received.Values())); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				end, ok := errors.AsType[*socket.CloseError](failure(received))
				if !ok || end.Status.Code != socket.AbnormalClosure || end.Remote {
					t.Errorf("got %v, want 1006", end)
				}
				if tt.err != nil && !errors.Is(end, tt.err) {
					t.Errorf("got %v, want %v", end, tt.err)
				}
				if got := closed(t, s); got.Code != socket.AbnormalClosure {
					t.Errorf("got status %v, want 1006", got)
				}
			})
		})
	}
}

// TestViolations shows that a peer that breaks the protocol is told how, after what was right before has been answered.
func TestViolations(t *testing.T) {
	tests := []struct {
		name   string
		config socket.Config
		bytes  []byte
		code   socket.StatusCode
	}{
		{name: "not masked", bytes: []byte{0x81, 1, 'a'}, code: socket.ProtocolError},
		{name: "reserved bit", bytes: []byte{0xc1, 0x80, 0, 0, 0, 0}, code: socket.ProtocolError},
		{name: "reserved opcode", bytes: []byte{0x83, 0x80, 0, 0, 0, 0}, code: socket.ProtocolError},
		{name: "fragmented ping", bytes: []byte{0x09, 0x80, 0, 0, 0, 0}, code: socket.ProtocolError},
		{name: "continuation of nothing", bytes: []byte{0x80, 0x80, 0, 0, 0, 0}, code: socket.ProtocolError},
		{name: "close with a bad code", bytes: []byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xec}, code: socket.ProtocolError},
		{name: "bad text", bytes: []byte{0x81, 0x81, 0, 0, 0, 0, 0xff}, code: socket.InvalidPayload},
		{name: "too big", config: socket.Config{MaxMessageSize: 8}, bytes: []byte{0x82, 0x89, 0, 0, 0, 0}, code: socket.MessageTooBig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failed := make(chan error, 1)
				h, sessions := capture(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Send(s.Receive()).DoOnError(func(err error) { failed <- err })
				}))
				p := sockettest.Serve(t, tt.config, h).Peer("/", nil)
				p.SendText("fine")
				p.SendBytes(tt.bytes)
				p.SendBytes(make([]byte, 1000)) // which nobody reads as frames
				p.ExpectText("fine")
				if reason := p.ExpectClose(uint16(tt.code)); reason == "" {
					t.Error("got no reason")
				}
				p.ExpectEnd()
				p.Close()
				if status, ok := socket.StatusOf(<-failed); !ok || status.Code != tt.code {
					t.Errorf("the flow failed with %v, want %v", status, tt.code)
				}
				if got := closed(t, <-sessions); got.Code != tt.code {
					t.Errorf("got status %v, want %v", got, tt.code)
				}
			})
		})
	}
}

// TestServerLives: after all kinds of mishap the next session works.
func TestServerLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		server := sockettest.Serve(t, socket.Config{}, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			if first {
				first = false
				panic("boom")
			}
			return s.Send(s.Receive())
		}))
		p := server.Peer("/", nil)
		p.ExpectClose(1011)
		p.Close()
		p = server.Peer("/", nil)
		p.SendText("alive")
		p.ExpectText("alive")
	})
}
