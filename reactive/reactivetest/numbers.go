package reactivetest

import (
	"context"
	"math"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/reactive"
)

var background = context.Background()

// numbers is the well-behaved publisher under the operators that are examined: 0, 1, 2, ... up to n values, or a
// failure instead of completion. It emits in a loop run by whoever requests first, or on a goroutine of its own.
type numbers struct {
	n     int
	err   error
	async bool
}

func (p numbers) Subscribe(_ context.Context, s reactive.Subscriber[int]) {
	r := &run{numbers: p, down: s, subscribed: make(chan struct{})}
	s.OnSubscribe(r)
	close(r.subscribed)
	if p.n == 0 && r.demand.Add(1) == 1 {
		r.loop() // there is nothing to ask for
	}
}

// run is one subscription to numbers. A positive demand means that the loop runs; it stays so once the run has ended.
type run struct {
	numbers
	down       reactive.Subscriber[int]
	subscribed chan struct{} // closed when OnSubscribe has returned
	demand     atomic.Int64
	next       int
	cancelled  atomic.Bool
	misused    atomic.Bool
}

func (r *run) Request(n int64) {
	if n < 1 {
		r.misused.Store(true)
		n = 1
	}
	for {
		before := r.demand.Load()
		if before == math.MaxInt64 {
			return
		}
		sum := before + n
		if sum < 0 {
			sum = math.MaxInt64
		}
		if !r.demand.CompareAndSwap(before, sum) {
			continue
		}
		switch {
		case before > 0:
		case r.async:
			go func() {
				<-r.subscribed
				r.loop()
			}()
		default:
			r.loop()
		}
		return
	}
}

func (r *run) Cancel() { r.cancelled.Store(true) }

func (r *run) loop() {
	for emitted := int64(0); ; {
		switch {
		case r.cancelled.Load():
			return
		case r.misused.Load():
			r.down.OnError(reactive.ErrBadRequest)
			return
		case r.next < r.n:
			r.next++
			r.down.OnNext(r.next - 1)
			emitted++
		}
		if r.next >= r.n && !r.cancelled.Load() {
			if r.err != nil {
				r.down.OnError(r.err)
			} else {
				r.down.OnComplete()
			}
			return
		}
		if demand := r.demand.Load(); demand != math.MaxInt64 && emitted == demand {
			if r.demand.CompareAndSwap(demand, 0) {
				return
			}
		}
	}
}
