// Package emit calls subscribers from inside an engine. A subscriber that panics has broken Reactive Streams 2.13; the
// goroutine it was called on may be a publisher's, another consumer's or a timer's, which must not suffer for it.
package emit

import (
	"runtime/debug"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Next calls OnNext and returns a [*reactive.PanicError] if it panicked, else nil. The engine must then end the
// subscription with that error.
func Next[T any](s reactive.Subscriber[T], v T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &reactive.PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	s.OnNext(v)
	return nil
}

// End calls OnError with err or, if that is nil, OnComplete. A panic is dropped: there is no signal left to carry it.
func End[T any](s reactive.Subscriber[T], err error) {
	defer func() { _ = recover() }()
	if err != nil {
		s.OnError(err)
	} else {
		s.OnComplete()
	}
}

// Reject subscribes s to nothing but err.
func Reject[T any](s reactive.Subscriber[T], err error) {
	s.OnSubscribe(nothing{})
	End(s, err)
}

// nothing is the subscription of a subscriber that only learns that there is nothing.
type nothing struct{}

func (nothing) Request(int64) {}
func (nothing) Cancel()       {}
