package gateway

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

func (g *Gateway) openReader(ctx context.Context, t target, q query) (socket.Handler, error) {
	c, window, err := readReaderParams(q, t, g.window)
	if err != nil {
		return nil, err
	}
	if err := g.admit(t.topic); err != nil {
		return nil, err
	}
	r, err := g.broker.OpenReader(ctx, c)
	if err != nil {
		return nil, err
	}
	return &reader{
		Reader: r, window: window, slots: reactive.NewUnicast[int64](int(window)), location: g.location, log: g.log,
	}, nil
}

// reader is the handler of one reader socket: messages go out as far as the window allows, and each frame that comes in
// takes one of them off.
type reader struct {
	mq.Reader
	window   int64
	slots    *reactive.Sink[int64] // one for each message that was taken off
	open     atomic.Int64          // messages that were sent and not taken off
	location *time.Location
	log      *slog.Logger
}

// Handle implements [socket.Handler].
func (r *reader) Handle(s *socket.Session) reactive.Mono[reactive.Void] {
	granted := r.slots.Flux().StartWith(r.window)
	out := s.Send(reactive.Map(reactive.Permits(r.Messages(), granted), r.frame))
	in := reactive.ConcatMap(texts(s), func(m socket.Message) reactive.Mono[reactive.Void] {
		switch cmd, err := wire.DecodeReaderCommand(m.Payload); {
		case err != nil:
			return reactive.ErrorMono[reactive.Void](malformed(err))
		case cmd == wire.EndOfTopic:
			return s.Send(atEnd(r.EndOfTopic(), r.failed))
		}
		return r.taken()
	})
	return both(in.Then(), out)
}

// Close implements [io.Closer].
func (r *reader) Close() error { return end(r.Reader.Close) }

// failed tells the log of a command that could not be carried out.
func (r *reader) failed(err error) { logCommand(r.log, "reader", r.Name(), err) }

// frame encodes a message.
func (r *reader) frame(m mq.Message) socket.Message {
	r.open.Add(1)
	return delivery(m, r.location)
}

// taken makes room for one more message, if there is one to be taken off: frames beyond that do not widen the window.
func (r *reader) taken() reactive.Mono[reactive.Void] {
	if r.open.Load() > 0 { // only the commands, which come one at a time, take it down
		r.open.Add(-1)
		r.slots.Next(1)
	}
	return reactive.Done()
}
