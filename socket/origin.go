package socket

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// SameOrigin reports whether the request's Origin names the host that the request was sent to, default ports added. A
// request without Origin passes: it does not come from a browser, which alone can be abused to send somebody else's
// cookies. The scheme chooses the default port; a request that came by TLS needs an origin of https, since a page that came
// without could be anybody's, while one that came without TLS may have had it up to a proxy.
func SameOrigin(r *http.Request) bool {
	origins := r.Header["Origin"]
	switch len(origins) {
	case 0:
		return true
	case 1:
	default:
		return false
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" || r.TLS != nil && u.Scheme != "https" {
		return false
	}
	return strings.EqualFold(withPort(u.Host, u.Scheme == "https"), withPort(r.Host, u.Scheme == "https"))
}

// withPort returns host with the default port if it has none.
func withPort(host string, secure bool) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if secure {
		return strings.TrimSuffix(host, ":") + ":443"
	}
	return strings.TrimSuffix(host, ":") + ":80"
}
