package socket

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// EventLoops is the strategy for many sessions, and for many messages: on Linux a few goroutines serve all sessions over
// plain TCP. A session that waits has neither a goroutine nor a stack, and a message takes one call into the kernel less.
//
//	service, err := socket.NewHandshakeService(socket.Config{Strategy: &socket.EventLoops{}})
//
// Handlers are the same as for other strategies. A loop calls those of all sessions that are ready together, one after the
// other, and then writes what they have sent. A session that waits for demand with a message in hand takes a goroutine of
// its own until it has dealt with what has arrived, and holds up nobody.
//
// A handler that does not return from OnNext is given such a goroutine, too, but this is noticed after 5 to 10 ms. Until then
// the other sessions of its loop wait, and so does what they have sent. Where that goes on, the loop gives every session that
// is ready a goroutine, and comes back to calling them itself by and by. Handlers that rarely return at once are better
// served without EventLoops.
//
// A session that waits for demand also notices when its connection is reset, without a ping.
//
// Sessions over other connections, TLS above all, and on other systems have a goroutine each, as without EventLoops. The same
// holds for a strategy that wraps this one and returns another connection, or an Upgraded of its own. Such a strategy must
// not keep the connection: the session closes it and goes on with a duplicate.
//
// A value may serve any number of services, and must not be copied after its first use. Its goroutines begin with the first
// session and end with the last one.
type EventLoops struct {
	// Strategy turns requests into connections. Default [HTTPUpgrade].
	Strategy UpgradeStrategy
	// Loops is the number of goroutines that serve the sessions. Default GOMAXPROCS.
	Loops int

	once  sync.Once
	group loopGroup
}

// Validate returns what is wrong with e and with its Strategy, or nil.
func (e *EventLoops) Validate() error {
	var errs []error
	if e.Loops < 0 {
		errs = append(errs, fmt.Errorf("socket: event loops: Loops: %d is negative", e.Loops))
	}
	return errors.Join(append(errs, validateStrategy(e.Strategy))...)
}

// Upgrade implements [UpgradeStrategy], by means of Strategy.
func (e *EventLoops) Upgrade(w http.ResponseWriter, r *http.Request, h *Handshake) (Upgraded, error) {
	strategy := e.Strategy
	if strategy == nil {
		strategy = HTTPUpgrade{}
	}
	up, err := strategy.Upgrade(w, r, h)
	up.loops = e
	return up, err
}

// link returns a link over conn that the loops serve, or another one if they cannot, or if e is nil.
func (e *EventLoops) link(conn net.Conn, calls *calls) link {
	if e != nil {
		if l := e.newLink(conn, calls); l != nil {
			return l
		}
	}
	return newLink(conn, calls)
}
