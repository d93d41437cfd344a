package reactive

import (
	"context"
	"iter"
	"sync/atomic"
)

// Just is the stream of the given values.
//
//	  just 1 2 3
//	(123|)
func Just[T any](v ...T) Flux[T] { return FromSlice(v) }

// FromSlice is the stream of the elements of s, which must not change while somebody is subscribed.
//
//	  from slice [1 2 3]
//	^12----^(3|)     each ^ asks for 2
func FromSlice[T any](s []T) Flux[T] {
	switch len(s) {
	case 0:
		return Flux[T]{}
	case 1:
		return Flux[T]{src: &scalar[T]{s[0]}}
	}
	return newFlux(func(_ context.Context, down Subscriber[T]) {
		relieve(down)
		down.OnSubscribe(&sliceSubscription[T]{loop: loop[T]{down: down}, rest: s})
	})
}

// Range is the stream of count integers from start upwards; it is empty if count is less than 1.
//
//	  range 3, 3
//	(345|)
func Range(start, count int) Flux[int] {
	if count < 1 {
		return Flux[int]{}
	}
	return newFlux(func(_ context.Context, down Subscriber[int]) {
		relieve(down)
		down.OnSubscribe(&rangeSubscription{loop: loop[int]{down: down}, next: start, left: count})
	})
}

// FromSeq is the stream of the values of seq, which is started for each subscriber by its first Request and stopped as
// the subscription ends. Seq runs only while there is demand, on the goroutine that requests. A panic in seq becomes
// OnError.
//
// Under demand that is unbounded from the beginning seq is a plain range loop; otherwise each value costs a switch of
// coroutines (see [iter.Pull]).
//
//	  from seq 1 2 3
//	^12----^(3|)     each ^ asks for 2
func FromSeq[T any](seq iter.Seq[T]) Flux[T] {
	return newFlux(func(_ context.Context, s Subscriber[T]) {
		s.OnSubscribe(&seqSubscription[T]{loop: loop[T]{down: s}, seq: seq})
	})
}

// Empty is the stream that completes without a value.
//
//	  empty
//	|
func Empty[T any]() Flux[T] { return Flux[T]{src: empty[T]{}} }

// Error is the stream that fails with err without a value.
//
//	  error
//	x
func Error[T any](err error) Flux[T] { return Flux[T]{src: fail[T](err)} }

// Never is the stream that gives no signal at all.
//
//	  never
//	---------
func Never[T any]() Flux[T] { return Flux[T]{src: never[T]{}} }

// JustMono is the one value v.
//
//	  just 1
//	1|
func JustMono[T any](v T) Mono[T] { return Mono[T]{src: &scalar[T]{v}} }

// EmptyMono completes without a value.
//
//	  empty
//	|
func EmptyMono[T any]() Mono[T] { return Mono[T]{src: empty[T]{}} }

// ErrorMono fails with err.
//
//	  error
//	x
func ErrorMono[T any](err error) Mono[T] { return Mono[T]{src: fail[T](err)} }

// NeverMono gives no signal at all.
//
//	  never
//	---------
func NeverMono[T any]() Mono[T] { return Mono[T]{src: never[T]{}} }

// Done is what has been done already: it completes.
//
//	  done
//	|
func Done() Mono[Void] { return Mono[Void]{src: empty[Void]{}} }

// FromPublisher gives any publisher the methods of Flux.
//
//	--1--2--|  ->  --1--2--|
func FromPublisher[T any](p Publisher[T]) Flux[T] { return Flux[T]{src: unwrap[T](p)} }

// MonoFrom is the first value of p, which is cancelled then; it is empty if p is.
//
//	--(1!)
//	  mono from
//	--1|
func MonoFrom[T any](p Publisher[T]) Mono[T] {
	if m, ok := p.(Mono[T]); ok {
		return m
	}
	return Mono[T](FromPublisher(p).Take(1))
}

// Defer calls f for each subscriber and subscribes it to what f returns. A panic in f becomes OnError.
//
//	  defer ^--1--2--|
//	^--1--2--|     f is called at ^
func Defer[T any, P Publisher[T]](f func() P) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) { deferred(f).Subscribe(ctx, s) })
}

// DeferMono calls f for each subscriber and subscribes it to what f returns. A panic in f becomes OnError.
//
//	  defer ^--1|
//	^--1|     f is called at ^
func DeferMono[T any](f func() Mono[T]) Mono[T] {
	return newMono(func(ctx context.Context, s Subscriber[T]) { deferred(f).Subscribe(ctx, s) })
}

func deferred[T any, P Publisher[T]](f func() P) (p Publisher[T]) {
	if err := safely(func() { p = unwrap[T](f()) }); err != nil {
		return failed[T]{err}
	}
	return p
}

type sliceSubscription[T any] struct {
	loop[T]
	rest []T // belongs to who is in the loop
}

func (s *sliceSubscription[T]) Request(n int64) {
	if s.enter(n) {
		s.run()
	}
}

func (s *sliceSubscription[T]) run() {
	returned := false
	defer s.guard(&returned)
	s.emit()
	returned = true
}

func (s *sliceSubscription[T]) emit() {
	down := s.down
	for {
		batch := s.demand.Load()
		for _, v := range s.rest[:min(batch, int64(len(s.rest)))] {
			if s.closed() {
				return
			}
			down.OnNext(v)
		}
		if batch >= int64(len(s.rest)) {
			s.finish(nil)
			return
		}
		s.rest = s.rest[batch:]
		if produced(&s.demand, batch) == 0 {
			return
		}
	}
}

type rangeSubscription struct {
	loop[int]
	next, left int // belong to who is in the loop
}

func (s *rangeSubscription) Request(n int64) {
	if s.enter(n) {
		s.run()
	}
}

func (s *rangeSubscription) run() {
	returned := false
	defer s.guard(&returned)
	s.emit()
	returned = true
}

func (s *rangeSubscription) emit() {
	down := s.down
	for {
		batch := min(s.demand.Load(), int64(s.left))
		end := s.next + int(batch)
		for v := s.next; v != end; v++ {
			if s.closed() {
				return
			}
			down.OnNext(v)
		}
		s.next = end
		if s.left -= int(batch); s.left == 0 {
			s.finish(nil)
			return
		}
		if produced(&s.demand, batch) == 0 {
			return
		}
	}
}

type seqSubscription[T any] struct {
	loop[T]
	seq  iter.Seq[T]
	next func() (T, bool) // nil until seq was started
	stop func()
}

func (s *seqSubscription[T]) Request(n int64) {
	if s.enter(n) {
		s.run()
	}
}

// Cancel enters the loop as well, because stop must not overlap next.
func (s *seqSubscription[T]) Cancel() {
	s.loop.Cancel()
	if s.enter(1) {
		s.run()
	}
}

func (s *seqSubscription[T]) run() {
	if s.next == nil {
		if s.closed() {
			return
		}
		if s.demand.Load() == Unbounded {
			s.runAll()
			return
		}
		s.next, s.stop = iter.Pull(s.seq)
	}
	for {
		batch := s.demand.Load()
		for range batch {
			if s.closed() {
				_ = safely(s.stop)
				return
			}
			v, ok, err := s.pull()
			if err != nil || !ok {
				s.finish(err)
				return
			}
			s.down.OnNext(v)
		}
		if produced(&s.demand, batch) == 0 {
			return
		}
	}
}

// pull is next, with a panic turned into an error.
func (s *seqSubscription[T]) pull() (v T, ok bool, err error) {
	defer catch(&err)
	v, ok = s.next()
	return v, ok, nil
}

// runAll leaves the loop to seq.
func (s *seqSubscription[T]) runAll() {
	stopped := false
	err := safely(func() {
		for v := range s.seq {
			if stopped = s.closed(); stopped {
				break
			}
			s.down.OnNext(v)
		}
	})
	if !stopped {
		s.finish(err)
	}
}

// scalar is a stream of one value that is there already. ConcatMap and FlatMap take the value without subscribing.
type scalar[T any] struct{ v T }

func (p *scalar[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	s.OnSubscribe(&scalarSubscription[T]{down: s, v: p.v})
}

type scalarSubscription[T any] struct {
	down  Subscriber[T]
	v     T
	state atomic.Int32
}

const (
	scalarFresh int32 = iota
	scalarAsked
	scalarOver
)

func (s *scalarSubscription[T]) Request(n int64) {
	if !s.state.CompareAndSwap(scalarFresh, scalarAsked) {
		return
	}
	if n < 1 {
		s.down.OnError(ErrBadRequest)
		return
	}
	s.down.OnNext(s.v)
	if s.state.Load() == scalarAsked {
		s.down.OnComplete()
	}
}

func (s *scalarSubscription[T]) Cancel() { s.state.Store(scalarOver) }

// empty is a stream without values. ConcatMap and FlatMap pass over it without subscribing.
type empty[T any] struct{}

func (empty[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	s.OnSubscribe(endedSubscription{})
	s.OnComplete()
}

// failed is a stream that only fails.
type failed[T any] struct{ err error }

func (p failed[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	s.OnSubscribe(endedSubscription{})
	s.OnError(p.err)
}

func fail[T any](err error) failed[T] {
	if err == nil {
		err = errNil
	}
	return failed[T]{err}
}

// endedSubscription is the link to a publisher whose terminal signal follows at once.
type endedSubscription struct{}

func (endedSubscription) Request(int64) {}
func (endedSubscription) Cancel()       {}

// never is a stream without signals; only a bad request is answered.
type never[T any] struct{}

func (never[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	s.OnSubscribe(&neverSubscription[T]{down: s})
}

type neverSubscription[T any] struct {
	down Subscriber[T]
	over atomic.Bool
}

func (s *neverSubscription[T]) Request(n int64) {
	if n < 1 && s.over.CompareAndSwap(false, true) {
		s.down.OnError(ErrBadRequest)
	}
}

func (s *neverSubscription[T]) Cancel() { s.over.Store(true) }
