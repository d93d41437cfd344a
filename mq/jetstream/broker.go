package jetstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Broker is the engine. It is an [mq.Broker]; make one with [Open].
type Broker struct {
	config Config
	server *embedded
	// Two connections, so that a burst of messages that is being published does not stand before the
	// acknowledgements and pull requests in one buffer.
	out *nats.Conn // publishing
	in  *nats.Conn // pull requests, deliveries, acknowledgements
	js  natsjs.JetStream

	ctx    context.Context // of background work
	cancel context.CancelFunc

	creating sync.Mutex // serialises the creation of streams
	streams  int        // how many there are; guarded by creating
	ledger   int64      // the incarnation of the latest; guarded by creating

	mu       sync.Mutex
	closed   bool
	topics   map[mq.TopicName]*topic
	openings map[mq.TopicName]*opening
	readers  map[*reader]struct{}
	failures failures // guards itself
	sweeper  *time.Timer
	work     sync.WaitGroup // recoveries that are under way
	stopped  chan struct{}  // closed when the server has ended
}

var _ mq.Broker = (*Broker)(nil)

// Open starts an engine on a store directory, which it has for itself until Close. The context bounds the start, which
// takes some milliseconds, and after a crash about two more per topic; an engine that had begun to start by then still
// has the directory for a moment. Errors are [mq.Error]; what an operator can do about them is in the hint.
func Open(ctx context.Context, c Config) (*Broker, error) {
	if err := c.Validate(); err != nil {
		return nil, &mq.Error{Op: "open", Err: err}
	}
	if ctx.Err() != nil {
		return nil, &mq.Error{Op: "open", Err: context.Cause(ctx)}
	}
	b := &Broker{
		config:   c.withDefaults(),
		topics:   make(map[mq.TopicName]*topic),
		openings: make(map[mq.TopicName]*opening),
		readers:  make(map[*reader]struct{}),
		stopped:  make(chan struct{}),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	var err error
	if b.server, err = startServer(ctx, b.config, b.heard); err != nil {
		return nil, err
	}
	if err = b.connect(ctx); err != nil {
		b.stop()
		return nil, failed("open", mq.TopicName{}, err)
	}
	b.sweeper = time.AfterFunc(sweepEvery, b.sweep)
	return b, nil
}

func (b *Broker) connect(ctx context.Context) error {
	var err error
	if b.out, err = b.server.connect("publish", b.publishingInterrupted); err != nil {
		return err
	}
	if b.in, err = b.server.connect("consume", b.deliveryInterrupted); err != nil {
		return err
	}
	// Requests about consumers must not overtake acknowledgements, so they share their connection.
	if b.js, err = natsjs.New(b.in); err != nil {
		return err
	}
	info, err := b.js.AccountInfo(ctx)
	if err != nil {
		return err
	}
	b.streams = info.Streams
	return nil
}

// stop ends connections and server. It waits for them.
func (b *Broker) stop() {
	for _, nc := range []*nats.Conn{b.out, b.in} {
		if nc != nil {
			nc.Close()
		}
	}
	b.server.stop()
	close(b.stopped)
}

// Features says what this engine promises.
func (b *Broker) Features() mq.Features {
	return mq.Features{
		Engine:     "jetstream",
		Persistent: true,
		Delayed:    true,
		Failover:   true,
		AckTimeout: true,
		// Except for what a process before this one had delivered: see the package's documentation.
		UncountedReturn: true,
		MaxPayload:      b.config.MaxPayload,
	}
}

// TerminateTopic ends a topic. One that does not exist fails with [mq.ErrTopicNotFound].
func (b *Broker) TerminateTopic(ctx context.Context, name mq.TopicName) (mq.MessageID, error) {
	const op = "terminate"
	if err := name.Validate(); err != nil {
		return mq.MessageID{}, &mq.Error{Op: op, Topic: name.String(), Err: err}
	}
	t, err := b.openTopic(ctx, name, false)
	if err != nil {
		return mq.MessageID{}, err
	}
	id, err := b.terminate(ctx, t)
	return id, failed(op, name, err)
}

// Close ends what was opened and stops the server. What was published and acknowledged before is stored. If the context
// ends first, Close returns its error and the server goes on stopping by itself.
func (b *Broker) Close(ctx context.Context) error {
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	topics := make([]*topic, 0, len(b.topics))
	for _, t := range b.topics {
		topics = append(topics, t)
	}
	readers := b.readers
	b.readers = nil
	b.mu.Unlock()
	var errs []error
	if first {
		b.sweeper.Stop()
		b.cancel()
		for r := range readers {
			r.shut() // its consumer ends with the server
		}
		for _, t := range topics {
			errs = append(errs, t.close(ctx))
		}
		go func() {
			b.work.Wait() // what needs the server to come to its end
			b.stop()
		}()
	}
	select {
	case <-b.stopped:
		// Only now: an error of one topic is no reason to leave before the store is closed.
		return errors.Join(errs...)
	case <-ctx.Done():
		return &mq.Error{Op: "close", Err: context.Cause(ctx)}
	}
}

func closedError(op string, t mq.TopicName) error {
	e := &mq.Error{Op: op, Err: mq.ErrClosed}
	if t != (mq.TopicName{}) {
		e.Topic = t.String()
	}
	return e
}
