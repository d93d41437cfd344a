package reactive

import (
	"context"
	"io"
)

// Handle is Filter, Map and TakeUntil in one: f makes of each value of src one value, or none if ok is false, and says how
// to go on. An error of exactly io.EOF completes the stream, after r if ok is true; any other error, and a panic, fails it
// without r. In both cases src is cancelled.
//
// For each value of which f makes none, src is asked for another. In Reactor f is given a sink instead.
//
//	--1--2--3--4--(5!)
//	  handle: even ones doubled, io.EOF at 5
//	-----4-----8--|
func Handle[T, R any](src Publisher[T], f func(T) (r R, ok bool, err error)) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		src.Subscribe(ctx, &handler[T, R]{finalStage: finalStage[R]{stage: stage[R]{down: s}}, f: f})
	})
}

// HandleMono makes of the value of src one value, or none if ok is false or f fails: an error of exactly io.EOF completes,
// with r if ok is true; any other error, and a panic, is how it fails.
//
//	--1|  ->  --f(1)|  or, without a value of f,  --|
func HandleMono[T, R any](src Mono[T], f func(T) (r R, ok bool, err error)) Mono[R] {
	return Mono[R](Handle(src.source(), f))
}

type handler[T, R any] struct {
	finalStage[R]
	f func(T) (R, bool, error)
}

func (h *handler[T, R]) OnNext(v T) {
	if h.done {
		return
	}
	r, ok, err := h.call(v)
	switch {
	case err == io.EOF && ok:
		h.last(r)
	case err == io.EOF:
		h.up.Cancel()
		h.OnComplete()
	case err != nil:
		h.fail(err)
	case ok:
		h.down.OnNext(r)
	default:
		h.up.Request(1)
	}
}

// call is h.f(v); see guard.go.
func (h *handler[T, R]) call(v T) (r R, ok bool, err error) {
	returned := false
	defer func() {
		if !returned {
			err = panicked(recover())
		}
	}()
	r, ok, err = h.f(v)
	returned = true
	return r, ok, err
}
