package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

func (g *Gateway) openConsumer(ctx context.Context, t target, q query) (socket.Handler, error) {
	c, err := readConsumerParams(q, t, g.window)
	if err != nil {
		return nil, err
	}
	if err := g.admit(t.topic); err != nil {
		return nil, err
	}
	if err := g.supports(c); err != nil {
		return nil, err
	}
	dead, err := g.openDeadLetters(ctx, c)
	if err != nil {
		return nil, err
	}
	sub, err := g.broker.Subscribe(ctx, c.ConsumerConfig)
	if err != nil {
		if dead != nil {
			err = errors.Join(err, end(dead.Close))
		}
		return nil, err
	}
	h := &consumer{Consumer: sub, dead: dead, nackDelay: c.nackDelay, location: g.location, log: g.log}
	h.ignore = h.logged // once, not for each command
	if c.pull {
		h.permits = reactive.NewUnicast[int64](maxQueuedPermits)
		h.granted = allow(h.permits.Flux(), sub.Settled(), g.unacked)
	} else {
		h.granted = sub.Settled().StartWith(min(c.window, g.unacked))
	}
	return h, nil
}

// maxQueuedPermits bounds the permits that wait because another one is just being turned into demand.
const maxQueuedPermits = 1 << 16

// supports tells whether the engine has what a consumer asks for.
func (g *Gateway) supports(c consumerParams) error {
	switch {
	case c.Type == mq.Failover && !g.features.Failover, c.Type == mq.KeyShared && !g.features.KeyShared:
		return g.unsupported("subscriptionType " + c.Type.String())
	case c.AckTimeout > 0 && !g.features.AckTimeout:
		return g.unsupported("ackTimeoutMillis")
	}
	return nil
}

// consumer is the handler of one consumer socket: deliveries go out as they are granted, commands come in and are
// applied one after the other.
type consumer struct {
	mq.Consumer
	// granted is the demand: in push mode the window and one more for each delivery that has ended, in pull mode what
	// permits say, as far as deliveries end.
	granted reactive.Flux[int64]
	// permits is where the client's permits go in pull mode; nil in push mode.
	permits   *reactive.Sink[int64]
	dead      *deadLetters // nil: messages come again for ever
	nackDelay time.Duration
	location  *time.Location
	log       *slog.Logger
	ignore    func(error) reactive.Mono[reactive.Void]
}

// Handle implements [socket.Handler].
func (c *consumer) Handle(s *socket.Session) reactive.Mono[reactive.Void] {
	deliveries := reactive.Permits(c.Messages(), c.granted)
	if c.dead != nil {
		deliveries = reactive.ConcatMap(deliveries, c.divert)
	}
	out := s.Send(reactive.Map(deliveries, c.frame))
	in := reactive.ConcatMap(texts(s), func(m socket.Message) reactive.Mono[reactive.Void] {
		cmd, err := wire.DecodeCommand(m.Payload)
		if err != nil {
			return reactive.ErrorMono[reactive.Void](malformed(err))
		}
		return c.apply(s, cmd)
	})
	return both(in.Then(), out)
}

// Close implements [io.Closer].
func (c *consumer) Close() error {
	err := end(c.Consumer.Close)
	if c.dead != nil {
		err = errors.Join(err, end(c.dead.Close))
	}
	return err
}

// frame encodes a delivery.
func (c *consumer) frame(m mq.Message) socket.Message { return delivery(m, c.location) }

// delivery encodes a message, with its dates in the zone of the server.
func delivery(m mq.Message, zone *time.Location) socket.Message {
	m.PublishTime = m.PublishTime.In(zone)
	if !m.EventTime.IsZero() {
		m.EventTime = m.EventTime.In(zone)
	}
	return text(wire.AppendMessage(nil, &m))
}

// apply does what a command says.
func (c *consumer) apply(s *socket.Session, cmd wire.Command) reactive.Mono[reactive.Void] {
	switch cmd.Type {
	case wire.NegativeAck:
		return c.quietly(c.Nack(cmd.ID, c.nackDelay))
	case wire.Permit:
		return c.permit(cmd.Permits)
	case wire.Unsubscribe:
		return c.quietly(c.Unsubscribe())
	case wire.EndOfTopic:
		return s.Send(atEnd(c.EndOfTopic(), c.failed))
	default:
		return c.quietly(c.Ack(cmd.ID))
	}
}

// permit grants n more deliveries in pull mode. In push mode permits are legal and do nothing.
func (c *consumer) permit(n int32) reactive.Mono[reactive.Void] {
	if n < 1 {
		return reactive.ErrorMono[reactive.Void](malformed(fmt.Errorf("gateway: permit of %d messages", n)))
	}
	if c.permits != nil && c.permits.Next(int64(n)) == reactive.EmitOverflow {
		return reactive.ErrorMono[reactive.Void](fmt.Errorf("gateway: permits: %w", reactive.ErrOverflow))
	}
	return reactive.Done()
}

// quietly lets a command fail as it does in Pulsar, where it has no answer: the client sees the message again, or the
// subscription still there, and only the log tells why.
func (c *consumer) quietly(command reactive.Mono[reactive.Void]) reactive.Mono[reactive.Void] {
	return command.OnErrorResume(c.ignore)
}

// logged makes a success of a failure that nobody is told of.
func (c *consumer) logged(err error) reactive.Mono[reactive.Void] {
	c.failed(err)
	return reactive.Done()
}

// failed tells the log of a command that could not be carried out.
func (c *consumer) failed(err error) { logCommand(c.log, "consumer", c.Name(), err) }
