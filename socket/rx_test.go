package socket_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

func upper(_ context.Context, v any) (any, error) {
	return socket.Text(strings.ToUpper(v.(socket.Message).Text())), nil
}

// TestRxHandler: handlers in RxGo alone, and in both worlds.
func TestRxHandler(t *testing.T) {
	tests := []struct {
		name    string
		handler socket.Handler
	}{
		{
			name: "nothing but RxGo",
			handler: socket.RxHandler(func(s socket.RxSession) rxgo.Observable {
				return s.Send(s.Receive().Map(upper))
			}),
		},
		{
			name: "RxGo in a typed flow",
			handler: handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(reactive.FromRx[socket.Message](s.Receive().Observable().Map(upper)))
			}),
		},
		{
			name: "a typed flow in RxGo",
			handler: socket.RxHandler(func(s socket.RxSession) rxgo.Observable {
				return s.Send(s.Session().Receive().Map(func(m socket.Message) socket.Message {
					return socket.Text(strings.ToUpper(m.Text()))
				}))
			}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, sessions := capture(tt.handler)
				p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
				for _, text := range []string{"one", "two", "three"} {
					p.SendText(text)
					p.ExpectText(strings.ToUpper(text))
				}
				p.SendClose(1000, "")
				p.ExpectClose(1000)
				p.ExpectEnd()
				closed(t, <-sessions)
			})
		})
	}
}

// TestRxHandlerEnds: the end of the Observable is the end of the session, and the other way round.
func TestRxHandlerEnds(t *testing.T) {
	tests := []struct {
		name   string
		handle socket.RxHandler
		code   uint16
	}{
		{"completes", func(s socket.RxSession) rxgo.Observable { return s.Receive().Take(1) }, 1000},
		{
			name: "fails",
			handle: func(s socket.RxSession) rxgo.Observable {
				return s.Send(s.Receive().Map(func(context.Context, any) (any, error) { return nil, errFlow }))
			},
			code: 1011,
		},
		{
			name: "sends what is no message",
			handle: func(s socket.RxSession) rxgo.Observable {
				return s.Send(s.Receive().Map(func(context.Context, any) (any, error) { return 1, nil }))
			},
			code: 1011,
		},
		{"panics", func(socket.RxSession) rxgo.Observable { panic("boom") }, 1011},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, sessions := capture(tt.handle)
				p := sockettest.Serve(t, socket.Config{}, h).Peer("/", nil)
				p.SendText("one")
				p.SendText("two")
				p.ExpectClose(tt.code)
				p.SendClose(tt.code, "")
				p.ExpectEnd()
				closed(t, <-sessions)
			})
		})
	}
}

// TestRxObserver: an observer outside of the flow hears of the end of the session.
func TestRxObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := open(t, socket.Config{})
		observed := make(chan []rxgo.Item)
		go func() {
			var items []rxgo.Item
			for item := range s.Rx().Receive().Observe() {
				items = append(items, item)
			}
			observed <- items
		}()
		p.SendText("one")
		synctest.Wait()
		s.Close(socket.CloseStatus{Code: 4000})
		p.ExpectClose(4000)
		p.SendClose(4000, "")
		items := <-observed
		if len(items) != 2 || items[0].V.(socket.Message).Text() != "one" {
			t.Fatalf("got %v, want a message and an error", items)
		}
		if status, ok := socket.StatusOf(items[1].E); !ok || status.Code != 4000 {
			t.Errorf("got %v, want 4000", items[1].E)
		}
	})
}
