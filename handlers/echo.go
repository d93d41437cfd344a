package handlers

import (
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// Echo sends every message back as it came, text as text and binary as binary, and is not read from faster than its
// answers are taken. Use it as socket.HandlerFunc(handlers.Echo): as a first endpoint, for tests of clients and proxies.
func Echo(s *socket.Session) reactive.Mono[reactive.Void] { return s.Send(s.ReceiveBorrowed()) }
