package mq

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// String returns Pulsar's name of the type: "Exclusive", "Shared", "Failover", "Key_Shared".
func (t SubscriptionType) String() string {
	switch t {
	case Exclusive:
		return "Exclusive"
	case Shared:
		return "Shared"
	case Failover:
		return "Failover"
	case KeyShared:
		return "Key_Shared"
	}
	return fmt.Sprintf("SubscriptionType(%d)", uint8(t))
}

// ParseSubscriptionType is the inverse of String. Case counts, as in Pulsar; the error wraps [ErrInvalid].
func ParseSubscriptionType(s string) (SubscriptionType, error) {
	for t := Exclusive; t <= KeyShared; t++ {
		if s == t.String() {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%w: subscription type %.40q: want Exclusive, Shared, Failover or Key_Shared", ErrInvalid, s)
}

// String returns Pulsar's name of the position: "Latest", "Earliest".
func (p InitialPosition) String() string {
	switch p {
	case StartLatest:
		return "Latest"
	case StartEarliest:
		return "Earliest"
	}
	return fmt.Sprintf("InitialPosition(%d)", uint8(p))
}

// ParseInitialPosition is the inverse of String. Case counts, as in Pulsar; the error wraps [ErrInvalid].
func ParseInitialPosition(s string) (InitialPosition, error) {
	for p := StartLatest; p <= StartEarliest; p++ {
		if s == p.String() {
			return p, nil
		}
	}
	return 0, fmt.Errorf("%w: initial position %.40q: want Latest or Earliest", ErrInvalid, s)
}

// Validate reports all that is wrong with the configuration; errors wrap [ErrInvalid]. Engines call it.
func (c ProducerConfig) Validate() error {
	return errors.Join(
		c.Topic.Validate(),
		checkUTF8("producer name", c.Name),
		checkNotNegative("maximum of pending messages", c.MaxPending),
		checkNotNegative("send timeout", c.SendTimeout),
	)
}

// Validate reports all that is wrong with the configuration; errors wrap [ErrInvalid]. Engines call it.
func (c ConsumerConfig) Validate() error {
	var errs []error
	if c.Subscription == "" {
		errs = append(errs, fmt.Errorf("%w: the subscription has no name", ErrInvalid))
	}
	if c.Type > KeyShared {
		errs = append(errs, fmt.Errorf("%w: unknown %v", ErrInvalid, c.Type))
	}
	if c.InitialPosition > StartEarliest {
		errs = append(errs, fmt.Errorf("%w: unknown %v", ErrInvalid, c.InitialPosition))
	}
	return errors.Join(
		c.Topic.Validate(),
		errors.Join(errs...),
		checkUTF8("subscription name", c.Subscription),
		checkUTF8("consumer name", c.Name),
		checkNotNegative("ack timeout", c.AckTimeout),
	)
}

// Validate reports all that is wrong with the configuration; errors wrap [ErrInvalid]. Engines call it.
func (c ReaderConfig) Validate() error {
	return errors.Join(c.Topic.Validate(), checkUTF8("reader name", c.Name))
}

func checkUTF8(what, s string) error {
	if utf8.ValidString(s) {
		return nil
	}
	return fmt.Errorf("%w: %s %.80q is not valid UTF-8", ErrInvalid, what, s)
}

func checkNotNegative[T ~int | ~int64](what string, v T) error {
	if v >= 0 {
		return nil
	}
	return fmt.Errorf("%w: %s %v is negative", ErrInvalid, what, v)
}
