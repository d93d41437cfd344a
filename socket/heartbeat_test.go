package socket_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// within fails the test unless d lies between min and max, which leaves room for the tick of the sweep.
func within(t *testing.T, what string, d, min, max time.Duration) {
	t.Helper()
	if d < min || d > max {
		t.Errorf("%s after %v, want %v to %v", what, d, min, max)
	}
}

// TestPing: a silent peer is pinged, again and again, and one that answers is not closed.
func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{PingInterval: 10 * time.Second, IdleTimeout: 25 * time.Second})
		last := time.Now()
		for range 10 {
			p.Patience = time.Minute
			p.Expect(sockettest.Frame{Opcode: sockettest.Ping})
			within(t, "ping", time.Since(last), 9*time.Second, 12*time.Second)
			last = time.Now()
			p.Send(sockettest.Frame{Opcode: sockettest.Pong})
		}
		if err := s.Context().Err(); err != nil {
			t.Errorf("got %v, want an open session", err)
		}
	})
}

// TestPingOnlyInSilence: a peer that sends something is not pinged.
func TestPingOnlyInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sockettest.Serve(t, socket.Config{PingInterval: 10 * time.Second}, echoing).Peer("/", nil)
		for range 20 {
			time.Sleep(5 * time.Second)
			p.SendText("here")
			p.ExpectText("here")
		}
	})
}

// TestIdle: a peer that does not answer pings is given up, with 1001.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{PingInterval: 10 * time.Second, IdleTimeout: 25 * time.Second, CloseTimeout: time.Second})
		p.Patience = time.Minute
		start := time.Now()
		p.Expect(sockettest.Frame{Opcode: sockettest.Ping}, sockettest.Frame{Opcode: sockettest.Ping})
		if got, want := p.ExpectClose(1001), "idle timeout"; got != want {
			t.Errorf("got reason %q, want %q", got, want)
		}
		within(t, "close", time.Since(start), 25*time.Second, 26*time.Second)
		p.ExpectEnd()
		within(t, "end", time.Since(start), 26*time.Second, 28*time.Second)
		if got := closed(t, s); got.Code != socket.GoingAway {
			t.Errorf("got status %v, want 1001", got)
		}
	})
}

// TestHeartbeatOff: with all times switched off a session lasts.
func TestHeartbeatOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := open(t, socket.Config{PingInterval: -1, IdleTimeout: -1, WriteTimeout: -1, CloseTimeout: -1})
		time.Sleep(24 * time.Hour)
		p.SendPing("alive")
		p.ExpectPong("alive")
		p.SendClose(1000, "")
		p.ExpectClose(1000)
	})
}

// TestPausedIsNotIdle: a session that does not read, for want of demand or because its handler takes its time, does not
// hold the silence against the peer, but does ping, which finds out if the peer is gone.
func TestPausedIsNotIdle(t *testing.T) {
	config := socket.Config{PingInterval: 10 * time.Second, IdleTimeout: 25 * time.Second, CloseTimeout: time.Second}
	t.Run("no demand", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, s := open(t, config)
			p.Patience = time.Minute
			received := reactivetest.Subscribe(t, s.Receive())
			p.SendText("one")
			for range 30 {
				p.Expect(sockettest.Frame{Opcode: sockettest.Ping})
				p.Send(sockettest.Frame{Opcode: sockettest.Pong})
			}
			received.Request(2).ExpectCount(1)
			p.SendText("two")
			received.ExpectCount(1)
		})
	})
	t.Run("slow handler", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := sockettest.Serve(t, config, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(s.Receive().DoOnNext(func(socket.Message) { time.Sleep(5 * time.Minute) }))
			})).Peer("/", nil)
			p.Patience = time.Hour
			p.SendText("one")
			for {
				if f := p.Receive(); f.Opcode != sockettest.Ping {
					if f.Payload != "one" {
						t.Errorf("got %v, want the echo", f)
					}
					return
				}
			}
		})
	})
	t.Run("peer gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, s := open(t, config)
			p.SendText("unread")
			synctest.Wait()
			p.Close()
			start := time.Now()
			if got := closed(t, s); got.Code != socket.AbnormalClosure {
				t.Errorf("got status %v, want 1006", got)
			}
			within(t, "end", time.Since(start), 9*time.Second, 13*time.Second)
		})
	})
}

// TestWriteTimeout: a peer that takes no bytes is given up; one that takes few is not.
func TestWriteTimeout(t *testing.T) {
	config := socket.Config{WriteTimeout: 5 * time.Second, PingInterval: -1, IdleTimeout: -1, CloseTimeout: time.Second}
	large := reactive.Just(socket.Binary(make([]byte, 1<<20)))
	t.Run("stalled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, s := open(t, config)
			received := reactivetest.Subscribe(t, s.Receive())
			start := time.Now()
			sent := send(t, s, large)
			var end *socket.CloseError
			if err := failure(sent); !errors.As(err, &end) || end.Status.Code != socket.AbnormalClosure {
				t.Errorf("got %v, want 1006", err)
			}
			within(t, "failure", time.Since(start), 5*time.Second, 7*time.Second)
			received.ExpectError(end)
			closed(t, s)
			within(t, "end", time.Since(start), 6*time.Second, 9*time.Second)
			p.Close()
		})
	})
	t.Run("slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, s := open(t, config)
			sent := send(t, s, large)
			b := make([]byte, 16<<10)
			for read := 0; read < 1<<20; {
				time.Sleep(3 * time.Second)
				n, err := p.Conn().Read(b)
				if err != nil {
					t.Fatal(err)
				}
				read += n
			}
			sent.ExpectComplete()
		})
	})
}

// TestCorkedSend: what is sent while a handler holds up the reader goes out all the same, soon after.
func TestCorkedSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var session *socket.Session
		p := sockettest.Serve(t, socket.Config{}, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			session = s
			return s.Receive().DoOnNext(func(socket.Message) { time.Sleep(time.Minute) }).Then()
		})).Peer("/", nil)
		p.SendText("busy")
		synctest.Wait()
		start := time.Now()
		send(t, session, texts("meanwhile"))
		p.ExpectText("meanwhile")
		within(t, "message", time.Since(start), 0, 3*time.Second)
		time.Sleep(time.Minute) // so that the handler is done
	})
}

// TestSlowBatch: a handler that takes its time with each message of a batch does not hold back its replies for longer
// than two rounds of the watch.
func TestSlowBatch(t *testing.T) {
	for _, takes := range []time.Duration{100 * time.Microsecond, 700 * time.Microsecond, 100 * time.Millisecond} {
		t.Run(takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := sockettest.Serve(t, socket.Config{}, handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
					return s.Send(s.Receive().DoOnNext(func(socket.Message) { time.Sleep(takes) }))
				})).Peer("/", nil)
				start := time.Now()
				var frames []sockettest.Frame
				for range 40 {
					frames = append(frames, sockettest.Frame{Opcode: sockettest.Text, Payload: "x"})
				}
				p.Send(frames...)
				for i := range 40 {
					p.ExpectText("x")
					done := time.Duration(i+1) * takes
					within(t, "reply", time.Since(start), done, done+10*time.Millisecond)
				}
			})
		})
	}
}

// TestClockStops: the clock of a service runs only while there are sessions.
func TestClockStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t, socket.Config{})
		server := sockettest.NewServer(t, service.Handler(echoing))
		for range 3 {
			p := server.Peer("/", nil)
			p.SendClose(1000, "")
			p.ExpectClose(1000)
			p.ExpectEnd()
			time.Sleep(time.Minute)
			if n := service.Len(); n != 0 {
				t.Errorf("got %d sessions, want 0", n)
			}
		}
	})
}
