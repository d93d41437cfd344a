package socket

import (
	"fmt"
	"net"
	"net/http"
)

// EventLoops is the strategy for many sessions, and for many messages: on Linux a few goroutines serve all sessions over
// plain TCP. One that waits costs neither a goroutine nor a stack, and a message one call into the kernel less.
//
//	service, err := socket.NewHandshakeService(socket.Config{Strategy: &socket.EventLoops{}})
//
// Handlers are the same as for other strategies, and may block. A loop calls the handlers of all sessions that are ready
// together, one after the other, and then writes what they have sent. A session whose handler does not return, or that waits
// for demand with a message in hand, goes on with a goroutine of its own until it has dealt with what has arrived, and the
// loop with the others. Each handler that takes its time may thus hold up those of the same loop, and their answers, for up
// to 10 ms; demand that is missing holds up nobody.
//
// A session that waits for demand also notices a connection that breaks, without a ping.
//
// Sessions over other connections, TLS above all, and on other systems have a goroutine each, as without EventLoops.
//
// A value may serve any number of services, and must not be copied after its first use. Its goroutines begin with the first
// session and end with the last one.
type EventLoops struct {
	// Strategy turns requests into connections. Default [HTTPUpgrade].
	Strategy UpgradeStrategy
	// Loops is the number of goroutines that serve the sessions. Default GOMAXPROCS.
	Loops int

	group loopGroup
}

// Validate returns what is wrong with e, or nil.
func (e *EventLoops) Validate() error {
	if e.Loops < 0 {
		return fmt.Errorf("socket: event loops: Loops: %d is negative", e.Loops)
	}
	return nil
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
