package handlers

import "net/http"

// Middleware wraps a handler in one that does something before it, after it or in its place. It is the plain function
// that every net/http library uses, so theirs and ours mix.
type Middleware = func(http.Handler) http.Handler

// Chain wraps h in the middleware. The first one is the outermost: it sees the request first and the response last.
func Chain(h http.Handler, middleware ...Middleware) http.Handler {
	for i := len(middleware) - 1; i >= 0; i-- {
		h = middleware[i](h)
	}
	return h
}
