package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"sync"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/mq"
)

// When the server fails to write a stream once, it never writes to that stream again, and does not answer who publishes
// to it: it only says so in its log. So the log is where it is noticed.

// writeError finds the stream and the cause in what the server says about it: first its store does, then the stream.
var writeError = regexp.MustCompile(`^(?:Filestore \[(\S+)\] C|JetStream stream '.* > (\S+)' c)ritical write error: (.*)`)

// failures are the streams that the server does not write to any more, with the cause.
type failures struct {
	mu      sync.Mutex
	streams atomic.Pointer[map[string]string] // nil: none; replaced, never changed
}

// of returns why a stream is not written to, or "".
func (f *failures) of(stream string) string {
	if m := f.streams.Load(); m != nil {
		return (*m)[stream]
	}
	return ""
}

// add tells whether the stream was all right before.
func (f *failures) add(stream, why string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of(stream) != "" {
		return false
	}
	m := make(map[string]string)
	if before := f.streams.Load(); before != nil {
		maps.Copy(m, *before)
	}
	m[stream] = why
	f.streams.Store(&m)
	return true
}

// heard is called with each error that the server logs, on a goroutine that may hold the server's locks.
func (b *Broker) heard(text string) {
	m := writeError.FindStringSubmatch(text)
	if m == nil || !b.failures.add(m[1]+m[2], m[3]) {
		return
	}
	// What is sent from now on fails at once; what was sent before will not be answered.
	b.background(func(context.Context) {
		_, _, producers := b.opened()
		for _, p := range producers {
			if err := b.writable("publish", p.topic); err != nil {
				p.mu.Lock()
				p.fail(p.sent, err)
			}
		}
	})
}

// writable returns an error if the topic's stream is not written to any more.
func (b *Broker) writable(op string, t *topic) error {
	why := b.failures.of(t.stream)
	if why == "" {
		return nil
	}
	return &mq.Error{
		Op: op, Topic: t.name.String(), Hint: hintRestart,
		Err: fmt.Errorf("%w: the topic's store cannot be written to: %s", mq.ErrUnavailable, why),
	}
}

// Health returns nil while the embedded server runs, answers, and can store messages of all topics.
func (b *Broker) Health(ctx context.Context) error {
	const op = "health"
	b.mu.Lock()
	closed := b.closed
	b.mu.Unlock()
	switch {
	case closed:
		return closedError(op, mq.TopicName{})
	case !b.server.server.JetStreamEnabled(): // it switches itself off when it is not permitted to write
		return &mq.Error{Op: op, Hint: hintRestart, Err: fmt.Errorf("%w: the store is switched off", mq.ErrUnavailable)}
	}
	if m := b.failures.streams.Load(); m != nil {
		for stream, why := range *m { // one of them is enough
			return &mq.Error{Op: op, Hint: hintRestart, Err: fmt.Errorf(
				"%w: %d topics cannot be written to, one of them %s: %s", mq.ErrUnavailable, len(*m), b.topicOf(stream), why)}
		}
	}
	info, err := b.js.AccountInfo(ctx)
	if err != nil {
		return failed(op, mq.TopicName{}, err)
	}
	if c := b.server.server.JetStreamConfig(); c != nil && info.Store > uint64(c.MaxStore) {
		return &mq.Error{Op: op, Hint: hintStorage, Err: fmt.Errorf(
			"%w: the store has %d bytes, of %d that it may have", mq.ErrQuotaExceeded, info.Store, c.MaxStore)}
	}
	if err := b.tryWriting(); err != nil {
		return &mq.Error{Op: op, Hint: hintStorage, Err: fmt.Errorf("%w: %w", mq.ErrUnavailable, err)}
	}
	return nil
}

// topicOf returns the name of a stream's topic, or of the stream if the topic is not open.
func (b *Broker) topicOf(stream string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, t := range b.topics {
		if t.stream == stream {
			return name.String()
		}
	}
	return "that of stream " + stream
}

// probeSize is one block of most file systems.
const probeSize = 4096

// tryWriting makes a small file in the store directory, which shows a full disk, and a process that may open no more
// files, before the server comes upon them.
func (b *Broker) tryWriting() error {
	f, err := os.CreateTemp(b.config.StoreDir, "fluxsocket.health-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeSize))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
