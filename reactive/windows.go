package reactive

import (
	"context"
	"sync/atomic"
)

// Window is src in pieces of n values (at least 1), each of which is a stream of its own: [Buffer] with the values as they
// come. The last piece is shorter if src completes in between.
//
// One window asked for is n values asked of src. They do not wait for each other, but a window's values wait in it, n at
// most, until its subscriber asks for them. Each window may be subscribed to once, and should be, or its values stay where
// they are; when its subscriber leaves it, the values that it still had to get are dropped.
//
// When src ends, the open window ends like it, then the stream. When the stream is cancelled, no window is opened any
// more; the open one goes on, and src is cancelled when that is full or was left.
//
//	--1--2--3--|
//	  window 2
//	--A-----B--|
//	  1--(2|)        A
//	        3--|     B
func Window[T any](src Publisher[T], n int) Flux[Flux[T]] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[Flux[T]]) {
		w := &windowed[T]{stage: stage[Flux[T]]{down: s}, size: n, drop: discarding[T](ctx)}
		w.live.Store(1)
		src.Subscribe(ctx, w)
	})
}

// windowed is the subscriber to src.
type windowed[T any] struct {
	stage[Flux[T]]
	size      int
	drop      discard[T]
	live      atomic.Int32 // the stream, until it is cancelled, and the open window, until it is full or was left
	cancelled atomic.Bool
	over      atomic.Bool // src has ended

	open  *branch[T] // this and what follows belongs to the signals of src
	count int        // values that went into open
}

func (w *windowed[T]) OnSubscribe(up Subscription) {
	if w.attach(up) {
		w.down.OnSubscribe(w)
	}
}

func (w *windowed[T]) OnNext(v T) {
	if w.done || w.open == nil && !w.next() {
		w.drop.value(v)
		return
	}
	w.count++
	if w.open.box.offer(v) != EmitOK {
		w.drop.value(v)
	}
	if w.count == w.size {
		full := w.open
		w.open = nil
		full.finish(nil)
	}
}

// next opens a window, unless the stream was cancelled.
func (w *windowed[T]) next() bool {
	if w.cancelled.Load() || !w.enter() {
		return false
	}
	w.open, w.count = &branch[T]{}, 0
	w.open.open(w, w.size)
	w.down.OnNext(Flux[T]{src: w.open})
	return true
}

// enter adds one to live, unless that is zero and src was cancelled.
func (w *windowed[T]) enter() bool {
	for {
		n := w.live.Load()
		if n == 0 {
			return false
		}
		if w.live.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (w *windowed[T]) OnError(err error) {
	err = failure(err)
	w.end(err)
	w.stage.OnError(err)
}

func (w *windowed[T]) OnComplete() {
	w.end(nil)
	w.stage.OnComplete()
}

// end ends the open window with src, which must not be cancelled any more (2.3).
func (w *windowed[T]) end(err error) {
	w.over.Store(true)
	if w.open != nil {
		w.open.gone.Store(true)
		w.open.finish(err)
		w.open = nil
	}
}

// Request may come from inside the end of a window, and thus of src (2.3).
func (w *windowed[T]) Request(n int64) {
	if w.over.Load() {
		return
	}
	if n > 0 {
		n = mulCap(n, int64(w.size))
	}
	w.up.Request(n)
}

func (w *windowed[T]) Cancel() {
	if w.cancelled.CompareAndSwap(false, true) {
		w.left()
	}
}

// left implements branchOwner.
func (w *windowed[T]) left() {
	if w.live.Add(-1) == 0 && !w.over.Load() {
		w.up.Cancel()
	}
}

// took implements branchOwner.
func (w *windowed[T]) took(v T, passed bool) {
	if !passed {
		w.drop.value(v)
	}
}

// wanted implements branchOwner: everything was asked for with the window.
func (w *windowed[T]) wanted() {}
