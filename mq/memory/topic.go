package memory

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
)

// topic is a log and those who read it. Its lock guards everything that hangs on the topic, down to the demand of each
// consumer, and is never held while a subscriber is called.
type topic struct {
	broker *Broker
	name   mq.TopicName
	ledger int64

	mu         sync.Mutex
	log        []stored // entry n is log[n-base]
	base       int64
	size       int64
	terminated bool
	subs       map[string]*subscription
	producers  map[string]*producer
	members    []dispatcher // subscriptions and readers; replaced, never changed
}

// dispatcher is who may have something to deliver when a message was published.
type dispatcher interface{ dispatch() }

// stored is a message as published. Nothing that it points to is ever changed or handed out.
type stored struct {
	m         mq.Message
	deliverAt time.Time
}

// overhead is roughly what a message takes beside its content.
const overhead = 256

func (e *stored) size() int64 {
	n := overhead + len(e.m.Payload) + len(e.m.Key)
	for k, v := range e.m.Properties {
		n += len(k) + len(v)
	}
	return int64(n)
}

// delivery returns a message that belongs to its receiver.
func (e *stored) delivery(redeliveries int) mq.Message {
	m := e.m
	m.Payload = append([]byte{}, m.Payload...)
	m.Properties = maps.Clone(m.Properties)
	m.RedeliveryCount = redeliveries
	return m
}

// publish stores a message and hands it to whoever waits for it.
func (t *topic) publish(m mq.OutMessage) (mq.MessageID, error) {
	if n := len(m.Payload); n > t.broker.config.MaxPayload {
		return mq.MessageID{}, fmt.Errorf("%w: payload of %d bytes, at most %d", mq.ErrMessageTooLarge, n, t.broker.config.MaxPayload)
	}
	if err := m.Validate(); err != nil {
		return mq.MessageID{}, err
	}
	id, members, err := t.append(m)
	for _, d := range members {
		d.dispatch()
	}
	return id, err
}

func (t *topic) append(m mq.OutMessage) (mq.MessageID, []dispatcher, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.terminated {
		return mq.MessageID{}, nil, mq.ErrTopicTerminated
	}
	e := stored{
		m: mq.Message{
			ID:          mq.NewMessageID(t.ledger, t.end()),
			Topic:       t.name,
			Payload:     append([]byte{}, m.Payload...),
			Key:         m.Key,
			HasKey:      m.HasKey,
			Properties:  maps.Clone(m.Properties),
			PublishTime: time.Now().Round(0), // no monotonic reading, as after any way over a wire
			EventTime:   m.EventTime,
		},
		deliverAt: m.DeliverAt,
	}
	n := e.size()
	if !t.makeRoom(n) {
		return mq.MessageID{}, nil, fmt.Errorf("%w: %d bytes are not acknowledged", mq.ErrQuotaExceeded, t.size)
	}
	t.log = append(t.log, e)
	t.size += n
	return e.m.ID, t.members, nil
}

// makeRoom lets the oldest messages go that every subscription has acknowledged, if it must.
func (t *topic) makeRoom(n int64) bool {
	limit := t.broker.config.MaxTopicBytes
	if t.size+n <= limit {
		return true
	}
	keep := t.end()
	for _, s := range t.subs {
		keep = min(keep, s.mark)
	}
	for t.base < keep && t.size+n > limit {
		t.size -= t.log[0].size()
		t.log[0] = stored{}
		t.log = t.log[1:]
		t.base++
	}
	return t.size+n <= limit
}

// end is the number that the next entry gets.
func (t *topic) end() int64 { return t.base + int64(len(t.log)) }

func (t *topic) at(entry int64) *stored { return &t.log[entry-t.base] }

// entry returns the number of a message of this topic.
func (t *topic) entry(id mq.MessageID) (int64, error) {
	if id.Key() != mq.NewMessageID(t.ledger, id.Entry) || id.Entry < 0 {
		return 0, fmt.Errorf("%w: message id %v is of another topic", mq.ErrInvalid, id)
	}
	return id.Entry, nil
}

// terminate ends the topic and returns the last id.
func (t *topic) terminate() mq.MessageID {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.terminated = true
	if t.end() == 0 {
		return mq.Earliest
	}
	return mq.NewMessageID(t.ledger, t.end()-1)
}

func (t *topic) addProducer(c mq.ProducerConfig) (*producer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.terminated {
		return nil, mq.ErrTopicTerminated
	}
	if _, taken := t.producers[c.Name]; taken {
		return nil, fmt.Errorf("%w: %q", mq.ErrProducerBusy, c.Name)
	}
	p := newProducer(t, c)
	t.producers[c.Name] = p
	return p, nil
}

func (t *topic) addConsumer(c mq.ConsumerConfig) (*consumer, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.subs[c.Subscription]
	if !ok {
		if n := len(t.subs); n >= t.broker.config.MaxSubscriptions {
			return nil, fmt.Errorf("%w: there are %d already", mq.ErrTooManySubscriptions, n)
		}
		s = newSubscription(t, c)
	}
	a, err := s.hub.Attach(hub.Options{Type: c.Type, AckTimeout: c.AckTimeout})
	if err != nil {
		return nil, err
	}
	if !ok {
		t.subs[c.Subscription] = s
		t.members = append(slices.Clip(t.members), s)
	}
	cons := &consumer{name: c.Name, typ: c.Type, sub: s, att: a}
	cons.out = outlet{topic: t, wake: s.dispatch}
	s.consumers = append(s.consumers, cons)
	return cons, nil
}

// removeSubscription is called with the lock held.
func (t *topic) removeSubscription(s *subscription) {
	s.gone = true
	s.stopTimer()
	delete(t.subs, s.name)
	t.removeMember(s)
}

func (t *topic) removeMember(d dispatcher) {
	t.members = slices.DeleteFunc(slices.Clone(t.members), func(m dispatcher) bool { return m == d })
}

func (t *topic) addReader(c mq.ReaderConfig) (*reader, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &reader{name: c.Name}
	switch c.Start {
	case mq.Earliest:
		r.next = t.base
	case mq.Latest, mq.MessageID{}:
		r.next = t.end()
	default:
		entry, err := t.entry(c.Start)
		if err != nil {
			return nil, err
		}
		r.next = entry + 1
	}
	r.out = outlet{topic: t, wake: r.dispatch}
	t.members = append(slices.Clip(t.members), r)
	return r, nil
}
