package gateway

import (
	"context"
	"maps"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// Properties that a dead letter has beside the message's own, as Pulsar's clients write them.
const (
	propertyRealTopic = "REAL_TOPIC"
	propertyOriginID  = "ORIGIN_MESSAGE_ID"
)

// deadLetters is where a consumer's messages go that came again too often.
type deadLetters struct {
	mq.Producer
	most int // how often a message may come again
}

func (g *Gateway) openDeadLetters(ctx context.Context, c consumerParams) (*deadLetters, error) {
	if c.maxRedeliver == 0 {
		return nil, nil
	}
	if err := g.admit(c.deadLetter); err != nil {
		return nil, err
	}
	p, err := g.broker.OpenProducer(ctx, mq.ProducerConfig{Topic: c.deadLetter, SendTimeout: defaultSendTimeout})
	if err != nil {
		return nil, err
	}
	return &deadLetters{Producer: p, most: c.maxRedeliver}, nil
}

// divert is the stream of m, or the empty one of a message that came again too often, once it is in the dead letter
// topic and acknowledged. A message that cannot be put there is refused, to be tried again after its delay.
func (c *consumer) divert(m mq.Message) reactive.Flux[mq.Message] {
	if m.RedeliveryCount <= c.dead.most {
		return reactive.Just(m)
	}
	moved := reactive.FlatMapMono(c.dead.Send(deadLetter(m)), func(mq.MessageID) reactive.Mono[reactive.Void] {
		return c.Ack(m.ID)
	})
	moved = moved.OnErrorResume(func(err error) reactive.Mono[reactive.Void] {
		c.log.Warn("gateway: dead letter not stored", "consumer", c.Name(), "error", err)
		return c.quietly(c.Nack(m.ID, c.nackDelay))
	})
	none := func(reactive.Void) reactive.Flux[mq.Message] { return reactive.Empty[mq.Message]() }
	return reactive.Concat(reactive.ConcatMap(moved, none), reactive.Defer(func() reactive.Flux[mq.Message] {
		// The permit that let it through is free for another message.
		return reactive.ConcatMap(c.permit(1), none)
	}))
}

// deadLetter is what is left of a message, and where it came from.
func deadLetter(m mq.Message) mq.OutMessage {
	properties := maps.Clone(m.Properties)
	if properties == nil {
		properties = make(map[string]string, 2)
	}
	properties[propertyRealTopic] = m.Topic.String()
	properties[propertyOriginID] = m.ID.String()
	return mq.OutMessage{Payload: m.Payload, Key: m.Key, HasKey: m.HasKey, Properties: properties, EventTime: m.EventTime}
}
