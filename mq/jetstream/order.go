package jetstream

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
)

// What an Exclusive or Failover consumer leaves open comes to the next one in the order of the topic. The server delivers
// what it redelivers before what is new, in the order in which it got it back. So the engine gives it back in order, all
// of it, and before anybody pulls. This file is about the two ways in which something could come in between.

// holdFor bounds how long the server delivers nothing if nobody lets it proceed.
const holdFor = 10 * time.Second

// hold makes the server deliver nothing for now, and returns when all that it delivered has arrived, if it matters: on a
// subscription with an order, while a pull is open. Otherwise the server may be about to deliver when the consumer ends
// its subscription to the replies. Such messages it takes back by itself, before those that the consumer gives back,
// which are earlier ones.
func (c *consumer) hold(ctx context.Context) (held bool, err error) {
	s := c.subscription
	if c.kind == mq.Shared || !c.puller.open() {
		return false, nil
	}
	at, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
	if err != nil {
		return false, err
	}
	if i := at.CachedInfo(); i.NumPending == 0 && i.NumAckPending == 0 {
		return false, nil
	}
	if _, err := s.broker.js.PauseConsumer(ctx, s.topic.stream, s.consumer, time.Now().Add(holdFor)); err != nil {
		return false, err
	}
	s.unsynced.Store(true)
	return true, s.sync(ctx) // the answer comes the same way as deliveries, after them
}

// proceed ends hold. The server still has the open pull of the consumer that left. If it found that out only when it has a
// message for it, that message would go behind the others; asked about the subscription, it throws such pulls away.
func (s *subscription) proceed(ctx context.Context) error {
	_, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
	_, resumed := s.broker.js.ResumeConsumer(ctx, s.topic.stream, s.consumer)
	return errors.Join(err, resumed)
}

func (s *subscription) returnAll(rs []returned) {
	slices.SortFunc(rs, func(a, b returned) int { return cmp.Compare(a.seq, b.seq) })
	for _, r := range rs {
		// An error means that the connection is closed for good; the next process gives the message back.
		_ = s.nak(r.seq, r.deliveries, 0)
	}
}

// returnInOrder gives messages back. If others, later ones, are still waiting to be redelivered, those would come first,
// so they have to be given back again, together with the others.
func (s *subscription) returnInOrder(ctx context.Context, rs []returned) error {
	s.mu.Lock()
	scattered := s.scattered
	var waiting []returned
	now := time.Now()
	for seq, due := range s.back {
		if !due.After(now) {
			waiting = append(waiting, returned{seq: seq, deliveries: 1})
		}
	}
	s.mu.Unlock()
	if len(rs) == 0 || len(waiting) == 0 && !scattered {
		s.returnAll(rs)
		return nil
	}
	if scattered { // which others is not known
		at, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
		if err != nil {
			return err
		}
		return s.returnRange(at.CachedInfo(), now)
	}
	rs = append(rs, waiting...)
	if err := s.unqueue(rs); err != nil {
		return err
	}
	s.returnAll(rs)
	return nil
}

// unqueue takes messages that wait for their redelivery out of the server's line: a message that is given back with a
// delay is not in the line, and the delay does not matter if it is given back again without one.
func (s *subscription) unqueue(rs []returned) error {
	for _, r := range rs {
		if err := s.tellNak(r.seq, r.deliveries, forever); err != nil {
			return err
		}
	}
	return nil
}
