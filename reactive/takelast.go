package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// TakeLast is the last n values of the stream, which come when it has completed. As soon as there is demand, the source is
// asked for everything; what may turn out to be one of the last is kept, n values at most, and dropped if the stream fails
// or is cancelled. With n < 1 the stream only ends, after all values have come. See also [Flux.Last].
//
//	--1--2--3--|
//	  take last 2
//	-----------(23|)
func (f Flux[T]) TakeLast(n int) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &takeLast[T]{down: s, n: max(0, n), drop: discarding[T](ctx)})
	})
}

// takeLast has two callers that matter: the source, until it completes, and the subscriber's requests. They change the
// state under mu; what follows from it is done by the one that gets wip from zero.
type takeLast[T any] struct {
	down  Subscriber[T]
	n     int
	drop  discard[T]
	up    Subscription
	asked atomic.Bool
	wip   atomic.Int32
	over  bool // the end was delivered; belongs to the owner of wip

	mu     sync.Mutex // guards what follows
	kept   queue[T]
	demand int64
	end    *ending // completion waits for kept
}

func (t *takeLast[T]) OnSubscribe(up Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.down.OnSubscribe(t)
}

func (t *takeLast[T]) OnNext(v T) {
	t.mu.Lock()
	oldest, full := v, t.n == 0 || t.end != nil
	if !full {
		t.kept.push(v)
		if full = t.kept.len() > t.n; full {
			oldest, _ = t.kept.pop()
		}
	}
	t.mu.Unlock()
	if full {
		t.drop.value(oldest)
	}
}

func (t *takeLast[T]) OnError(err error) { t.terminate(&ending{failure(err)}) }
func (t *takeLast[T]) OnComplete()       { t.terminate(endComplete) }

func (t *takeLast[T]) Request(n int64) {
	if n < 1 {
		if t.terminate(&ending{ErrBadRequest}) {
			t.up.Cancel()
		}
		return
	}
	t.mu.Lock()
	if t.demand += n; t.demand < 0 {
		t.demand = Unbounded
	}
	completed := t.end != nil
	t.mu.Unlock()
	if completed {
		t.wake()
	} else if t.asked.CompareAndSwap(false, true) {
		t.up.Request(Unbounded)
	}
}

func (t *takeLast[T]) Cancel() {
	if t.terminate(endCancelled) {
		t.up.Cancel()
	}
}

// terminate notes how the stream ends, and reports whether the source had not ended before; a completion whose values wait
// for demand may still become something else.
func (t *takeLast[T]) terminate(e *ending) (first bool) {
	t.mu.Lock()
	first = t.end == nil
	news := first || t.end == endComplete && e != endComplete
	if news {
		t.end = e
	}
	t.mu.Unlock()
	if news {
		t.wake()
	}
	return first
}

func (t *takeLast[T]) wake() {
	if t.wip.Add(1) != 1 {
		return
	}
	for {
		missed := t.wip.Load()
		for t.step() {
		}
		if t.wip.Add(-missed) == 0 {
			return
		}
	}
}

// step delivers the next signal if it is time for it. The caller owns wip.
func (t *takeLast[T]) step() bool {
	t.mu.Lock()
	end := t.end
	if end == nil || t.over {
		t.mu.Unlock()
		return false
	}
	if end != endComplete || t.kept.len() == 0 {
		kept := t.kept
		t.kept.clear()
		t.mu.Unlock()
		t.drop.queue(&kept)
		t.over = true
		end.deliver(t.down)
		return false
	}
	if t.demand == 0 {
		t.mu.Unlock()
		return false
	}
	if t.demand != Unbounded {
		t.demand--
	}
	v, _ := t.kept.pop()
	t.mu.Unlock()
	t.down.OnNext(v)
	return true
}
