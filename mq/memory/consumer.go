package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// consumer is one attachment to a subscription. It implements [mq.Consumer].
type consumer struct {
	name string
	typ  mq.SubscriptionType
	sub  *subscription
	att  *hub.Attachment[int]
	out  outlet

	closed bool // guarded by the topic's lock
}

func (c *consumer) Name() string { return c.name }

func (c *consumer) Messages() reactive.Flux[mq.Message] {
	return reactive.FromPublisher[mq.Message](&c.out)
}

func (c *consumer) Settled() reactive.Flux[int64] { return c.att.Settled() }

func (c *consumer) Ack(ids ...mq.MessageID) reactive.Mono[reactive.Void] {
	return c.do("ack", func() error { return c.sub.ack(ids) })
}

func (c *consumer) AckCumulative(id mq.MessageID) reactive.Mono[reactive.Void] {
	return c.do("acknowledge cumulatively", func() error {
		if c.typ == mq.Shared {
			return fmt.Errorf("%w: on a %v subscription", mq.ErrUnsupported, c.typ)
		}
		return c.sub.ackCumulative(id)
	})
}

func (c *consumer) Nack(id mq.MessageID, delay time.Duration) reactive.Mono[reactive.Void] {
	return c.do("nack", func() error { return c.sub.nack(id, delay) })
}

func (c *consumer) Unsubscribe() reactive.Mono[reactive.Void] {
	return c.do("unsubscribe", func() error {
		if err := c.sub.delete(c); err != nil {
			return err
		}
		c.leave(nil)
		return nil
	})
}

func (c *consumer) EndOfTopic() reactive.Mono[bool] {
	return reactive.FromFunc(func(context.Context) (bool, error) {
		if err := c.check(); err != nil {
			return false, c.fail("end of topic", err)
		}
		return c.sub.atEnd(), nil
	})
}

// Close implements [mq.Consumer]. It does not block.
func (c *consumer) Close(context.Context) error {
	t := c.sub.topic
	t.mu.Lock()
	closed := c.closed
	c.closed = true
	t.mu.Unlock()
	if closed {
		return nil
	}
	c.leave(mq.ErrClosed)
	return nil
}

// leave ends the flow before the attachment, so that no message is taken for an attachment that has left.
func (c *consumer) leave(err error) {
	c.out.end(err)
	c.sub.leave(c)
	c.sub.topic.broker.forget(c)
}

// do makes an operation that runs when it is subscribed to and fails on a consumer that has ended.
func (c *consumer) do(op string, f func() error) reactive.Mono[reactive.Void] {
	return reactive.Do(func(context.Context) error {
		err := c.check()
		if err == nil {
			err = f()
		}
		if err != nil {
			return c.fail(op, err)
		}
		return nil
	})
}

func (c *consumer) check() error {
	c.sub.topic.mu.Lock()
	defer c.sub.topic.mu.Unlock()
	if c.closed {
		return mq.ErrClosed
	}
	return nil
}

func (c *consumer) fail(op string, err error) error {
	return &mq.Error{Op: op, Topic: c.sub.topic.name.String(), Err: err}
}
