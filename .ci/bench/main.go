// Command fluxsocket is our entry in the comparison of WebSocket servers that lives beside the project: an echo, and
// a room in which every message goes to everybody. It is the framework as its users have it, operators included.
//
// It belongs to the module of the comparison, whose package srv gives it flags and figures; see run.
package main

import (
	"log"
	"net/http"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"

	"wsbench/srv"
)

func identity(m socket.Message) socket.Message { return m }

func echo(s *socket.Session) reactive.Mono[reactive.Void] {
	return s.Send(s.ReceiveBorrowed().Map(identity))
}

func echoOwned(s *socket.Session) reactive.Mono[reactive.Void] {
	return s.Send(s.Receive().Map(identity))
}

func room(all *reactive.Broadcast[socket.Message]) socket.HandlerFunc {
	return func(s *socket.Session) reactive.Mono[reactive.Void] {
		in := s.Receive().DoOnNext(func(m socket.Message) { all.Emit(m) }).Then()
		return reactive.Race(in, s.Send(all.Flux(1024, reactive.OverflowError)))
	}
}

func main() {
	srv.Init()
	// The load generator speaks no control frames: no pings on a machine so busy that its connections look idle.
	config := socket.Config{PingInterval: -1, IdleTimeout: -1}
	if *srv.Opt == "epoll" {
		config.Strategy = &socket.EventLoops{}
	}
	service, err := socket.NewHandshakeService(config)
	if err != nil {
		log.Fatal(err)
	}
	handler := socket.HandlerFunc(echo)
	switch {
	case srv.Bcast():
		handler = room(reactive.NewBroadcast[socket.Message]())
	case *srv.Opt == "owned":
		handler = echoOwned
	}
	log.Fatal(http.ListenAndServe(*srv.Addr, service.Handler(handler)))
}
