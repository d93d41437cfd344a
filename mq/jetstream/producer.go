package jetstream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/fluxsocket/fluxsocket/mq"
)

const (
	defaultMaxPending = 1000
	// maxInFlight bounds the bytes of one producer that the server has not confirmed, so that large messages do not
	// pile up in its memory. One message that is larger goes alone. When that much waits for its receipt, with the
	// server or behind it, no more messages are asked for.
	maxInFlight = 8 << 20
	// lookahead is how many messages are asked for at a time, because how large they are shows only when they are
	// there: that many may go beyond maxInFlight.
	lookahead = 8
)

// producer publishes to one topic.
//
// What is in flight stands in one queue, in the order of publishing, with a running number that is also the last token
// of the message's reply subject: the server's confirmation arrives there. Receipts leave the queue at its head, so
// they are in order, whatever order the confirmations had. At most maxPending entries from the head on, and maxInFlight
// bytes, are with the server; what is published beyond that waits behind them.
//
// Receipts are handed out by whoever finds the head confirmed and nobody at it, without the lock.
type producer struct {
	broker     *Broker
	topic      *topic
	name       string
	maxPending int
	timeout    time.Duration // 0: none
	inbox      string        // prefix of the reply subjects
	stored     string        // what the server's answer begins with if all is well
	confirms   *nats.Subscription

	mu         sync.Mutex
	queue      []entry      // a ring, its length a power of two; entry n stands at n mod length
	head       uint64       // the first entry without receipt
	sent       uint64       // the first entry that is not with the server
	tail       uint64       // the number of the next entry
	inFlight   int          // bytes of the entries from head to sent
	held       atomic.Int64 // bytes of the entries from head to tail; changed under mu
	delivering bool
	timer      *time.Timer // nil: no message had a deadline yet
	timing     bool
	closing    bool
	idle       chan struct{} // made by Close, closed when the queue is empty
	flows      map[*publishing]struct{}

	msg         nats.Msg // scratch of send, as are the next two
	reply, meta []byte
}

// entry is a message from its publishing to its receipt.
type entry struct {
	m        mq.OutMessage // cleared but for the tag once it is with the server
	to       receiver
	deadline time.Time
	bytes    int  // what it counts for
	inFlight bool // it is with the server
	id       mq.MessageID
	err      error
	done     bool
}

// receiver gets the receipt of what it published. Calls are serial.
type receiver interface{ receipt(r mq.Receipt) }

// OpenProducer makes a producer; see [mq.Broker].
func (b *Broker) OpenProducer(ctx context.Context, c mq.ProducerConfig) (mq.Producer, error) {
	const op = "open producer"
	if err := c.Validate(); err != nil {
		return nil, &mq.Error{Op: op, Topic: c.Topic.String(), Err: err}
	}
	t, err := b.openTopic(ctx, c.Topic, true)
	if err != nil {
		return nil, err
	}
	if t.terminated.Load() {
		return nil, &mq.Error{Op: op, Topic: c.Topic.String(), Err: mq.ErrTopicTerminated}
	}
	if err := b.writable(op, t); err != nil {
		return nil, err
	}
	p := &producer{
		broker:     b,
		topic:      t,
		name:       c.Name,
		maxPending: c.MaxPending,
		timeout:    c.SendTimeout,
		inbox:      nats.NewInbox() + ".",
		stored:     `{"stream":"` + t.stream + `","seq":`,
		flows:      make(map[*publishing]struct{}),
	}
	if p.maxPending == 0 {
		p.maxPending = defaultMaxPending
	}
	if p.name == "" {
		p.name = "producer-" + nuid.Next()
	}
	if err := t.addProducer(p); err != nil {
		return nil, err
	}
	p.confirms, err = b.out.Subscribe(p.inbox+"*", p.confirmed)
	if err == nil {
		err = p.confirms.SetPendingLimits(-1, -1) // maxPending bounds it
	}
	if err != nil {
		t.removeProducer(p)
		return nil, failed(op, c.Topic, err)
	}
	return p, nil
}

func (t *topic) addProducer(p *producer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return closedError("open producer", t.name)
	case t.producers[p.name] != nil:
		return &mq.Error{Op: "open producer", Topic: t.name.String(), Err: fmt.Errorf("%w: %q", mq.ErrProducerBusy, p.name)}
	}
	t.producers[p.name] = p
	return nil
}

func (t *topic) removeProducer(p *producer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.producers, p.name)
}

// Name returns the producer's name.
func (p *producer) Name() string { return p.name }

// Close waits for what is in flight, frees the name and ends running flows with [mq.ErrClosed]. If the context ends
// first, what is in flight fails with [mq.ErrClosed] too: it may or may not be stored.
func (p *producer) Close(ctx context.Context) error {
	p.mu.Lock()
	if p.closing {
		idle := p.idle
		p.mu.Unlock()
		select {
		case <-idle:
			return nil
		case <-ctx.Done():
			return failed("close producer", p.topic.name, context.Cause(ctx))
		}
	}
	p.closing, p.idle = true, make(chan struct{})
	flows := make([]*publishing, 0, len(p.flows))
	for f := range p.flows {
		flows = append(flows, f)
	}
	p.settle() // the queue may be empty already
	for _, f := range flows {
		f.stop(closedError("publish", p.topic.name))
	}
	var err error
	select {
	case <-p.idle:
	case <-ctx.Done():
		err = failed("close producer", p.topic.name, context.Cause(ctx))
		p.mu.Lock()
		p.fail(p.tail, closedError("publish", p.topic.name))
	}
	_ = p.confirms.Unsubscribe() // fails if the connection is closed, and then it has ended
	p.mu.Lock()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	p.topic.removeProducer(p)
	return err
}

// publish puts m at the end of the queue and, if there is room, sends it.
func (p *producer) publish(m mq.OutMessage, to receiver) {
	p.mu.Lock()
	e := entry{m: m, to: to, bytes: size(&m)}
	switch {
	case m.Err != nil:
		e.err, e.done = m.Err, true
	case p.closing:
		e.err, e.done = closedError("publish", p.topic.name), true
	case p.timeout > 0:
		e.deadline = time.Now().Add(p.timeout)
		p.watch(p.timeout)
	}
	p.push(e)
	p.settle()
}

// settle sends what may be sent, and hands out what is done at the head. It is called with the lock and returns
// without it.
func (p *producer) settle() {
	p.sendAll()
	if p.delivering {
		p.mu.Unlock()
		return
	}
	p.delivering = true
	for p.head != p.tail && p.at(p.head).done {
		at := p.at(p.head)
		e := *at
		*at = entry{}
		p.head++
		if e.inFlight {
			p.inFlight -= e.bytes
		}
		held := p.held.Add(-int64(e.bytes))
		p.sendAll()
		var waiting []*publishing // all flows stood still if there was no room
		if held < maxInFlight && held+int64(e.bytes) >= maxInFlight {
			waiting = slices.Collect(maps.Keys(p.flows))
		}
		p.mu.Unlock()
		e.to.receipt(mq.Receipt{ID: e.id, Tag: e.m.Tag, Err: e.err})
		for _, f := range waiting {
			f.resume()
		}
		p.mu.Lock()
	}
	p.delivering = false
	if p.idle != nil && p.head == p.tail {
		select {
		case <-p.idle:
		default:
			close(p.idle)
		}
	}
	p.mu.Unlock()
}

// sendAll gives the server what the window has room for. The lock is held: sending must be in the order of the queue.
func (p *producer) sendAll() {
	p.sent = max(p.sent, p.head)
	for p.sent != p.tail && p.sent-p.head < uint64(p.maxPending) {
		if e := p.at(p.sent); !e.done {
			if p.inFlight > 0 && p.inFlight+e.bytes > maxInFlight {
				return
			}
			if e.err = p.send(p.sent, &e.m); e.err != nil {
				e.done = true
			} else {
				e.inFlight = true
				p.inFlight += e.bytes
			}
			e.m = mq.OutMessage{Tag: e.m.Tag}
		}
		p.sent++
	}
}

// size is about what a message takes with the server.
func size(m *mq.OutMessage) int {
	n := len(m.Payload) + len(m.Key)
	for k, v := range m.Properties {
		n += len(k) + len(v)
	}
	return n
}

// confirmed is called with what arrives on a reply subject.
func (p *producer) confirmed(m *nats.Msg) {
	n, err := strconv.ParseUint(m.Subject[len(p.inbox):], 10, 64)
	if err != nil {
		return // not ours
	}
	seq, err := p.parseConfirmation(m)
	p.mu.Lock()
	if n < p.head || n >= p.sent || p.at(n).done {
		p.mu.Unlock() // it was given up before
		return
	}
	e := p.at(n)
	e.done, e.err = true, err
	if err == nil {
		e.id = p.topic.id(seq)
	}
	p.settle()
}

// interrupted gives up what the server may or may not have got.
func (p *producer) interrupted() {
	p.mu.Lock()
	p.fail(p.sent, p.rejected("the connection was interrupted: the message may be stored or not", ""))
}

// fail gives up what is in flight before entry end. It is called with the lock and returns without it.
func (p *producer) fail(end uint64, err error) {
	for n := p.head; n != end; n++ {
		if e := p.at(n); !e.done {
			e.done, e.err = true, err
		}
	}
	p.settle()
}

// watch sets the timer for the head of the queue, which has the earliest deadline. It is not moved when the head gets
// its receipt: it fires, finds nothing due and is set for the new head. The lock is held.
func (p *producer) watch(d time.Duration) {
	if p.timing {
		return
	}
	p.timing = true
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.expire)
	} else {
		p.timer.Reset(d)
	}
}

func (p *producer) expire() {
	p.mu.Lock()
	p.timing = false
	now := time.Now()
	for n := p.head; n != p.tail; n++ {
		e := p.at(n)
		if e.done {
			continue
		}
		if e.deadline.After(now) {
			p.watch(e.deadline.Sub(now))
			break
		}
		e.done = true
		e.err = &mq.Error{Op: "publish", Topic: p.topic.name.String(), Err: mq.ErrTimeout}
	}
	p.settle()
}

func (p *producer) at(n uint64) *entry { return &p.queue[n&uint64(len(p.queue)-1)] }

const minQueue = 16

func (p *producer) push(e entry) {
	if int(p.tail-p.head) == len(p.queue) {
		grown := make([]entry, max(minQueue, 2*len(p.queue)))
		for n := p.head; n != p.tail; n++ {
			grown[n&uint64(len(grown)-1)] = *p.at(n)
		}
		p.queue = grown
	}
	*p.at(p.tail) = e
	p.tail++
	p.held.Add(int64(e.bytes))
}
