package socket

import (
	"context"
	"slices"

	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// RxSession is a [Session] in the words of RxGo: the same two streams as Observables.
//
// RxGo has no demand, so its operators read ahead by an item each, and every one is a goroutine: a session handled this
// way takes some 20 KB in place of 4.5. What an operator does to demand and cancellation is told at [reactive.FromRx].
// Both worlds mix: [reactive.Flux] has an Observable method, and Send takes a Flux as well.
type RxSession struct{ session *Session }

// Rx returns the session as RxGo sees it.
func (s *Session) Rx() RxSession { return RxSession{s} }

// Session returns the session behind the view.
func (r RxSession) Session() *Session { return r.session }

// Context returns the session's context. RxGo's eager operators (Merge, Zip, GroupBy, Retry...) need it:
// rxgo.WithContext(r.Context()).
func (r RxSession) Context() context.Context { return r.session.Context() }

// Receive is [Session.Receive] as an Observable of [Message]. It may be observed once. It ends with the session, with an
// item that has the error if the observer is there to take it.
func (r RxSession) Receive(opts ...rxgo.Option) rxgo.Observable {
	opts = slices.Concat([]rxgo.Option{rxgo.WithContext(r.session.Context())}, opts)
	return r.session.Receive().Observable(opts...)
}

// Send is [Session.Send]: it writes the messages that src emits. The result emits nothing; it completes when src has
// completed and all is with the kernel, and otherwise has an item with the error. An item that is not a [Message] is an
// error. Nothing is sent before the result is observed.
func (r RxSession) Send(src rxgo.Iterable) rxgo.Observable {
	return r.session.Send(reactive.FromRx[Message](src)).Observable()
}

// RxHandler is a [Handler] written with RxGo. The Observable it returns is the session's life, as the flow of a Handler
// is: the session closes with 1000 when it completes and fails with its first error. Items are ignored.
type RxHandler func(s RxSession) rxgo.Observable

// Handle calls h.
func (h RxHandler) Handle(s *Session) reactive.Mono[reactive.Void] {
	return reactive.FromRx[any](h(s.Rx())).Then()
}
