package socket

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// Client opens sessions with a server. The zero value works. A Client may be used concurrently, must not be changed
// meanwhile, and may be copied: to give one session other header fields than the next.
type Client struct {
	// Config has the limits and timeouts of the sessions, the subprotocols to offer and the logger. What concerns the
	// handshake of a server (CheckOrigin, Authenticate, Attributes, Checks, NotUpgrade, Strategy) is ignored.
	Config Config

	// Header is sent with the handshake: Authorization, Cookie, Origin. Host takes the place of the URL's. The fields
	// that make it a handshake are the client's own.
	Header http.Header

	// TLS is the configuration for wss. Default: that of crypto/tls, with the URL's host as ServerName.
	TLS *tls.Config

	// DialContext opens the connection, below TLS; a proxy, a Unix socket or a test goes here. Default: that of a
	// [net.Dialer]. No proxy is taken from the environment.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dial opens a session with the server at url, whose scheme is ws or wss (http and https do as well). It waits for the
// handshake, as long as ctx and [Config.HandshakeTimeout] allow; afterwards ctx does not matter, but its values are
// those of [Session.Context]. If there is no session the error is a [*DialError], unless the Config is invalid.
//
// The session has no flow: it lasts until one side closes it. Who dials must call [Session.Close], and must receive if
// the peer's Close is to be noticed. To have a handler decide about the end, use [Client.Execute].
func (c *Client) Dial(ctx context.Context, url string) (*Session, error) {
	return c.open(ctx, url, nil)
}

// Execute opens a session, has it handled by h and returns when it has ended: the flow, the closing handshake, the
// connection. It offers the subprotocols of h if that has a method Subprotocols() []string.
//
// It returns
//   - nil after a normal end: h's flow has completed, or the server has closed with 1000 or without a status;
//   - the cause of ctx if that has ended: the session is closed with 1001 then, within the bounds of [Config.CloseTimeout];
//   - a [*DialError] if there was no session;
//   - otherwise a [*CloseError], which wraps the failure of h, of the protocol or of the connection.
func (c *Client) Execute(ctx context.Context, url string, h Handler) error {
	s, err := c.open(ctx, url, h)
	if err != nil {
		return err
	}
	left := &CloseError{Status: CloseStatus{Code: GoingAway}}
	stop := context.AfterFunc(ctx, func() {
		left.Err = context.Cause(ctx)
		s.closeWith(left)
	})
	defer stop()
	// It ends by itself, also if ctx has ended. It cannot fail.
	_, _ = s.Closed().Block(context.Background())
	switch end := s.reason(); {
	case end == left:
		return context.Cause(ctx)
	case end.Status.Code == NormalClosure, end.Status.Code == NoStatus && end.Remote:
		return nil
	default:
		return end
	}
}

// open dials and starts a session; without a handler it has no flow.
func (c *Client) open(ctx context.Context, url string, h Handler) (*Session, error) {
	if err := c.Config.Validate(); err != nil {
		return nil, err
	}
	config := c.Config.withDefaults()
	subprotocols := config.Subprotocols
	if h, ok := h.(interface{ Subprotocols() []string }); ok {
		subprotocols = h.Subprotocols()
	}
	up, handshake, err := c.dial(ctx, url, config.HandshakeTimeout, subprotocols)
	if err != nil {
		return nil, err
	}
	registry := newRegistry(&config)
	registry.enter()
	return openSession(connection{
		handshake: handshake,
		conn:      up.Conn,
		early:     up.Early,
		client:    true,
		handler:   h,
		registry:  registry,
	}), nil
}
