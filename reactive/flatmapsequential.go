package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// FlatMapSequential subscribes to f(v) for each value v of src, to as many at a time as concurrency says (at least 1), and
// is the stream of all their values in the order of src: those of the first stream, then those of the second, which has
// been at work meanwhile, and so on.
//
// Demand and failure are as in [FlatMap]: src is asked for concurrency values, and for one more whenever a stream has
// ended and was delivered; each stream is asked for up to 32 values in advance, which wait until it is its turn; the first
// failure ends the stream at once, cancels the others and drops what waits.
//
//	^-1-2---^(3|)     ^ asks for 2, then for 1
//	  flat map sequential 2, v to --v--v|
//	^---1--122-3--3|
func FlatMapSequential[T, R any, P Publisher[R]](src Publisher[T], concurrency int, f func(T) P) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		m := &flatMapSequential[T, R, P]{ctx: ctx, f: f, concurrency: int64(max(1, concurrency))}
		m.down, m.drop = s, discarding[R](ctx)
		m.asked.Store(true)
		src.Subscribe(ctx, m)
	})
}

// flatMapSequential is the subscriber to src.
type flatMapSequential[T, R any, P Publisher[R]] struct {
	sequencer[R]
	ctx         context.Context
	f           func(T) P
	concurrency int64
	asked       atomic.Bool // src was, for concurrency values
	received    int64       // belongs to the signals of src
}

func (m *flatMapSequential[T, R, P]) OnSubscribe(up Subscription) {
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

func (m *flatMapSequential[T, R, P]) OnNext(v T) {
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
	l := &lane[R]{of: &m.sequencer, drop: m.drop}
	switch inner := unwrap[R](p).(type) {
	case *scalar[R]:
		l.first = inner.v
		l.put.Store(1)
		l.over.Store(true)
		m.add(l)
		m.wake()
	case empty[R]:
		m.ask(1)
	case failed[R]:
		m.fail(inner.err)
	default:
		m.add(l)
		inner.Subscribe(m.ctx, l)
	}
}

func (m *flatMapSequential[T, R, P]) OnError(err error) { m.terminate(&ending{failure(err)}, false) }

func (m *flatMapSequential[T, R, P]) OnComplete() {
	m.completed.Store(true)
	m.wake()
}

func (m *flatMapSequential[T, R, P]) Request(n int64) {
	if n < 1 {
		m.fail(ErrBadRequest)
		return
	}
	addCap(&m.demand, n)
	m.wake()
	m.start()
}

func (m *flatMapSequential[T, R, P]) start() {
	if m.asked.CompareAndSwap(false, true) {
		m.ask(m.concurrency)
	}
}

func (m *flatMapSequential[T, R, P]) Cancel() { m.terminate(endCancelled, true) }

// sequencer delivers the values of several lanes, lane by lane.
type sequencer[T any] struct {
	down      Subscriber[T]
	up        Subscription
	drop      discard[T]
	demand    atomic.Int64
	granted   atomic.Int64 // asked of src, in all
	completed atomic.Bool  // src has, after its last lane
	end       atomic.Pointer[ending]
	wip       atomic.Int32

	head  *lane[T] // the oldest of lanes; this and what follows belongs to the owner of wip
	freed int64    // lanes that have ended, to be asked of src
	over  bool     // the end was delivered

	mu    sync.Mutex // guards what follows
	lanes queue[*lane[T]]
}

func (q *sequencer[T]) add(l *lane[T]) {
	q.mu.Lock()
	q.lanes.push(l)
	q.mu.Unlock()
	if q.end.Load() != nil {
		l.cancel() // terminate may have been too early to see it
	}
}

func (q *sequencer[T]) fail(err error) { q.terminate(&ending{err}, true) }

// terminate ends the stream ahead of what waits and cancels everything that is still running; src too if it may be.
func (q *sequencer[T]) terminate(e *ending, src bool) {
	if !q.end.CompareAndSwap(nil, e) {
		return
	}
	if src {
		q.up.Cancel()
	}
	for _, l := range q.all() {
		l.cancel()
	}
	q.wake()
}

// all returns the lanes that have not ended.
func (q *sequencer[T]) all() []*lane[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make([]*lane[T], q.lanes.len())
	for i := range all {
		all[i] = q.lanes.at(i)
	}
	return all
}

// ask asks src for n values more.
func (q *sequencer[T]) ask(n int64) {
	addCap(&q.granted, n)
	q.up.Request(n)
}

func (q *sequencer[T]) wake() {
	if q.wip.Add(1) != 1 {
		return
	}
	for {
		missed := q.wip.Load()
		q.drain()
		if n := q.freed; n > 0 && q.end.Load() == nil && !q.completed.Load() {
			q.freed = 0
			q.ask(n)
		}
		if q.wip.Add(-missed) == 0 {
			return
		}
	}
}

// drain passes on what it is the turn of, as far as there is demand. The caller owns wip.
func (q *sequencer[T]) drain() {
	for {
		if q.end.Load() != nil {
			q.finish()
			return
		}
		switch {
		case q.head == nil:
			completed := q.completed.Load() // first: no lane is added after it
			q.head = q.oldest()
			switch {
			case q.head != nil:
			case completed:
				q.end.CompareAndSwap(nil, endComplete)
			default:
				return
			}
		case q.head.ready():
			if q.demand.Load() == 0 {
				return
			}
			produced(&q.demand, 1)
			q.down.OnNext(q.head.take())
			q.head.passed()
		case q.head.exhausted():
			q.head = nil
			q.freed++
			q.mu.Lock()
			q.lanes.pop()
			q.mu.Unlock()
		default:
			return
		}
	}
}

func (q *sequencer[T]) oldest() *lane[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes.len() == 0 {
		return nil
	}
	return q.lanes.at(0)
}

// finish drops what waits, and what comes after the end, and delivers the end once.
func (q *sequencer[T]) finish() {
	for _, l := range q.all() {
		l.clear()
	}
	if !q.over {
		q.over = true
		q.end.Load().deliver(q.down)
	}
}
