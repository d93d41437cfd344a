package socket

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Config is how sessions are opened, limited and closed. The zero value works; every field that is zero has the default
// that its comment names. A Config is copied where it is given and not read afterwards.
//
// A duration below zero switches what it bounds off.
type Config struct {
	// MaxMessageSize is the largest incoming message in bytes, fragments summed. A larger one closes the session with
	// 1009. Default 1 MiB.
	MaxMessageSize int

	// MaxQueuedBytes is how many bytes may wait for one peer before the session asks its sources for no more. What
	// was asked for before still comes, so the bound of a session's queue is MaxQueuedBytes plus SendWindow messages
	// of each Send. Default 1 MiB.
	MaxQueuedBytes int

	// SendWindow is how many messages a Send asks its source for ahead of the socket, at most a million. With 1 there
	// is a write per message. Default 64.
	SendWindow int

	// HandshakeTimeout bounds the time from the request to its answer: then the context ends that CheckOrigin,
	// Authenticate, Attributes, Checks and Open see. What fails because of that, and what succeeds after that, is
	// answered with 503. Default 10 s.
	HandshakeTimeout time.Duration

	// CloseTimeout bounds each step of closing: the flow may go on for so long after the peer has closed, or after
	// Drain; what is queued may take so long to be written, and the peer may take so long to answer a Close frame.
	// Default 2 s.
	CloseTimeout time.Duration

	// PingInterval is after how much silence of the peer a ping is sent, again and again. A peer that has vanished is
	// noticed by IdleTimeout while the session reads; by a session that does not, because nobody asks for messages, as its
	// pings are not acknowledged: when the kernel gives the connection up (see WriteTimeout), the next ping fails; with
	// [EventLoops] the session hears of it at once. Default 30 s.
	PingInterval time.Duration

	// IdleTimeout is after how much silence of the peer, pongs included, the session is closed with 1001. The time
	// during which a session does not read, because nobody asks for messages, does not count: answers may be waiting
	// unread. If the peer of such a session is gone, a ping will fail. Default 90 s.
	IdleTimeout time.Duration

	// WriteTimeout is how long bytes may wait for a peer that takes none. Then the connection is given up as lost,
	// with 1006. On Linux the kernel keeps the same time for what it has taken over and a TCP peer does not acknowledge
	// (TCP_USER_TIMEOUT), so one that has vanished is noticed after at most two PingIntervals and a WriteTimeout even if
	// nothing is read; on other systems when the kernel gives up, after some 15 minutes. Default 30 s.
	WriteTimeout time.Duration

	// DrainSpread is the time over which Drain spreads the closes, so that the peers do not all reconnect at once.
	// Default 0: all at once.
	DrainSpread time.Duration

	// Subprotocols are those that a handler without a list of its own speaks. A server takes the first one of the
	// client's list that is among them; a client offers them in this order, the preferred one first. Default none.
	Subprotocols []string

	// CheckOrigin decides about the request's Origin; false is answered with 403. Default [SameOrigin].
	CheckOrigin func(r *http.Request) bool

	// Authenticate tells who the peer is; the principal becomes that of the [Handshake]. An error is answered with the
	// status of a [*HandshakeError] in its chain, otherwise with 401. Default: everybody, no principal.
	Authenticate func(r *http.Request) (principal any, err error)

	// Attributes are the first contents of [Session.Attributes]. Default none.
	Attributes func(r *http.Request) map[string]any

	// Checks come after the built-in checks and before Open, in this order. Default none.
	Checks []Check

	// NotUpgrade answers requests that do not ask for a WebSocket at all (see [IsUpgrade]): a browser's visit, a probe,
	// another protocol on the same path. Default: 405 for all methods but GET, and 426 (RFC 9110, 15.5.22).
	NotUpgrade http.Handler

	// Strategy turns a request that has passed all checks into a connection. Default [HTTPUpgrade], with a goroutine for
	// each session; see [EventLoops] for another way to serve them.
	Strategy UpgradeStrategy

	// Logger hears of refused handshakes and of sessions that a handler closes with a status of its choice (Info), of
	// failed handlers and of panics (Error). Default: silent.
	Logger *slog.Logger
}

// Check is one more condition of a handshake. An error is answered with the status of a [*HandshakeError] in its chain,
// otherwise with 403. It may change the Handshake.
type Check func(r *http.Request, h *Handshake) error

// The defaults and bounds of Config.
const (
	defaultMaxMessageSize   = 1 << 20
	defaultMaxQueuedBytes   = 1 << 20
	defaultSendWindow       = 64
	maxSendWindow           = 1_000_000
	defaultHandshakeTimeout = 10 * time.Second
	defaultCloseTimeout     = 2 * time.Second
	defaultPingInterval     = 30 * time.Second
	defaultIdleTimeout      = 90 * time.Second
	defaultWriteTimeout     = 30 * time.Second
)

// Validate returns all that is wrong with c, joined, or nil.
func (c Config) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value int
	}{
		{"MaxMessageSize", c.MaxMessageSize},
		{"MaxQueuedBytes", c.MaxQueuedBytes},
		{"SendWindow", c.SendWindow},
	} {
		if f.value < 0 {
			errs = append(errs, fmt.Errorf("socket: config: %s: %d is negative", f.name, f.value))
		}
	}
	if c.SendWindow > maxSendWindow {
		errs = append(errs, fmt.Errorf("socket: config: SendWindow: %d is more than %d", c.SendWindow, maxSendWindow))
	}
	seen := make(map[string]bool, len(c.Subprotocols))
	for _, p := range c.Subprotocols {
		switch {
		case !isToken(p):
			errs = append(errs, fmt.Errorf("socket: config: Subprotocols: %q is not a token (RFC 9110, 5.6.2)", p))
		case seen[p]:
			errs = append(errs, fmt.Errorf("socket: config: Subprotocols: %q is there twice", p))
		}
		seen[p] = true
	}
	for i, check := range c.Checks {
		if check == nil {
			errs = append(errs, fmt.Errorf("socket: config: Checks: number %d is nil", i))
		}
	}
	errs = append(errs, validateStrategy(c.Strategy))
	c = c.withDefaults()
	if c.PingInterval > 0 && c.IdleTimeout > 0 && c.IdleTimeout <= c.PingInterval {
		errs = append(errs, fmt.Errorf("socket: config: IdleTimeout: %v is not longer than the PingInterval of %v: "+
			"a peer that is only silent has no chance to answer", c.IdleTimeout, c.PingInterval))
	}
	return errors.Join(errs...)
}

// withDefaults returns c with defaults where it is zero, and zero for a duration that is switched off.
func (c Config) withDefaults() Config {
	for _, f := range []struct {
		value *int
		def   int
	}{
		{&c.MaxMessageSize, defaultMaxMessageSize},
		{&c.MaxQueuedBytes, defaultMaxQueuedBytes},
		{&c.SendWindow, defaultSendWindow},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	for _, f := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&c.HandshakeTimeout, defaultHandshakeTimeout},
		{&c.CloseTimeout, defaultCloseTimeout},
		{&c.PingInterval, defaultPingInterval},
		{&c.IdleTimeout, defaultIdleTimeout},
		{&c.WriteTimeout, defaultWriteTimeout},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
		*f.value = max(0, *f.value)
	}
	if c.CheckOrigin == nil {
		c.CheckOrigin = SameOrigin
	}
	if c.Strategy == nil {
		c.Strategy = HTTPUpgrade{Timeout: c.HandshakeTimeout}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// batch is after how many messages a Send asks for as many more: with three quarters of the window a source is asked
// seldom and still never runs out of demand while the peer keeps up.
func (c *Config) batch() int32 { return int32(max(1, c.SendWindow*3/4)) }
