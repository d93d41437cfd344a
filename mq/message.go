package mq

import (
	"fmt"
	"time"
)

// OutMessage is a message to publish. It belongs to the producer from the moment it is emitted until its receipt.
type OutMessage struct {
	// Payload is the content; empty is legal.
	Payload []byte
	// Key groups messages (KeyShared, compaction). HasKey tells an empty key from none.
	Key    string
	HasKey bool
	// Properties are the application's own attributes; nil is none.
	Properties map[string]string
	// EventTime is when the thing happened that the message tells of. Zero: not stated.
	EventTime time.Time
	// DeliverAt holds the message back until then. Zero or past: deliver at once. Engines without delayed delivery
	// ([Features]) fail the message with [ErrUnsupported] rather than deliver it early, and all of them one that is to
	// wait beyond the year 9999 with [ErrInvalid].
	DeliverAt time.Time
	// Tag is handed back in the receipt; engines do not look at it.
	Tag any
	// Err marks a message that could not be made. It is not published: its receipt carries Err, in its place in the
	// order. So a request that does not decode travels the same way as one that does.
	Err error
}

// Validate returns what is wrong with the message for every engine, or nil: RFC 3339, and so what engines tell each other
// of times, ends with the year 9999. Errors wrap [ErrInvalid].
func (m *OutMessage) Validate() error {
	if y := m.DeliverAt.UTC().Year(); y > maxYear {
		return fmt.Errorf("%w: it is to be delivered in the year %d, which is after %d", ErrInvalid, y, maxYear)
	}
	return nil
}

const maxYear = 9999

// Receipt is the outcome of one [OutMessage].
type Receipt struct {
	// ID is the stored message's id, meaningless if Err is set.
	ID MessageID
	// Tag is the message's.
	Tag any
	// Err is nil if the message is stored as the engine promises ([Features]).
	Err error
}

// Message is one delivery. It is the receiver's own: engines neither reuse nor change what it points to.
type Message struct {
	// ID is the same for every delivery of the message, and equal to its receipt's.
	ID MessageID
	// Topic is where it was published.
	Topic TopicName
	// Payload is the content, never nil.
	Payload []byte
	// Key and HasKey are the publisher's.
	Key    string
	HasKey bool
	// Properties are the publisher's; nil is none.
	Properties map[string]string
	// PublishTime is when the engine stored it.
	PublishTime time.Time
	// EventTime is the publisher's; zero if it stated none.
	EventTime time.Time
	// RedeliveryCount is how often it was delivered on this subscription before and refused or timed out; see
	// [Features.UncountedReturn] for consumers that left.
	RedeliveryCount int
}
