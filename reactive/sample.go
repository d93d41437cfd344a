package reactive

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Sample is, once every d, the newest value that has come since the last time, if there is one. Periods are counted from
// the subscription. The newest value before completion passes at once; one before a failure is dropped. In RxJava this is
// called throttleLast.
//
// The source is asked for everything. A value whose time has come waits for demand if there is none, and is replaced if a
// newer one comes. It runs on a goroutine of the timer, which is set only while there is a value. With d < 1 it is
// [Flux.OnBackpressureLatest].
//
//	-1-2--3----4-5--|
//	  sample 5
//	-----2----3----5|
func (f Flux[T]) Sample(d time.Duration) Flux[T] { return sample(f, d, false) }

// Debounce is each value after which no other comes for d. The newest value before completion passes at once; one before a
// failure is dropped. In Reactor this is a use of sampleTimeout.
//
// The source is asked for everything. A value whose time has come waits for demand if there is none, unless a newer one
// comes. It runs on a goroutine of the timer, which is not set anew for each value; it looks, when it goes off, how long
// ago the last one was. With d < 1 it is [Flux.OnBackpressureLatest].
//
//	-12-3----4----5-|
//	  debounce 3
//	-------3----4---(5|)
func (f Flux[T]) Debounce(d time.Duration) Flux[T] { return sample(f, d, true) }

func sample[T any](f Flux[T], d time.Duration, debounce bool) Flux[T] {
	if d < 1 {
		return f.OnBackpressureLatest()
	}
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &sampler[T]{
			down: s, d: d, debounce: debounce, epoch: time.Now(), drop: discarding[T](ctx),
		})
	})
}

// sampler has three callers: the source, the subscriber's requests and the timer. They change the state under mu; what
// follows from it is done by the one that gets wip from zero.
type sampler[T any] struct {
	down     Subscriber[T]
	d        time.Duration
	debounce bool
	epoch    time.Time
	drop     discard[T]
	up       Subscription
	wip      atomic.Int32

	mu     sync.Mutex // guards what follows
	v      T          // the newest value, if there is one that was not passed on
	some   bool
	came   time.Duration // when, after epoch
	due    bool          // its time has come
	timer  *time.Timer
	armed  bool
	demand int64
	end    *ending
}

func (s *sampler[T]) OnSubscribe(up Subscription) {
	if s.up != nil {
		up.Cancel()
		return
	}
	s.up = up
	s.wip.Store(1) // no signal before OnSubscribe has returned
	s.down.OnSubscribe(s)
	s.drain()
	up.Request(Unbounded)
}

func (s *sampler[T]) OnNext(v T) {
	s.mu.Lock()
	if s.end != nil {
		s.mu.Unlock()
		s.drop.value(v)
		return
	}
	old, replaced := s.v, s.some
	s.v, s.some, s.came = v, true, time.Since(s.epoch)
	if s.debounce {
		s.due = false
	}
	if !s.due && !s.armed {
		wait := s.d
		if !s.debounce {
			wait -= s.came % s.d // to the end of the period
		}
		s.arm(wait)
	}
	s.mu.Unlock()
	if replaced {
		s.drop.value(old)
	}
}

// arm sets the timer. The caller holds the lock.
func (s *sampler[T]) arm(wait time.Duration) {
	s.armed = true
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.tick)
	} else {
		s.timer.Reset(wait)
	}
}

func (s *sampler[T]) tick() {
	s.mu.Lock()
	s.armed = false
	if s.some && s.end == nil {
		left := s.d - (time.Since(s.epoch) - s.came)
		if s.debounce && left > 0 {
			s.arm(left)
		} else {
			s.due = true
		}
	}
	s.mu.Unlock()
	s.wake()
}

func (s *sampler[T]) OnError(err error) { s.terminate(&ending{failure(err)}) }
func (s *sampler[T]) OnComplete()       { s.terminate(endComplete) }

func (s *sampler[T]) Request(n int64) {
	if n < 1 {
		if s.terminate(&ending{ErrBadRequest}) {
			s.up.Cancel()
		}
		return
	}
	s.mu.Lock()
	if s.demand += n; s.demand < 0 {
		s.demand = Unbounded
	}
	s.mu.Unlock()
	s.wake()
}

func (s *sampler[T]) Cancel() {
	if s.terminate(endCancelled) {
		s.up.Cancel()
	}
}

// terminate notes how the stream ends, and reports whether the source had not ended before; a completion whose value
// waits for demand may still become something else.
func (s *sampler[T]) terminate(e *ending) (first bool) {
	s.mu.Lock()
	first = s.end == nil
	news := first || s.end == endComplete && e != endComplete
	if news {
		s.end = e
	}
	s.mu.Unlock()
	if news {
		s.wake()
	}
	return first
}

func (s *sampler[T]) wake() {
	if s.wip.Add(1) == 1 {
		s.drain()
	}
}

// drain does what the state allows. The caller owns wip; once the stream has ended nobody gets it any more.
func (s *sampler[T]) drain() {
	for {
		missed := s.wip.Load()
		for {
			v, some, end := s.next()
			switch {
			case end != nil:
				if some {
					s.drop.value(v)
				}
				end.deliver(s.down)
				return
			case some:
				s.down.OnNext(v)
				continue
			}
			break
		}
		if s.wip.Add(-missed) == 0 {
			return
		}
	}
}

// next returns the next thing to do: a value to pass on, or the end, with a value to drop if there is one.
func (s *sampler[T]) next() (v T, some bool, end *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.end != nil && (s.end != endComplete || !s.some):
		end = s.end
		if s.timer != nil {
			s.timer.Stop()
		}
	case s.some && s.demand > 0 && (s.due || s.end != nil):
		if s.demand != Unbounded {
			s.demand--
		}
	default:
		return v, false, nil
	}
	var none T
	v, some = s.v, s.some
	s.v, s.some, s.due = none, false, false
	return v, some, end
}
