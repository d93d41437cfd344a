package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// consumer is one attachment to a subscription. It pulls for itself; the server deals the messages of a subscription to
// all who pull.
type consumer struct {
	subscription *subscription
	name         string
	kind         mq.SubscriptionType
	attachment   *hub.Attachment[uint64]
	puller       *puller
	feed         feed

	mu     sync.Mutex
	closed bool
	// What comes after the delivery was stopped is kept until all of it is there, so that it goes back in order.
	late  []returned
	final bool // all is there
}

// returned is a delivery to be given back.
type returned struct{ seq, deliveries uint64 }

func newConsumer(s *subscription, a *hub.Attachment[uint64], config mq.ConsumerConfig) *consumer {
	c := &consumer{subscription: s, name: config.Name, kind: config.Type, attachment: a}
	if c.name == "" {
		c.name = "consumer-" + nuid.Next()
	}
	c.puller = s.broker.newPuller(s.topic, s.consumer)
	c.puller.deliver = c.deliver
	c.puller.surplus = c.surplus
	c.puller.drained = c.drained
	c.puller.lost = c.lost
	c.feed.request = c.puller.request
	c.feed.cancel = c.cancel
	return c
}

// Name returns the consumer's name.
func (c *consumer) Name() string { return c.name }

// Messages is the flow of deliveries; see [mq.Consumer].
func (c *consumer) Messages() reactive.Flux[mq.Message] {
	return reactive.FromPublisher[mq.Message](&c.feed)
}

// Settled emits how many deliveries have ended; see [mq.Consumer].
func (c *consumer) Settled() reactive.Flux[int64] { return c.attachment.Settled() }

func (c *consumer) deliver(m *nats.Msg) {
	s := c.subscription
	d, ok := parseDelivery(m.Reply)
	if !ok {
		c.puller.request(1)
		return
	}
	out := s.topic.message(s.broker, d, m)
	out.RedeliveryCount = s.delivered(d)
	if !c.attachment.Track(out.ID, d.deliveries) {
		c.giveBack(d)
		return
	}
	if !c.feed.next(out) { // the flow ended a moment ago
		if _, open := s.hub.Take(out.ID); open {
			c.giveBack(d)
		}
	}
}

// cancel ends the delivery. Where order counts, what is on its way stays on the books until the consumer is closed: it
// cannot go to anybody else before, and must go together with what was delivered.
func (c *consumer) cancel() {
	if c.kind == mq.Shared {
		c.puller.stop()
	} else {
		c.puller.rest()
	}
}

// surplus takes a message that nobody asked for, or that nobody wants any more.
func (c *consumer) surplus(m *nats.Msg) {
	if d, ok := parseDelivery(m.Reply); ok {
		c.subscription.delivered(d)
		c.giveBack(d)
	}
}

// giveBack returns an undelivered message, at once or, if more are about to come back, together with those.
func (c *consumer) giveBack(d delivery) {
	c.mu.Lock()
	if (c.closed || c.puller.resting()) && !c.final {
		c.late = append(c.late, returned{d.seq, d.deliveries})
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.subscription.returnAll([]returned{{d.seq, d.deliveries}})
}

// drained is called when no more late deliveries come. If the consumer is being closed, it returns them itself,
// together with those that were delivered and not acknowledged.
func (c *consumer) drained() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	late := c.takeLate()
	c.mu.Unlock()
	c.subscription.returnAll(late)
}

// takeLate returns what came late; from now on late deliveries go back at once. The lock is held.
func (c *consumer) takeLate() []returned {
	late := c.late
	c.late, c.final = nil, true
	return late
}

func (c *consumer) lost(err error) {
	if !c.subscription.deleting.Load() {
		c.feed.end(failed("consume", c.subscription.topic.name, err))
	}
}

// check refuses what is asked of a consumer that is closed.
func (c *consumer) check(op string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return closedError(op, c.subscription.topic.name)
	}
	return nil
}

// Ack confirms messages; see [mq.Consumer]. Success means that the confirmation is with the server in this process,
// before anything that is asked of it later. It is on disk a moment after: what was acknowledged in the last tenth of a
// second before a crash may come again. Among several ids those of this topic are confirmed, whatever the others are.
func (c *consumer) Ack(ids ...mq.MessageID) reactive.Mono[reactive.Void] {
	return reactive.Do(func(context.Context) error {
		s := c.subscription
		if err := c.check("ack"); err != nil {
			return err
		}
		var bad error
		for _, id := range ids {
			seq, err := s.topic.seq("ack", id)
			if err != nil {
				bad = cmp.Or(bad, err)
				continue
			}
			row, open := s.hub.Take(id)
			if err := s.ack(seq); err != nil {
				return failed("ack", s.topic.name, err)
			}
			if open {
				row.Attachment.Credit(1)
			}
		}
		return bad
	})
}

// AckCumulative confirms a message and every earlier one; see [mq.Consumer].
func (c *consumer) AckCumulative(id mq.MessageID) reactive.Mono[reactive.Void] {
	const op = "cumulative ack"
	return reactive.Do(func(context.Context) error {
		s := c.subscription
		if err := c.check(op); err != nil {
			return err
		}
		if c.kind == mq.Shared {
			return &mq.Error{Op: op, Topic: s.topic.name.String(), Err: fmt.Errorf("%w: on a %v subscription", mq.ErrUnsupported, c.kind)}
		}
		seq, err := s.topic.seq(op, id)
		if err != nil {
			return err
		}
		rows := s.hub.TakeThrough(id)
		if err := s.ackThrough(seq); err != nil {
			return failed(op, s.topic.name, err)
		}
		for _, r := range rows {
			r.Attachment.Credit(1)
		}
		return nil
	})
}

// Nack gives a message back; see [mq.Consumer]. It does nothing for a message that is not open.
func (c *consumer) Nack(id mq.MessageID, delay time.Duration) reactive.Mono[reactive.Void] {
	return reactive.Do(func(context.Context) error {
		s := c.subscription
		if err := c.check("nack"); err != nil {
			return err
		}
		seq, err := s.topic.seq("nack", id)
		if err != nil {
			return err
		}
		row, open := s.hub.Take(id)
		if !open {
			return nil
		}
		if err := s.refuse(seq, row.Data, delay); err != nil {
			return failed("nack", s.topic.name, err)
		}
		row.Attachment.Credit(1)
		return nil
	})
}

// EndOfTopic tells whether the topic is at its end here; see [mq.Consumer].
func (c *consumer) EndOfTopic() reactive.Mono[bool] {
	const op = "end of topic"
	return async(func(ctx context.Context) (bool, error) {
		if err := c.check(op); err != nil {
			return false, err
		}
		ended, err := c.subscription.endOfTopic(ctx)
		return ended, failed(op, c.subscription.topic.name, err)
	})
}

// Unsubscribe deletes the subscription; see [mq.Consumer].
func (c *consumer) Unsubscribe() reactive.Mono[reactive.Void] {
	const op = "unsubscribe"
	return asyncVoid(func(ctx context.Context) error {
		return failed(op, c.subscription.topic.name, c.unsubscribe(ctx))
	})
}

func (c *consumer) unsubscribe(ctx context.Context) error {
	s := c.subscription
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.exit()
	if err := c.check("unsubscribe"); err != nil {
		return err
	}
	if s.removed {
		return closedError("unsubscribe", s.topic.name)
	}
	if n := s.hub.Len(); n > 1 {
		return fmt.Errorf("%w: it has %d consumers", mq.ErrConsumerBusy, n)
	}
	s.deleting.Store(true)
	if err := s.delete(ctx); err != nil {
		s.deleting.Store(false)
		return err
	}
	s.remove()
	c.shut()
	c.puller.abandon()
	c.leave()
	c.feed.end(nil)
	return nil
}

// leave takes the consumer off the books and returns what was open, for the caller to give back. The gate is held.
func (c *consumer) leave() []hub.Row[uint64] {
	s := c.subscription
	s.mu.Lock()
	s.members = slices.DeleteFunc(s.members, func(m *consumer) bool { return m == c })
	s.mu.Unlock()
	var open []hub.Row[uint64]
	c.attachment.Leave(func(rows []hub.Row[uint64]) { open = rows }) // the gate keeps others back until they are
	return open
}

// shut marks the consumer closed and reports whether it was not.
func (c *consumer) shut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.closed
	c.closed = true
	return !was
}

// Close detaches; see [mq.Consumer]. If the context ends first, or Close is called while a signal of the Messages flow
// is being delivered, which it would have to wait for, the consumer goes on detaching by itself, and who attaches next
// waits for that.
func (c *consumer) Close(ctx context.Context) error {
	if !c.shut() {
		return nil
	}
	s := c.subscription
	busy := c.feed.end(closedError("consume", s.topic.name))
	entered, done := make(chan struct{}), make(chan error, 1)
	if !s.broker.background(func(ctx context.Context) { done <- c.detach(ctx, entered) }) {
		return nil // the engine is closed
	}
	var wait chan struct{}
	if busy {
		wait = entered
	}
	var err error
	select {
	case err = <-done:
	case <-wait:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return failed("close consumer", s.topic.name, err)
}

// detach ends the delivery and gives back what was delivered and not acknowledged, and what was on its way. It closes
// entered when nobody can attach before it is done. If the engine is closed meanwhile it gives up: the next process gives
// everything back.
func (c *consumer) detach(ctx context.Context, entered chan<- struct{}) error {
	s := c.subscription
	if s.enter(ctx) != nil {
		return nil
	}
	defer s.exit()
	close(entered)
	if s.removed {
		return nil
	}
	if !s.durable && s.hub.Len() == 1 {
		s.remove()
		s.deleting.Store(true)
		c.puller.abandon()
		c.leave()
		return s.delete(ctx)
	}
	held, err := c.hold(ctx)
	err = errors.Join(err, c.puller.drain(ctx))
	if ctx.Err() != nil {
		return nil
	}
	c.mu.Lock()
	open := c.takeLate()
	c.mu.Unlock()
	for _, r := range c.leave() {
		open = append(open, returned{uint64(r.ID.Entry), r.Data})
	}
	// Before anybody else pulls, so that nothing overtakes what comes back.
	if c.kind == mq.Shared {
		s.returnAll(open)
	} else {
		err = errors.Join(err, s.returnInOrder(ctx, open))
	}
	err = errors.Join(err, s.sync(ctx))
	if held {
		err = errors.Join(err, s.proceed(ctx))
	}
	s.activate()
	return err
}

// delete deletes the server's consumer.
func (s *subscription) delete(ctx context.Context) error {
	err := s.broker.js.DeleteConsumer(ctx, s.topic.stream, s.consumer)
	if errors.Is(err, natsjs.ErrConsumerNotFound) {
		return nil
	}
	return err
}

// ackThrough confirms every message up to a sequence that was not confirmed this way before. The server takes
// confirmations one by one.
func (s *subscription) ackThrough(seq uint64) error {
	seq = min(seq, s.lastSeq.Load())
	s.mu.Lock()
	first := s.through + 1
	s.through = max(s.through, seq)
	s.mu.Unlock()
	for ; first <= seq; first++ {
		if err := s.ack(first); err != nil {
			return err
		}
	}
	return nil
}
