package hub

import (
	"context"
	"sync"

	"github.com/fluxsocket/fluxsocket/mq/internal/emit"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// tally is a publisher of one number that grows until somebody asks for it. It allows one subscriber.
//
// Whoever finds something to emit and nobody emitting does it, without the lock, and goes on until nothing is left;
// so signals are serial and no goroutine is needed.
type tally struct {
	mu       sync.Mutex
	s        reactive.Subscriber[int64] // nil before Subscribe and once nothing more may be emitted
	taken    bool                       // there was a subscriber
	count    int64                      // not emitted yet
	demand   int64
	over     bool  // complete, or fail with err
	err      error // the subscriber's own: a bad request, a panic
	emitting bool
}

// add makes the number n larger.
func (t *tally) add(n int64) {
	t.mu.Lock()
	t.count = emit.Add(t.count, n)
	t.drain()
}

// complete ends the flow; a number that nobody asked for is lost.
func (t *tally) complete() {
	t.mu.Lock()
	t.over = true
	t.drain()
}

// Subscribe implements [reactive.Publisher].
func (t *tally) Subscribe(_ context.Context, s reactive.Subscriber[int64]) {
	t.mu.Lock()
	if t.taken {
		t.mu.Unlock()
		emit.Reject(s, reactive.ErrSubscribed)
		return
	}
	t.taken, t.s, t.emitting = true, s, true // nothing may overtake OnSubscribe
	t.mu.Unlock()
	s.OnSubscribe(t)
	t.mu.Lock()
	t.emitting = false
	t.drain()
}

// Request implements [reactive.Subscription].
func (t *tally) Request(n int64) {
	t.mu.Lock()
	if n < 1 {
		t.over, t.err = true, reactive.ErrBadRequest
	} else {
		t.demand = emit.Add(t.demand, n)
	}
	t.drain()
}

// Cancel implements [reactive.Subscription].
func (t *tally) Cancel() {
	t.mu.Lock()
	t.s = nil
	t.mu.Unlock()
}

// drain is called with the lock held and returns without it.
func (t *tally) drain() {
	if t.emitting {
		t.mu.Unlock()
		return
	}
	t.emitting = true
	for t.s != nil {
		s := t.s
		if t.count == 0 || t.demand == 0 || t.err != nil {
			if t.over {
				t.end(s)
			}
			break
		}
		n := t.count
		t.count = 0
		if t.demand != reactive.Unbounded {
			t.demand--
		}
		t.mu.Unlock()
		err := emit.Next(s, n)
		t.mu.Lock()
		if err != nil {
			t.over, t.err = true, err
		}
	}
	t.emitting = false
	t.mu.Unlock()
}

// end emits the last signal. The lock is released meanwhile.
func (t *tally) end(s reactive.Subscriber[int64]) {
	err := t.err
	t.s = nil
	t.mu.Unlock()
	emit.End(s, err)
	t.mu.Lock()
}
