package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
)

// subscription is one consumer of the server, and what the server does not know of it: who is attached here and what was
// delivered to whom (package hub), and which deliveries count.
//
// Acknowledgements are messages to a subject that names stream, consumer and sequence. They need no state of a delivery,
// so a message is acknowledged by its id alone, through whichever consumer and after whatever restart.
type subscription struct {
	broker   *Broker
	topic    *topic
	name     string
	consumer string // the server's name of it
	hub      *hub.Hub[uint64]
	gate     chan struct{} // held by who attaches, detaches or recovers

	ready   bool // guarded by gate: the consumer exists, and what an earlier process left open was given back
	durable bool // guarded by gate
	removed bool // guarded by gate: another subscription may have the name

	deleting atomic.Bool   // the consumer is being deleted by us
	lastSeq  atomic.Uint64 // highest sequence delivered
	lastDel  atomic.Uint64 // highest number of a delivery
	unsynced atomic.Bool   // something was sent since the last sync

	mu        sync.Mutex
	members   []*consumer          // in order of arrival; changes under gate too
	back      map[uint64]time.Time // by sequence: given back and not delivered again, and when it may be
	scattered bool                 // others than those in back may be waiting for their redelivery
	refused   map[uint64]int       // by sequence, until it is acknowledged: how often it was refused or timed out
	recovered uint64               // up to here earlier processes may have delivered messages
	through   uint64               // up to here everything was acknowledged by AckCumulative, or before
}

// Subscribe attaches a consumer; see [mq.Broker].
func (b *Broker) Subscribe(ctx context.Context, c mq.ConsumerConfig) (mq.Consumer, error) {
	const op = "subscribe"
	err := c.Validate()
	if err == nil && c.Type == mq.KeyShared {
		err = fmt.Errorf("%w: subscription type %v", mq.ErrUnsupported, c.Type)
	}
	if err != nil {
		return nil, &mq.Error{Op: op, Topic: c.Topic.String(), Err: err}
	}
	t, err := b.openTopic(ctx, c.Topic, true)
	if err != nil {
		return nil, err
	}
	for {
		s, err := t.subscription(b, c.Subscription)
		if err != nil {
			return nil, err
		}
		made, err := outlive(ctx, b, func(work context.Context) (*consumer, error) { return s.attach(ctx, work, c) },
			func(ctx context.Context, made *consumer) { _ = made.Close(ctx) })
		if errors.Is(err, errRemoved) {
			continue
		}
		if err != nil {
			return nil, failed(op, c.Topic, err)
		}
		return made, nil
	}
}

// errRemoved says that a subscription ended while somebody waited to attach to it.
var errRemoved = errors.New("jetstream: subscription was removed")

func (t *topic) subscription(b *Broker, name string) (*subscription, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, closedError("subscribe", t.name)
	}
	s := t.subscriptions[name]
	if s == nil {
		s = &subscription{
			broker:   b,
			topic:    t,
			name:     name,
			consumer: consumerName(name),
			gate:     make(chan struct{}, 1),
			back:     make(map[uint64]time.Time),
			refused:  make(map[uint64]int),
		}
		s.hub = hub.New(s.expired)
		t.subscriptions[name] = s
	}
	return s, nil
}

// enter takes the gate.
func (s *subscription) enter(ctx context.Context) error {
	select {
	case s.gate <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *subscription) exit() { <-s.gate }

// attach waits for the gate as long as wait lasts, and does its work under ctx.
func (s *subscription) attach(wait, ctx context.Context, config mq.ConsumerConfig) (*consumer, error) {
	if err := s.enter(wait); err != nil {
		return nil, err
	}
	defer s.exit()
	if s.removed {
		return nil, errRemoved
	}
	a, err := s.hub.Attach(hub.Options{Type: config.Type, AckTimeout: config.AckTimeout})
	if err != nil {
		return nil, err
	}
	if !s.ready {
		if err := s.prepare(ctx, config); err != nil {
			a.Leave(nothingOpen)
			s.remove()
			return nil, err
		}
		s.ready = true
	}
	c := newConsumer(s, a, config)
	if err := c.puller.start(); err != nil {
		a.Leave(nothingOpen)
		if !s.durable && s.hub.Len() == 0 {
			s.broker.dropConsumer(s.topic.stream, s.consumer)
			s.remove()
		}
		return nil, err
	}
	s.mu.Lock()
	s.members = append(s.members, c)
	s.mu.Unlock()
	s.activate()
	return c, nil
}

// nothingOpen is for an attachment whose open deliveries, if it has any, need not be given back.
func nothingOpen([]hub.Row[uint64]) {}

// activate lets those pull who may: all, but for a Failover subscription.
func (s *subscription) activate() {
	for _, c := range s.attached() {
		c.puller.run(c.attachment.Active())
	}
}

func (s *subscription) attached() []*consumer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.members)
}

// remove makes the name free. The gate is held.
func (s *subscription) remove() {
	s.removed = true
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	delete(s.topic.subscriptions, s.name)
}

// prepare finds or makes the server's consumer. If it fails, one that it made is deleted, unless it is to last anyway.
func (s *subscription) prepare(ctx context.Context, c mq.ConsumerConfig) error {
	found, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
	missing := errors.Is(err, natsjs.ErrConsumerNotFound)
	if missing {
		found, err = s.create(ctx, c)
	}
	if err == nil {
		err = s.takeOver(ctx, found)
	}
	if err != nil && missing && c.NonDurable {
		s.broker.dropConsumer(s.topic.stream, s.consumer)
	}
	return err
}

// takeOver learns what the server's consumer has done, and gives back what an earlier process left open.
func (s *subscription) takeOver(ctx context.Context, found natsjs.Consumer) error {
	info := found.CachedInfo()
	if got := info.Config.Metadata[metaSubscription]; got != s.name {
		return fmt.Errorf("%w: consumer %s is not ours: it is of subscription %q", mq.ErrUnavailable, s.consumer, got)
	}
	s.durable = info.Config.Durable != ""
	s.lastSeq.Store(info.Delivered.Stream)
	s.lastDel.Store(info.Delivered.Consumer)
	s.through = info.AckFloor.Stream
	s.recovered = info.Delivered.Stream
	if err := s.repair(ctx, info); err != nil {
		return err
	}
	return s.recover(ctx, info)
}

// create makes the server's consumer, within the limit. Readers have consumers too, which do not count.
func (s *subscription) create(ctx context.Context, c mq.ConsumerConfig) (natsjs.Consumer, error) {
	s.topic.creating.Lock()
	defer s.topic.creating.Unlock()
	stream, err := s.broker.js.Stream(ctx, s.topic.stream)
	if err != nil {
		return nil, err
	}
	n, names := 0, stream.ConsumerNames(ctx)
	for name := range names.Name() {
		if isSubscription(name) {
			n++
		}
	}
	if err := names.Err(); err != nil {
		return nil, err
	}
	if n >= s.broker.config.MaxSubscriptions {
		return nil, &mq.Error{
			Op: "subscribe", Topic: s.topic.name.String(),
			Hint: "raise MaxSubscriptions (--max-subscriptions), or use fewer subscriptions",
			Err:  fmt.Errorf("%w: there are %d", mq.ErrTooManySubscriptions, n),
		}
	}
	return s.broker.js.CreateConsumer(ctx, s.topic.stream, s.config(c))
}

func (s *subscription) config(c mq.ConsumerConfig) natsjs.ConsumerConfig {
	out := natsjs.ConsumerConfig{
		Name:          s.consumer,
		AckPolicy:     natsjs.AckExplicitPolicy,
		AckWait:       forever, // what comes back, and when, is decided here
		MaxDeliver:    -1,
		MaxAckPending: -1,
		MaxWaiting:    4096,
		FilterSubject: s.topic.subjects.messages,
		DeliverPolicy: natsjs.DeliverNewPolicy,
		Metadata:      map[string]string{metaSubscription: s.name},
	}
	if c.InitialPosition == mq.StartEarliest {
		out.DeliverPolicy = natsjs.DeliverAllPolicy
	}
	if c.NonDurable {
		out.MemoryStorage = true
		out.InactiveThreshold = forever // it is deleted with its last consumer, or gone with the process
	} else {
		out.Durable = s.consumer
	}
	return out
}

// endOfTopic tells whether the topic was terminated and everything in it was acknowledged here.
func (s *subscription) endOfTopic(ctx context.Context) (bool, error) {
	if !s.topic.terminated.Load() {
		return false, nil
	}
	// In this order: a delayed message that becomes due in between is pending when the consumer is looked at.
	if delayed, err := s.broker.hasDelayed(ctx, s.topic); delayed || err != nil {
		return false, err
	}
	if err := s.sync(ctx); err != nil {
		return false, err
	}
	c, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
	if err != nil {
		return false, err
	}
	i := c.CachedInfo()
	return i.NumPending == 0 && i.NumAckPending == 0, nil
}

// shutdown ends what is attached when the engine stops. What is open stays with the server, for the next process.
func (s *subscription) shutdown(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.exit()
	s.removed = true
	for _, c := range s.attached() {
		c.shut()
		c.puller.abandon()
		c.leave()
		c.feed.end(closedError("consume", s.topic.name))
	}
	if err := s.sync(ctx); err != nil && !errors.Is(err, nats.ErrNoResponders) {
		return err
	}
	return nil
}
