package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
)

// deliveryInterrupted is called when the connection that deliveries come through was made anew: what was on its way is
// lost, and so are the open pulls.
func (b *Broker) deliveryInterrupted(*nats.Conn) {
	readers, subscriptions, _ := b.opened()
	for _, r := range readers {
		r.recover()
	}
	for _, s := range subscriptions {
		b.background(s.resume)
	}
}

// maxAttempts bounds insist. The connections are made in memory, so nothing takes long.
const maxAttempts = 20

// insist does f until it succeeds or the server refuses it. Other failures mean that the connection was interrupted again.
func (b *Broker) insist(ctx context.Context, f func(ctx context.Context) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var err error
	for range maxAttempts {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		var refused *natsjs.APIError
		if err = f(ctx); err == nil || errors.As(err, &refused) {
			return err
		}
		timer.Reset(pullRetry)
	}
	return err
}

// publishingInterrupted is called when the connection that messages go out through was made anew.
func (b *Broker) publishingInterrupted(*nats.Conn) {
	_, _, producers := b.opened()
	for _, p := range producers {
		p.interrupted()
	}
}

// background runs f on a goroutine of its own that Close waits for. Its context ends with Close. After Close it does
// nothing and returns false.
func (b *Broker) background(f func(ctx context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.work.Add(1)
	go func() {
		defer b.work.Done()
		f(b.ctx)
	}()
	return true
}

// outlive returns what f makes. If ctx ends before that, f goes on, and drop takes what it makes: something that the
// server has made must not be forgotten.
func outlive[T any](
	ctx context.Context, b *Broker, f func(ctx context.Context) (T, error), drop func(ctx context.Context, made T),
) (T, error) {
	type result struct {
		made T
		err  error
	}
	done, left := make(chan result), make(chan struct{})
	defer close(left)
	var none T
	started := b.background(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, openTimeout)
		defer cancel()
		made, err := f(ctx)
		select {
		case done <- result{made, err}:
		case <-left:
			if err == nil {
				drop(ctx, made)
			}
		}
	})
	if !started {
		return none, mq.ErrClosed
	}
	select {
	case r := <-done:
		return r.made, r.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// dropConsumer deletes a consumer of the server that nothing came of. Whether there is one may not be known. If that
// fails too, the consumer is gone when the engine is opened the next time: it is one that is kept in memory.
func (b *Broker) dropConsumer(stream, name string) {
	ctx, cancel := context.WithTimeout(b.ctx, syncTimeout)
	defer cancel()
	_ = b.js.DeleteConsumer(ctx, stream, name)
}

// sweep looks for lost pulls and for what need not be remembered any more.
func (b *Broker) sweep() {
	readers, subscriptions, _ := b.opened()
	for _, r := range readers {
		r.sweep()
	}
	for _, s := range subscriptions {
		for _, c := range s.attached() {
			if c.puller.overdue() {
				c.puller.forget()
			}
		}
	}
	b.background(func(ctx context.Context) {
		for _, s := range subscriptions {
			s.prune(ctx)
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.sweeper.Reset(sweepEvery)
	}
}

// opened returns what is open.
func (b *Broker) opened() (readers []*reader, subscriptions []*subscription, producers []*producer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for r := range b.readers {
		readers = append(readers, r)
	}
	for _, t := range b.topics {
		t.mu.Lock()
		for _, s := range t.subscriptions {
			subscriptions = append(subscriptions, s)
		}
		for _, p := range t.producers {
			producers = append(producers, p)
		}
		t.mu.Unlock()
	}
	return readers, subscriptions, producers
}
