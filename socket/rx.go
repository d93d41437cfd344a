package socket

import (
	"slices"

	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// RxSession is the view of a [Session] for RxGo: the same two streams, as Observables of [Message]. Everything else is
// the Session's own, which it embeds.
//
// It costs a goroutine and a channel for each operator, and demand does not cross RxGo's operators exactly: each runs
// ahead by what its channel buffers, and one (see [reactive.FromRx]).
type RxSession struct {
	*Session
}

// RxHandler is a [Handler] that knows nothing but RxGo. The Observable that it returns is the session's life: it is
// observed, its items are ignored, an item with an error fails the session.
type RxHandler func(s RxSession) rxgo.Observable

// Rx returns the session as RxGo sees it.
func (s *Session) Rx() RxSession { return RxSession{s} }

// Handle implements [Handler].
func (h RxHandler) Handle(s *Session) reactive.Mono[reactive.Void] {
	return reactive.FromRx[any](h(s.Rx())).Then()
}

// Receive returns the messages of the peer, as [Session.Receive] does; their payloads are the receiver's own. It may be
// observed once. Options are RxGo's: WithBufferedChannel lets the session read so many messages ahead, and a context
// given with WithContext takes the place of the session's, so derive it from [Session.Context].
func (s RxSession) Receive(opts ...rxgo.Option) rxgo.Observable {
	all := slices.Concat([]rxgo.Option{rxgo.WithContext(s.Context())}, opts)
	return s.Session.Receive().Observable(all...)
}

// Send writes the messages of an Observable to the peer, as [Session.Send] does. The Observable that it returns starts
// when it is observed, emits nothing and completes when everything is with the kernel; an item with an error, and an item
// that is not a [Message], is its failure. Several may be under way at the same time.
func (s RxSession) Send(src rxgo.Iterable) rxgo.Observable {
	return s.Session.Send(reactive.FromRx[Message](src)).Observable(rxgo.WithContext(s.Context()))
}
