package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// PublishOn delivers the stream's signals on s, so that a slow subscriber does not hold up the goroutine of the source:
// a queue of prefetch values (at least 1) is between the two, and the source is asked for more as it is emptied. The
// end of the stream comes after what is queued. S is only used while there is something to deliver.
//
//	---12----3--|
//	  publish on s, which is 2 late
//	-----(12)--3--|     on s
func (f Flux[T]) PublishOn(s Scheduler, prefetch int) Flux[T] {
	if s == nil {
		s = Go
	}
	return handOver(f.source(), s, prefetch, false)
}

// PublishOn delivers the signals of m on s; see [Flux.PublishOn]. There is one value at most, so nothing is read ahead: m
// is asked for it when the subscriber asks.
//
//	^-1|  ->  ^---1|     on s, which is 2 late
func (m Mono[T]) PublishOn(s Scheduler) Mono[T] {
	if s == nil {
		s = Go
	}
	return Mono[T](handOver(m.source(), s, 1, true))
}

// Prefetch reads up to n values (at least 1) ahead of what the subscriber asked for, and keeps them in a queue. The
// subscriber is called by the source while it keeps up, and from inside its own Request for what is queued. The end of
// the stream comes after what is queued.
//
// [Flux.PublishOn], [FlatMap] and [Merge] read ahead because they must, this operator because somebody wants it: what it
// asks for in advance is what a queue consumer calls its receiver queue.
//
//	^1234--------^567-     ^ asks for 4, then for 3
//	  prefetch 4
//	-----^1--^2--^3---     each ^ asks for 1
func (f Flux[T]) Prefetch(n int) Flux[T] { return handOver(f.source(), nil, n, false) }

// handOver is PublishOn, and without a scheduler Prefetch. A single value is not read ahead, and nothing after it.
func handOver[T any](src Publisher[T], s Scheduler, prefetch int, single bool) Flux[T] {
	size := int64(max(1, prefetch))
	return newFlux(func(ctx context.Context, down Subscriber[T]) {
		h := &handover[T]{down: down, drop: discarding[T](ctx), size: size, refill: size - size/4, single: single}
		h.deliver, h.inPlace = h.drain, s == nil
		if s != nil {
			h.deliver = func() { s(h.drain) }
		}
		src.Subscribe(ctx, h)
	})
}

// handover takes signals on one goroutine and delivers them on another, or on the same one when there is demand. The
// source appends to queue under the lock; the deliverer empties ready, which is its own, and swaps the two when it has,
// so that it takes the lock once for many values.
type handover[T any] struct {
	down    Subscriber[T]
	drop    discard[T]
	up      Subscription
	size    int64 // bound of queue and ready together
	refill  int64
	single  bool // there is one value at most
	deliver func()
	inPlace bool // deliver is drain
	demand  atomic.Int64
	asked   atomic.Int64 // of the source, in all
	wip     atomic.Int32 // above 0 while drain runs or is scheduled
	halt    atomic.Pointer[ending]

	received int64 // belongs to the source

	ready queue[T] // this and taken belong to the owner of wip
	taken int64    // since the last request

	mu    sync.Mutex // guards what follows
	queue queue[T]
	end   *ending // after what is queued
}

func (h *handover[T]) OnSubscribe(up Subscription) {
	if h.up != nil {
		up.Cancel()
		return
	}
	h.up = up
	h.wip.Store(1) // no signal of drain may overlap OnSubscribe (1.3)
	h.down.OnSubscribe(h)
	if h.wip.Add(-1) != 0 {
		h.deliver()
	}
	if !h.single && h.halt.Load() == nil {
		h.asked.Store(h.size)
		up.Request(h.size)
	}
}

func (h *handover[T]) OnNext(v T) {
	if h.halt.Load() != nil {
		h.drop.value(v) // still on its way when the subscriber left
		return
	}
	if h.received++; h.received > h.asked.Load() { // the source breaks rule 1.1
		h.drop.value(v)
		h.stop(&ending{ErrOverflow})
		return
	}
	if h.inPlace && h.wip.CompareAndSwap(0, 1) {
		// Only the source appends to queue and only the owner of wip takes from it, so it may be looked at here.
		if h.demand.Load() > 0 && h.ready.len() == 0 && h.queue.len() == 0 {
			produced(&h.demand, 1)
			h.pass(v)
		} else {
			h.queue.push(v)
		}
		h.drain()
		return
	}
	h.mu.Lock()
	h.queue.push(v)
	h.mu.Unlock()
	h.wake()
	if h.halt.Load() != nil { // drain may have been too early to see v
		h.clearQueue()
	}
}

func (h *handover[T]) OnError(err error) { h.finish(&ending{failure(err)}) }
func (h *handover[T]) OnComplete()       { h.finish(endComplete) }

func (h *handover[T]) finish(e *ending) {
	h.mu.Lock()
	h.end = e
	h.mu.Unlock()
	h.wake()
}

func (h *handover[T]) Request(n int64) {
	if n < 1 {
		h.stop(&ending{ErrBadRequest})
		return
	}
	addCap(&h.demand, n)
	if h.single && h.asked.CompareAndSwap(0, 1) {
		h.up.Request(1) // there can be nothing to deliver yet
		return
	}
	h.wake()
}

func (h *handover[T]) Cancel() { h.stop(endCancelled) }

// stop ends the stream from the subscriber's side, ahead of what is queued.
func (h *handover[T]) stop(e *ending) {
	if h.halt.CompareAndSwap(nil, e) {
		h.up.Cancel()
		h.wake()
	}
}

func (h *handover[T]) wake() {
	if h.wip.Add(1) == 1 {
		h.deliver()
	}
}

// drain delivers while there is something to deliver. Its caller owns wip; once the stream has ended nobody gets it any
// more.
func (h *handover[T]) drain() {
	for {
		missed := h.wip.Load()
		if h.flush() {
			return
		}
		if h.wip.Add(-missed) == 0 {
			return
		}
	}
}

// flush delivers what there is demand for, and reports whether that was the end.
func (h *handover[T]) flush() (over bool) {
	for demand := h.demand.Load(); ; demand = h.demand.Load() {
		var sent int64
		for {
			end := h.halt.Load()
			if end == nil && h.ready.len() == 0 {
				end = h.fill()
			}
			if end != nil {
				h.clear()
				end.deliver(h.down)
				return true
			}
			if h.ready.len() == 0 || sent == demand {
				break
			}
			v, _ := h.ready.pop()
			sent++
			h.pass(v)
		}
		if produced(&h.demand, sent) == 0 || h.ready.len() == 0 {
			return false
		}
	}
}

// clear drops what is queued. The caller owns wip.
func (h *handover[T]) clear() {
	h.drop.queue(&h.ready)
	h.clearQueue()
}

// clearQueue drops what was not taken over into ready yet.
func (h *handover[T]) clearQueue() {
	h.mu.Lock()
	dropped := h.queue
	h.queue.clear()
	h.mu.Unlock()
	h.drop.queue(&dropped)
}

// pass delivers a value and asks for more in time. The caller owns wip.
func (h *handover[T]) pass(v T) {
	h.down.OnNext(v)
	if h.taken++; h.taken == h.refill && !h.single {
		h.taken = 0
		h.asked.Add(h.refill)
		h.up.Request(h.refill)
	}
}

// fill swaps in what was queued meanwhile. If that is nothing and there will be no more, it returns the end.
func (h *handover[T]) fill() *ending {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready, h.queue = h.queue, h.ready
	if h.ready.len() == 0 {
		return h.end
	}
	return nil
}
