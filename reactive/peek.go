package reactive

import (
	"context"
	"sync/atomic"
)

// Signal says how a stream ended for its subscriber.
type Signal int8

const (
	// SignalComplete is the source's success.
	SignalComplete Signal = iota
	// SignalError is the source's failure.
	SignalError
	// SignalCancel is the subscriber's loss of interest.
	SignalCancel
)

// String returns the signal's name in lower case.
func (s Signal) String() string {
	switch s {
	case SignalComplete:
		return "complete"
	case SignalError:
		return "error"
	case SignalCancel:
		return "cancel"
	}
	return "unknown"
}

// DoOnNext calls fn with each value before it is passed on. A panic in fn cancels the source and fails the stream; the
// value is dropped.
//
//	--1--2--|
//	  do on next: fn(1), fn(2)
//	--1--2--|
func (f Flux[T]) DoOnNext(fn func(T)) Flux[T] { return doOnNext(f.source(), fn) }

// DoOnNext calls fn with the value before it is passed on. A panic in fn fails the stream.
//
//	--1|  ->  fn(1)  ->  --1|
func (m Mono[T]) DoOnNext(fn func(T)) Mono[T] { return Mono[T](doOnNext(m.source(), fn)) }

// DoOnError calls fn with the failure before it is passed on. A panic in fn joins the failure.
//
//	--1--2--x
//	  do on error: fn(x)
//	--1--2--x
func (f Flux[T]) DoOnError(fn func(error)) Flux[T] { return doOnEnd(f.source(), fn, nil) }

// DoOnError calls fn with the failure before it is passed on. A panic in fn joins the failure.
//
//	--x  ->  fn(x)  ->  --x
func (m Mono[T]) DoOnError(fn func(error)) Mono[T] { return Mono[T](doOnEnd(m.source(), fn, nil)) }

// DoOnComplete calls fn before completion is passed on. A panic in fn turns it into a failure.
//
//	--1--2--|
//	  do on complete: fn()
//	--1--2--|
func (f Flux[T]) DoOnComplete(fn func()) Flux[T] { return doOnEnd(f.source(), nil, fn) }

// DoOnComplete calls fn before completion is passed on. A panic in fn turns it into a failure.
//
//	--1|  ->  fn()  ->  --1|
func (m Mono[T]) DoOnComplete(fn func()) Mono[T] { return Mono[T](doOnEnd(m.source(), nil, fn)) }

// DoOnCancel calls fn, once, when the subscriber cancels before the stream has ended, before that is passed on. It may
// run on any goroutine. A panic in fn is dropped: there is nobody left to tell.
//
//	--1--2--!
//	  do on cancel: fn()
//	--1--2--!
func (f Flux[T]) DoOnCancel(fn func()) Flux[T] { return watch(f.source(), fn, nil) }

// DoOnCancel calls fn, once, when the subscriber cancels before the stream has ended; see [Flux.DoOnCancel].
//
//	--!  ->  fn()  ->  --!
func (m Mono[T]) DoOnCancel(fn func()) Mono[T] {
	return Mono[T](watch(m.source(), fn, nil))
}

// DoFinally calls fn, once, after the stream has ended in whatever way and the end was passed on. It may run on any
// goroutine. A panic in fn is dropped: there is nobody left to tell.
//
//	--1--2--|
//	  do finally: fn(complete) after it
//	--1--2--|
func (f Flux[T]) DoFinally(fn func(Signal)) Flux[T] {
	return watch(f.source(), nil, fn)
}

// DoFinally calls fn, once, after the stream has ended in whatever way; see [Flux.DoFinally].
//
//	--1|  ->  --1|  ->  fn(complete)
func (m Mono[T]) DoFinally(fn func(Signal)) Mono[T] {
	return Mono[T](watch(m.source(), nil, fn))
}

// DoOnRequest calls fn with each request of the subscriber before it is passed on, on the goroutine that requests; calls
// may overlap if requests do. Requests of less than one are passed on without. A panic in fn cancels the source and
// fails the stream.
//
//	^-1--2--^-3--|     each ^ asks for 2
//	  do on request: fn(2), fn(2)
//	^-1--2--^-3--|
func (f Flux[T]) DoOnRequest(fn func(int64)) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &requestPeek[T]{half: half[T]{down: s}, fn: fn})
	})
}

// DoOnSubscribe calls fn for each subscription, before the subscriber hears of it. A panic in fn fails the stream.
//
//	^--1--2--|
//	  do on subscribe: fn() at ^
//	^--1--2--|
func (f Flux[T]) DoOnSubscribe(fn func()) Flux[T] {
	src := f.source()
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &subscribePeek[T]{stage: stage[T]{down: s}, fn: fn})
	})
}

// DoOnRequest calls fn with each request of the subscriber before it is passed on; see [Flux.DoOnRequest].
//
//	^--1|  ->  fn(1)  ->  ^--1|     ^ asks for 1
func (m Mono[T]) DoOnRequest(fn func(int64)) Mono[T] { return Mono[T](m.Flux().DoOnRequest(fn)) }

// DoOnSubscribe calls fn for each subscription, before the subscriber hears of it. A panic in fn fails m.
//
//	^--1|  ->  fn() at ^  ->  ^--1|
func (m Mono[T]) DoOnSubscribe(fn func()) Mono[T] { return Mono[T](m.Flux().DoOnSubscribe(fn)) }

func doOnNext[T any](src Publisher[T], fn func(T)) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		p := &nextPeek[T]{fn: fn, drop: discarding[T](ctx)}
		p.down = s
		src.Subscribe(ctx, p)
	})
}

type nextPeek[T any] struct {
	leanStage[T]
	fn   func(T)
	drop discard[T]
}

func (p *nextPeek[T]) OnNext(v T) {
	if p.done {
		return
	}
	if p.relieved {
		p.calling = true
		p.fn(v)
		p.calling = false
	} else if err := accept(p.fn, v); err != nil {
		p.drop.value(v)
		p.fail(err)
		return
	}
	p.down.OnNext(v)
}

// relieve leaves alone a stage that has to tell the hook of the value its function failed on.
func (p *nextPeek[T]) relieve() {
	if p.drop == nil {
		p.leanStage.relieve()
	}
}

func doOnEnd[T any](src Publisher[T], onError func(error), onComplete func()) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &endPeek[T]{stage: stage[T]{down: s}, onError: onError, onComplete: onComplete})
	})
}

type endPeek[T any] struct {
	stage[T]
	onError    func(error)
	onComplete func()
}

func (p *endPeek[T]) OnNext(v T) { p.down.OnNext(v) }

func (p *endPeek[T]) OnError(err error) {
	if p.onError != nil {
		err = failure(err)
		err = joinErrors(err, accept(p.onError, err))
	}
	p.stage.OnError(err)
}

func (p *endPeek[T]) OnComplete() {
	if p.onComplete != nil {
		if err := safely(p.onComplete); err != nil {
			p.stage.OnError(err)
			return
		}
	}
	p.stage.OnComplete()
}

// watcher is the subscriber of the operators that want to know of a cancellation.
type watcher[T any] struct {
	stage[T]
	onCancel func()
	finally  func(Signal)
	over     atomic.Bool
}

func watch[T any](src Publisher[T], onCancel func(), finally func(Signal)) Flux[T] {
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &watcher[T]{stage: stage[T]{down: s}, onCancel: onCancel, finally: finally})
	})
}

func (w *watcher[T]) OnSubscribe(up Subscription) {
	if w.attach(up) {
		w.down.OnSubscribe(w)
	}
}

func (w *watcher[T]) OnNext(v T) { w.down.OnNext(v) }

func (w *watcher[T]) OnError(err error) {
	news := w.over.CompareAndSwap(false, true)
	w.stage.OnError(err)
	if news {
		w.ended(SignalError)
	}
}

func (w *watcher[T]) OnComplete() {
	news := w.over.CompareAndSwap(false, true)
	w.stage.OnComplete()
	if news {
		w.ended(SignalComplete)
	}
}

func (w *watcher[T]) Request(n int64) { w.up.Request(n) }

func (w *watcher[T]) Cancel() {
	if !w.over.CompareAndSwap(false, true) {
		return
	}
	if w.onCancel != nil {
		_ = safely(w.onCancel)
	}
	w.up.Cancel()
	w.ended(SignalCancel)
}

func (w *watcher[T]) ended(s Signal) {
	if w.finally != nil {
		_ = accept(w.finally, s)
	}
}

// requestPeek needs a half because fn may panic on another goroutine than the one that delivers values.
type requestPeek[T any] struct {
	half[T]
	up Subscription
	fn func(int64)
}

func (p *requestPeek[T]) OnSubscribe(up Subscription) {
	if p.up != nil {
		up.Cancel()
		return
	}
	p.up = up
	p.down.OnSubscribe(p)
}

func (p *requestPeek[T]) OnNext(v T)        { p.next(v) }
func (p *requestPeek[T]) OnError(err error) { p.finish(failure(err)) }
func (p *requestPeek[T]) OnComplete()       { p.finish(nil) }

func (p *requestPeek[T]) Request(n int64) {
	if p.ended() {
		return
	}
	if n > 0 {
		if err := accept(p.fn, n); err != nil {
			if p.claim(err) {
				p.up.Cancel()
				p.release()
			}
			return
		}
	}
	p.up.Request(n)
}

func (p *requestPeek[T]) Cancel() {
	if p.shut() {
		p.up.Cancel()
	}
}

type subscribePeek[T any] struct {
	stage[T]
	fn func()
}

func (p *subscribePeek[T]) OnSubscribe(up Subscription) {
	if !p.attach(up) {
		return
	}
	if err := safely(p.fn); err != nil {
		p.down.OnSubscribe(endedSubscription{})
		p.fail(err)
		return
	}
	p.down.OnSubscribe(up)
}

func (p *subscribePeek[T]) OnNext(v T) {
	if !p.done {
		p.down.OnNext(v)
	}
}
