package socket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// ask opens a session, sends one text message and returns the first answer.
func ask(server *httptest.Server, path, text string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var client socket.Client
	s, err := client.Dial(ctx, server.URL+path)
	if refused, ok := errors.AsType[*socket.DialError](err); ok {
		return fmt.Sprintf("%d %s", refused.Status, strings.TrimSpace(string(refused.Body)))
	}
	defer s.Close(socket.CloseStatus{})
	if _, err := s.Send(reactive.Just(socket.Text(text))).Block(ctx); err != nil {
		return err.Error()
	}
	answer, err := s.Receive().First().Block(ctx)
	if err != nil {
		return err.Error()
	}
	return answer.Text()
}

// A handler returns a flow, here from what is received to what is sent. The flow is the session's life.
func ExampleHandler() {
	shout := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(s.Receive().Map(func(m socket.Message) socket.Message {
			return socket.Text(strings.ToUpper(m.Text()))
		}))
	})
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(service.Handler(shout))
	defer server.Close()

	fmt.Println(ask(server, "/", "hello"))
	// Output: HELLO
}

// Handlers do not know whether a goroutine of their own or an event loop calls them.
func ExampleEventLoops() {
	service, err := socket.NewHandshakeService(socket.Config{
		Strategy: &socket.EventLoops{Loops: 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(service.Handler(socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(s.ReceiveBorrowed())
	})))
	defer server.Close()

	fmt.Println(ask(server, "/", "hello"))
	// Output: hello
}

// Two independent flows: the session lasts until the first of them ends.
func ExampleSession_Send() {
	handler := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		in := s.Receive().DoOnNext(func(m socket.Message) { fmt.Println("got", m.Text()) }).Then()
		out := s.Send(reactive.Concat(reactive.Just(socket.Text("welcome")), reactive.Never[socket.Message]()))
		return reactive.Race(in, out)
	})
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(service.Handler(handler))
	fmt.Println(ask(server, "/", "hello"))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := service.Drain(ctx, socket.CloseStatus{Code: socket.GoingAway}); err != nil {
		fmt.Println(err)
	}
	server.Close()
	// Unordered output:
	// got hello
	// welcome
}

// member is the handler of one session, and its place in a room.
type member struct {
	name string
	room *sync.Map // names
}

func (m *member) Handle(s *socket.Session) reactive.Mono[reactive.Void] {
	return s.Send(s.Receive().Map(func(t socket.Message) socket.Message { return socket.Text(m.name + ": " + t.Text()) }))
}

// Close gives the place back.
func (m *member) Close() error {
	m.room.Delete(m.name)
	return nil
}

// An opener gets what a session needs before the handshake is answered, so that a refusal is an HTTP status.
func ExampleOpener() {
	var room sync.Map
	room.Store("bob", nil)
	opener := socket.OpenerFunc(func(_ context.Context, h *socket.Handshake) (socket.Handler, error) {
		name := h.PathValue("name")
		if _, taken := room.LoadOrStore(name, nil); taken {
			return nil, &socket.HandshakeError{Status: http.StatusConflict, Text: name + " is there already"}
		}
		return &member{name, &room}, nil
	})
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/room/{name}", service.Opener(opener))
	server := httptest.NewServer(mux)
	defer server.Close()

	fmt.Println(ask(server, "/room/alice", "hello"))
	fmt.Println(ask(server, "/room/bob", "hello"))
	// Output:
	// alice: hello
	// 409 bob is there already
}

// A server that shuts down drains its sessions: http.Server does not know of them any more.
func ExampleHandshakeService_Drain() {
	service, err := socket.NewHandshakeService(socket.Config{DrainSpread: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: service.Handler(socket.HandlerFunc(
		func(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(s.Receive()) }))}

	// On SIGTERM:
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(
		service.Drain(ctx, socket.CloseStatus{Code: socket.ServiceRestart}),
		server.Shutdown(ctx),
	)
	fmt.Println(err, service.Len())
	// Output: <nil> 0
}

// A handler in RxGo.
func ExampleRxHandler() {
	shout := socket.RxHandler(func(s socket.RxSession) rxgo.Observable {
		return s.Send(s.Receive().Map(func(_ context.Context, v any) (any, error) {
			return socket.Text(strings.ToUpper(v.(socket.Message).Text())), nil
		}))
	})
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(service.Handler(shout))
	defer server.Close()

	fmt.Println(ask(server, "/", "hello"))
	// Output: HELLO
}
