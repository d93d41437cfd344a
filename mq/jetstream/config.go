package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Config describes an embedded engine. The zero value of each field but StoreDir is its default.
type Config struct {
	// StoreDir is the directory that everything is kept in. Required. It is created, readable by its owner only, if it
	// does not exist. One engine at a time may use it.
	StoreDir string
	// MaxTopics bounds the number of topics; creating one more fails with [mq.ErrTooManyTopics]. Each topic costs
	// about 75 KiB of memory and a file descriptor, and recovery after a crash takes about 2 ms per topic.
	// 0: 5000. Above 10000 is not advised.
	MaxTopics int
	// MaxSubscriptions bounds the number of subscriptions of one topic, those included that nobody is attached to;
	// making one more fails with [mq.ErrTooManySubscriptions]. Anybody who may consume can make them, and each is
	// kept until it is deleted. 0: 1000.
	MaxSubscriptions int
	// MaxPayload is the largest payload in bytes. 0: 5 MiB, as in Pulsar. At most 64 MiB.
	MaxPayload int
	// MaxStore bounds what all topics together take on disk, in bytes. Beyond it publishing fails with
	// [mq.ErrQuotaExceeded]. 0: three quarters of what is free when the engine starts.
	MaxStore int64
	// SyncInterval is the longest time after which what was written is forced to the disk. What was confirmed to a
	// producer within that time survives the end of the process, but not a loss of power. 0: two minutes.
	SyncInterval time.Duration
	// SyncAlways forces every message to the disk before it is confirmed: nothing is lost with the power, and a
	// publish costs an fsync.
	SyncAlways bool
	// Logger receives the warnings and errors of the embedded server, and its notices at debug level. Nil: silent.
	Logger *slog.Logger
}

const (
	defaultMaxTopics        = 5000
	defaultMaxSubscriptions = 1000
	defaultMaxPayload       = 5 << 20
	maxMaxPayload           = 64 << 20
)

// Validate reports all that is wrong with the configuration; errors wrap [mq.ErrInvalid]. [Open] calls it.
func (c Config) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{mq.ErrInvalid}, args...)...))
	}
	if c.StoreDir == "" {
		wrong("StoreDir is empty")
	}
	if c.MaxTopics < 0 {
		wrong("MaxTopics %d is negative", c.MaxTopics)
	}
	if c.MaxSubscriptions < 0 {
		wrong("MaxSubscriptions %d is negative", c.MaxSubscriptions)
	}
	if c.MaxPayload < 0 || c.MaxPayload > maxMaxPayload {
		wrong("MaxPayload %d: want 0 to %d bytes", c.MaxPayload, maxMaxPayload)
	}
	if c.MaxStore < 0 {
		wrong("MaxStore %d is negative", c.MaxStore)
	}
	if c.SyncInterval < 0 {
		wrong("SyncInterval %v is negative", c.SyncInterval)
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.MaxTopics == 0 {
		c.MaxTopics = defaultMaxTopics
	}
	if c.MaxSubscriptions == 0 {
		c.MaxSubscriptions = defaultMaxSubscriptions
	}
	if c.MaxPayload == 0 {
		c.MaxPayload = defaultMaxPayload
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
