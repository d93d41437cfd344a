package reactive

import (
	"context"
	"sync/atomic"
	"time"
)

// WindowTimeout is src in windows, each of which is a stream of its own that ends when it has had n values (at least 1) or
// when d has passed since its first value: [BufferTimeout] with the values as they come. A window is opened for its first
// value, so none is empty.
//
// At most n values are asked of src for each window that is asked for, one window at a time. When a window ends early,
// those of them that are still to come belong to the next one. If nobody has asked for that, it waits, as a slice does, and
// is handed out with the values it has by then; if its time is up, it ends with them. The time of a window that was handed
// out does not wait for anything. Its values wait in it until its subscriber asks for them. Each window may be subscribed
// to once, and should be, or its values stay where they are; when its subscriber leaves it, the values that it still had to
// get are dropped.
//
// When src ends, the open window ends like it, then the stream. A window that waits is handed out before completion, and
// dropped before a failure. When the stream is cancelled, such a window is dropped and no other is opened any more; one
// that was handed out goes on, and src is cancelled when that has ended or was left.
//
//	--1-2-3-----4|
//	  window timeout 2, 4
//	--A---B-----C|
//	  1-(2|)             A
//	      3---|          B
//	            4|       C
func WindowTimeout[T any](src Publisher[T], n int, d time.Duration) Flux[Flux[T]] {
	src, n = unwrap[T](src), max(1, n)
	return newFlux(func(ctx context.Context, s Subscriber[Flux[T]]) {
		w := &timedWindows[T]{drop: discarding[T](ctx), live: 1}
		w.portions = portions[Flux[T]]{down: s, of: w, size: n, d: d}
		src.Subscribe(ctx, w)
	})
}

// timedWindows is the subscriber to src. A window is handed out when there is demand and ended when it is ripe.
//
// A value is put into its window under mu, so it is there before the timer can end the window, and delivered after that.
type timedWindows[T any] struct {
	portions[Flux[T]]
	drop      discard[T]
	cancelled atomic.Bool

	live int // the stream, until it is cancelled, and the window, until it has ended or was left; guarded by mu
	open *branch[T]
}

func (w *timedWindows[T]) OnNext(v T) {
	w.mu.Lock()
	if w.open == nil && w.cancelled.Load() { // still on its way
		w.mu.Unlock()
		w.drop.value(v)
		return
	}
	if !w.admit() {
		w.mu.Unlock()
		w.drop.value(v)
		w.refused()
		return
	}
	if w.open == nil {
		w.open = &branch[T]{}
		w.open.open(w, w.size)
		w.live++
	}
	open := w.open
	taken := open.put(v)
	news := w.held == 1 || w.held == w.size
	w.mu.Unlock()
	if !taken {
		w.drop.value(v)
	}
	if news {
		w.wake()
	}
	open.box.wake()
}

func (w *timedWindows[T]) pass() bool {
	w.mu.Lock()
	open := w.open
	switch {
	case open == nil:
	case !w.given && w.cancelled.Load():
		w.close()
		w.mu.Unlock()
		open.abandon()
		return true
	case !w.given && w.demand > 0 && (w.end == nil || w.end == endComplete):
		w.give()
		w.mu.Unlock()
		w.down.OnNext(Flux[T]{src: open})
		return true
	case w.given && w.ripe():
		w.close()
		w.mu.Unlock()
		open.finish(nil)
		return true
	}
	w.mu.Unlock()
	return false
}

// close makes the next value the first of another window. The caller holds mu.
func (w *timedWindows[T]) close() {
	w.open = nil
	w.next()
}

func (w *timedWindows[T]) last(e *ending) {
	w.mu.Lock()
	open, given := w.open, w.given
	w.close()
	w.mu.Unlock()
	switch {
	case open == nil:
	case given:
		open.finish(e.err)
	default:
		open.abandon()
	}
	if !w.cancelled.Load() {
		e.deliver(w.down)
	}
}

func (w *timedWindows[T]) Request(n int64) {
	if !w.cancelled.Load() {
		w.portions.Request(n)
	}
}

func (w *timedWindows[T]) Cancel() {
	if w.cancelled.CompareAndSwap(false, true) {
		w.left()
		w.wake()
	}
}

// left implements branchOwner.
func (w *timedWindows[T]) left() {
	w.mu.Lock()
	w.live--
	over := w.live == 0
	w.mu.Unlock()
	if over {
		w.stop(endCancelled)
	}
}

// took implements branchOwner.
func (w *timedWindows[T]) took(v T, passed bool) {
	if !passed {
		w.drop.value(v)
	}
}

// wanted implements branchOwner: everything was asked for with the window.
func (w *timedWindows[T]) wanted() {}
