package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// innerPrefetch is what FlatMap asks of each inner stream in advance, as Reactor's flatMap does; the next request goes
// out when three quarters of it were delivered.
const (
	innerPrefetch = 32
	innerRefill   = innerPrefetch - innerPrefetch/4
)

// FlatMap subscribes to f(v) for each value v of src, to as many at a time as concurrency says (at least 1), and is the
// stream of all their values in the order in which they come.
//
// It asks src for concurrency values, and for one more whenever an inner stream has ended and was delivered. It reads
// ahead up to 32 values of each inner stream; what the subscriber has no demand for yet waits in a queue, of
// concurrency times 32 values at most. Where the subscriber's demand must be exact, use [ConcatMap].
//
// The first failure, of src, of an inner stream or of f, ends the stream at once: the others are cancelled and what
// is queued is dropped.
//
//	^-1-2---^(3|)     ^ asks for 2, then for 1
//	  flat map 2, v to --v--v|
//	^---1-21-2-3--3|
func FlatMap[T, R any, P Publisher[R]](src Publisher[T], concurrency int, f func(T) P) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		m := &flatMap[T, R, P]{ctx: ctx, f: f, concurrency: int64(max(1, concurrency))}
		m.down, m.drop = s, discarding[R](ctx)
		m.alive.Store(1)
		m.asked.Store(true)
		src.Subscribe(ctx, m)
	})
}

// Merge is the stream of the values of all srcs in the order in which they come. It subscribes to all of them, in order,
// when it is first asked for a value, and completes when all have. Read-ahead and failure are as in [FlatMap].
//
//	--1-----2--|
//	---3--4-----|
//	  merge
//	--13--4-2---|
func Merge[T any](srcs ...Flux[T]) Flux[T] {
	return FlatMap(Range(0, len(srcs)), len(srcs), func(i int) Flux[T] { return srcs[i] })
}

// MergeWith is the stream of the values of f and of all others in the order in which they come; see [Merge].
//
//	--1--2--|
//	---3---4--|
//	  merge with
//	--13-2-4--|
func (f Flux[T]) MergeWith(others ...Flux[T]) Flux[T] {
	return Merge(append([]Flux[T]{f}, others...)...)
}

// flatMap is the subscriber to src.
type flatMap[T, R any, P Publisher[R]] struct {
	merger[R]
	ctx         context.Context
	f           func(T) P
	concurrency int64
	asked       atomic.Bool // src was, for concurrency values
	received    int64       // belongs to the signals of src
}

func (m *flatMap[T, R, P]) OnSubscribe(up Subscription) {
	if m.up != nil {
		up.Cancel()
		return
	}
	m.up = up
	m.down.OnSubscribe(m)
	m.asked.Store(false) // not before: an inner stream's signals must not overlap OnSubscribe (1.3)
	if m.demand.Load() > 0 {
		m.start()
	}
}

func (m *flatMap[T, R, P]) OnNext(v T) {
	if m.end.Load() != nil {
		return
	}
	if m.received++; m.received > m.granted.Load() { // src breaks rule 1.1
		m.fail(ErrOverflow)
		return
	}
	p, err := apply(m.f, v)
	if err != nil {
		m.fail(err)
		return
	}
	switch inner := unwrap[R](p).(type) {
	case *scalar[R]:
		m.signal(merged[R]{v: inner.v})
	case empty[R]:
		m.ask(1)
	case failed[R]:
		m.fail(inner.err)
	default:
		in := &inlet[R]{of: &m.merger}
		m.add(in)
		inner.Subscribe(m.ctx, in)
	}
}

func (m *flatMap[T, R, P]) OnError(err error) { m.terminate(&ending{failure(err)}, false) }

func (m *flatMap[T, R, P]) OnComplete() {
	m.completed.Store(true)
	m.alive.Add(-1)
	if m.wip.Add(1) == 1 {
		m.drain()
	}
}

func (m *flatMap[T, R, P]) Request(n int64) {
	if n < 1 {
		m.fail(ErrBadRequest)
		return
	}
	addCap(&m.demand, n)
	if m.held.Load() > 0 && m.wip.Add(1) == 1 {
		m.drain()
	}
	m.start()
}

func (m *flatMap[T, R, P]) start() {
	if m.asked.CompareAndSwap(false, true) {
		m.ask(m.concurrency)
	}
}

func (m *flatMap[T, R, P]) Cancel() { m.terminate(endCancelled, true) }

// merger brings the signals of several inner streams into one order. Whoever finds wip at zero may call the subscriber;
// the others leave their signal in the queue and raise wip, which makes the first one look again. A value that meets
// demand, an empty queue and a free wip is passed on directly.
type merger[T any] struct {
	down      Subscriber[T]
	drop      discard[T]
	up        Subscription
	demand    atomic.Int64
	alive     atomic.Int32 // src, and inner streams whose end was not reached in the queue
	completed atomic.Bool  // src has
	refill    atomic.Int64 // to be asked of src
	granted   atomic.Int64 // asked of src, in all
	end       atomic.Pointer[ending]
	wip       atomic.Int32
	held      atomic.Int32 // length of queue, readable without mu

	mu     sync.Mutex // guards what follows
	queue  queue[merged[T]]
	inlets []*inlet[T]
}

// merged is a signal of an inner stream: a value, or its completion. In is nil for the value of a Just, which is an
// inner stream's whole life.
type merged[T any] struct {
	in  *inlet[T]
	v   T
	end bool
}

func (m *merger[T]) signal(s merged[T]) {
	if m.end.Load() != nil {
		m.discard(s) // still on its way when the stream ended
		return
	}
	if !m.wip.CompareAndSwap(0, 1) {
		m.push(s)
		if m.wip.Add(1) != 1 {
			if m.end.Load() != nil { // drain may have been too early to see s
				m.clear()
			}
			return
		}
	} else if m.held.Load() == 0 && (s.end || m.demand.Load() > 0) {
		m.pass(s)
	} else {
		m.push(s)
	}
	m.drain()
}

func (m *merger[T]) push(s merged[T]) {
	m.mu.Lock()
	m.queue.push(s)
	m.held.Add(1)
	m.mu.Unlock()
}

// pass hands on one signal. The caller owns wip, and there is demand if it is a value.
func (m *merger[T]) pass(s merged[T]) {
	switch {
	case s.end:
		m.alive.Add(-1)
		m.refill.Add(1)
		return
	case s.in == nil:
		m.refill.Add(1)
	}
	produced(&m.demand, 1)
	m.down.OnNext(s.v)
	if s.in != nil {
		s.in.passed()
	}
}

// drain hands on what is queued as far as there is demand, then gives up wip and asks src for more. The caller owns
// wip; once the stream has ended nobody gets it any more.
func (m *merger[T]) drain() {
	for {
		missed := m.wip.Load()
		for m.end.Load() == nil {
			s, ok := m.pop()
			if !ok {
				break
			}
			m.pass(s)
		}
		if m.alive.Load() == 0 && m.held.Load() == 0 {
			m.end.CompareAndSwap(nil, endComplete)
		}
		if e := m.end.Load(); e != nil {
			m.clear()
			e.deliver(m.down)
			return
		}
		if m.wip.Add(-missed) == 0 {
			break
		}
	}
	if n := m.refill.Swap(0); n > 0 && !m.completed.Load() {
		m.ask(n)
	}
}

// ask asks src for n values more.
func (m *merger[T]) ask(n int64) {
	addCap(&m.granted, n)
	m.up.Request(n)
}

// clear drops what is queued.
func (m *merger[T]) clear() {
	m.mu.Lock()
	dropped := m.queue
	m.queue.clear()
	m.held.Store(0)
	m.mu.Unlock()
	for s, ok := dropped.pop(); ok; s, ok = dropped.pop() {
		m.discard(s)
	}
}

func (m *merger[T]) discard(s merged[T]) {
	if !s.end {
		m.drop.value(s.v)
	}
}

// pop takes the oldest signal if it may be passed on now.
func (m *merger[T]) pop() (s merged[T], ok bool) {
	if m.held.Load() == 0 {
		return s, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queue.len() == 0 || !m.queue.at(0).end && m.demand.Load() == 0 {
		return s, false
	}
	m.held.Add(-1)
	return m.queue.pop()
}

func (m *merger[T]) fail(err error) { m.terminate(&ending{err}, true) }

// terminate ends the stream ahead of what is queued and cancels everything that is still running; src too if it may
// be.
func (m *merger[T]) terminate(e *ending, src bool) {
	if !m.end.CompareAndSwap(nil, e) {
		return
	}
	if src {
		m.up.Cancel()
	}
	m.mu.Lock()
	inlets := m.inlets
	m.inlets = nil
	m.mu.Unlock()
	for _, in := range inlets {
		in.cancel()
	}
	if m.wip.Add(1) == 1 {
		m.drain()
	}
}

func (m *merger[T]) add(in *inlet[T]) {
	m.alive.Add(1)
	m.mu.Lock()
	in.index = len(m.inlets)
	m.inlets = append(m.inlets, in)
	m.mu.Unlock()
	if m.end.Load() != nil {
		in.cancel() // terminate may have been too early to see it
	}
}

func (m *merger[T]) remove(in *inlet[T]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := len(m.inlets) - 1
	if in.index > last || m.inlets[in.index] != in {
		return // terminate took them all
	}
	m.inlets[in.index] = m.inlets[last]
	m.inlets[in.index].index = in.index
	m.inlets[last] = nil
	m.inlets = m.inlets[:last]
}

// inlet is the subscriber to one inner stream.
type inlet[T any] struct {
	slot
	of        *merger[T]
	index     int          // in of.inlets
	asked     atomic.Int64 // in all
	received  int64        // belongs to the signals
	delivered int          // since the last request; belongs to the owner of wip
}

func (in *inlet[T]) OnSubscribe(up Subscription) {
	if in.set(up) {
		in.asked.Store(innerPrefetch)
		up.Request(innerPrefetch)
	}
}

func (in *inlet[T]) OnNext(v T) {
	if in.received++; in.received > in.asked.Load() { // the stream breaks rule 1.1
		in.of.drop.value(v)
		in.of.fail(ErrOverflow)
		return
	}
	in.of.signal(merged[T]{in: in, v: v})
}

func (in *inlet[T]) OnError(err error) {
	if in.ended() {
		in.of.remove(in)
		in.of.fail(failure(err))
	}
}

func (in *inlet[T]) OnComplete() {
	if in.ended() {
		in.of.remove(in)
		in.of.signal(merged[T]{in: in, end: true})
	}
}

// passed counts a delivered value and asks for more in time, unless the stream has ended.
func (in *inlet[T]) passed() {
	if in.delivered++; in.delivered == innerRefill && in.state.Load() == slotTaken {
		in.delivered = 0
		in.asked.Add(innerRefill)
		in.up.Request(innerRefill)
	}
}
