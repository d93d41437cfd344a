package gateway

import (
	"errors"
	"strings"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
)

// The defaults of the parameters.
const (
	defaultSendTimeout = 30 * time.Second
	defaultNackDelay   = time.Minute
	defaultMaxPending  = 1000
	minAckTimeout      = time.Second
)

// producerParams reads the parameters of a producer.
func producerParams(q query, t target) (mq.ProducerConfig, error) {
	p := params{q: q}
	c := mq.ProducerConfig{
		Topic:       t.topic,
		Name:        p.name("producerName"),
		SendTimeout: p.millis("sendTimeoutMillis", "sendTimeout", defaultSendTimeout),
		MaxPending:  defaultMaxPending,
	}
	p.integer("initialSequenceId", 64, 0)
	p.oneOf("hashingScheme", "JavaStringHash", "Murmur3_32Hash")
	p.oneOf("messageRoutingMode", "SinglePartition", "RoundRobinPartition", "CustomPartition")
	p.oneOf("compressionType", "NONE", "LZ4", "ZLIB", "ZSTD", "SNAPPY")
	if p.boolean("batchingEnabled") { // otherwise Pulsar does not even look at these
		p.integer("batchingMaxMessages", 32, 0)
		if p.integer("batchingMaxPublishDelay", 32, 1) < 1 {
			p.fail("configured value for batch delay must be at least 1ms")
		}
		if n := p.notNegative("maxPendingMessages", "maxPendingMessages", defaultMaxPending); n > 0 {
			c.MaxPending = int(min(n, defaultMaxPending))
		}
	}
	if p.has("encryptionKeys") { // to ignore it would store in the clear what the client wants encrypted
		p.fail("encryptionKeys: this server does not encrypt")
	}
	return c, p.err
}

// consumerParams is what the parameters of a consumer say.
type consumerParams struct {
	mq.ConsumerConfig
	// window is how many deliveries may be open in push mode.
	window int64
	// pull: deliveries wait for permits instead.
	pull bool
	// nackDelay is how long a message that was refused stays away.
	nackDelay time.Duration
	// maxRedeliver is how often a message comes again before it goes to the deadLetter topic; 0: for ever.
	maxRedeliver int
	deadLetter   mq.TopicName
}

// readConsumerParams reads the parameters of a consumer. A window larger than most is cut down to it.
func readConsumerParams(q query, t target, most int64) (consumerParams, error) {
	p := params{q: q}
	c := consumerParams{
		ConsumerConfig: mq.ConsumerConfig{
			Topic:        t.topic,
			Subscription: t.subscription,
			Type:         p.subscriptionType(),
			NonDurable:   p.oneOf("subscriptionMode", "Durable", "NonDurable") == "NonDurable",
			Name:         p.name("consumerName"),
			AckTimeout:   p.ackTimeout(),
		},
		window:    p.window(most),
		pull:      p.boolean("pullMode"),
		nackDelay: p.millis("negativeAckRedeliveryDelay", "redeliveryDelay", defaultNackDelay),
	}
	if p.oneOf("subscriptionInitialPosition", "Latest", "Earliest") == "Earliest" {
		c.InitialPosition = mq.StartEarliest
	}
	p.notNegative("priorityLevel", "priorityLevel", 0)
	p.deadLetter(&c)
	return c, p.err
}

// readReaderParams reads the parameters of a reader, and its window as readConsumerParams does.
func readReaderParams(q query, t target, most int64) (c mq.ReaderConfig, window int64, err error) {
	p := params{q: q}
	c = mq.ReaderConfig{Topic: t.topic, Name: q["readerName"], Start: p.start()}
	return c, p.window(most), p.err
}

// window reads receiverQueueSize.
func (p *params) window(most int64) int64 {
	n := p.notNegative("receiverQueueSize", "receiverQueueSize", most)
	return min(max(n, 1), most)
}

func (p *params) subscriptionType() mq.SubscriptionType {
	if !p.has("subscriptionType") {
		return mq.Exclusive
	}
	t, err := mq.ParseSubscriptionType(p.q["subscriptionType"])
	if err != nil {
		p.fail("Invalid subscriptionType %s", shown(p.q["subscriptionType"]))
	}
	return t
}

func (p *params) ackTimeout() time.Duration {
	d := time.Duration(p.integer("ackTimeoutMillis", 32, 0)) * time.Millisecond
	if d != 0 && d < minAckTimeout {
		p.fail("Ack timeout should be greater than 1000 ms")
	}
	return d
}

// start reads messageId, the position of a reader.
func (p *params) start() mq.MessageID {
	switch v := p.q["messageId"]; v {
	case "", "latest":
		return mq.Latest
	case "earliest":
		return mq.Earliest
	default:
		id, err := mq.ParseMessageID(v)
		switch {
		case errors.Is(err, mq.ErrNotBase64):
			p.fail("Invalid messageId base64 value")
		case err != nil:
			p.fail("Invalid messageId value")
		}
		return id
	}
}

// deadLetter reads maxRedeliverCount and deadLetterTopic.
func (p *params) deadLetter(c *consumerParams) {
	const count, topic = "maxRedeliverCount", "deadLetterTopic"
	if !p.has(count) && !p.has(topic) {
		return
	}
	n := p.integer(count, 32, 0)
	if n < 1 {
		p.fail("MaxRedeliverCount must be > 0.")
	}
	c.maxRedeliver, c.deadLetter = int(n), c.Topic
	if !p.has(topic) {
		if strings.Contains(c.Subscription, "/") { // in a topic's name it would part namespace and name elsewhere
			p.fail("%s is needed: the subscription has a slash in its name, so the default TOPIC-SUBSCRIPTION-DLQ is no topic", topic)
		}
		c.deadLetter.Name += "-" + c.Subscription + "-DLQ"
		return
	}
	t, err := mq.ParseTopicName(strings.TrimSpace(p.name(topic)))
	if err != nil && p.err == nil {
		p.fail("%s: %s", topic, complaint(err))
	}
	c.deadLetter = t
}
