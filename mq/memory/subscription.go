package memory

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
)

// subscription is a place in the log. Each entry is in one of five states: below mark or in acked, it is done; with a
// row in the hub, it is open; in backlog, it waits to be delivered, most often again; from next on, it was never looked
// at. What is in none of these is on its way from the hub to the backlog. The topic's lock guards all of it.
type subscription struct {
	topic      *topic
	name       string
	nonDurable bool
	hub        *hub.Hub[int] // with the number of redeliveries

	consumers []*consumer
	turn      int // whose turn it is
	next      int64
	mark      int64
	acked     map[int64]struct{} // at or above mark
	backlog   backlog
	timer     *time.Timer
	timerDue  time.Time // zero: the timer is not running
	gone      bool
}

func newSubscription(t *topic, c mq.ConsumerConfig) *subscription {
	s := &subscription{
		topic:      t,
		name:       c.Subscription,
		nonDurable: c.NonDurable,
		next:       t.end(),
		acked:      make(map[int64]struct{}),
		backlog:    newBacklog(),
	}
	if c.InitialPosition == mq.StartEarliest {
		s.next = t.base
	}
	s.mark = s.next
	s.hub = hub.New(func(rows []hub.Row[int]) { s.giveBack(rows, 1) })
	return s
}

// dispatch delivers what can be delivered. Several goroutines may do so at once, each to another consumer.
func (s *subscription) dispatch() {
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	for {
		c, m, ok := s.pick()
		if !ok {
			return
		}
		c.out.deliver(m)
	}
}

// pick finds a consumer that can be given a message, beginning after the one that got the last, and takes the message
// for it.
func (s *subscription) pick() (*consumer, mq.Message, bool) {
	if s.gone { // what it would deliver may have made room already
		return nil, mq.Message{}, false
	}
	n := len(s.consumers)
	for i := range n {
		at := (s.turn + i) % n
		c := s.consumers[at]
		if !c.out.ready() || !c.att.Active() {
			continue
		}
		m, ok := s.take(c)
		if ok {
			s.turn = at + 1
		}
		return c, m, ok
	}
	return nil, mq.Message{}, false
}

// take opens a delivery to c of the message that is due first: one that waits, else the next of the log.
func (s *subscription) take(c *consumer) (mq.Message, bool) {
	it := s.backlog.pop()
	for it == nil {
		if s.next >= s.topic.end() {
			s.setTimer()
			return mq.Message{}, false
		}
		entry := s.next
		s.next++
		at := s.topic.at(entry).deliverAt
		if it = (&item{entry: entry}); c.typ == mq.Shared && !at.IsZero() && at.After(time.Now()) {
			it.due = at
			s.backlog.push(it)
			it = nil
		}
	}
	e := s.topic.at(it.entry)
	c.att.Track(e.m.ID, it.count) // c has not left: its flow is not over
	return e.delivery(it.count), true
}

// ack marks messages as done that were delivered.
func (s *subscription) ack(ids []mq.MessageID) error {
	var errs []error
	var rows []hub.Row[int]
	s.topic.mu.Lock()
	for _, id := range ids {
		entry, err := s.topic.entry(id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if row, ok := s.hub.Take(id); ok {
			rows = append(rows, row)
			s.setAcked(entry)
		} else if s.backlog.removeDelivered(entry) || s.comingBack(entry) {
			s.setAcked(entry)
		}
	}
	s.topic.mu.Unlock()
	credit(rows)
	return errors.Join(errs...)
}

// ackCumulative marks everything as done that was delivered up to id.
func (s *subscription) ackCumulative(id mq.MessageID) error {
	s.topic.mu.Lock()
	entry, err := s.topic.entry(id)
	if err != nil {
		s.topic.mu.Unlock()
		return err
	}
	entry = min(entry, s.next-1)
	rows := s.hub.TakeThrough(mq.NewMessageID(s.topic.ledger, entry))
	s.backlog.removeThrough(entry)
	for ; s.mark <= entry; s.mark++ {
		delete(s.acked, s.mark)
	}
	s.advance()
	s.topic.mu.Unlock()
	credit(rows)
	return nil
}

// done tells whether an entry is acknowledged.
func (s *subscription) done(entry int64) bool {
	_, ok := s.acked[entry]
	return ok || entry < s.mark
}

// comingBack tells whether a delivery that is not open is being given back at this moment.
func (s *subscription) comingBack(entry int64) bool {
	return entry < s.next && !s.done(entry) && !s.backlog.has(entry)
}

func (s *subscription) setAcked(entry int64) {
	s.acked[entry] = struct{}{}
	s.advance()
}

// advance moves the mark over what is done.
func (s *subscription) advance() {
	for {
		if _, ok := s.acked[s.mark]; !ok {
			return
		}
		delete(s.acked, s.mark)
		s.mark++
	}
}

// nack lets an open delivery wait for delay and be delivered again.
func (s *subscription) nack(id mq.MessageID, delay time.Duration) error {
	s.topic.mu.Lock()
	entry, err := s.topic.entry(id)
	if err != nil {
		s.topic.mu.Unlock()
		return err
	}
	row, ok := s.hub.Take(id)
	if !ok {
		s.topic.mu.Unlock()
		return nil
	}
	it := &item{entry: entry, count: row.Data + 1, delivered: true}
	if delay > 0 {
		it.due = time.Now().Add(delay)
	}
	s.backlog.push(it)
	s.topic.mu.Unlock()
	s.dispatch()
	row.Attachment.Credit(1)
	return nil
}

// giveBack lets deliveries that are no longer open be made again at once. It does not credit them. An acknowledgement may
// have come between the end of the delivery and this.
func (s *subscription) giveBack(rows []hub.Row[int], redeliveries int) {
	s.topic.mu.Lock()
	for _, row := range rows {
		if s.done(row.ID.Entry) {
			continue
		}
		s.backlog.push(&item{entry: row.ID.Entry, count: row.Data + redeliveries, delivered: true})
	}
	s.topic.mu.Unlock()
	s.dispatch()
}

// leave detaches a consumer whose flow has ended.
func (s *subscription) leave(c *consumer) {
	c.att.Leave(func(rows []hub.Row[int]) { s.giveBack(rows, 0) })
	s.topic.mu.Lock()
	s.remove(c)
	if len(s.consumers) == 0 {
		s.stopTimer()
		if s.nonDurable && !s.gone {
			s.topic.removeSubscription(s)
		}
	}
	s.topic.mu.Unlock()
	s.dispatch() // another may have become the active one
}

func (s *subscription) remove(c *consumer) {
	i := slices.Index(s.consumers, c)
	s.consumers = slices.Delete(s.consumers, i, i+1)
	if s.turn > i {
		s.turn--
	}
}

// delete ends the subscription on behalf of its only consumer, which then has to leave.
func (s *subscription) delete(c *consumer) error {
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	if c.closed {
		return mq.ErrClosed
	}
	if n := s.hub.Len(); n > 1 {
		return fmt.Errorf("%w: it has other consumers (%d)", mq.ErrConsumerBusy, n-1)
	}
	c.closed = true
	s.topic.removeSubscription(s)
	return nil
}

// atEnd tells whether the topic was terminated and everything in it is done.
func (s *subscription) atEnd() bool {
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	return s.topic.terminated && s.mark == s.topic.end()
}

// setTimer makes sure that somebody looks when the first delayed message is due. It is needed only when a consumer was
// ready and got nothing: any other finds the message when it asks.
func (s *subscription) setTimer() {
	due, ok := s.backlog.nextDue()
	if !ok || (!s.timerDue.IsZero() && !due.Before(s.timerDue)) {
		return
	}
	s.timerDue = due
	if s.timer == nil {
		s.timer = time.AfterFunc(time.Until(due), s.timeUp)
	} else {
		s.timer.Reset(time.Until(due))
	}
}

func (s *subscription) stopTimer() {
	if s.timer != nil {
		s.timer.Stop()
		s.timerDue = time.Time{}
	}
}

func (s *subscription) timeUp() {
	s.topic.mu.Lock()
	s.timerDue = time.Time{}
	s.topic.mu.Unlock()
	s.dispatch()
}

func credit(rows []hub.Row[int]) {
	for _, row := range rows {
		row.Attachment.Credit(1)
	}
}
