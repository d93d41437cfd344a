package gateway_test

import (
	"context"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// recorder is a broker that records what is asked of it.
type recorder struct {
	mq.Broker
	// features changes what the engine says of itself.
	features func(f *mq.Features)
	// openErr fails the next opening of anything.
	openErr error
	// ackErr fails acknowledgements.
	ackErr error
	// endErr fails the question for the end of the topic.
	endErr error
	// publishErr, if it is not nil, says how a message fails; nil: it does not.
	publishErr func() error

	mu        sync.Mutex
	live      int // what is open
	consumers []*recordedConsumer
	readers   []*recordedReader
	producers []*recordedProducer
}

func newRecorder(t testing.TB) *recorder { return &recorder{Broker: newBroker(t)} }

func (r *recorder) Features() mq.Features {
	f := r.Broker.Features()
	if r.features != nil {
		r.features(&f)
	}
	return f
}

// opened counts what is open.
func (r *recorder) opened(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live += n
}

// open returns what is open.
func (r *recorder) open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.live
}

// demand is what was asked of a Messages flow.
type demand struct {
	mu        sync.Mutex
	asked     int64 // in total
	delivered int64
	settled   int64 // by what Settled has emitted
	most      int64 // the largest number of deliveries asked for or open, at any time
}

func (d *demand) request(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked += n
	d.most = max(d.most, d.asked-d.settled)
}

func (d *demand) add(delivered, settled int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delivered += delivered
	d.settled += settled
}

// figures returns what was asked for, what was delivered, and the largest sum of open demand and open deliveries.
func (d *demand) figures() (asked, delivered, most int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked, d.delivered, d.most
}

func (d *demand) record(f reactive.Flux[mq.Message]) reactive.Flux[mq.Message] {
	return f.DoOnRequest(d.request).DoOnNext(func(mq.Message) { d.add(1, 0) })
}

type recordedConsumer struct {
	mq.Consumer
	demand
	broker *recorder
	once   sync.Once
}

func (r *recorder) Subscribe(ctx context.Context, c mq.ConsumerConfig) (mq.Consumer, error) {
	if r.openErr != nil {
		return nil, r.openErr
	}
	inner, err := r.Broker.Subscribe(ctx, c)
	if err != nil {
		return nil, err
	}
	rc := &recordedConsumer{Consumer: inner, broker: r}
	r.opened(1)
	r.mu.Lock()
	r.consumers = append(r.consumers, rc)
	r.mu.Unlock()
	return rc, nil
}

func (c *recordedConsumer) Messages() reactive.Flux[mq.Message] {
	return c.record(c.Consumer.Messages())
}

func (c *recordedConsumer) Settled() reactive.Flux[int64] {
	return c.Consumer.Settled().DoOnNext(func(n int64) { c.add(0, n) })
}

func (c *recordedConsumer) Ack(ids ...mq.MessageID) reactive.Mono[reactive.Void] {
	if c.broker.ackErr != nil {
		return reactive.ErrorMono[reactive.Void](c.broker.ackErr)
	}
	return c.Consumer.Ack(ids...)
}

func (c *recordedConsumer) EndOfTopic() reactive.Mono[bool] {
	if c.broker.endErr != nil {
		return reactive.ErrorMono[bool](c.broker.endErr)
	}
	return c.Consumer.EndOfTopic()
}

func (c *recordedConsumer) Close(ctx context.Context) error {
	c.once.Do(func() { c.broker.opened(-1) })
	return c.Consumer.Close(ctx)
}

type recordedReader struct {
	mq.Reader
	demand
	broker *recorder
	once   sync.Once
}

func (r *recorder) OpenReader(ctx context.Context, c mq.ReaderConfig) (mq.Reader, error) {
	if r.openErr != nil {
		return nil, r.openErr
	}
	inner, err := r.Broker.OpenReader(ctx, c)
	if err != nil {
		return nil, err
	}
	rr := &recordedReader{Reader: inner, broker: r}
	r.opened(1)
	r.mu.Lock()
	r.readers = append(r.readers, rr)
	r.mu.Unlock()
	return rr, nil
}

func (c *recordedReader) Messages() reactive.Flux[mq.Message] { return c.record(c.Reader.Messages()) }

func (c *recordedReader) EndOfTopic() reactive.Mono[bool] {
	if c.broker.endErr != nil {
		return reactive.ErrorMono[bool](c.broker.endErr)
	}
	return c.Reader.EndOfTopic()
}

func (c *recordedReader) Close(ctx context.Context) error {
	c.once.Do(func() { c.broker.opened(-1) })
	return c.Reader.Close(ctx)
}

type recordedProducer struct {
	mq.Producer
	broker *recorder
	once   sync.Once

	mu       sync.Mutex
	requests int64 // messages that arrived
	receipts int64
}

func (r *recorder) OpenProducer(ctx context.Context, c mq.ProducerConfig) (mq.Producer, error) {
	if r.openErr != nil {
		return nil, r.openErr
	}
	inner, err := r.Broker.OpenProducer(ctx, c)
	if err != nil {
		return nil, err
	}
	rp := &recordedProducer{Producer: inner, broker: r}
	r.opened(1)
	r.mu.Lock()
	r.producers = append(r.producers, rp)
	r.mu.Unlock()
	return rp, nil
}

func (p *recordedProducer) Publish(msgs reactive.Publisher[mq.OutMessage]) reactive.Flux[mq.Receipt] {
	counted := reactive.Map(msgs, func(m mq.OutMessage) mq.OutMessage {
		p.count(1, 0)
		if p.broker.publishErr != nil && m.Err == nil {
			m.Err = p.broker.publishErr()
		}
		return m
	})
	return p.Producer.Publish(counted).DoOnNext(func(mq.Receipt) { p.count(0, 1) })
}

func (p *recordedProducer) count(requests, receipts int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests += requests
	p.receipts += receipts
}

func (p *recordedProducer) figures() (requests, receipts int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests, p.receipts
}

func (p *recordedProducer) Close(ctx context.Context) error {
	p.once.Do(func() { p.broker.opened(-1) })
	return p.Producer.Close(ctx)
}

// collector keeps what one consumer gets, without a socket.
type collector struct {
	mu  sync.Mutex
	got []string
}

func (c *collector) ids() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.got...)
}

// openConsumer attaches a Shared consumer that takes everything and acknowledges nothing, for as long as the test lasts.
func openConsumer(e *env, topic, subscription string) (*collector, error) {
	t, err := mq.ParseTopicName(topic)
	if err != nil {
		return nil, err
	}
	sub, err := e.broker.Subscribe(e.t.Context(), mq.ConsumerConfig{Topic: t, Subscription: subscription, Type: mq.Shared})
	if err != nil {
		return nil, err
	}
	c := &collector{}
	reactive.Run(e.t.Context(), sub.Messages(), func(m mq.Message) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, m.ID.String())
	}, func(error) {})
	return c, nil
}
