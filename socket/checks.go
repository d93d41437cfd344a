package socket

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// exchange is a handshake under way.
type exchange struct {
	service    *HandshakeService
	request    *http.Request
	patience   *patience // its context; nil if the handshake may take for ever
	handshake  *Handshake
	protocols  []string       // those that the handler speaks
	offered    []string       // those that the client offers, the preferred one first
	attributes map[string]any // the first ones of the session
}

// checks are the conditions of a handshake, in their order. The first three need no look at the header's values, so that
// what is no WebSocket handshake at all is told so; who the peer is is asked last, when all else is in order.
var checks = []func(*exchange) error{
	checkMethod,
	checkUpgrade,
	checkConnection,
	checkBody,
	checkKey,
	checkVersion,
	checkOrigin,
	checkDraining,
	authenticate,
	chooseSubprotocol,
	seedAttributes,
	runChecks,
}

// IsUpgrade reports whether the request asks for a WebSocket: a GET with websocket among the tokens of Upgrade (RFC 6455,
// 4.1), or an extended CONNECT for that protocol over HTTP/2 or later (RFC 8441, 4). Whether the rest of the handshake is
// right is for a [HandshakeService] to say. With another method Upgrade is an offer that a server may ignore (RFC 9110,
// 7.8), so such a request is one of HTTP.
func IsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header["Upgrade"], "websocket") || isExtendedConnect(r)
}

// isExtendedConnect reports whether the request opens a WebSocket over HTTP/2 (RFC 8441). It has no Upgrade, Connection
// and key; the strategy decides whether it can do it.
func isExtendedConnect(r *http.Request) bool {
	return r.ProtoMajor >= 2 && r.Method == http.MethodConnect && r.Header.Get(":protocol") == "websocket"
}

// upgradeRequired is the answer to a request that should have asked for an upgrade (RFC 9110, 15.5.22).
func upgradeRequired(text string) error {
	return &HandshakeError{
		Status: http.StatusUpgradeRequired,
		Text:   text,
		Header: http.Header{
			"Upgrade":               {"websocket"},
			"Connection":            {"Upgrade"},
			"Sec-Websocket-Version": {"13"},
		},
	}
}

func badRequest(text string) error { return &HandshakeError{Status: http.StatusBadRequest, Text: text} }

func checkMethod(x *exchange) error {
	r := x.request
	switch {
	case r.Method != http.MethodGet && !isExtendedConnect(r):
		return &HandshakeError{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {http.MethodGet}}}
	case !r.ProtoAtLeast(1, 1):
		return badRequest("a WebSocket handshake needs HTTP/1.1")
	case r.ProtoMajor >= 2 && r.Method == http.MethodGet:
		// There is no Upgrade in HTTP/2, so 426 would tell the client to do what it cannot.
		return &HandshakeError{
			Status: http.StatusNotImplemented,
			Text:   "a WebSocket is opened with HTTP/1.1, not by GET over " + r.Proto,
		}
	}
	return nil
}

func checkUpgrade(x *exchange) error {
	if !IsUpgrade(x.request) {
		return upgradeRequired("this is a WebSocket: the request has to ask for an upgrade")
	}
	return nil
}

func checkConnection(x *exchange) error {
	if !isExtendedConnect(x.request) && !hasToken(x.request.Header["Connection"], "upgrade") {
		return badRequest(`"Connection" has no "Upgrade"`)
	}
	return nil
}

// checkBody refuses a body: what follows the handshake are frames.
func checkBody(x *exchange) error {
	if r := x.request; r.ContentLength > 0 || len(r.TransferEncoding) > 0 {
		return badRequest("a WebSocket handshake has no body")
	}
	return nil
}

func checkKey(x *exchange) error {
	if isExtendedConnect(x.request) {
		return nil
	}
	keys := x.request.Header["Sec-Websocket-Key"]
	if len(keys) != 1 {
		return badRequest(`there must be one "Sec-WebSocket-Key"`)
	}
	var nonce [18]byte // what 24 characters can hold
	if len(keys[0]) != 24 {
		return badRequest(`"Sec-WebSocket-Key" is not the base64 form of 16 bytes`)
	}
	if n, err := base64.StdEncoding.Decode(nonce[:], []byte(keys[0])); err != nil || n != 16 {
		return badRequest(`"Sec-WebSocket-Key" is not the base64 form of 16 bytes`)
	}
	return nil
}

func checkVersion(x *exchange) error {
	if versions := x.request.Header["Sec-Websocket-Version"]; len(versions) != 1 || versions[0] != "13" {
		return upgradeRequired(`"Sec-WebSocket-Version" must be 13`)
	}
	return nil
}

func checkOrigin(x *exchange) error {
	if !x.service.config.CheckOrigin(x.request) {
		if x.late() {
			return tooLate(errHandshakeTimeout)
		}
		return &HandshakeError{Status: http.StatusForbidden, Text: "this origin may not connect"}
	}
	return nil
}

func checkDraining(x *exchange) error {
	if x.service.registry.isDraining() {
		return errDraining
	}
	return nil
}

var errDraining = &HandshakeError{Status: http.StatusServiceUnavailable, Text: "the server is shutting down"}

func authenticate(x *exchange) (err error) {
	if x.service.config.Authenticate == nil {
		return nil
	}
	x.handshake.Principal, err = x.service.config.Authenticate(x.request)
	return x.withStatus(err, http.StatusUnauthorized)
}

// chooseSubprotocol picks the first one that the client offers, which is its favourite (RFC 6455, 4.1), of those that the
// handler speaks. If there is none in common there is none, which the client may accept or not (4.2.2).
func chooseSubprotocol(x *exchange) error {
	lines := x.request.Header["Sec-Websocket-Protocol"]
	if len(lines) == 0 {
		return nil
	}
	for p := range elements(lines) {
		if !isToken(p) || slices.Contains(x.offered, p) {
			return badRequest(`"Sec-WebSocket-Protocol" is not a list of different tokens`)
		}
		x.offered = append(x.offered, p)
	}
	for _, p := range x.offered {
		if slices.Contains(x.protocols, p) {
			x.handshake.Subprotocol = p
			return nil
		}
	}
	return nil
}

// checkSubprotocol looks at what checks and opener have left of that choice. The client would end the connection over one
// that it has not offered, and whatever is no token would be more than a header field.
func checkSubprotocol(x *exchange) error {
	if p := x.handshake.Subprotocol; p != "" && !slices.Contains(x.offered, p) {
		return fmt.Errorf("socket: handshake: the client has not offered the subprotocol %q (RFC 6455, 4.2.2)", p)
	}
	return nil
}

func seedAttributes(x *exchange) error {
	if f := x.service.config.Attributes; f != nil {
		x.attributes = maps.Clone(f(x.request))
	}
	return nil
}

func runChecks(x *exchange) error {
	for _, check := range x.service.config.Checks {
		if err := check(x.request, x.handshake); err != nil {
			return x.withStatus(err, http.StatusForbidden)
		}
	}
	return nil
}

// withStatus returns err if it says how to answer, and otherwise wraps it so that the answer is status, or 503 if it can
// only be that the time is over.
func (x *exchange) withStatus(err error, status int) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*HandshakeError](err); ok {
		return err
	}
	if x.late() {
		return tooLate(err)
	}
	return &HandshakeError{Status: status, Err: err}
}

// late reports whether HandshakeTimeout is over.
func (x *exchange) late() bool { return x.patience != nil && x.patience.late() }

// tooLate is the answer to a handshake that has taken too long. Whoever was to say yes or no has said neither, so it is
// not the client's fault.
func tooLate(err error) error {
	return &HandshakeError{Status: http.StatusServiceUnavailable, Text: "the handshake took too long", Err: err}
}
