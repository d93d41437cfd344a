package socket_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// TestDrain: all sessions are closed with the status, new ones are refused, and Drain waits for the last.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, socket.Config{})
		server := sockettest.NewServer(t, service.Handler(echoing))
		var peers []*sockettest.Peer
		for range 20 {
			peers = append(peers, server.Peer("/", nil))
		}
		synctest.Wait() // the answer comes before the session
		if got := service.Len(); got != 20 {
			t.Errorf("got %d sessions, want 20", got)
		}
		n := 0
		for s := range service.Sessions() {
			if s.Handshake().Host != "" {
				n++
			}
		}
		if n != 20 {
			t.Errorf("got %d sessions in the loop, want 20", n)
		}
		drained := make(chan error, 1)
		go func() {
			drained <- service.Drain(t.Context(), socket.CloseStatus{Code: socket.ServiceRestart, Reason: "update"})
		}()
		for i, p := range peers {
			if reason := p.ExpectClose(1012); reason != "update" {
				t.Errorf("got reason %q, want update", reason)
			}
			if i == 0 {
				if got := upgradeStatus(t, server); got != http.StatusServiceUnavailable {
					t.Errorf("got status %d while draining, want 503", got)
				}
			}
			select {
			case err := <-drained:
				t.Fatalf("Drain returned %v with sessions left", err)
			default:
			}
			p.SendClose(1012, "")
			p.ExpectEnd()
		}
		if err := <-drained; err != nil {
			t.Errorf("got %v, want nil", err)
		}
		if err := service.Drain(t.Context(), socket.CloseStatus{}); err != nil {
			t.Errorf("again: got %v, want nil", err)
		}
	})
}

// TestDrainSpread: closes are spread over time.
func TestDrainSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, socket.Config{DrainSpread: 10 * time.Second})
		server := sockettest.NewServer(t, service.Handler(echoing))
		var peers []*sockettest.Peer
		for range 10 {
			peers = append(peers, server.Peer("/", nil))
		}
		start := time.Now()
		drained := make(chan error, 1)
		go func() { drained <- service.Drain(t.Context(), socket.CloseStatus{Code: socket.GoingAway}) }()
		for range 10 {
			time.Sleep(time.Second)
			for i := 0; i < len(peers); i++ {
				if p := peers[i]; p.Conn().(*sockettest.Conn).Buffered() > 0 {
					p.ExpectClose(1001)
					p.SendClose(1001, "")
					peers = slices.Delete(peers, i, i+1)
					i--
				}
			}
			synctest.Wait()
			if got, want := service.Len(), 10-int(time.Since(start)/time.Second)-1; got > want+1 || got < want {
				t.Errorf("got %d sessions after %v, want about %d", got, time.Since(start), want)
			}
		}
		if err := <-drained; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
}

// TestDrainCuts: when the context ends, what is left is cut, whatever it does.
func TestDrainCuts(t *testing.T) {
	hangs := make(chan struct{})
	tests := []struct {
		name   string
		handle handlerFunc
	}{
		{"peer is silent", never},
		{"handler hangs", func(*socket.Session) reactive.Mono[reactive.Void] { <-hangs; return reactive.Done() }},
		{"peer takes nothing", func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(reactive.Just(socket.Binary(make([]byte, 1<<20))))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hangs = make(chan struct{})
				service := newService(t, socket.Config{CloseTimeout: -1})
				sockettest.NewServer(t, service.Handler(tt.handle)).Peer("/", nil)
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errFlow)
				defer cancel()
				if err := service.Drain(ctx, socket.CloseStatus{}); !errors.Is(err, errFlow) {
					t.Errorf("got %v, want the cause of the context", err)
				}
				close(hangs)
				synctest.Wait()
				if got := service.Len(); got != 0 {
					t.Errorf("got %d sessions left, want none", got)
				}
			})
		})
	}
}

// stubborn is a flow whose Cancel returns when release is closed.
type stubborn struct{ release chan struct{} }

func (f stubborn) Handle(*socket.Session) reactive.Mono[reactive.Void] {
	return reactive.MonoFrom[reactive.Void](reactive.PublisherFunc[reactive.Void](
		func(_ context.Context, sub reactive.Subscriber[reactive.Void]) { sub.OnSubscribe(f) }))
}

func (stubborn) Request(int64) {}
func (f stubborn) Cancel()     { <-f.release }

// TestDrainStubbornFlow: a flow whose Cancel does not return holds up neither the other sessions nor Drain.
func TestDrainStubbornFlow(t *testing.T) {
	for _, timeout := range []time.Duration{-1, 10 * time.Second} {
		t.Run(fmt.Sprintf("CloseTimeout %v", timeout), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				service := newService(t, socket.Config{CloseTimeout: timeout})
				bad := sockettest.NewServer(t, service.Handler(stubborn{release}))
				good := sockettest.NewServer(t, service.Handler(echoing))
				peers := []*sockettest.Peer{bad.Peer("/", nil), bad.Peer("/", nil)}
				last := good.Peer("/", nil)
				synctest.Wait()
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errFlow)
				defer cancel()
				start := time.Now()
				drained := make(chan error, 1)
				go func() { drained <- service.Drain(ctx, socket.CloseStatus{Code: socket.GoingAway}) }()
				last.ExpectClose(1001)
				last.SendClose(1001, "")
				last.ExpectEnd()
				within(t, "end of the other session", time.Since(start), 0, 100*time.Millisecond)
				if err := <-drained; !errors.Is(err, errFlow) {
					t.Errorf("got %v, want the cause of the context", err)
				}
				for _, p := range peers {
					p.ExpectEnd()
				}
				within(t, "end of Drain and of the connections", time.Since(start), time.Second, time.Second)
				close(release)
				synctest.Wait()
				if n := service.Len(); n != 0 {
					t.Errorf("got %d sessions, want none", n)
				}
			})
		})
	}
}

// TestDrainWaitsForHandshake: a handshake that was let in before Drain becomes a session and is closed.
func TestDrainWaitsForHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opening := make(chan struct{})
		service := newService(t, socket.Config{})
		server := sockettest.NewServer(t, service.Opener(socket.OpenerFunc(
			func(context.Context, *socket.Handshake) (socket.Handler, error) {
				<-opening
				return echoing, nil
			})))
		drained := make(chan error, 1)
		go func() {
			synctest.Wait()
			go func() { drained <- service.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway}) }()
			synctest.Wait()
			close(opening)
		}()
		p := server.Peer("/", nil)
		p.ExpectClose(1001)
		p.SendClose(1001, "")
		if err := <-drained; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
}

// slowCloser is a handler whose Close takes a second and may leave its goroutine then.
type slowCloser struct {
	handlerFunc
	exits  bool
	closed *atomic.Bool
}

func (c slowCloser) Close() error {
	time.Sleep(time.Second)
	c.closed.Store(true)
	if c.exits {
		runtime.Goexit()
	}
	return nil
}

// TestDrainWaitsForClose: what was opened for a handshake that failed is closed before Drain returns.
func TestDrainWaitsForClose(t *testing.T) {
	for _, exits := range []bool{false, true} {
		t.Run(fmt.Sprintf("exits: %t", exits), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var closed atomic.Bool
				service := newService(t, socket.Config{Strategy: strategyFunc(func() error { return errFlow })})
				h := service.Opener(socket.OpenerFunc(func(context.Context, *socket.Handshake) (socket.Handler, error) {
					return slowCloser{never, exits, &closed}, nil
				}))
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header = http.Header{
					"Upgrade":               {"websocket"},
					"Connection":            {"Upgrade"},
					"Sec-Websocket-Key":     {"dGhlIHNhbXBsZSBub25jZQ=="},
					"Sec-Websocket-Version": {"13"},
				}
				go h.ServeHTTP(httptest.NewRecorder(), r)
				synctest.Wait()
				if err := service.Drain(t.Context(), socket.CloseStatus{}); err != nil {
					t.Errorf("got %v, want nil", err)
				}
				if !closed.Load() {
					t.Error("Drain has returned before the handler was closed")
				}
			})
		})
	}
}

// TestDrainGrace shows what a drain leaves a flow to do: all that the peer had sent, and CloseTimeout to end by itself.
func TestDrainGrace(t *testing.T) {
	receive := func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Receive().Then() }
	forever := func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(reactive.Never[socket.Message]())
	}
	tests := []struct {
		name     string
		handle   func(s *socket.Session) reactive.Mono[reactive.Void]
		replies  []string
		min, max time.Duration
		flow     reactive.Signal
	}{
		{
			name:    "answers",
			handle:  func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(s.Receive()) },
			replies: []string{"one", "two"},
			max:     100 * time.Millisecond, flow: reactive.SignalComplete,
		},
		{
			name: "goes on for a while",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return receive(s).DelayEnd(time.Second)
			},
			min: time.Second, max: 1100 * time.Millisecond, flow: reactive.SignalComplete,
		},
		{
			name: "waits for what never ends",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.When(receive(s), forever(s))
			},
			min: 2 * time.Second, max: 2600 * time.Millisecond, flow: reactive.SignalCancel,
		},
		{
			name: "does not ask for more",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.ConcatMap(s.Receive(), func(socket.Message) reactive.Publisher[socket.Message] {
					return reactive.Never[socket.Message]()
				}).Then()
			},
			min: 2 * time.Second, max: 2500 * time.Millisecond, flow: reactive.SignalCancel,
		},
		{
			name:   "only sends",
			handle: forever,
			flow:   reactive.SignalCancel,
		},
		{
			name: "fails meanwhile",
			handle: func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.Concat(receive(s).Flux(), reactive.Error[reactive.Void](errFlow)).Then()
			},
			max: 100 * time.Millisecond, flow: reactive.SignalError,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan reactive.Signal, 1)
				service := newService(t, socket.Config{CloseTimeout: 2 * time.Second})
				p := sockettest.NewServer(t, service.Handler(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return tt.handle(s).DoFinally(func(s reactive.Signal) { ended <- s })
				}))).Peer("/", nil)
				synctest.Wait()
				p.SendText("one")
				p.SendText("two")
				start := time.Now()
				go service.Drain(t.Context(), socket.CloseStatus{Code: socket.GoingAway})
				for _, text := range tt.replies {
					p.ExpectText(text)
				}
				p.ExpectClose(1001)
				if d := time.Since(start); d < tt.min || d > tt.max {
					t.Errorf("it took %v, want %v to %v", d, tt.min, tt.max)
				}
				p.SendClose(1001, "")
				p.ExpectEnd()
				if got := <-ended; got != tt.flow {
					t.Errorf("the flow ended with %v, want %v", got, tt.flow)
				}
			})
		})
	}
}

// TestDrainDelivers: what the peer had sent before the drain is delivered, although it lies in the kernel while the handler
// is busy with another message.
func TestDrainDelivers(t *testing.T) {
	for _, secure := range []bool{false, true} {
		name := "TCP"
		if secure {
			name = "TLS"
		}
		t.Run(name, func(t *testing.T) {
			busy, proceed := make(chan struct{}, 4), make(chan struct{})
			got := make(chan []string, 1)
			cancelled := make(chan reactive.Signal, 1)
			service := newService(t, socket.Config{})
			server := httptest.NewUnstartedServer(service.Handler(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
				if s.Handshake().URL.Path == "/idle" {
					busy <- struct{}{}
					return reactive.NeverMono[reactive.Void]().DoFinally(func(s reactive.Signal) { cancelled <- s })
				}
				var texts []string
				return s.Receive().DoOnNext(func(m socket.Message) {
					busy <- struct{}{}
					<-proceed
					texts = append(texts, m.Text())
				}).DoOnComplete(func() { got <- texts }).Then()
			})))
			dial := func() (net.Conn, error) { return net.Dial("tcp", server.Listener.Addr().String()) }
			if secure {
				server.StartTLS()
				dial = func() (net.Conn, error) {
					return tls.Dial("tcp", server.Listener.Addr().String(), server.Client().Transport.(*http.Transport).TLSClientConfig)
				}
			} else {
				server.Start()
			}
			defer server.Close()
			open := func(path string) *sockettest.Peer {
				conn, err := dial()
				if err != nil {
					t.Fatal(err)
				}
				p := sockettest.NewPeer(t, conn, true)
				p.Handshake(server.URL+path, nil)
				return p
			}
			p, idle := open("/"), open("/idle")
			wait(t, "the other handler", busy)
			p.SendText("one")
			wait(t, "the handler", busy)
			p.SendText("two")
			p.SendText("three")

			drained := make(chan error, 1)
			go func() { drained <- service.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway}) }()
			wait(t, "the end of the session that was opened later", cancelled)
			close(proceed)
			if got, want := wait(t, "the end of Receive", got), []string{"one", "two", "three"}; !cmp.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			for _, p := range []*sockettest.Peer{p, idle} {
				p.ExpectClose(1001)
				p.SendClose(1001, "")
				p.ExpectEnd()
			}
			if err := wait(t, "Drain", drained); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDrainSlowSubscriber: a subscriber that takes its time gets all that the peer had sent, however many reads that is.
func TestDrainSlowSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 50
		got := 0
		ended := make(chan reactive.Signal, 1)
		service := newService(t, socket.Config{})
		p := sockettest.NewServer(t, service.Handler(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().DoOnNext(func(socket.Message) {
				time.Sleep(20 * time.Millisecond)
				got++
			}).DoFinally(func(s reactive.Signal) { ended <- s }).Then()
		}))).Peer("/", nil)
		synctest.Wait()
		for range count {
			p.SendText(strings.Repeat("x", 1000))
		}
		start := time.Now()
		go service.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway})
		if got := <-ended; got != reactive.SignalComplete {
			t.Errorf("Receive ended with %v, want success", got)
		}
		if got != count {
			t.Errorf("got %d messages, want %d", got, count)
		}
		within(t, "end", time.Since(start), time.Second, 1100*time.Millisecond)
		p.ExpectClose(1001)
		p.SendClose(1001, "")
		p.ExpectEnd()
	})
}

// TestDrainEndlessPeer: a peer that never stops sending does not keep the flow from hearing the end in time to react.
func TestDrainEndlessPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan reactive.Signal, 1)
		service := newService(t, socket.Config{CloseTimeout: 2 * time.Second})
		p := sockettest.NewServer(t, service.Handler(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Receive().Then().DelayEnd(500 * time.Millisecond).DoFinally(func(s reactive.Signal) { ended <- s })
		}))).Peer("/", nil)
		synctest.Wait()
		stop := make(chan struct{})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					p.SendText("more")
				}
			}
		}()
		start := time.Now()
		go service.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway})
		if got := <-ended; got != reactive.SignalComplete {
			t.Errorf("the flow ended with %v, want success", got)
		}
		within(t, "end", time.Since(start), 1500*time.Millisecond, 1600*time.Millisecond)
		close(stop)
		<-stopped
		p.ExpectClose(1001)
		p.SendClose(1001, "")
		p.ExpectEnd()
	})
}

// TestDrainAndPeer: the peer closes, or vanishes, while the session drains.
func TestDrainAndPeer(t *testing.T) {
	tests := []struct {
		name string
		act  func(p *sockettest.Peer)
		want reactive.Signal // of Receive
	}{
		{"closes", func(p *sockettest.Peer) { p.SendClose(1000, ""); p.ExpectClose(1001); p.ExpectEnd() }, reactive.SignalComplete},
		{"vanishes", func(p *sockettest.Peer) { p.Close() }, reactive.SignalError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan reactive.Signal, 1)
				service := newService(t, socket.Config{})
				p := sockettest.NewServer(t, service.Handler(handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Receive().DoFinally(func(s reactive.Signal) { ended <- s }).Then()
				}))).Peer("/", nil)
				synctest.Wait()
				drained := make(chan error, 1)
				go func() { drained <- service.Drain(t.Context(), socket.CloseStatus{Code: socket.GoingAway}) }()
				synctest.Wait()
				tt.act(p)
				if got := <-ended; got != tt.want {
					t.Errorf("Receive ended with %v, want %v", got, tt.want)
				}
				if err := <-drained; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
