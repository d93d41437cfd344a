package socket

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// HandshakeService opens sessions: it checks handshakes, has the connections upgraded and keeps the sessions it has
// opened. It is safe for concurrent use.
//
// The checks come in this order: method (405), Upgrade (426), Connection (400), body (400), Sec-WebSocket-Key (400),
// Sec-WebSocket-Version (426), origin (403), draining (503), authentication (401), subprotocol (400 if malformed),
// [Config.Checks] (403), and last [Opener] (500). What fails because [Config.HandshakeTimeout] is over, or ends too late, is
// answered with 503. The answer to a handshake that is refused is text/plain.
type HandshakeService struct {
	config   *Config
	registry *registry
}

// NewHandshakeService returns a service, or what [Config.Validate] says is wrong with c.
func NewHandshakeService(c Config) (*HandshakeService, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	return &HandshakeService{config: &c, registry: newRegistry(&c)}, nil
}

// Handler returns an HTTP handler whose sessions are handled by h. It panics if h is nil, as [http.Handle] does.
func (s *HandshakeService) Handler(h Handler) http.Handler {
	if f, ok := h.(HandlerFunc); h == nil || ok && f == nil {
		panic("socket: nil handler")
	}
	return &endpoint{service: s, protocols: s.protocols(h), handler: h}
}

// Opener returns an HTTP handler whose sessions are each handled by what o opens for them. If o has a method
// Subprotocols() []string, that takes the place of [Config.Subprotocols]. It panics if o is nil, as [http.Handle] does.
func (s *HandshakeService) Opener(o Opener) http.Handler {
	if f, ok := o.(OpenerFunc); o == nil || ok && f == nil {
		panic("socket: nil opener")
	}
	return &endpoint{service: s, protocols: s.protocols(o), opener: o}
}

func (s *HandshakeService) protocols(h any) []string {
	if h, ok := h.(interface{ Subprotocols() []string }); ok {
		return h.Subprotocols()
	}
	return s.config.Subprotocols
}

// Len returns the number of live sessions.
func (s *HandshakeService) Len() int { return s.registry.len() }

// Sessions yields the sessions that are live when the loop begins, in no order.
func (s *HandshakeService) Sessions() iter.Seq[*Session] { return s.registry.all() }

// Drain ends the service: it refuses new handshakes with 503, ends every session with status, spread over
// [Config.DrainSpread], and waits until all have ended. 1001 and 1012 tell the peers to come back, to another server or
// later. If ctx ends first, Drain cuts the connections that are left and returns the cause, whatever the handlers do.
//
// What a peer had sent before is not lost: it is delivered as far as it is asked for, until nothing more has come for 50
// ms or half of [Config.CloseTimeout] has passed. Then Receive completes, and the flow has the rest of CloseTimeout to end
// by itself before it is cancelled. A flow that does not listen to Receive is cancelled at once.
//
// [net/http.Server.Shutdown] does not know of upgraded connections; call Drain beside it, for instance through
// RegisterOnShutdown.
func (s *HandshakeService) Drain(ctx context.Context, status CloseStatus) error {
	return s.registry.drain(ctx, status)
}

// endpoint is one handler, or one opener, of a service.
type endpoint struct {
	service   *HandshakeService
	protocols []string
	handler   Handler
	opener    Opener
}

// ServeHTTP answers a handshake. If it succeeds, the session goes on after the return.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fallback := e.service.config.NotUpgrade; fallback != nil && !IsUpgrade(r) {
		fallback.ServeHTTP(w, r)
		return
	}
	s, stay, err := e.shakeHands(w, r)
	switch {
	case err != nil:
		e.service.refuse(w, r, err)
	case stay:
		_, _ = s.Closed().Block(context.Background()) // which cannot fail
	}
}

// shakeHands checks the request and upgrades the connection, all within HandshakeTimeout. What is called on the way sees
// the end of that time in the request's context; the session, which is to last, has the original one.
func (e *endpoint) shakeHands(w http.ResponseWriter, r *http.Request) (s *Session, stay bool, err error) {
	x := &exchange{service: e.service, request: r, handshake: newHandshake(r), protocols: e.protocols}
	if timeout := e.service.config.HandshakeTimeout; timeout > 0 {
		x.patience = &patience{request: r.Context(), deadline: time.Now().Add(timeout)}
		defer x.patience.end()
		x.request = r.WithContext(x.patience)
	}
	for _, check := range checks {
		if err = check(x); err != nil {
			return nil, false, err
		}
	}
	if x.late() { // though nobody has minded
		return nil, false, tooLate(errHandshakeTimeout)
	}
	return e.upgrade(w, x)
}

// upgrade opens the handler, the connection and the session. Whatever fails, or panics, what was opened before is closed.
func (e *endpoint) upgrade(w http.ResponseWriter, x *exchange) (s *Session, stay bool, err error) {
	registry, config := e.service.registry, e.service.config
	if !registry.enter() {
		return nil, false, errDraining
	}
	handler, closer := e.handler, io.Closer(nil)
	defer func() { // after the Close below, whatever that does: Drain waits for it
		if s == nil {
			registry.leave()
		}
	}()
	defer func() {
		if s == nil && closer != nil {
			err = errors.Join(err, closeHandler(closer))
		}
	}()
	if e.opener != nil {
		if handler, err = e.open(x); err != nil {
			return nil, false, err
		}
		closer, _ = handler.(io.Closer)
		if x.late() {
			return nil, false, tooLate(errHandshakeTimeout)
		}
	}
	if err = checkSubprotocol(x); err != nil {
		return nil, false, err
	}
	up, err := config.Strategy.Upgrade(w, x.request, x.handshake)
	if err != nil {
		return nil, false, err
	}
	if up.Conn == nil {
		return nil, false, errNoConn
	}
	s = openSession(connection{
		handshake:  x.handshake,
		attributes: x.attributes,
		conn:       up.Conn,
		early:      up.Early,
		handler:    handler,
		closer:     closer,
		registry:   registry,
		loops:      up.loops,
	})
	return s, up.Stay, nil
}

// open calls Open and turns a panic into an error.
func (e *endpoint) open(x *exchange) (h Handler, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &reactive.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	h, err = e.opener.Open(x.request.Context(), x.handshake)
	if h == nil && err == nil {
		err = errNoHandler
	}
	if err != nil && x.late() {
		err = x.withStatus(err, http.StatusServiceUnavailable)
	}
	return h, err
}

var errNoHandler = errors.New("socket: Open returned neither a handler nor an error")

var errNoConn = errors.New("socket: Upgrade returned neither a connection nor an error")

// refuse answers a handshake that came to nothing.
func (s *HandshakeService) refuse(w http.ResponseWriter, r *http.Request, err error) {
	answer, ok := errors.AsType[*HandshakeError](err)
	if !ok {
		answer = &HandshakeError{Status: http.StatusInternalServerError}
	}
	level := slog.LevelInfo
	if answer.status() >= 500 && answer.status() != http.StatusNotImplemented && answer != errDraining {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("path", r.URL.Path),
		slog.String("remote", r.RemoteAddr),
		slog.Int("status", answer.status()),
		slog.Any("error", err),
	}
	if p, ok := errors.AsType[*reactive.PanicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	s.config.Logger.LogAttrs(r.Context(), level, "socket: handshake refused", attrs...)
	if errors.Is(err, http.ErrHijacked) {
		return // there is nobody to answer to
	}
	for name, values := range answer.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	http.Error(w, answer.text(), answer.status())
}
