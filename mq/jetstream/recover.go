package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

const (
	// maxReturn is the largest range of sequences that is given back one by one.
	maxReturn = 1 << 18
	// lowAckWait, for lowAckWaitFor, makes the server itself find what is open. It looks 100 ms after the change.
	lowAckWait    = time.Millisecond
	lowAckWaitFor = 500 * time.Millisecond
)

// recover makes the server deliver again what it believes to be open: the consumers that had it ended with an earlier
// process, or the deliveries got lost with a connection. Nothing may be pulled meanwhile, so the gate is held and the
// pullers stand still.
//
// The server does not tell which messages are open, but they lie between two sequences that it does tell, and giving back
// one that is not open does nothing. So all of them are given back, in order. If one message was open for long while
// others were acknowledged, there are too many in between; then the time that the server waits for an acknowledgement is
// set to almost nothing for a moment. That is the second choice because it depends on a timer of the server.
func (s *subscription) recover(ctx context.Context, info *natsjs.ConsumerInfo) error {
	if info.NumAckPending == 0 {
		return nil
	}
	s.mu.Lock()
	s.scattered = true
	s.mu.Unlock()
	if info.Delivered.Stream-info.AckFloor.Stream > maxReturn {
		return s.lowerAckWait(ctx, info.Config)
	}
	if err := s.returnRange(info, 0, nil); err != nil {
		return err
	}
	return s.sync(ctx)
}

// returnRange gives back all that may be open, in order, but for what is in except; maxReturn sequences at most.
func (s *subscription) returnRange(info *natsjs.ConsumerInfo, delay time.Duration, except map[uint64]bool) error {
	first, last := info.AckFloor.Stream+1, info.Delivered.Stream
	for seq := first; seq <= min(last, first+maxReturn-1); seq++ {
		if except[seq] {
			continue
		}
		if err := s.tellNak(seq, 1, delay); err != nil {
			return err
		}
	}
	return nil
}

func (s *subscription) lowerAckWait(ctx context.Context, c natsjs.ConsumerConfig) error {
	low := c
	low.AckWait = lowAckWait
	if _, err := s.broker.js.UpdateConsumer(ctx, s.topic.stream, low); err != nil {
		return err
	}
	timer := time.NewTimer(lowAckWaitFor)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done(): // the next attempt does it again
	}
	_, err := s.broker.js.UpdateConsumer(context.WithoutCancel(ctx), s.topic.stream, c)
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

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

// resume gives back what may have got lost, which includes what arrived and is still open: it will be delivered twice.
func (s *subscription) resume(ctx context.Context) {
	if s.enter(ctx) != nil {
		return // the engine is being closed
	}
	defer s.exit()
	if !s.ready || s.removed {
		return
	}
	members := s.attached()
	for _, c := range members {
		c.puller.run(false)
		c.puller.forget()
	}
	err := s.broker.insist(ctx, func(ctx context.Context) error {
		c, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
		if err != nil {
			return err
		}
		s.unsynced.Store(true)
		return s.recover(ctx, c.CachedInfo())
	})
	if err != nil {
		for _, c := range members {
			c.feed.end(failed("consume", s.topic.name, err))
		}
		return
	}
	s.activate()
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

// sweep looks for lost pulls.
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
