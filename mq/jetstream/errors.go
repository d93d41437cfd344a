package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Error codes of the server (server/errors.json) that callers can do something about.
const (
	codeInsufficientResources = 10023
	codeMemoryExceeded        = 10028
	codeStorageExceeded       = 10047
	codeMessageTooLarge       = 10054
	codeStoreFailed           = 10077
	codeHeadersTooLarge       = 10097
)

const hintStorage = "the disk is full or the store has reached its limit: free space, or raise MaxStore (--max-store)"

// hintRestart is for what the server does not try again.
const hintRestart = hintStorage + "; then restart: until then the topic can be read, but not published to"

// failed describes a failed request of op to the server. It returns nil for nil.
func failed(op string, t mq.TopicName, err error) error {
	if err == nil {
		return nil
	}
	var known *mq.Error
	if errors.As(err, &known) {
		return err
	}
	out := &mq.Error{Op: op, Err: classify(err)}
	if t != (mq.TopicName{}) {
		out.Topic = t.String()
	}
	var api *natsjs.APIError
	if errors.As(err, &api) && isStorage(int(api.ErrorCode)) {
		out.Hint = hintStorage
	}
	return out
}

func isStorage(code int) bool {
	switch code {
	case codeInsufficientResources, codeMemoryExceeded, codeStorageExceeded, codeStoreFailed:
		return true
	}
	return false
}

// isFull tells whether an error means that the store has reached its limit, rather than that it fails.
func isFull(code int) bool { return code == codeInsufficientResources || code == codeStorageExceeded }

// classify wraps a cause with the sentinel of package mq that applies.
func classify(err error) error {
	for _, sentinel := range []error{
		mq.ErrClosed, mq.ErrTimeout, mq.ErrUnavailable, mq.ErrTopicNotFound, mq.ErrTopicTerminated, mq.ErrConsumerBusy,
		mq.ErrProducerBusy, mq.ErrUnsupported, mq.ErrInvalid, mq.ErrTooManyTopics, mq.ErrTooManySubscriptions,
		mq.ErrMessageTooLarge, mq.ErrQuotaExceeded, context.Canceled,
	} {
		if errors.Is(err, sentinel) {
			return err
		}
	}
	var api *natsjs.APIError
	switch {
	case errors.As(err, &api) && isFull(int(api.ErrorCode)):
		return fmt.Errorf("%w: %w", mq.ErrQuotaExceeded, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: %w", mq.ErrTimeout, err)
	case errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("%w: %w", mq.ErrClosed, err)
	case errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: %w", mq.ErrMessageTooLarge, err)
	}
	return fmt.Errorf("%w: %w", mq.ErrUnavailable, err)
}
