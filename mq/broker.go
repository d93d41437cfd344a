package mq

import (
	"context"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Broker is one queue engine. Every method is safe for concurrent use.
//
// Opening something either yields a working one or an error that says why; nothing is half open. A configuration that
// is not valid fails with [ErrInvalid], a broker that is closed with [ErrClosed]. What was opened ends with its own
// Close, or with the broker's; closing twice does nothing.
type Broker interface {
	// Features says what this engine promises. The answer never changes.
	Features() Features
	// OpenProducer makes a producer, creating the topic if need be. A producer name that is in use on the topic
	// fails with [ErrProducerBusy], a topic that was terminated with [ErrTopicTerminated].
	OpenProducer(ctx context.Context, c ProducerConfig) (Producer, error)
	// Subscribe attaches a consumer to a subscription, creating topic and subscription if need be. A subscription
	// that is taken exclusively, or attached with another type, fails with [ErrConsumerBusy].
	Subscribe(ctx context.Context, c ConsumerConfig) (Consumer, error)
	// OpenReader opens a reader at a position, creating the topic if need be.
	OpenReader(ctx context.Context, c ReaderConfig) (Reader, error)
	// TerminateTopic ends a topic: what was published stays readable, nothing more is accepted. It returns the id of
	// the last message, [Earliest] if there is none. Doing it again changes nothing; a topic that does not exist
	// fails with [ErrTopicNotFound].
	TerminateTopic(ctx context.Context, t TopicName) (MessageID, error)
	// Health returns nil while the engine can accept and deliver messages.
	Health(ctx context.Context) error
	// Close ends everything that was opened here and stops the engine. What was acknowledged to a producer stays
	// stored if the engine is persistent.
	Close(ctx context.Context) error
}

// ProducerConfig describes a producer. The zero value of each field but Topic is its default.
type ProducerConfig struct {
	// Topic is where the messages go. Required.
	Topic TopicName
	// Name identifies the producer on its topic; two live ones cannot share it. Empty: the engine makes one up.
	Name string
	// MaxPending bounds the messages published and not yet confirmed. 0: 1000.
	MaxPending int
	// SendTimeout fails a message that is not confirmed in time with [ErrTimeout]. 0: no timeout.
	SendTimeout time.Duration
}

// Producer publishes to one topic. All methods are safe for concurrent use.
type Producer interface {
	// Name returns the producer's name, given or made up.
	Name() string
	// Publish publishes what msgs emits and emits one [Receipt] for each message, in the same order.
	//
	// Demand bounds what is in flight: msgs is asked for as many messages as receipts were requested, and for no
	// more than MaxPending ahead of the receipts delivered; an engine may ask for fewer at a time, so that large ones
	// do not pile up in it. A message that fails is a receipt with an error and ends
	// nothing; on a topic that was terminated, each fails with [ErrTopicTerminated]. The flow ends when msgs has ended
	// and all receipts are out; when msgs fails, it fails after them. Each subscription is a flow of its own.
	Publish(msgs reactive.Publisher[OutMessage]) reactive.Flux[Receipt]
	// Send publishes one message; it starts when the Mono is subscribed.
	Send(m OutMessage) reactive.Mono[MessageID]
	// Close waits for what is in flight, frees the name and ends running flows with [ErrClosed].
	Close(ctx context.Context) error
}

// SubscriptionType says how the consumers of one subscription share its messages. The names are Pulsar's.
type SubscriptionType uint8

// The subscription types. The zero value is Exclusive, as in Pulsar.
const (
	// Exclusive allows one consumer; another is refused with [ErrConsumerBusy].
	Exclusive SubscriptionType = iota
	// Shared deals the messages to all consumers as their demand allows.
	Shared
	// Failover lets the first consumer receive and keeps the others waiting in line.
	Failover
	// KeyShared is Shared, with all messages of one key going to one consumer.
	KeyShared
)

// InitialPosition says where a new subscription starts; an existing one keeps its place.
type InitialPosition uint8

// The initial positions. The zero value is Latest, as in Pulsar.
const (
	// StartLatest skips everything that was published before the subscription was made.
	StartLatest InitialPosition = iota
	// StartEarliest begins with the first message that the topic still has.
	StartEarliest
)

// ConsumerConfig describes a consumer and, if it does not exist yet, its subscription.
type ConsumerConfig struct {
	// Topic is where the messages come from. Required.
	Topic TopicName
	// Subscription names the stored position that the consumers share. Required.
	Subscription string
	// Type is how they share it.
	Type SubscriptionType
	// NonDurable makes a new subscription end with its last consumer; an existing one stays what it is.
	NonDurable bool
	// InitialPosition is where a new subscription starts.
	InitialPosition InitialPosition
	// Name identifies the consumer, in logs and statistics. Empty: the engine makes one up.
	Name string
	// AckTimeout gives a delivery that is neither acknowledged nor refused in time back to the subscription.
	// 0: never.
	AckTimeout time.Duration
}

// Consumer is one attachment to a subscription. All methods are safe for concurrent use.
type Consumer interface {
	// Name returns the consumer's name, given or made up.
	Name() string
	// Messages is the flow of deliveries; it allows one subscriber, once. Demand is the pull: the engine is asked for
	// exactly what was requested here and holds nothing back for later. Cancelling returns what is on its way to the
	// subscription; what was delivered stays open until it is settled or Close. The flow completes after Unsubscribe
	// and fails with [ErrClosed] after Close or when the engine stops.
	Messages() reactive.Flux[Message]
	// Settled emits how many deliveries of this consumer have ended since the last value: acknowledged (through
	// whichever consumer), refused, or timed out; each delivery counts once. What a subscriber did not ask for is
	// added up, never queued. It allows one subscriber and completes when the consumer ends. A window of n open
	// deliveries is therefore
	//
	//	reactive.Permits(c.Messages(), reactive.Merge(reactive.Just[int64](n), c.Settled()))
	Settled() reactive.Flux[int64]
	// Ack confirms messages of the subscription, whichever consumer they were delivered to, also those that were
	// refused or timed out and have not come again yet. Confirming one twice, or one that was never delivered, does
	// nothing. An id of another topic fails with [ErrInvalid], the others of the call are confirmed all the same.
	Ack(ids ...MessageID) reactive.Mono[reactive.Void]
	// AckCumulative confirms every message that was delivered up to id; not for Shared and KeyShared
	// ([ErrUnsupported]).
	AckCumulative(id MessageID) reactive.Mono[reactive.Void]
	// Nack refuses a message: it comes again, no earlier than delay, with RedeliveryCount one higher. For a message
	// that is not open it does nothing.
	Nack(id MessageID, delay time.Duration) reactive.Mono[reactive.Void]
	// Unsubscribe deletes the subscription. With other consumers attached it fails with [ErrConsumerBusy].
	Unsubscribe() reactive.Mono[reactive.Void]
	// EndOfTopic tells whether the topic was terminated and everything in it was delivered and acknowledged.
	EndOfTopic() reactive.Mono[bool]
	// Close detaches. Every message delivered here and not acknowledged goes back to the subscription at once and
	// is delivered elsewhere, with RedeliveryCount unchanged where the engine can ([Features]).
	Close(ctx context.Context) error
}

// ReaderConfig describes a reader.
type ReaderConfig struct {
	// Topic is where the messages come from. Required.
	Topic TopicName
	// Start is the position; reading begins after it. [Earliest] and [Latest] are positions too, and the zero value
	// is Latest, as in Pulsar. An id of another topic fails with [ErrInvalid].
	Start MessageID
	// Name identifies the reader, in logs and statistics. Empty: the engine makes one up.
	Name string
}

// Reader reads a topic without any stored position. All methods are safe for concurrent use.
type Reader interface {
	// Name returns the reader's name, given or made up.
	Name() string
	// Messages is the flow of messages from the start position on, then of new ones as they are published. It
	// allows one subscriber; demand is the pull. It fails with [ErrClosed] after Close or when the engine stops.
	Messages() reactive.Flux[Message]
	// EndOfTopic tells whether the topic was terminated and everything in it was delivered here.
	EndOfTopic() reactive.Mono[bool]
	// Close ends the flow.
	Close(ctx context.Context) error
}
