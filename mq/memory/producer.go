package memory

import (
	"context"
	"sync"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// producer implements [mq.Producer]. Publishing is storing in the log, so nothing is ever in flight and no message can
// time out.
type producer struct {
	topic  *topic
	config mq.ProducerConfig

	mu     sync.Mutex
	flows  map[*publishing]struct{}
	closed bool
}

// defaultMaxPending is Pulsar's maxPendingMessages.
const defaultMaxPending = 1000

func newProducer(t *topic, c mq.ProducerConfig) *producer {
	if c.MaxPending == 0 {
		c.MaxPending = defaultMaxPending
	}
	return &producer{topic: t, config: c, flows: make(map[*publishing]struct{})}
}

func (p *producer) Name() string { return p.config.Name }

func (p *producer) Send(m mq.OutMessage) reactive.Mono[mq.MessageID] {
	return reactive.FromFunc(func(context.Context) (mq.MessageID, error) { return p.publish(m) })
}

func (p *producer) Publish(msgs reactive.Publisher[mq.OutMessage]) reactive.Flux[mq.Receipt] {
	return reactive.FromPublisher(reactive.PublisherFunc[mq.Receipt](
		func(ctx context.Context, s reactive.Subscriber[mq.Receipt]) {
			msgs.Subscribe(ctx, &publishing{producer: p, down: s})
		}))
}

func (p *producer) publish(m mq.OutMessage) (mq.MessageID, error) {
	if m.Err != nil {
		return mq.MessageID{}, m.Err
	}
	if p.isClosed() {
		return mq.MessageID{}, p.fail(mq.ErrClosed)
	}
	id, err := p.topic.publish(m)
	if err != nil {
		return mq.MessageID{}, p.fail(err)
	}
	return id, nil
}

// Close implements [mq.Producer]. It does not block.
func (p *producer) Close(context.Context) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	flows := p.flows
	p.flows = nil
	p.mu.Unlock()

	p.topic.mu.Lock()
	delete(p.topic.producers, p.config.Name)
	p.topic.mu.Unlock()
	for f := range flows {
		f.stop(p.fail(mq.ErrClosed))
	}
	p.topic.broker.forget(p)
	return nil
}

// add remembers a running flow, for Close. It returns false if the producer is closed.
func (p *producer) add(f *publishing) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.flows[f] = struct{}{}
	return true
}

func (p *producer) drop(f *publishing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.flows, f)
}

func (p *producer) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

func (p *producer) fail(err error) error {
	return &mq.Error{Op: "publish", Topic: p.topic.name.String(), Err: err}
}
