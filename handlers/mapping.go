package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rs/cors"

	"github.com/fluxsocket/fluxsocket/socket"
)

// Config is what a [Mapping] is made of.
type Config struct {
	// Routes say which handler serves which URLs. Their order matters only between patterns that are equally
	// specific.
	Routes []Route
	// CORS says which pages of other origins may use the routes. The zero value: those of the server's own origin.
	CORS CORS
	// Service opens the sessions of the routes with a Socket or an Opener. Nil: one with the default limits and CORS
	// as its check of the origin. A service that is given has a check of its own, and both must be passed: give it
	// CORS.OriginCheck() too if other origins are allowed.
	Service *socket.HandshakeService
	// Next is asked when no route takes a request: another Mapping with a policy of its own, a router that was there
	// before, a site. Nil: 404, or 405 with Allow if only the method is wrong.
	Next http.Handler
}

// Route binds handlers to a path pattern. One route may have an HTTP handler and a WebSocket handler: the latter takes
// the requests that want to upgrade, the former the others.
type Route struct {
	// Pattern is a path pattern (see the package documentation), such as "/rooms/{room}". A method and a space may
	// stand before it and then restrict HTTP: "POST /rooms/{room}"; GET includes HEAD. Several routes may have the
	// same pattern with different methods.
	Pattern string
	// HTTP serves the requests that are not an upgrade, and those too if the pattern has no WebSocket handler.
	HTTP http.Handler
	// Socket handles the sessions that are opened here. A route has a Socket or an Opener, not both.
	Socket socket.Handler
	// Opener makes the handler of each session from its handshake.
	Opener socket.Opener
}

// Mapping serves each request with the handler of the most specific pattern that covers its path and takes its method.
// What the variables of the pattern stand for is then found with r.PathValue and Handshake.PathValue, and the pattern
// itself in r.Pattern.
//
// It is an [http.Handler] that never changes after [NewMapping] and is safe for concurrent use. To change routes, make
// another one and exchange them.
type Mapping struct {
	endpoints []endpoint // the most specific pattern first
	service   *socket.HandshakeService
	cors      *cors.Cors // nil: no other origin is allowed
	next      http.Handler
}

// endpoint is what all routes of one pattern add up to.
type endpoint struct {
	pattern *pattern
	socket  http.Handler            // takes upgrades; may be nil
	any     http.Handler            // HTTP without a method; may be nil
	methods map[string]http.Handler // HTTP by method
}

// NewMapping returns a Mapping, or every mistake in c: a pattern that does not parse (a [*PatternError]), two handlers for
// the same requests, a route without a handler, a bad policy.
func NewMapping(c Config) (*Mapping, error) {
	m := &Mapping{service: c.Service, next: c.Next}
	if len(c.CORS.AllowedOrigins) > 0 {
		m.cors = c.CORS.compile()
	}
	var checkOrigin func(*http.Request) bool // where the service does not know the policy
	if m.service != nil && m.cors != nil {
		checkOrigin = c.CORS.OriginCheck()
	}
	if m.service == nil {
		service, err := socket.NewHandshakeService(socket.Config{CheckOrigin: c.CORS.OriginCheck()})
		if err != nil {
			return nil, err
		}
		m.service = service
	}
	errs := []error{c.CORS.Validate()}
	byShape := map[string]int{}
	for _, route := range c.Routes {
		if err := m.add(route, byShape, checkOrigin); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.SortStableFunc(m.endpoints, func(a, b endpoint) int { return compareSpecificity(a.pattern, b.pattern) })
	return m, nil
}

// add puts a route's handlers into the endpoint of its pattern.
func (m *Mapping) add(route Route, byShape map[string]int, checkOrigin func(*http.Request) bool) error {
	method, path, ok := strings.Cut(route.Pattern, " ")
	if !ok || strings.HasPrefix(method, "/") {
		method, path = "", route.Pattern
	}
	p, err := parsePattern(strings.TrimLeft(path, " "))
	if err != nil {
		return err
	}
	mistake := func(problem string) error { return fmt.Errorf("handlers: route %q: %s", route.Pattern, problem) }
	switch {
	case route.HTTP == nil && route.Socket == nil && route.Opener == nil:
		return mistake("no handler")
	case route.Socket != nil && route.Opener != nil:
		return mistake("it has a Socket and an Opener: an Opener makes the handler itself")
	case method != "" && route.HTTP == nil:
		return mistake("the method restricts HTTP, and there is no HTTP handler")
	case method != strings.ToUpper(method):
		return mistake("methods are written in capitals")
	}
	i, ok := byShape[p.shape]
	if !ok {
		i = len(m.endpoints)
		byShape[p.shape] = i
		m.endpoints = append(m.endpoints, endpoint{pattern: p, methods: map[string]http.Handler{}})
	}
	e := &m.endpoints[i]
	if e.pattern.text != p.text {
		return mistake(fmt.Sprintf("the pattern covers the same paths as %q: name their variables alike", e.pattern.text))
	}
	if h := m.upgrade(route); h != nil {
		if e.socket != nil {
			return mistake("there is already a WebSocket handler for this pattern")
		}
		e.socket = originChecked(h, checkOrigin)
	}
	switch {
	case route.HTTP == nil:
	case method == "":
		if e.any != nil {
			return mistake("there is already an HTTP handler for this pattern")
		}
		e.any = route.HTTP
	case e.methods[method] != nil:
		return mistake("there is already an HTTP handler for this pattern and method")
	default:
		e.methods[method] = route.HTTP
	}
	return nil
}

// upgrade returns the HTTP side of the route's WebSocket handler, nil if it has none.
func (m *Mapping) upgrade(route Route) http.Handler {
	switch {
	case route.Socket != nil:
		return m.service.Handler(route.Socket)
	case route.Opener != nil:
		return m.service.Opener(route.Opener)
	}
	return nil
}

// originChecked applies the mapping's policy before a service that does not know it. No check: next as it is.
func originChecked(next http.Handler, check func(*http.Request) bool) http.Handler {
	if check == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !check(r) {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Service returns the service that opens the sessions: the one that was given, or the mapping's own. A server that ends
// drains it.
func (m *Mapping) Service() *socket.HandshakeService { return m.service }

// ServeHTTP finds the handler and calls it.
func (m *Mapping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var buf [16]string
	path, ok := splitPath(buf[:0], r.URL.EscapedPath())
	upgrade := socket.IsUpgrade(r)
	var covering []*endpoint // those that do not take the method
	for i := range m.endpoints {
		e := &m.endpoints[i]
		if !ok || !e.pattern.match(path) {
			continue
		}
		if upgrade && e.socket != nil {
			e.take(e.socket, path, w, r)
			return
		}
		if preflight(r) && m.cors != nil {
			m.cors.HandlerFunc(w, r)
			return
		}
		if h := e.forMethod(r.Method); h != nil {
			if m.cors != nil {
				m.cors.HandlerFunc(w, r) // only adds headers
			}
			e.take(h, path, w, r)
			return
		}
		covering = append(covering, e)
	}
	switch {
	case m.next != nil:
		m.next.ServeHTTP(w, r)
	case len(covering) == 0:
		http.NotFound(w, r)
	default:
		m.refuse(covering, path, w, r)
	}
}

// refuse answers a request whose path has handlers, but none that takes it. Where there is nothing but a WebSocket the
// service knows better what the handshake lacks.
func (m *Mapping) refuse(covering []*endpoint, path []string, w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, e := range covering {
		for method := range e.methods {
			allow = append(allow, method)
		}
	}
	if len(allow) == 0 {
		covering[0].take(covering[0].socket, path, w, r)
		return
	}
	if slices.Contains(allow, http.MethodGet) {
		allow = append(allow, http.MethodHead)
	}
	for _, e := range covering {
		if e.socket != nil {
			allow = append(allow, http.MethodGet)
		}
	}
	slices.Sort(allow)
	methodNotAllowed(w, strings.Join(slices.Compact(allow), ", "))
}

// forMethod returns the HTTP handler for a method, nil if there is none.
func (e *endpoint) forMethod(method string) http.Handler {
	if h := e.methods[method]; h != nil {
		return h
	}
	if h := e.methods[http.MethodGet]; h != nil && method == http.MethodHead {
		return h
	}
	return e.any
}

// take serves the request with a handler of the endpoint.
func (e *endpoint) take(h http.Handler, path []string, w http.ResponseWriter, r *http.Request) {
	r.Pattern = e.pattern.text
	e.pattern.capture(path, r.SetPathValue)
	h.ServeHTTP(w, r)
}

// preflight tells whether a browser asks in advance whether a page may send a request.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

func methodNotAllowed(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
}
