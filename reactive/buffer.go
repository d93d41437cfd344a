package reactive

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Buffer is the stream of the values of src in slices of n (at least 1); the last one is shorter if src completes in
// between. One slice asked for is n values asked of src. A failure of src drops the slice that is not full yet. Each
// slice is the receiver's own.
//
//	--1--2--3--|
//	  buffer 2
//	-----A-----(B|)     A = [1 2], B = [3]
func Buffer[T any](src Publisher[T], n int) Flux[[]T] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[[]T]) {
		src.Subscribe(ctx, &buffer[T]{stage: stage[[]T]{down: s}, size: n, drop: discarding[T](ctx)})
	})
}

type buffer[T any] struct {
	stage[[]T]
	size int
	list []T          // belongs to the owner of wip
	wip  atomic.Int32 // keeps a Cancel, which drops list, apart from the signals; stays up after it
	over atomic.Bool  // src has completed: the last slice may be on its way, and calls from there end here (2.3)
	drop discard[T]
}

func (b *buffer[T]) OnSubscribe(up Subscription) {
	if b.attach(up) {
		b.down.OnSubscribe(b)
	}
}

func (b *buffer[T]) OnNext(v T) {
	if !b.wip.CompareAndSwap(0, 1) {
		b.drop.value(v)
		return
	}
	b.list = append(b.list, v)
	var full []T
	if len(b.list) == b.size {
		full, b.list = b.list, nil
	}
	b.leave()
	if full != nil {
		b.down.OnNext(full)
	}
}

func (b *buffer[T]) OnError(err error) {
	b.clear()
	b.stage.OnError(err)
}

// OnComplete need not wait for demand: what is left was asked for as part of a slice that is owed.
func (b *buffer[T]) OnComplete() {
	b.over.Store(true)
	if b.wip.CompareAndSwap(0, 1) {
		last := b.list
		b.list = nil
		b.leave()
		if last != nil {
			b.down.OnNext(last)
		}
	}
	b.stage.OnComplete()
}

func (b *buffer[T]) Request(n int64) {
	if b.over.Load() {
		return
	}
	if n > 0 {
		n = mulCap(n, int64(b.size))
	}
	b.up.Request(n)
}

func (b *buffer[T]) Cancel() {
	if !b.over.Load() {
		b.up.Cancel()
	}
	b.clear()
}

// clear drops the slice that is not full yet, and everything that follows.
func (b *buffer[T]) clear() {
	if b.wip.Add(1) == 1 {
		b.drop.values(b.list)
		b.list = nil
	}
}

// leave gives wip back, or does what clear found it busy for.
func (b *buffer[T]) leave() {
	if b.wip.Add(-1) != 0 {
		b.drop.values(b.list)
		b.list = nil
	}
}

// BufferTimeout is the stream of the values of src in slices that go out when they have n values (at least 1) or when d
// has passed since their first value. A slice whose time has come waits for demand if there is none, and grows meanwhile
// up to n. At most n values are asked of src for each slice that is asked for, so src waits too. When src ends, a last
// shorter slice goes out before completion, and is dropped before a failure. Each slice is the receiver's own.
//
//	--1-2-3-----4|
//	  buffer timeout 2, 4
//	----A-----B--(C|)     A = [1 2], B = [3], C = [4]
func BufferTimeout[T any](src Publisher[T], n int, d time.Duration) Flux[[]T] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[[]T]) {
		src.Subscribe(ctx, &timedBuffer[T]{down: s, size: n, d: d, drop: discarding[T](ctx)})
	})
}

// timedBuffer has three callers: src, the subscriber's requests and the timer. They change the state under mu; what
// follows from it is done by the one that gets wip from zero. Src is asked for one slice at a time: asked is never more
// than size above passed, so list holds no more than size values, whatever is due when.
type timedBuffer[T any] struct {
	down Subscriber[[]T]
	size int
	d    time.Duration
	drop discard[T]
	up   Subscription
	wip  atomic.Int32

	mu     sync.Mutex // guards what follows
	list   []T
	began  time.Time // when the first of list came
	due    bool      // that is d ago
	timer  *time.Timer
	demand int64 // slices asked for
	passed int64 // values that went out
	asked  int64 // values asked of src
	end    *ending
}

func (b *timedBuffer[T]) OnSubscribe(up Subscription) {
	if b.up != nil {
		up.Cancel()
		return
	}
	b.up = up
	b.wip.Store(1) // no timer before OnSubscribe has returned
	b.down.OnSubscribe(b)
	b.drain()
}

func (b *timedBuffer[T]) OnNext(v T) {
	b.mu.Lock()
	if b.end != nil { // still on its way when the subscriber left
		b.mu.Unlock()
		b.drop.value(v)
		return
	}
	if len(b.list) == b.size { // src breaks rule 1.1
		b.mu.Unlock()
		b.drop.value(v)
		b.fail(ErrOverflow)
		return
	}
	b.list = append(b.list, v)
	if len(b.list) == 1 {
		b.began = time.Now()
		if b.timer == nil {
			b.timer = time.AfterFunc(b.d, b.tick)
		} else {
			b.timer.Reset(b.d)
		}
	}
	full := len(b.list) == b.size
	b.mu.Unlock()
	if full {
		b.wake()
	}
}

func (b *timedBuffer[T]) tick() {
	b.mu.Lock()
	if len(b.list) == 0 {
		b.mu.Unlock()
		return
	}
	if left := b.d - time.Since(b.began); left > 0 { // this was the alarm of a slice that filled up just then
		b.timer.Reset(left)
		b.mu.Unlock()
		return
	}
	b.due = true
	b.mu.Unlock()
	b.wake()
}

func (b *timedBuffer[T]) OnError(err error) { b.terminate(&ending{failure(err)}) }
func (b *timedBuffer[T]) OnComplete()       { b.terminate(endComplete) }

func (b *timedBuffer[T]) Request(n int64) {
	if n < 1 {
		b.fail(ErrBadRequest)
		return
	}
	b.mu.Lock()
	if b.demand += n; b.demand < 0 {
		b.demand = Unbounded
	}
	b.mu.Unlock()
	b.wake()
}

func (b *timedBuffer[T]) Cancel() {
	if b.terminate(endCancelled) {
		b.up.Cancel()
	}
}

// fail ends the stream, and cancels src.
func (b *timedBuffer[T]) fail(err error) {
	if b.terminate(&ending{err}) {
		b.up.Cancel()
	}
}

// terminate notes how the stream ends, and reports whether src had not ended before; a completion that waits for demand
// may still become something else.
func (b *timedBuffer[T]) terminate(e *ending) (first bool) {
	b.mu.Lock()
	first = b.end == nil
	news := first || b.end == endComplete && e != endComplete
	if news {
		b.end = e
	}
	b.mu.Unlock()
	if news {
		b.wake()
	}
	return first
}

func (b *timedBuffer[T]) wake() {
	if b.wip.Add(1) == 1 {
		b.drain()
	}
}

// drain does what the state allows. The caller owns wip; once the stream has ended nobody gets it any more.
func (b *timedBuffer[T]) drain() {
	for {
		missed := b.wip.Load()
		for {
			list, n, end := b.next()
			switch {
			case end != nil:
				b.drop.values(list)
				end.deliver(b.down)
				return
			case list != nil:
				b.down.OnNext(list)
				continue
			case n > 0:
				b.up.Request(n)
				continue
			}
			break
		}
		if b.wip.Add(-missed) == 0 {
			return
		}
	}
}

// next returns the next thing to do: a slice to pass on, the end with a slice to drop, or a number of values to ask src
// for.
func (b *timedBuffer[T]) next() (list []T, n int64, end *ending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	held := len(b.list)
	switch {
	case b.end != nil && (b.end != endComplete || held == 0):
		list, b.list = b.list, nil
		if b.timer != nil {
			b.timer.Stop()
		}
		return list, 0, b.end
	case held > 0 && b.demand > 0 && (held == b.size || b.due || b.end != nil):
		list, b.list, b.due = b.list, nil, false
		b.timer.Stop()
		b.passed += int64(held)
		if b.demand != Unbounded {
			b.demand--
		}
		return list, 0, nil
	case b.demand > 0 && b.end == nil:
		n = b.passed + int64(b.size) - b.asked
		b.asked += n
	}
	return nil, n, nil
}
