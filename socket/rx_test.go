package socket_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// upper is an operator function of RxGo.
func upper(_ context.Context, v any) (any, error) {
	return socket.Text(strings.ToUpper(v.(socket.Message).Text())), nil
}

// A handler written in nothing but RxGo, and RxGo in the middle of a typed flow, are the same session.
func TestRxView(t *testing.T) {
	tests := []struct {
		name    string
		handler socket.Handler
	}{
		{
			name: "handler in RxGo alone",
			handler: socket.RxHandler(func(s socket.RxSession) rxgo.Observable {
				return s.Send(s.Receive().Map(upper))
			}),
		},
		{
			name: "RxGo in the middle",
			handler: handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(reactive.FromRx[socket.Message](s.Receive().Observable().Map(upper)))
			}),
		},
		{
			name: "typed flow to an RxGo send",
			handler: handlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
				return reactive.FromRx[any](s.Rx().Send(s.Rx().Receive(rxgo.WithBufferedChannel(4)).Map(upper))).Then()
			}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handler, sessions := capture(tt.handler)
			p := serveTCP(t, socket.Config{}, handler).peer()
			for _, text := range []string{"one", "two", "three"} {
				p.SendText(text)
				p.ExpectText(strings.ToUpper(text))
			}
			p.SendClose(1000, "")
			p.ExpectClose(1000)
			if got := closed(t, wait(t, "the session", sessions)); got.Code != socket.NormalClosure {
				t.Errorf("got %v, want 1000", got)
			}
		})
	}
}

// What ends an observable ends the session as it does with streams.
func TestRxEnds(t *testing.T) {
	tests := []struct {
		name    string
		handler socket.RxHandler
		want    uint16
	}{
		{
			name:    "completion",
			handler: func(s socket.RxSession) rxgo.Observable { return rxgo.Empty() },
			want:    1000,
		},
		{
			name:    "failure",
			handler: func(s socket.RxSession) rxgo.Observable { return rxgo.Thrown(errors.New("boom")) },
			want:    1011,
		},
		{
			name: "failure with a status",
			handler: func(s socket.RxSession) rxgo.Observable {
				return rxgo.Thrown(&socket.CloseError{Status: socket.CloseStatus{Code: socket.PolicyViolation}})
			},
			want: 1008,
		},
		{
			name: "an item that is no message",
			handler: func(s socket.RxSession) rxgo.Observable {
				return s.Send(rxgo.Just("text")())
			},
			want: 1011,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := serveTCP(t, socket.Config{}, tt.handler).peer()
			p.ExpectClose(tt.want)
			p.SendClose(tt.want, "")
		})
	}
}

// A peer that leaves, and a server that drains, end the goroutines of RxGo's operators as well; the leak check of this
// package's tests looks for them.
func TestRxLeavesNothing(t *testing.T) {
	handler := socket.RxHandler(func(s socket.RxSession) rxgo.Observable {
		return s.Send(s.Receive().Map(upper).Filter(func(any) bool { return true }))
	})
	server := serveTCP(t, socket.Config{}, handler)
	for range 3 {
		p := server.peer()
		p.SendText("a")
		p.ExpectText("A")
		p.Close() // without a word
	}
	p := server.peer()
	p.SendText("b")
	p.ExpectText("B")
	drained := make(chan error)
	go func() {
		drained <- server.service.Drain(t.Context(), socket.CloseStatus{Code: socket.GoingAway})
	}()
	p.ExpectClose(1001)
	p.SendClose(1001, "")
	if err := wait(t, "the drain", drained); err != nil {
		t.Error(err)
	}
}
