package jetstream

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
)

func TestFailed(t *testing.T) {
	api := func(code natsjs.ErrorCode) error { return &natsjs.APIError{Code: 503, ErrorCode: code} }
	for _, tt := range []struct {
		name string
		err  error
		is   error
		hint string
	}{
		{name: "the caller's time is over", err: context.DeadlineExceeded, is: mq.ErrTimeout},
		{name: "the server did not answer in time", err: fmt.Errorf("x: %w", nats.ErrTimeout), is: mq.ErrTimeout},
		{name: "the caller has left", err: context.Canceled, is: context.Canceled},
		{name: "the connection is closed", err: nats.ErrConnectionClosed, is: mq.ErrClosed},
		{name: "more than a connection takes", err: nats.ErrMaxPayload, is: mq.ErrMessageTooLarge},
		{name: "the store has reached its limit", err: api(codeInsufficientResources), is: mq.ErrQuotaExceeded, hint: "--max-store"},
		{name: "the account has reached its limit", err: api(codeStorageExceeded), is: mq.ErrQuotaExceeded, hint: "--max-store"},
		{name: "the store fails", err: api(codeStoreFailed), is: mq.ErrUnavailable, hint: "free space"},
		{name: "another answer of the server", err: api(1), is: mq.ErrUnavailable},
		{name: "known already", err: fmt.Errorf("%w: x", mq.ErrInvalid), is: mq.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := failed("do", testTopic("a"), tt.err)
			var e *mq.Error
			if !errors.Is(err, tt.is) || !errors.As(err, &e) || e.Op != "do" || !strings.Contains(e.Hint, tt.hint) || (tt.hint == "") != (e.Hint == "") {
				t.Fatalf("got %v, want an *mq.Error that wraps %v, with %q in its hint", err, tt.is, tt.hint)
			}
			for _, other := range []error{mq.ErrTimeout, mq.ErrUnavailable, mq.ErrQuotaExceeded} {
				if other != tt.is && errors.Is(err, other) {
					t.Errorf("%v wraps %v too", err, other)
				}
			}
		})
	}
	if err := failed("do", testTopic("a"), nil); err != nil {
		t.Errorf("of nil: %v", err)
	}
}

// A store that is full says so, and not that the queue is out of order. So does Health.
func TestStoreFull(t *testing.T) {
	b := openBroker(t, Config{MaxStore: 1 << 20})
	p := openProducer(t, b, mq.ProducerConfig{Topic: testTopic("a")})
	if err := b.Health(testContext(t)); err != nil {
		t.Errorf("Health before = %v, want nil", err)
	}
	var err error
	for range 10 {
		if _, err = p.Send(mq.OutMessage{Payload: make([]byte, 300_000)}).Block(testContext(t)); err != nil {
			break
		}
	}
	var e *mq.Error
	if !errors.Is(err, mq.ErrQuotaExceeded) || !errors.As(err, &e) || !strings.Contains(e.Hint, "--max-store") {
		t.Errorf("3 MB into a store of 1 MiB: error = %v, want %v with a hint", err, mq.ErrQuotaExceeded)
	}
	if err := b.Health(testContext(t)); !errors.Is(err, mq.ErrQuotaExceeded) || !errors.As(err, &e) || !strings.Contains(e.Hint, "--max-store") {
		t.Errorf("Health = %v, want %v with a hint", err, mq.ErrQuotaExceeded)
	}
}

// A store directory that cannot be written to shows in Health before anybody publishes.
func TestHealthWrites(t *testing.T) {
	b := openBroker(t, Config{})
	dir := b.config.StoreDir
	if err := b.Health(testContext(t)); err != nil {
		t.Fatalf("Health = %v, want nil", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "fluxsocket.health-*")); err != nil || len(left) > 0 {
		t.Errorf("Health leaves %v (%v)", left, err)
	}
	b.config.StoreDir = filepath.Join(dir, "gone")
	var e *mq.Error
	if err := b.Health(testContext(t)); !errors.Is(err, mq.ErrUnavailable) || !errors.As(err, &e) || e.Hint != hintStorage {
		t.Errorf("Health = %v, want %v with a hint", err, mq.ErrUnavailable)
	}
}
