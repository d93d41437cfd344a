package memory

import (
	"context"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/emit"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// outlet is the Messages flow of one consumer or reader: its subscriber and what that has asked for. All fields but the
// first two are guarded by the topic's lock.
type outlet struct {
	topic *topic
	wake  func() // looks for something to deliver; called without the lock

	s      reactive.Subscriber[mq.Message] // nil before Subscribe and once nothing more may be emitted
	taken  bool                            // there was a subscriber
	demand int64
	busy   bool // a signal is on its way, so signals are serial
	over   bool
	err    error // how it is over; nil is completion
}

// Subscribe implements [reactive.Publisher].
func (o *outlet) Subscribe(_ context.Context, s reactive.Subscriber[mq.Message]) {
	o.topic.mu.Lock()
	if o.taken {
		o.topic.mu.Unlock()
		emit.Reject(s, reactive.ErrSubscribed)
		return
	}
	o.taken, o.s, o.busy = true, s, true // nothing may overtake OnSubscribe
	o.topic.mu.Unlock()
	s.OnSubscribe(o)
	o.topic.mu.Lock()
	o.idle()
	o.topic.mu.Unlock()
	o.wake()
}

// Request implements [reactive.Subscription].
func (o *outlet) Request(n int64) {
	if n < 1 {
		o.end(reactive.ErrBadRequest)
		return
	}
	o.topic.mu.Lock()
	o.demand = emit.Add(o.demand, n)
	o.topic.mu.Unlock()
	o.wake()
}

// Cancel implements [reactive.Subscription]. Nothing is on its way that had to be returned.
func (o *outlet) Cancel() {
	o.topic.mu.Lock()
	defer o.topic.mu.Unlock()
	o.s = nil
}

// ready tells whether a message can be delivered. The topic is locked, as for all that follows but end.
func (o *outlet) ready() bool { return o.s != nil && o.demand > 0 && !o.busy && !o.over }

// deliver emits a message to an outlet that is ready. The lock is released meanwhile.
func (o *outlet) deliver(m mq.Message) {
	s := o.s
	o.busy = true
	if o.demand != reactive.Unbounded {
		o.demand--
	}
	o.topic.mu.Unlock()
	err := emit.Next(s, m)
	o.topic.mu.Lock()
	if err != nil {
		o.over, o.err = true, err
	}
	o.idle()
}

// idle is called when a signal has been taken. It emits the last one if that waited.
func (o *outlet) idle() {
	o.busy = false
	if o.over && o.s != nil {
		s := o.s
		o.s = nil
		o.topic.mu.Unlock()
		emit.End(s, o.err)
		o.topic.mu.Lock()
	}
}

// end makes err, or completion if it is nil, the last signal, unless there is one already.
func (o *outlet) end(err error) {
	o.topic.mu.Lock()
	defer o.topic.mu.Unlock()
	if o.over {
		return
	}
	o.over, o.err = true, err
	if !o.busy {
		o.idle()
	}
}
