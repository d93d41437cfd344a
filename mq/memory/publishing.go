package memory

import (
	"sync"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/emit"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// publishing is one subscription to Publish: a subscriber of the messages and the subscription to their receipts.
type publishing struct {
	producer *producer
	down     reactive.Subscriber[mq.Receipt]
	up       reactive.Subscription

	mu     sync.Mutex
	demand int64 // receipts asked for and not delivered
	asked  int64 // messages asked for whose receipts are not delivered; at most demand and MaxPending
	busy   bool  // a signal to down is on its way, so signals are serial
	over   bool  // nothing more is published
	last   bool  // the last signal was emitted, or must not be
	err    error // what the last signal is to be, if over
}

// OnSubscribe implements [reactive.Subscriber].
func (f *publishing) OnSubscribe(up reactive.Subscription) {
	if f.up != nil { // rule 2.5
		up.Cancel()
		return
	}
	f.up = up
	f.busy = true // nothing may overtake OnSubscribe
	if !f.producer.add(f) {
		f.over, f.err = true, f.producer.fail(mq.ErrClosed)
		up.Cancel()
	}
	f.down.OnSubscribe(f)
	f.idle()
}

// OnNext publishes a message and passes its receipt on.
func (f *publishing) OnNext(m mq.OutMessage) {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return
	}
	f.busy = true
	f.mu.Unlock()

	id, err := f.producer.publish(m)
	err = emit.Next(f.down, mq.Receipt{ID: id, Tag: m.Tag, Err: err})

	f.mu.Lock()
	f.asked--
	if f.demand != reactive.Unbounded {
		f.demand--
	}
	f.mu.Unlock()
	if err != nil {
		f.stop(err)
	}
	f.idle()
}

// OnError ends the flow: every receipt is out.
func (f *publishing) OnError(err error) { f.end(err) }

// OnComplete ends the flow: every receipt is out.
func (f *publishing) OnComplete() { f.end(nil) }

// Request implements [reactive.Subscription].
func (f *publishing) Request(n int64) {
	if n < 1 {
		f.stop(reactive.ErrBadRequest)
		return
	}
	f.mu.Lock()
	f.demand = emit.Add(f.demand, n)
	busy := f.busy
	f.mu.Unlock()
	if !busy {
		f.refill()
	}
}

// Cancel implements [reactive.Subscription].
func (f *publishing) Cancel() {
	f.mu.Lock()
	f.over, f.last = true, true
	f.mu.Unlock()
	f.producer.drop(f)
	f.up.Cancel()
}

// stop ends the flow from this side.
func (f *publishing) stop(err error) {
	f.end(err)
	f.up.Cancel()
}

// end makes err, or completion if it is nil, the last signal.
func (f *publishing) end(err error) {
	f.mu.Lock()
	if f.over {
		f.mu.Unlock()
		return
	}
	f.over, f.err = true, err
	busy := f.busy
	f.mu.Unlock()
	f.producer.drop(f)
	if !busy {
		f.finish()
	}
}

// idle is called when a signal has been taken.
func (f *publishing) idle() {
	f.mu.Lock()
	f.busy = false
	over := f.over
	f.mu.Unlock()
	if over {
		f.finish()
	} else {
		f.refill()
	}
}

// finish emits the last signal once.
func (f *publishing) finish() {
	f.mu.Lock()
	last := f.last
	f.last = true
	f.mu.Unlock()
	if !last {
		emit.End(f.down, f.err)
	}
}

// refill asks for messages: as many as receipts are asked for, no more than MaxPending at a time, and rather half of
// that at once than one by one.
func (f *publishing) refill() {
	f.mu.Lock()
	limit := int64(f.producer.config.MaxPending)
	n := min(f.demand, limit) - f.asked
	if f.over || n <= 0 || (f.asked > 0 && n < limit/2 && f.asked+n < f.demand) {
		f.mu.Unlock()
		return
	}
	f.asked += n
	f.mu.Unlock()
	f.up.Request(n)
}
