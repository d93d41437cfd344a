package main

import (
	"context"

	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/socket"
)

// echoRx is echo over RxGo: the same two streams as observables, with RxGo's operators between them.
func echoRx(s socket.RxSession) rxgo.Observable {
	return s.Send(s.Receive().Map(func(_ context.Context, m any) (any, error) {
		return m, nil
	}))
}
