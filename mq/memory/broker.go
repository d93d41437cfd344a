package memory

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Config bounds what the engine keeps. The zero value of each field is its default.
type Config struct {
	// MaxPayload is the largest payload in bytes. 0: 5 MiB, as in Pulsar.
	MaxPayload int
	// MaxTopics is how many topics there may be. 0: 10,000.
	MaxTopics int
	// MaxSubscriptions is how many subscriptions a topic may have. 0: 1000.
	MaxSubscriptions int
	// MaxTopicBytes is what the messages of one topic may take. When a new one finds no room, the oldest go that
	// every subscription has acknowledged; if that is not enough, publishing fails with [mq.ErrQuotaExceeded].
	// Until then everything stays, for readers and new subscriptions. 0: 256 MiB.
	MaxTopicBytes int64
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	check := func(what string, negative bool) {
		if negative {
			errs = append(errs, fmt.Errorf("%w: %s is negative", mq.ErrInvalid, what))
		}
	}
	check("MaxPayload", c.MaxPayload < 0)
	check("MaxTopics", c.MaxTopics < 0)
	check("MaxSubscriptions", c.MaxSubscriptions < 0)
	check("MaxTopicBytes", c.MaxTopicBytes < 0)
	return errors.Join(errs...)
}

// Broker is the engine. It implements [mq.Broker].
type Broker struct {
	config Config

	mu         sync.Mutex
	topics     map[mq.TopicName]*topic
	open       map[closer]struct{} // producers, consumers, readers
	started    int64               // Unix milliseconds
	lastLedger int64
	lastName   int64
	closed     bool
}

// closer is what the broker closes when it closes.
type closer interface{ Close(context.Context) error }

var _ mq.Broker = (*Broker)(nil)

// New makes an empty engine. It fails if the configuration is not valid.
func New(c Config) (*Broker, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("memory: %w", err)
	}
	if c.MaxPayload == 0 {
		c.MaxPayload = 5 << 20
	}
	if c.MaxTopics == 0 {
		c.MaxTopics = 10_000
	}
	if c.MaxSubscriptions == 0 {
		c.MaxSubscriptions = 1000
	}
	if c.MaxTopicBytes == 0 {
		c.MaxTopicBytes = 256 << 20
	}
	return &Broker{
		config:  c,
		topics:  make(map[mq.TopicName]*topic),
		open:    make(map[closer]struct{}),
		started: time.Now().UnixMilli(),
	}, nil
}

// Features implements [mq.Broker].
func (b *Broker) Features() mq.Features {
	return mq.Features{
		Engine:              "memory",
		Delayed:             true,
		Failover:            true,
		AckTimeout:          true,
		UncountedReturn:     true,
		NonPersistentTopics: true,
		MaxPayload:          b.config.MaxPayload,
	}
}

// OpenProducer implements [mq.Broker].
func (b *Broker) OpenProducer(ctx context.Context, c mq.ProducerConfig) (mq.Producer, error) {
	p, err := b.openProducer(ctx, c)
	if err != nil {
		return nil, &mq.Error{Op: "open producer", Topic: c.Topic.String(), Err: err}
	}
	return p, nil
}

func (b *Broker) openProducer(ctx context.Context, c mq.ProducerConfig) (*producer, error) {
	t, err := b.prepare(ctx, c, c.Topic, &c.Name)
	if err != nil {
		return nil, err
	}
	p, err := t.addProducer(c)
	if err != nil {
		return nil, err
	}
	return p, b.keep(p)
}

// Subscribe implements [mq.Broker].
func (b *Broker) Subscribe(ctx context.Context, c mq.ConsumerConfig) (mq.Consumer, error) {
	cons, err := b.subscribe(ctx, c)
	if err != nil {
		return nil, &mq.Error{Op: "subscribe " + strconv.Quote(c.Subscription), Topic: c.Topic.String(), Err: err}
	}
	return cons, nil
}

func (b *Broker) subscribe(ctx context.Context, c mq.ConsumerConfig) (*consumer, error) {
	if c.Type == mq.KeyShared {
		return nil, fmt.Errorf("%w: %v", mq.ErrUnsupported, c.Type)
	}
	t, err := b.prepare(ctx, c, c.Topic, &c.Name)
	if err != nil {
		return nil, err
	}
	cons, err := t.addConsumer(c)
	if err != nil {
		return nil, err
	}
	return cons, b.keep(cons)
}

// OpenReader implements [mq.Broker].
func (b *Broker) OpenReader(ctx context.Context, c mq.ReaderConfig) (mq.Reader, error) {
	r, err := b.openReader(ctx, c)
	if err != nil {
		return nil, &mq.Error{Op: "open reader", Topic: c.Topic.String(), Err: err}
	}
	return r, nil
}

func (b *Broker) openReader(ctx context.Context, c mq.ReaderConfig) (*reader, error) {
	t, err := b.prepare(ctx, c, c.Topic, &c.Name)
	if err != nil {
		return nil, err
	}
	r, err := t.addReader(c)
	if err != nil {
		return nil, err
	}
	return r, b.keep(r)
}

// TerminateTopic implements [mq.Broker].
func (b *Broker) TerminateTopic(ctx context.Context, name mq.TopicName) (mq.MessageID, error) {
	t, err := b.topic(ctx, name, false)
	if err != nil {
		return mq.MessageID{}, &mq.Error{Op: "terminate", Topic: name.String(), Err: err}
	}
	return t.terminate(), nil
}

// Health implements [mq.Broker].
func (b *Broker) Health(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return mq.ErrClosed
	}
	return ctx.Err()
}

// Close implements [mq.Broker]. All messages are gone with it.
func (b *Broker) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	open := b.open
	b.open = nil
	b.topics = nil
	b.mu.Unlock()
	var errs []error
	for c := range open {
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(errs...)
}

// prepare checks a configuration, makes up a name if there is none, and finds or makes the topic.
func (b *Broker) prepare(ctx context.Context, c interface{ Validate() error }, topicName mq.TopicName, name *string) (*topic, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t, err := b.topic(ctx, topicName, true)
	if err == nil && *name == "" {
		b.mu.Lock()
		b.lastName++
		*name = fmt.Sprintf("memory-%d-%d", b.started, b.lastName)
		b.mu.Unlock()
	}
	return t, err
}

// topic finds a topic, or makes it.
func (b *Broker) topic(ctx context.Context, name mq.TopicName, create bool) (*topic, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, mq.ErrClosed
	}
	if t, ok := b.topics[name]; ok {
		return t, nil
	}
	if !create {
		return nil, mq.ErrTopicNotFound
	}
	if len(b.topics) >= b.config.MaxTopics {
		return nil, fmt.Errorf("%w: there are %d already", mq.ErrTooManyTopics, len(b.topics))
	}
	// The time makes ids of an earlier process foreign to this one.
	b.lastLedger = max(b.lastLedger+1, time.Now().UnixMilli())
	t := &topic{
		broker:    b,
		name:      name,
		ledger:    b.lastLedger,
		subs:      make(map[string]*subscription),
		producers: make(map[string]*producer),
	}
	b.topics[name] = t
	return t, nil
}

// keep remembers what was opened, for Close. If the broker closed meanwhile, it closes it.
func (b *Broker) keep(c closer) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		_ = c.Close(context.Background()) // of this engine, and it never fails
		return mq.ErrClosed
	}
	b.open[c] = struct{}{}
	b.mu.Unlock()
	return nil
}

// forget is called by what closes itself.
func (b *Broker) forget(c closer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, c)
}
