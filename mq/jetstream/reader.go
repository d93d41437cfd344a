package jetstream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// forever is a time that does not end while a process lives: the server has no word for none.
const forever = 365 * 24 * time.Hour

// reader reads a topic through a consumer of its own, which keeps nothing on disk and needs no acknowledgements. If
// deliveries may have been lost, with a connection or a pull, another one goes on after the last message delivered.
type reader struct {
	broker *Broker
	topic  *topic
	name   string
	feed   feed
	next   atomic.Uint64 // the sequence after the last one delivered

	mu         sync.Mutex
	consumer   string  // the server's name of the present consumer
	puller     *puller // of the present consumer
	recovering bool
	again      bool // something happened while recovering
	ended      bool // nothing more is delivered
	closed     bool
}

// OpenReader opens a reader; see [mq.Broker]. A start position of another topic, or of an earlier one of the same name,
// fails with [mq.ErrInvalid].
func (b *Broker) OpenReader(ctx context.Context, c mq.ReaderConfig) (mq.Reader, error) {
	const op = "open reader"
	if err := c.Validate(); err != nil {
		return nil, &mq.Error{Op: op, Topic: c.Topic.String(), Err: err}
	}
	t, err := b.openTopic(ctx, c.Topic, true)
	if err != nil {
		return nil, err
	}
	r := &reader{broker: b, topic: t, name: c.Name}
	r.feed.request, r.feed.cancel = r.request, r.cancel
	if r.name == "" {
		r.name = "reader-" + nuid.Next()
	}
	start := natsjs.ConsumerConfig{DeliverPolicy: natsjs.DeliverByStartSequencePolicy}
	switch {
	case c.Start.IsZero() || c.Start == mq.Latest:
		start.DeliverPolicy = natsjs.DeliverNewPolicy
	case c.Start == mq.Earliest:
		start.DeliverPolicy = natsjs.DeliverAllPolicy
	default:
		seq, err := t.seq(op, c.Start)
		if err != nil {
			return nil, err
		}
		s, err := b.js.Stream(ctx, t.stream)
		if err != nil {
			return nil, failed(op, c.Topic, err)
		}
		start.OptStartSeq = min(seq, s.CachedInfo().State.LastSeq) + 1
	}
	made, err := outlive(ctx, b, func(ctx context.Context) (*reader, error) { return r, r.open(ctx, start) },
		func(ctx context.Context, r *reader) { _ = r.Close(ctx) })
	if err != nil {
		return nil, failed(op, c.Topic, err)
	}
	return made, nil
}

// open makes the first consumer and registers the reader.
func (r *reader) open(ctx context.Context, start natsjs.ConsumerConfig) error {
	if err := r.attach(ctx, start); err != nil {
		return err
	}
	r.broker.mu.Lock()
	defer r.broker.mu.Unlock()
	if r.broker.closed { // the consumer ends with the server
		r.cancel()
		return mq.ErrClosed
	}
	r.broker.readers[r] = struct{}{}
	return nil
}

// attach makes a consumer with a start position and begins to pull from it. If that fails, or is too late, the consumer
// is deleted.
func (r *reader) attach(ctx context.Context, c natsjs.ConsumerConfig) error {
	c.Name = "R" + nuid.Next()
	c.AckPolicy = natsjs.AckNonePolicy
	c.FilterSubject = r.topic.subjects.messages
	c.MemoryStorage = true
	c.InactiveThreshold = forever
	made, err := r.broker.js.CreateConsumer(ctx, r.topic.stream, c)
	if err != nil {
		r.broker.dropConsumer(r.topic.stream, c.Name)
		return err
	}
	p := r.broker.newPuller(r.topic, c.Name)
	p.deliver = func(m *nats.Msg) { r.deliver(p, m) }
	p.surplus = func(*nats.Msg) { r.recover() }
	p.lost = func(err error) { r.end(failed("read", r.topic.name, err)) }
	if err := p.start(); err != nil {
		r.broker.dropConsumer(r.topic.stream, c.Name)
		return err
	}
	if !r.adopt(c.Name, p, made.CachedInfo().Delivered.Stream+1) {
		p.abandon()
		r.broker.dropConsumer(r.topic.stream, c.Name)
	}
	return nil
}

// adopt makes a consumer the present one, unless the reader has ended meanwhile.
func (r *reader) adopt(consumer string, p *puller, next uint64) bool {
	r.next.Store(next)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return false
	}
	if r.puller != nil {
		p.request(r.puller.demand())
	}
	r.consumer, r.puller = consumer, p
	p.run(true)
	return true
}

// Name returns the reader's name.
func (r *reader) Name() string { return r.name }

// Messages is the flow of messages; see [mq.Reader].
func (r *reader) Messages() reactive.Flux[mq.Message] {
	return reactive.FromPublisher[mq.Message](&r.feed)
}

func (r *reader) request(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.puller.request(n)
}

// cancel ends the delivery. What is on its way is dropped: it is not lost, only not read.
func (r *reader) cancel() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.puller.abandon()
}

func (r *reader) deliver(p *puller, m *nats.Msg) {
	d, ok := parseDelivery(m.Reply)
	if !ok {
		p.request(1)
		return
	}
	r.next.Store(d.seq + 1)
	r.feed.next(r.topic.message(r.broker, d, m))
}

// recover goes on with another consumer, made on a goroutine of its own.
func (r *reader) recover() {
	r.mu.Lock()
	first := !r.recovering && !r.ended
	r.recovering, r.again = true, !first
	r.mu.Unlock()
	if first {
		r.broker.background(r.replaceAll)
	}
}

// replaceAll replaces the consumer until nothing has happened to the latest one meanwhile.
func (r *reader) replaceAll(ctx context.Context) {
	for again := true; again; {
		err := r.broker.insist(ctx, r.replace)
		if err != nil {
			r.end(failed("read", r.topic.name, err))
		}
		r.mu.Lock()
		again = r.again && err == nil
		r.again, r.recovering = false, again
		r.mu.Unlock()
	}
}

func (r *reader) replace(ctx context.Context) error {
	r.mu.Lock()
	old, consumer := r.puller, r.consumer
	r.mu.Unlock()
	if err := old.drain(ctx); err != nil { // so that no delivery runs, and next stays what it is
		return err
	}
	if err := r.delete(ctx, consumer); err != nil {
		return err
	}
	return r.attach(ctx, natsjs.ConsumerConfig{
		DeliverPolicy: natsjs.DeliverByStartSequencePolicy, OptStartSeq: r.next.Load(),
	})
}

func (r *reader) delete(ctx context.Context, consumer string) error {
	err := r.broker.js.DeleteConsumer(ctx, r.topic.stream, consumer)
	if errors.Is(err, natsjs.ErrConsumerNotFound) {
		return nil
	}
	return err
}

// EndOfTopic tells whether the topic was terminated and everything in it was delivered here.
func (r *reader) EndOfTopic() reactive.Mono[bool] {
	return async(func(ctx context.Context) (bool, error) {
		r.mu.Lock()
		closed := r.closed
		r.mu.Unlock()
		if closed {
			return false, closedError("end of topic", r.topic.name)
		}
		ended, err := r.endOfTopic(ctx)
		return ended, failed("end of topic", r.topic.name, err)
	})
}

func (r *reader) endOfTopic(ctx context.Context) (bool, error) {
	if !r.topic.terminated.Load() {
		return false, nil
	}
	// In this order: a delayed message that becomes due in between is a message when the messages are looked at.
	if delayed, err := r.broker.hasDelayed(ctx, r.topic); delayed || err != nil {
		return false, err
	}
	last, err := r.broker.lastMessage(ctx, r.topic)
	return last < r.next.Load(), err
}

// Close ends the flow.
func (r *reader) Close(ctx context.Context) error {
	r.broker.mu.Lock()
	_, open := r.broker.readers[r]
	delete(r.broker.readers, r)
	r.broker.mu.Unlock()
	if !open {
		return nil
	}
	return failed("close reader", r.topic.name, r.delete(ctx, r.shut()))
}

// shut ends the flow with ErrClosed and returns the name of the consumer that is left over.
func (r *reader) shut() string {
	r.end(closedError("read", r.topic.name))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.consumer
}

// end ends the flow and the delivery, but leaves the consumer where it is.
func (r *reader) end(err error) {
	r.feed.end(err)
	r.cancel()
}

func (r *reader) sweep() {
	r.mu.Lock()
	p := r.puller
	r.mu.Unlock()
	if p.overdue() {
		r.recover()
	}
}
