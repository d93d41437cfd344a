package jetstream

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
)

// What the server is told about deliveries, and what is remembered of them here.

// delivered notes a delivery and returns its redelivery count: how often the message was refused or timed out before. Of
// earlier processes only the number of deliveries is known, the last of which ended with its process.
func (s *subscription) delivered(d delivery) int {
	raise(&s.lastSeq, d.seq)
	raise(&s.lastDel, d.consumer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.deliveries == 1 {
		s.scattered = false // what is redelivered comes first
		return 0
	}
	delete(s.back, d.seq)
	n, known := s.refused[d.seq]
	if !known && d.seq <= s.recovered {
		n = max(0, int(d.deliveries)-2)
		s.refused[d.seq] = n
	}
	return n
}

func raise(v *atomic.Uint64, to uint64) {
	for {
		before := v.Load()
		if before >= to || v.CompareAndSwap(before, to) {
			return
		}
	}
}

// ack confirms a message to the server. One that was never delivered is left out: the server does nothing about it
// either, but complains in its log.
func (s *subscription) ack(seq uint64) error {
	if seq > s.lastSeq.Load() {
		return nil
	}
	s.mu.Lock()
	delete(s.back, seq)
	delete(s.refused, seq)
	s.mu.Unlock()
	return s.tell(1, seq, 1, nil)
}

var (
	bodyNak      = []byte("-NAK")
	bodyNakDelay = []byte(`-NAK {"delay":`)
)

// nak gives a message back to the server.
func (s *subscription) nak(seq, deliveries uint64, delay time.Duration) error {
	var due time.Time
	if delay > 0 {
		due = time.Now().Add(delay)
	}
	s.mu.Lock()
	s.back[seq] = due
	s.mu.Unlock()
	return s.tellNak(seq, deliveries, delay)
}

// tellNak is nak for a message that may not be open.
func (s *subscription) tellNak(seq, deliveries uint64, delay time.Duration) error {
	body := bodyNak
	if delay > 0 {
		body = append(strconv.AppendInt(slices.Clip(bodyNakDelay), int64(delay), 10), '}')
	}
	// The number of the delivery only has to be one that lies between those of the oldest open message and of the
	// newest delivery.
	return s.tell(deliveries, seq, s.lastDel.Load(), body)
}

// refuse is nak for a delivery that counts.
func (s *subscription) refuse(seq, deliveries uint64, delay time.Duration) error {
	s.mu.Lock()
	s.refused[seq]++
	s.mu.Unlock()
	return s.nak(seq, deliveries, delay)
}

func (s *subscription) tell(deliveries, seq, number uint64, body []byte) error {
	s.unsynced.Store(true)
	return s.broker.in.Publish(s.ackSubject(deliveries, seq, number), body)
}

// ackSubject is the subject that the server listens to for words about a delivery. Time and what is left do not matter.
func (s *subscription) ackSubject(deliveries, seq, number uint64) string {
	b := make([]byte, 0, 128)
	b = append(b, "$JS.ACK."...)
	b = append(b, s.topic.stream...)
	b = append(b, '.')
	b = append(b, s.consumer...)
	for _, n := range [...]uint64{deliveries, seq, number} {
		b = append(b, '.')
		b = strconv.AppendUint(b, n, 10)
	}
	return string(append(b, ".0.0"...))
}

// prune forgets what was given back or refused of messages that the server knows to be acknowledged. An acknowledgement
// can race with a refusal of the same message, or with a redelivery that is on its way: then the entry is made after ack
// has looked for it, and the message does not come again to take it away.
func (s *subscription) prune(ctx context.Context) {
	s.mu.Lock()
	empty := len(s.back) == 0 && len(s.refused) == 0
	s.mu.Unlock()
	if empty {
		return
	}
	c, err := s.broker.js.Consumer(ctx, s.topic.stream, s.consumer)
	if err != nil {
		return // the next sweep tries again
	}
	floor := c.CachedInfo().AckFloor.Stream
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.back, func(seq uint64, _ time.Time) bool { return seq <= floor })
	maps.DeleteFunc(s.refused, func(seq uint64, _ int) bool { return seq <= floor })
}

// syncTimeout bounds the wait for the server's answer to sync, which comes from this process.
const syncTimeout = 10 * time.Second

// sync returns when the server has done what it was told so far. It asks for something impossible and waits for the
// answer: what is told about a consumer is done in order.
func (s *subscription) sync(ctx context.Context) error {
	if !s.unsynced.Swap(false) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	_, err := s.broker.in.RequestWithContext(ctx, s.ackSubject(1, 1, 0), bodyNak)
	if err != nil {
		s.unsynced.Store(true)
	}
	return err
}

// expired gives back what timed out.
func (s *subscription) expired(rows []hub.Row[uint64]) {
	for _, r := range rows {
		// An error means that the connection is closed for good; the next process gives the message back.
		_ = s.refuse(uint64(r.ID.Entry), r.Data, 0)
	}
}
