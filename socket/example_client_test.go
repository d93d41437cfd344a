package socket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// A client is a handler as a server is: here it sends two messages and prints what the server makes of them.
func ExampleClient_Execute() {
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(service.Handler(socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(reactive.Map(s.Receive(), func(m socket.Message) socket.Message {
			return socket.Text("you said " + m.Text())
		}))
	})))
	defer server.Close()

	var client socket.Client
	err = client.Execute(context.Background(), server.URL, socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		sent := s.Send(reactive.Just(socket.Text("hello"), socket.Text("goodbye")))
		answers := s.Receive().Take(2).DoOnNext(func(m socket.Message) { fmt.Println(m.Text()) })
		return reactive.When(sent, answers.Then())
	}))
	fmt.Println(err)
	// Output:
	// you said hello
	// you said goodbye
	// <nil>
}

// A server that refuses says so with an HTTP status.
func ExampleDialError() {
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(service.Opener(socket.OpenerFunc(
		func(context.Context, *socket.Handshake) (socket.Handler, error) {
			return nil, &socket.HandshakeError{Status: 404, Text: "no such room"}
		})))
	defer server.Close()

	var client socket.Client
	_, err = client.Dial(context.Background(), server.URL)
	if refused, ok := errors.AsType[*socket.DialError](err); ok {
		fmt.Printf("%d %s", refused.Status, refused.Body)
	}
	// Output: 404 no such room
}
