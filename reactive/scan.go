package reactive

import (
	"context"
	"sync/atomic"
)

// Scan is the stream of seed, then f(seed, v1), then f of that and v2, and so on: every intermediate result. The seed
// takes one of the subscriber's demand. A panic in f cancels src and fails the stream. A seed that f changes in place is
// shared by all subscriptions.
//
//	^--1--2--3--|
//	  scan 0, +
//	^0-1--3--6--|
func Scan[T, R any](src Publisher[T], seed R, f func(R, T) R) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		c := &scanner[T, R]{acc: seed, f: f}
		c.down = s
		src.Subscribe(ctx, c)
	})
}

// scanner is a half for the sake of the seed: the first Request delivers it while src may be ending elsewhere.
type scanner[T, R any] struct {
	half[R]
	up        Subscription
	acc       R
	f         func(R, T) R
	state     atomic.Int32
	requested atomic.Int64
	asked     atomic.Int64
}

const (
	scanFresh     int32 = iota // the seed was not delivered
	scanCompleted              // nor will there be anything after it
	scanSeeding
	scanSeeded
)

func (s *scanner[T, R]) OnSubscribe(up Subscription) {
	if s.up != nil {
		up.Cancel()
		return
	}
	s.up = up
	s.down.OnSubscribe(s)
}

func (s *scanner[T, R]) OnNext(v T) {
	if s.ended() {
		return
	}
	acc, err := fold(s.f, s.acc, v)
	if err != nil {
		s.up.Cancel()
		s.finish(err)
		return
	}
	s.acc = acc
	s.down.OnNext(acc)
}

func (s *scanner[T, R]) OnError(err error) { s.finish(failure(err)) }

func (s *scanner[T, R]) OnComplete() {
	if !s.state.CompareAndSwap(scanFresh, scanCompleted) {
		s.finish(nil)
	}
}

func (s *scanner[T, R]) Request(n int64) {
	state := s.state.Load()
	switch {
	case n > 0:
		addCap(&s.requested, n)
	case state == scanCompleted:
		s.finish(ErrBadRequest) // src can no longer answer it
		return
	default:
		s.up.Request(n)
		return
	}
	switch {
	case s.state.Load() == scanSeeded:
		s.ask()
	case s.state.CompareAndSwap(scanFresh, scanSeeding):
		s.next(s.acc)
		s.state.Store(scanSeeded)
		s.ask()
	case s.state.CompareAndSwap(scanCompleted, scanSeeding):
		s.next(s.acc)
		s.finish(nil)
	}
}

// ask leaves out the one for the seed.
func (s *scanner[T, R]) ask() {
	target := s.requested.Load()
	if target != Unbounded {
		target--
	}
	raise(&s.asked, target, s.up)
}

func (s *scanner[T, R]) Cancel() {
	if s.shut() {
		s.up.Cancel()
	}
}

// Reduce is the last result of [Scan]: f of all values of src, beginning with seed, or the seed itself if src is empty.
// As soon as the result is asked for, src is asked for everything.
//
//	--1--2--3--|
//	  reduce 0, +
//	-----------6|
func Reduce[T, R any](src Publisher[T], seed R, f func(R, T) R) Mono[R] {
	src = unwrap[T](src)
	return newMono(func(ctx context.Context, s Subscriber[R]) {
		src.Subscribe(ctx, &reducer[T, R]{result: result[R]{down: s}, acc: seed, valid: true, f: f})
	})
}

// CollectList is all values of src in one slice, which is nil if there are none. As soon as the result is asked for,
// src is asked for everything.
//
//	--1--2--3--|
//	  collect list
//	-----------A|     A = [1 2 3]
func CollectList[T any](src Publisher[T]) Mono[[]T] {
	src = unwrap[T](src)
	return newMono(func(ctx context.Context, s Subscriber[[]T]) {
		r := &reducer[T, []T]{valid: true, lose: discarding[T](ctx).values}
		r.down, r.f = s, func(list []T, v T) []T { return append(list, v) }
		src.Subscribe(ctx, r)
	})
}

// Last is the last value of the stream, all of whose values are asked for; it is empty if the stream is.
//
//	--1--2--3--|
//	  last
//	-----------3|
func (f Flux[T]) Last() Mono[T] {
	src := f.source()
	return newMono(func(ctx context.Context, s Subscriber[T]) {
		drop := discarding[T](ctx)
		r := &reducer[T, T]{lose: drop.value}
		r.down, r.f = s, func(before, v T) T {
			if r.valid {
				drop.value(before)
			}
			return v
		}
		src.Subscribe(ctx, r)
	})
}

// reducer asks for everything as soon as it is asked for its result.
type reducer[T, R any] struct {
	result[R]
	up    Subscription
	acc   R    // this and valid belong to the owner of wip
	valid bool // acc is a result, if nothing follows
	f     func(R, T) R
	wip   atomic.Int32 // keeps a Cancel, which drops acc, apart from the signals; stays up after it
	lose  func(R)      // is given a result that is dropped, unless it is nil
}

func (r *reducer[T, R]) OnSubscribe(up Subscription) {
	if r.up != nil {
		up.Cancel()
		return
	}
	r.up = up
	r.down.OnSubscribe(r)
}

func (r *reducer[T, R]) OnNext(v T) {
	if !r.wip.CompareAndSwap(0, 1) {
		return
	}
	acc, err := fold(r.f, r.acc, v)
	if err == nil {
		r.acc, r.valid = acc, true
	}
	if r.wip.Add(-1) != 0 {
		r.dispose()
	}
	if err != nil {
		r.fail(err)
	}
}

func (r *reducer[T, R]) OnError(err error) {
	if r.finish(failure(err)) {
		r.clear()
	}
}

func (r *reducer[T, R]) OnComplete() {
	if !r.wip.CompareAndSwap(0, 1) {
		return // it was cancelled or failed
	}
	acc, valid := r.acc, r.valid
	if r.wip.Add(-1) != 0 {
		r.dispose()
		return
	}
	if valid {
		r.complete(acc)
	} else {
		r.finish(nil)
	}
}

func (r *reducer[T, R]) Request(n int64) {
	if n < 1 {
		r.fail(ErrBadRequest)
	} else if r.ask() {
		r.up.Request(Unbounded)
	}
}

func (r *reducer[T, R]) Cancel() {
	if r.state.Swap(resultCancelled) < resultDone { // else src has ended, or was cancelled (2.3)
		r.up.Cancel()
		r.clear()
	}
}

func (r *reducer[T, R]) fail(err error) {
	r.up.Cancel()
	if r.finish(err) {
		r.clear()
	}
}

// clear drops the result, and all values that follow.
func (r *reducer[T, R]) clear() {
	if r.wip.Add(1) == 1 {
		r.dispose()
	}
}

func (r *reducer[T, R]) dispose() {
	if r.valid && r.lose != nil {
		r.lose(r.acc)
	}
}
