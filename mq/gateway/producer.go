package gateway

import (
	"context"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

func (g *Gateway) openProducer(ctx context.Context, t target, q query) (socket.Handler, error) {
	c, err := producerParams(q, t)
	if err != nil {
		return nil, err
	}
	if err := g.admit(t.topic); err != nil {
		return nil, err
	}
	p, err := g.broker.OpenProducer(ctx, c)
	if err != nil {
		return nil, err
	}
	return &producer{Producer: p, pending: c.MaxPending}, nil
}

// producer is the handler of one producer socket: requests are decoded, published, and the receipts encoded, in the
// order of the requests. A request that does not decode is a message with an error, whose receipt takes its place among
// the others.
type producer struct {
	mq.Producer
	// pending is how many requests may be unanswered before the socket is not read any more.
	pending int
}

// Handle implements [socket.Handler].
func (p *producer) Handle(s *socket.Session) reactive.Mono[reactive.Void] {
	receipts := p.Publish(reactive.Map(texts(s), request)).Prefetch(p.pending)
	return s.Send(reactive.Map(receipts, reply)).OnErrorMap(closing)
}

// Close implements [io.Closer].
func (p *producer) Close() error { return end(p.Producer.Close) }

// request decodes what a client wants published. The request's context, if it has one, is the tag.
func request(m socket.Message) mq.OutMessage {
	r, err := wire.DecodePublish(m.Payload)
	out := mq.OutMessage{Err: err}
	if r.HasContext {
		out.Tag = r.Context
	}
	if err != nil {
		return out
	}
	out.Payload, out.Properties = r.Payload, r.Properties
	out.Key, out.HasKey = r.Key, r.HasKey
	out.EventTime, out.DeliverAt = r.EventTime, r.DeliverAt
	if r.DeliverAfter > 0 {
		out.DeliverAt = time.Now().Add(r.DeliverAfter)
	}
	return out
}

// reply encodes the answer to one request.
func reply(r mq.Receipt) socket.Message {
	a := wire.Reply{ID: r.ID}
	if r.Err != nil {
		a = failure(r.Err)
	}
	a.Context, a.HasContext = r.Tag.(string)
	return text(wire.AppendReply(make([]byte, 0, 128+len(a.Context)+len(a.Reason)), a))
}
