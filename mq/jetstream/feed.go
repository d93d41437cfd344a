package jetstream

import (
	"context"
	"sync"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/emit"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// feed is the downstream end of a Messages flow: it has one subscriber, and its signals never overlap although messages
// come from the connection and the end comes from anywhere. It holds no messages.
type feed struct {
	request func(n int64) // more is wanted
	cancel  func()        // nothing more is wanted; called once, before or after the end

	mu       sync.Mutex
	down     reactive.Subscriber[mq.Message]
	starting bool  // OnSubscribe runs
	held     int64 // requested while it runs
	busy     bool  // another signal is being delivered
	ending   bool  // the end is decided, but perhaps not delivered yet
	err      error // how it ends; nil is success
	over     bool  // nothing may be delivered any more
}

// Subscribe implements [reactive.Publisher].
func (f *feed) Subscribe(_ context.Context, s reactive.Subscriber[mq.Message]) {
	f.mu.Lock()
	if f.down != nil {
		f.mu.Unlock()
		emit.Reject(s, reactive.ErrSubscribed)
		return
	}
	f.down, f.starting = s, true
	f.mu.Unlock()
	s.OnSubscribe(f)
	f.mu.Lock()
	f.starting = false
	n := f.held
	f.settle()
	if n > 0 {
		f.request(n)
	}
}

// Request implements [reactive.Subscription].
func (f *feed) Request(n int64) {
	if n < 1 {
		f.fail(reactive.ErrBadRequest)
		return
	}
	f.mu.Lock()
	if f.starting {
		f.held = emit.Add(f.held, n)
		n = 0
	}
	f.mu.Unlock()
	if n > 0 {
		f.request(n)
	}
}

// Cancel implements [reactive.Subscription].
func (f *feed) Cancel() {
	f.cancel()
	f.mu.Lock()
	f.over = true
	f.mu.Unlock()
}

// next delivers a message. It returns false if nobody wants it any more. Calls are serial.
func (f *feed) next(m mq.Message) bool {
	f.mu.Lock()
	if f.over || f.ending {
		f.mu.Unlock()
		return false
	}
	f.busy = true
	f.mu.Unlock()
	err := emit.Next(f.down, m)
	f.mu.Lock()
	f.busy = false
	f.settle()
	if err != nil {
		f.fail(err)
	}
	return true
}

// fail ends the flow because of its subscriber.
func (f *feed) fail(err error) {
	f.end(err)
	f.cancel()
}

// end ends the flow, with success if err is nil: at once, or when the signal that is being delivered is done. Only the
// first end counts. It reports whether a signal is being delivered; the caller may be the one who is.
func (f *feed) end(err error) (busy bool) {
	f.mu.Lock()
	if !f.ending {
		f.ending, f.err = true, err
	}
	busy = f.busy || f.starting
	f.settle()
	return busy
}

// settle delivers the end if it is time for it. It is called with the lock and returns without it.
func (f *feed) settle() {
	if !f.ending || f.over || f.busy || f.starting || f.down == nil {
		f.mu.Unlock()
		return
	}
	f.over, f.busy = true, true
	f.mu.Unlock()
	emit.End(f.down, f.err)
	f.mu.Lock()
	f.busy = false
	f.mu.Unlock()
}
