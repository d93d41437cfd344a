package socket

import (
	"context"
	"crypto/tls"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Handshake is what the HTTP exchange that opened a session said. It outlives the request. Once the session is open it
// does not change and may be read by any goroutine.
//
// On a server it is about the request. On a client URL is what was dialled, and Header is that of the answer.
type Handshake struct {
	// URL is the request's, as sent: EscapedPath keeps escapes that the path had.
	URL  *url.URL
	Host string
	// Pattern is the pattern that the request matched, empty if it went through no mux. It is the label for metrics,
	// since there are few of them.
	Pattern string
	// RemoteAddr is the peer's address as the HTTP server saw it or a middleware put it.
	RemoteAddr string
	LocalAddr  net.Addr             // nil if unknown
	TLS        *tls.ConnectionState // nil without TLS
	// Subprotocol is the negotiated one, empty for none. Checks and openers may choose another one that the client offers,
	// or none; any other is a mistake, which is answered with 500.
	Subprotocol string
	// Principal is what [Config.Authenticate] found, nil without it.
	Principal any

	header http.Header // nil once it is packed
	packed string
	values *pathValue // a list
	ctx    context.Context
}

type pathValue struct {
	name, value string
	next        *pathValue
}

// newHandshake takes over what there is to know about r. Values of the request's context stay visible; its end does
// not reach the session.
func newHandshake(r *http.Request) *Handshake {
	h := &Handshake{
		URL:        r.URL,
		Host:       r.Host,
		header:     r.Header,
		Pattern:    r.Pattern,
		RemoteAddr: r.RemoteAddr,
		TLS:        r.TLS,
		ctx:        context.WithoutCancel(r.Context()),
	}
	h.LocalAddr, _ = r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	for name := range patternNames(r.Pattern) {
		h.SetPathValue(name, r.PathValue(name))
	}
	return h
}

// PathValue returns the part of the path that the pattern's variable stands for, unescaped, or "" if there is no such
// variable.
func (h *Handshake) PathValue(name string) string {
	for v := h.values; v != nil; v = v.next {
		if v.name == name {
			return v.value
		}
	}
	return ""
}

// SetPathValue sets the variable. It is for checks and openers: an open session's handshake does not change.
func (h *Handshake) SetPathValue(name, value string) {
	h.values = &pathValue{name, value, h.values} // which hides an older one
}

// Query parses the URL's query, at each call; what is malformed in it is left out.
func (h *Handshake) Query() url.Values { return h.URL.Query() }

// Cookies parses the cookies of the request, at each call.
func (h *Handshake) Cookies() []*http.Cookie {
	return (&http.Request{Header: h.Header()}).Cookies()
}

// Header returns the header. It must not be changed. That of an open session is kept in a form a fraction of the size,
// taken apart at each call, and without the fields of the upgrade itself: Connection, Upgrade, Sec-WebSocket-Key, -Accept
// and -Version.
func (h *Handshake) Header() http.Header {
	if h.header != nil {
		return h.header
	}
	header := make(http.Header)
	for line := range strings.Lines(h.packed) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\x00")
		header[name] = append(header[name], value)
	}
	return header
}

// upgradeFields have said all they had to say when a session is open.
var upgradeFields = map[string]bool{
	"Connection":            true,
	"Sec-Websocket-Accept":  true,
	"Sec-Websocket-Key":     true,
	"Sec-Websocket-Version": true,
	"Upgrade":               true,
}

// pack returns a copy of h for a session, which may be open for long and seldom looks at the header: a map of slices
// of strings is most of what a handshake weighs.
func (h *Handshake) pack() *Handshake {
	size := 0
	for name, values := range h.header {
		if upgradeFields[name] {
			continue
		}
		for _, v := range values {
			size += len(name) + len(v) + 2
		}
	}
	var b strings.Builder
	b.Grow(size)
	for name, values := range h.header {
		if upgradeFields[name] {
			continue
		}
		for _, v := range values {
			b.WriteString(name)
			b.WriteByte(0)
			b.WriteString(strings.ReplaceAll(v, "\n", " ")) // HTTP allows none, but a middleware may have set it
			b.WriteByte('\n')
		}
	}
	p := *h
	p.header, p.packed = nil, b.String()
	return &p
}

// Value returns the value that the request's context had for key: what a middleware left there.
func (h *Handshake) Value(key any) any {
	if h.ctx == nil {
		return nil
	}
	return h.ctx.Value(key)
}

// context returns the parent of the session's context.
func (h *Handshake) context() context.Context {
	if h.ctx == nil {
		return context.Background()
	}
	return h.ctx
}

// patternNames yields the names of the variables in a pattern of http.ServeMux or of package handlers: what stands in
// braces, up to a colon, without the asterisk or dots that make it take several segments. A regular expression behind
// the colon may have braces of its own.
func patternNames(pattern string) iter.Seq[string] {
	return func(yield func(string) bool) {
		depth, start := 0, 0
		for i := 0; i < len(pattern); i++ {
			switch pattern[i] {
			case '\\':
				i++
			case '{':
				if depth == 0 {
					start = i + 1
				}
				depth++
			case '}':
				if depth = max(0, depth-1); depth > 0 || start == 0 {
					continue
				}
				name, _, _ := strings.Cut(pattern[start:i], ":")
				name = strings.TrimSuffix(strings.TrimPrefix(name, "*"), "...")
				if name != "" && name != "$" && !yield(name) {
					return
				}
			}
		}
	}
}
