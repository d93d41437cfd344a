package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// openTicks makes a session that counts, once a second or as often as ?every= says. What is wrong with the request is
// said before there is a session: the client gets 400, not a socket that closes at once.
//
// Interval drops the ticks that nobody asked for, so a client that does not read finds no backlog when it does.
func openTicks(_ context.Context, h *socket.Handshake) (socket.Handler, error) {
	every := time.Second
	if text := h.Query().Get("every"); text != "" {
		var err error
		if every, err = time.ParseDuration(text); err != nil || every < 10*time.Millisecond {
			return nil, &socket.HandshakeError{Status: http.StatusBadRequest, Text: "every: want a duration of 10ms or more"}
		}
	}
	return socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(reactive.Map(reactive.Interval(every), func(n int64) socket.Message {
			return socket.Text(fmt.Sprintf("tick %d", n))
		}))
	}), nil
}
