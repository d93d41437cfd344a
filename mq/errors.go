package mq

import (
	"errors"
	"fmt"
)

// What callers branch on. Engines wrap these, with what they know, so compare with errors.Is.
var (
	ErrClosed               = errors.New("mq: closed")
	ErrTimeout              = errors.New("mq: not confirmed in time")
	ErrUnavailable          = errors.New("mq: engine unavailable")
	ErrTopicNotFound        = errors.New("mq: topic not found")
	ErrTopicTerminated      = errors.New("mq: topic terminated")
	ErrConsumerBusy         = errors.New("mq: subscription is taken")
	ErrProducerBusy         = errors.New("mq: producer name is taken")
	ErrMessageTooLarge      = errors.New("mq: message too large")
	ErrUnsupported          = errors.New("mq: not supported by this engine")
	ErrInvalid              = errors.New("mq: invalid argument")
	ErrQuotaExceeded        = errors.New("mq: topic is full")
	ErrTooManyTopics        = errors.New("mq: too many topics")
	ErrTooManySubscriptions = errors.New("mq: too many subscriptions of the topic")
	ErrUnauthenticated      = errors.New("mq: not authenticated")
	ErrUnauthorized         = errors.New("mq: not authorized")
)

// ErrNotBase64 is the kind of [ErrInvalid] that [ParseMessageID] reports for a text that is not Base64 at all.
var ErrNotBase64 = fmt.Errorf("%w: not standard Base64", ErrInvalid)

// Error is a failure of an engine with its circumstances.
type Error struct {
	// Op is what was attempted, as in "publish" or "subscribe".
	Op string
	// Topic is where, in full, if a topic was involved.
	Topic string
	// Hint says what an operator can do about it; empty if nothing is known.
	Hint string
	// Err is the cause; it wraps one of the sentinels of this package where one applies.
	Err error
}

// Error joins what is known to "mq: op topic: cause (hint)".
func (e *Error) Error() string {
	s := "mq: " + e.Op
	if e.Topic != "" {
		s += " " + e.Topic
	}
	s += ": " + e.Err.Error()
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
