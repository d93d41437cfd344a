package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/fluxsocket/fluxsocket/socket"
)

// CORS says which pages of other origins may use the server, over HTTP and over WebSocket alike. The zero value is the
// safe one: pages of the server's own origin only.
//
// A browser enforces the policy for HTTP from the headers of the response (https://fetch.spec.whatwg.org/#http-cors-protocol);
// [CORS.Handler] adds those and answers preflight requests. For a WebSocket it asks nobody, so the server must look at
// Origin before the upgrade, or any page can open a socket with the user's cookies: [CORS.OriginCheck] does that. Programs
// other than browsers send no Origin and pass.
type CORS struct {
	// AllowedOrigins lists the other origins that are allowed, each as a browser sends it: scheme://host, with a
	// :port if it is not the default one. Case does not count. One * in an origin stands for any text
	// (https://*.example.com: any depth of names), "null" for pages without an origin, and "*" alone for every
	// origin. Empty: none.
	AllowedOrigins []string
	// AllowedMethods of HTTP requests. Empty: GET, HEAD and POST.
	AllowedMethods []string
	// AllowedHeaders lists the request headers that a page may set beyond the harmless ones, "*" for all. Empty:
	// Accept, Content-Type and X-Requested-With.
	AllowedHeaders []string
	// ExposedHeaders lists the response headers that a page may read beyond the harmless ones.
	ExposedHeaders []string
	// AllowCredentials lets pages send cookies, HTTP authentication and client certificates along. It cannot go
	// with the origin "*".
	AllowCredentials bool
	// MaxAge is how long a browser may keep the answer to a preflight request, in whole seconds. 0: as long as it
	// likes (5 seconds by specification); negative: not at all.
	MaxAge time.Duration
}

// Validate reports every mistake in c.
func (c CORS) Validate() error {
	var errs []error
	for _, origin := range c.AllowedOrigins {
		if problem := originProblem(origin); problem != "" {
			errs = append(errs, fmt.Errorf("handlers: CORS: allowed origin %q: %s", origin, problem))
		}
		if origin == "*" && c.AllowCredentials {
			errs = append(errs, errors.New(`handlers: CORS: credentials cannot be allowed to the origin "*": list the origins`))
		}
	}
	return errors.Join(errs...)
}

// originProblem returns an empty string for an entry of AllowedOrigins that can match.
func originProblem(origin string) string {
	const form = `want scheme://host or scheme://host:port, such as "https://app.example.com"`
	if origin == "*" || origin == "null" {
		return ""
	}
	scheme, host, ok := strings.Cut(origin, "://")
	switch strings.Count(origin, "*") {
	case 0:
	case 1:
		host = strings.Replace(host, "*", "0", 1) // possible in a name and in a port
	default:
		return "only one * is possible in an origin"
	}
	u, err := url.Parse(scheme + "://" + host)
	switch {
	case !ok || err != nil || u.Host == "" || u.User != nil:
		return form
	case u.Host != host:
		return form + ", without a path or a slash at the end"
	}
	return ""
}

// Handler returns next with the policy: a [Middleware]. It answers preflight requests itself. A request of an origin that
// is not allowed is served without the headers, and the browser keeps the response from the page. A policy that allows
// no other origin leaves next as it is.
func (c CORS) Handler(next http.Handler) http.Handler {
	if len(c.AllowedOrigins) == 0 {
		return next
	}
	return c.compile().Handler(next)
}

// OriginCheck returns the policy as a check before an upgrade, for socket.Config: true without Origin, for the server's
// own origin and for those allowed. It keeps no reference to c.
func (c CORS) OriginCheck() func(r *http.Request) bool {
	if len(c.AllowedOrigins) == 0 {
		return socket.SameOrigin
	}
	policy := c.compile()
	return func(r *http.Request) bool {
		return len(r.Header["Origin"]) <= 1 && (socket.SameOrigin(r) || policy.OriginAllowed(r))
	}
}

// compile must not be called for an empty list of origins, which means every origin to the library.
func (c CORS) compile() *cors.Cors {
	maxAge := int(c.MaxAge / time.Second)
	if c.MaxAge < 0 {
		maxAge = -1
	}
	return cors.New(cors.Options{
		AllowedOrigins:   c.AllowedOrigins,
		AllowedMethods:   c.AllowedMethods,
		AllowedHeaders:   c.AllowedHeaders,
		ExposedHeaders:   c.ExposedHeaders,
		AllowCredentials: c.AllowCredentials,
		MaxAge:           maxAge,
	})
}
