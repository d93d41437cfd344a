package jetstream

import (
	"context"
	"sync"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/emit"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// Publish publishes what msgs emits; see [mq.Producer]. MaxPending bounds each flow by itself; what all flows and Sends
// of a producer have with the server at a time is bounded by it too. Messages are asked for a few at a time, and not at
// all while 8 MiB of them wait for their receipts.
func (p *producer) Publish(msgs reactive.Publisher[mq.OutMessage]) reactive.Flux[mq.Receipt] {
	return reactive.FromPublisher[mq.Receipt](reactive.PublisherFunc[mq.Receipt](
		func(ctx context.Context, s reactive.Subscriber[mq.Receipt]) {
			msgs.Subscribe(ctx, &publishing{producer: p, down: s})
		}))
}

// publishing is one subscription to Publish: a subscriber of the messages and the subscription to the receipts. All
// counts are totals.
type publishing struct {
	producer *producer
	down     reactive.Subscriber[mq.Receipt]
	up       reactive.Subscription

	mu       sync.Mutex
	starting bool  // OnSubscribe of the receipts' subscriber runs: no other signal may
	wanted   int64 // receipts that were requested
	asked    int64 // messages that were requested
	received int64 // messages
	receipts int64 // receipts
	over     bool  // no more messages come, or none are wanted
	err      error // how to end then; nil is success
	ended    bool
}

// OnSubscribe implements [reactive.Subscriber].
func (f *publishing) OnSubscribe(up reactive.Subscription) {
	if f.up != nil {
		up.Cancel()
		return
	}
	f.up, f.starting = up, true
	f.down.OnSubscribe(f)
	if !f.producer.join(f) {
		f.stop(closedError("publish", f.producer.topic.name))
	}
	f.mu.Lock()
	f.starting = false
	f.proceed()
}

// join registers a flow, unless the producer is closed.
func (p *producer) join(f *publishing) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return false
	}
	p.flows[f] = struct{}{}
	return true
}

func (p *producer) leave(f *publishing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.flows, f)
}

// OnNext implements [reactive.Subscriber].
func (f *publishing) OnNext(m mq.OutMessage) {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return
	}
	f.received++
	f.mu.Unlock()
	f.producer.publish(m, f)
	f.resume()
}

// resume asks for more messages if there is room now.
func (f *publishing) resume() {
	f.mu.Lock()
	f.proceed()
}

// OnError implements [reactive.Subscriber].
func (f *publishing) OnError(err error) { f.finish(err) }

// OnComplete implements [reactive.Subscriber].
func (f *publishing) OnComplete() { f.finish(nil) }

// Request implements [reactive.Subscription].
func (f *publishing) Request(n int64) {
	if n < 1 {
		f.stop(reactive.ErrBadRequest)
		return
	}
	f.mu.Lock()
	f.wanted = emit.Add(f.wanted, n)
	f.proceed()
}

// Cancel implements [reactive.Subscription]. What was published stays so.
func (f *publishing) Cancel() {
	f.mu.Lock()
	f.over, f.ended = true, true
	f.mu.Unlock()
	f.up.Cancel()
	f.producer.leave(f)
}

// stop ends the flow from this side: no more messages are taken, and after the receipts of those that were comes err.
func (f *publishing) stop(err error) {
	f.up.Cancel()
	f.finish(err)
}

func (f *publishing) finish(err error) {
	f.mu.Lock()
	if !f.over {
		f.over, f.err = true, err
	}
	f.proceed()
}

// receipt implements receiver.
func (f *publishing) receipt(r mq.Receipt) {
	f.mu.Lock()
	ended := f.ended
	f.mu.Unlock()
	if ended {
		return
	}
	err := emit.Next(f.down, r)
	f.mu.Lock()
	f.receipts++
	if err != nil { // the subscriber is broken: what is still in flight is none of its business
		f.over, f.err, f.received = true, err, f.receipts
		f.mu.Unlock()
		f.up.Cancel()
		f.mu.Lock()
	}
	f.proceed()
}

// proceed asks for more messages or ends the flow, whichever it is time for. It is called with the lock and returns
// without it. The end comes when each message has its receipt, so it is not concurrent with one.
func (f *publishing) proceed() {
	switch {
	case f.starting || f.ended:
		f.mu.Unlock()
	case f.over:
		f.ended = f.received == f.receipts
		ended, err := f.ended, f.err
		f.mu.Unlock()
		if ended {
			f.producer.leave(f)
			emit.End(f.down, err)
		}
	default:
		n := min(f.wanted, f.receipts+int64(f.producer.maxPending), f.received+f.room()) - f.asked
		f.asked += max(n, 0)
		f.mu.Unlock()
		if n > 0 {
			f.up.Request(n)
		}
	}
}

// room is how many messages may be on their way here. Some are asked for at once, not each when the one before came.
func (f *publishing) room() int64 {
	if f.asked-f.received > lookahead/2 || f.producer.held.Load() >= maxInFlight {
		return 0
	}
	return lookahead
}

// Send publishes one message; see [mq.Producer].
func (p *producer) Send(m mq.OutMessage) reactive.Mono[mq.MessageID] {
	return reactive.MonoFrom[mq.MessageID](reactive.PublisherFunc[mq.MessageID](
		func(_ context.Context, down reactive.Subscriber[mq.MessageID]) {
			s := &sending{producer: p, m: m, down: down, starting: true}
			down.OnSubscribe(s)
			s.mu.Lock()
			s.starting = false
			s.begin()
		}))
}

// sending is one subscription to Send.
type sending struct {
	producer *producer
	m        mq.OutMessage
	down     reactive.Subscriber[mq.MessageID]

	mu        sync.Mutex
	starting  bool // OnSubscribe runs: no other signal may
	requested bool
	err       error // to end with before anything is published
	ended     bool
}

// Request starts the publishing.
func (s *sending) Request(n int64) {
	s.mu.Lock()
	if s.requested {
		s.mu.Unlock()
		return
	}
	s.requested = true
	if n < 1 {
		s.err = reactive.ErrBadRequest
	}
	s.begin()
}

// Cancel says that the receipt is not wanted; what was published stays so.
func (s *sending) Cancel() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
}

// begin publishes once it was asked for. It is called with the lock and returns without it.
func (s *sending) begin() {
	ready, err := s.requested && !s.starting && !s.ended, s.err
	s.mu.Unlock()
	switch {
	case !ready:
	case err != nil:
		s.receipt(mq.Receipt{Err: err})
	default:
		s.producer.publish(s.m, s)
	}
}

// receipt implements receiver.
func (s *sending) receipt(r mq.Receipt) {
	s.mu.Lock()
	ended := s.ended
	s.ended = true
	s.mu.Unlock()
	if ended {
		return
	}
	err := r.Err
	if err == nil {
		err = emit.Next(s.down, r.ID)
	}
	emit.End(s.down, err)
}
