package jetstream

import (
	"context"
	"time"

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
	now := time.Now()
	var err error
	if info.Delivered.Stream-info.AckFloor.Stream > maxReturn {
		err = s.lowerAckWait(ctx, info.Config)
	} else {
		err = s.returnRange(info, now)
	}
	if err == nil {
		err = s.postpone(now)
	}
	if err == nil {
		err = s.sync(ctx)
	}
	return err
}

// returnRange gives back all that may be open, in order, but for what is not due now; maxReturn sequences at most.
func (s *subscription) returnRange(info *natsjs.ConsumerInfo, now time.Time) error {
	first, last := info.AckFloor.Stream+1, info.Delivered.Stream
	var rs []returned
	s.mu.Lock()
	for seq := first; seq <= min(last, first+maxReturn-1); seq++ {
		if !s.back[seq].After(now) {
			rs = append(rs, returned{seq: seq, deliveries: 1})
		}
	}
	s.mu.Unlock()
	if err := s.unqueue(rs); err != nil { // what was given back with a delay before comes by itself after a restart
		return err
	}
	for _, r := range rs {
		if err := s.tellNak(r.seq, r.deliveries, 0); err != nil {
			return err
		}
	}
	return nil
}

// postpone gives back with what is left of its delay what was not due at the given time: the refusal may have got lost
// with the connection, and lowerAckWait ends all delays. One that the server knows of already is set to the same moment.
func (s *subscription) postpone(now time.Time) error {
	later := make(map[uint64]time.Time)
	s.mu.Lock()
	for seq, due := range s.back {
		if due.After(now) {
			later[seq] = due
		}
	}
	s.mu.Unlock()
	for seq, due := range later {
		if err := s.tellNak(seq, 1, time.Until(due)); err != nil {
			return err
		}
	}
	return nil
}

func (s *subscription) lowerAckWait(ctx context.Context, c natsjs.ConsumerConfig) error {
	c.AckWait = lowAckWait
	if _, err := s.broker.js.UpdateConsumer(ctx, s.topic.stream, c); err != nil {
		return err
	}
	timer := time.NewTimer(lowAckWaitFor)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done(): // the next attempt does it again
	}
	c.AckWait = forever
	_, err := s.broker.js.UpdateConsumer(context.WithoutCancel(ctx), s.topic.stream, c)
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// repair undoes what a process that ended at the wrong moment has left behind.
func (s *subscription) repair(ctx context.Context, info *natsjs.ConsumerInfo) error {
	if info.Config.AckWait != forever { // in lowerAckWait
		info.Config.AckWait = forever
		if _, err := s.broker.js.UpdateConsumer(ctx, s.topic.stream, info.Config); err != nil {
			return err
		}
	}
	if info.Paused { // between hold and proceed
		if _, err := s.broker.js.ResumeConsumer(ctx, s.topic.stream, s.consumer); err != nil {
			return err
		}
	}
	return nil
}

// resume gives back what may have got lost, which includes what arrived and is still open: it will be delivered twice.
func (s *subscription) resume(ctx context.Context) {
	if s.enter(ctx) != nil {
		return // the engine is being closed
	}
	err := s.restart(ctx)
	s.exit()
	if err != nil {
		for _, c := range s.attached() {
			c.feed.end(failed("consume", s.topic.name, err))
		}
	}
}

func (s *subscription) restart(ctx context.Context) error {
	if !s.ready || s.removed {
		return nil
	}
	for _, c := range s.attached() {
		c.puller.run(false)
		c.puller.forget()
	}
	err := s.broker.insist(ctx, func(ctx context.Context) error {
		c, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
		if err != nil {
			return err
		}
		s.unsynced.Store(true)
		info := c.CachedInfo()
		raise(&s.lastSeq, info.Delivered.Stream)
		raise(&s.lastDel, info.Delivered.Consumer) // the newest deliveries may be lost
		return s.recover(ctx, info)
	})
	if err == nil {
		s.activate()
	}
	return err
}
