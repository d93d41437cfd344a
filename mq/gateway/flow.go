package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// closeTimeout bounds the end of a producer, consumer or reader after its socket has.
const closeTimeout = 10 * time.Second

// lastCommands is how long commands that had already arrived are applied after a socket could not be written to any
// more.
const lastCommands = time.Second

// texts are the text messages of the peer, valid until OnNext returns. Binary ones are dropped, as in Pulsar.
func texts(s *socket.Session) reactive.Flux[socket.Message] {
	return s.ReceiveBorrowed().Filter(func(m socket.Message) bool { return m.Type == socket.TextMessage })
}

// text makes a message of an encoded frame.
func text(frame []byte) socket.Message {
	return socket.Message{Type: socket.TextMessage, Payload: frame}
}

// both is the life of a socket that is written to by out and read by in. It ends with in, or with a failure of out when
// in had its time to finish; that nothing more will be written (out completes) ends nothing.
func both(in, out reactive.Mono[reactive.Void]) reactive.Mono[reactive.Void] {
	written := reactive.When(out, reactive.NeverMono[reactive.Void]()).DelayEnd(lastCommands)
	// Race subscribes in this order: what commands grant finds out listening.
	return reactive.Race(written, in).OnErrorMap(closing)
}

// atEnd answers isEndOfTopic. If that fails, there is no answer, as with every command, and failed is told.
func atEnd(ended reactive.Mono[bool], failed func(error)) reactive.Flux[socket.Message] {
	return reactive.Map(ended.Flux(), endOfTopic).OnErrorResume(func(err error) reactive.Flux[socket.Message] {
		failed(err)
		return reactive.Empty[socket.Message]()
	})
}

// endOfTopic encodes the answer to isEndOfTopic.
func endOfTopic(ended bool) socket.Message { return text(wire.AppendEndOfTopic(nil, ended)) }

// logCommand tells of a command that failed, of a consumer or reader with a name. What a client did wrong itself, or on
// a subscription that it has deleted, must not fill the log.
func logCommand(log *slog.Logger, kind, name string, err error) {
	level := slog.LevelWarn
	if answerTo(err).status < http.StatusInternalServerError || errors.Is(err, mq.ErrClosed) {
		level = slog.LevelDebug
	}
	log.Log(context.Background(), level, "gateway: command failed", kind, name, "error", err)
}

// end closes what a socket was for.
func end(close func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return close(ctx)
}
