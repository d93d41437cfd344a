package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// SwitchMap subscribes to f(v) for each value v of src and is the stream of the values of the newest of these streams:
// when the next value of src comes, the stream before is cancelled and what it still had to say is dropped. It completes
// when src and the newest stream have.
//
// Src is asked for everything; the newest stream sees exactly what is left of the subscriber's demand. It is subscribed to
// when the delivery of the last value of the one before is done, so nothing is queued. A failure of src, of the newest
// stream or of f ends the stream at once and cancels the others.
//
//	--1---2--|
//	  switch map v to -v-v-v|
//	---1-1-2-2-2|
func SwitchMap[T, R any, P Publisher[R]](src Publisher[T], f func(T) P) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		m := &switchMap[T, R, P]{f: f}
		m.ctx, m.down, m.drop = ctx, s, discarding[R](ctx)
		m.passage.switcher = &m.switcher
		src.Subscribe(ctx, m)
	})
}

type switchMap[T, R any, P Publisher[R]] struct {
	switcher[R]
	f func(T) P
}

func (m *switchMap[T, R, P]) OnSubscribe(up Subscription) {
	if m.up != nil {
		up.Cancel()
		return
	}
	m.up = up
	m.down.OnSubscribe(m)
	up.Request(Unbounded)
}

func (m *switchMap[T, R, P]) OnNext(v T) {
	if m.over.Load() {
		return
	}
	p, err := apply(m.f, v)
	if err != nil {
		m.terminate(&ending{err}, true)
		return
	}
	m.follow(unwrap[R](p))
}

func (m *switchMap[T, R, P]) OnError(err error) { m.terminate(&ending{failure(err)}, false) }

func (m *switchMap[T, R, P]) OnComplete() {
	m.mu.Lock()
	m.last = true
	t := m.current.Load()
	all := t == nil || t.completed
	m.mu.Unlock()
	if all {
		m.terminate(endComplete, false)
	}
}

// switcher is the subscription of an operator that leaves one publisher for the next before the first has ended, and gives
// each what is left of the downstream's demand.
//
// Each publisher has a track. A half at the end of the track is what it takes to close it while a value may be on its way
// through: only when that has arrived, and all tracks but the newest are closed, the newest is subscribed to. So there is
// one track at a time that can deliver, and no value waits.
type switcher[T any] struct {
	ctx       context.Context
	down      Subscriber[T]
	up        Subscription
	drop      discard[T]
	passage   passage[T] // where all tracks end
	requested atomic.Int64
	delivered int64 // belongs to the track that can deliver
	current   atomic.Pointer[track[T]]
	over      atomic.Bool // end is set

	mu   sync.Mutex // guards what follows
	open int        // tracks that are not closed
	last bool       // there will be no other track
	end  *ending
	told bool // somebody is delivering it
}

// follow makes p the newest publisher.
func (s *switcher[T]) follow(p Publisher[T]) {
	t := &track[T]{of: s, src: p}
	t.gate.down = &s.passage
	s.mu.Lock()
	if s.end != nil {
		s.mu.Unlock()
		return
	}
	old := s.current.Swap(t)
	s.open++
	s.mu.Unlock()
	if old == nil {
		s.proceed(0)
		return
	}
	old.link.cancel()
	old.gate.finish(nil) // which proceeds
}

// proceed does what the number of open tracks, of which some were closed just now, permits: subscribe to the newest
// publisher, or deliver the end.
func (s *switcher[T]) proceed(closed int) {
	s.mu.Lock()
	s.open -= closed
	t, end := s.current.Load(), s.end
	start := end == nil && s.open == 1 && !t.started
	if start {
		t.started, t.base = true, s.delivered
	}
	last := s.open == 0 && end != nil && !s.told
	s.told = s.told || last
	s.mu.Unlock()
	switch {
	case start:
		t.src.Subscribe(s.ctx, t)
	case last:
		end.deliver(s.down)
	}
}

// terminate ends the stream, and cancels what is still running; the source too if it may be.
func (s *switcher[T]) terminate(e *ending, src bool) {
	s.mu.Lock()
	if s.end != nil {
		s.mu.Unlock()
		return
	}
	s.end = e
	s.over.Store(true)
	t := s.current.Load()
	s.mu.Unlock()
	if src {
		s.up.Cancel()
	}
	if t == nil {
		s.proceed(0)
		return
	}
	t.link.cancel()
	t.gate.finish(nil) // which proceeds
}

func (s *switcher[T]) Request(n int64) {
	if n < 1 {
		s.terminate(&ending{ErrBadRequest}, true)
		return
	}
	addCap(&s.requested, n)
	if t := s.current.Load(); t != nil && t.link.state.Load() == slotTaken {
		t.pull()
	}
}

func (s *switcher[T]) Cancel() { s.terminate(endCancelled, true) }

// track subscribes a switcher to one of its publishers.
type track[T any] struct {
	of   *switcher[T]
	src  Publisher[T]
	link slot
	gate half[T] // its end says that the track is closed

	base  int64 // what the switcher had delivered before this track
	asked atomic.Int64

	started   bool // guarded by of.mu, as the rest
	completed bool
}

func (t *track[T]) OnSubscribe(up Subscription) {
	if t.link.set(up) {
		t.pull()
	}
}

func (t *track[T]) pull() {
	target := t.of.requested.Load()
	if target != Unbounded {
		target -= t.base
	}
	raise(&t.asked, target, t.link.up)
}

func (t *track[T]) OnNext(v T) {
	if !t.gate.next(v) {
		t.of.drop.value(v)
	}
}

func (t *track[T]) OnError(err error) {
	if t.link.ended() {
		t.of.terminate(&ending{failure(err)}, true)
	}
}

func (t *track[T]) OnComplete() {
	if !t.link.ended() {
		return
	}
	t.of.mu.Lock()
	t.completed = true
	all := t.of.last && t.of.current.Load() == t
	t.of.mu.Unlock()
	if all {
		t.of.terminate(endComplete, false)
	}
}

// passage takes the values of the track that can deliver to the subscriber, and hears when a track is closed.
type passage[T any] struct{ switcher *switcher[T] }

func (p *passage[T]) OnSubscribe(Subscription) {}

func (p *passage[T]) OnNext(v T) {
	p.switcher.delivered++
	p.switcher.down.OnNext(v)
}

func (p *passage[T]) OnError(error) {}
func (p *passage[T]) OnComplete()   { p.switcher.proceed(1) }
