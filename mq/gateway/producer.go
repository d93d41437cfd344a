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
	h := &producer{Producer: p, pending: c.MaxPending, counts: reactive.NewUnicast[int64](maxQueuedCounts)}
	h.room = within(maxUnanswered, h.counts.Flux())
	h.log.log = g.log.With("topic", t.topic.String(), "producer", p.Name())
	return h, nil
}

// maxQueuedCounts bounds the sizes that wait because another one is just being counted: one for each request that can be
// unanswered, and more.
const maxQueuedCounts = 1 << 16

// producer is the handler of one producer socket: requests are decoded, published, and the receipts encoded, in the
// order of the requests. A request that does not decode is a message with an error, whose receipt takes its place among
// the others. The socket is read as long as there are not too many requests, nor too many bytes of them, unanswered.
type producer struct {
	mq.Producer
	// pending is how many requests may be unanswered before the socket is not read any more.
	pending int
	// counts are the sizes of the requests, once when they come in and, negative, when they are answered.
	counts *reactive.Sink[int64]
	// room lets the next request in, as far as counts leave room for it.
	room reactive.Flux[int64]
	log  publishLog
}

// Handle implements [socket.Handler].
func (p *producer) Handle(s *socket.Session) reactive.Mono[reactive.Void] {
	requests := reactive.Map(texts(s), request).DoOnNext(p.taken)
	receipts := p.Publish(reactive.Permits(requests, p.room)).Prefetch(p.pending)
	return s.Send(reactive.Map(receipts.DoOnNext(p.answered), reply)).OnErrorMap(closing)
}

// taken counts a request that has come in.
func (p *producer) taken(m mq.OutMessage) { p.counts.Next(m.Tag.(*question).bytes) }

// answered takes a request off the count whose reply goes to the session's queue. Only the log tells what an operator
// can do about one that failed.
func (p *producer) answered(r mq.Receipt) {
	p.counts.Next(-r.Tag.(*question).bytes)
	if r.Err != nil {
		p.log.failed(r.Err)
	}
}

// Close implements [io.Closer].
func (p *producer) Close() error { return end(p.Producer.Close) }

// question is what is kept of a request for its reply: the tag of its message.
type question struct {
	context    string
	hasContext bool
	bytes      int64 // about what it takes until then
}

// overhead is about what a request takes beside its texts.
const overhead = 256

// request decodes what a client wants published.
func request(m socket.Message) mq.OutMessage {
	r, err := wire.DecodePublish(m.Payload)
	q := &question{context: r.Context, hasContext: r.HasContext}
	q.bytes = int64(overhead + len(r.Payload) + len(r.Context) + len(r.Key))
	for name, value := range r.Properties {
		q.bytes += int64(len(name) + len(value))
	}
	out := mq.OutMessage{Tag: q, Err: err}
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
	q := r.Tag.(*question)
	a.Context, a.HasContext = q.context, q.hasContext
	return text(wire.AppendReply(make([]byte, 0, 128+len(a.Context)+len(a.Reason)), a))
}
