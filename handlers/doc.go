// Package handlers maps URLs to handlers, for HTTP and WebSocket side by side, and has what every server needs around
// that: a policy for other origins, a health probe, middleware.
//
//	mapping, err := handlers.NewMapping(handlers.Config{Routes: []handlers.Route{
//		{Pattern: "/echo", Socket: socket.HandlerFunc(handlers.Echo)},
//		{Pattern: "/rooms/{room}", HTTP: page, Socket: socket.HandlerFunc(chat)},
//		{Pattern: "POST /rooms/{room}/notices", HTTP: notices},
//		{Pattern: "/healthz", HTTP: handlers.NewHealth(nil)},
//	}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.ListenAndServe(addr, handlers.Chain(mapping, handlers.Recover(logger))))
//
// A [Mapping] is given its routes as data and reports all that is wrong with them at once, since they may come from a
// file. It is an [http.Handler] and needs no server of its own.
//
// # Patterns
//
// A path is matched segment by segment, each without its ;parameters and then decoded: %2F never splits a segment, a
// trailing or doubled slash is significant, case counts. Patterns are written decoded.
//
//	text           itself
//	?              one character
//	*              any text within a segment; as a whole segment, a segment that is not empty, except at the very end
//	**             any number of segments, none included
//	{name}         a segment that is not empty; with other text in the segment, one character or more: file-{id}.{ext}
//	{name:regex}   text that the regular expression matches as a whole; groups in it are written (?: )
//	{*name}        any number of segments, as a value with a leading slash; empty for none
//
// ** and {*name} are segments of their own and stand at the end of a pattern, or at its start with plain text behind:
// /files/**, /**/favicon.ico. So /x/** covers /x, /x/ and /x/a/b, while /x/* covers /x/ and /x/a. A variable's value is
// decoded and may hold any character, a slash from %2F included. A path with a segment . or .. matches nothing.
//
// # Which pattern serves
//
// Of the patterns that cover a path the most specific one is asked first:
//
//  1. those without ** and {*name}, then those with, the longer before the shorter;
//  2. then the lower sum of wildcards and variables, where * counts 100, a variable and ? count 1;
//  3. then the longer one, a variable counting as one character;
//  4. then the one that was registered first.
//
// So /a/b comes before /a/{x}, that before /a/*, and that before /a/**. A pattern takes a request if it has a WebSocket
// handler and the request is an upgrade, or an HTTP handler for the method. If it does not, the next one is asked, then
// [Config].Next. If none is left the answer is 404, or 405 with Allow where another method would have been served, or
// what the handshake service says where there is only a WebSocket.
//
// # Differences from Spring WebFlux
//
// Patterns and their order are those of Spring's PathPattern. On purpose different are:
//
//   - Other origins are refused unless they are listed, over WebSocket too, with 403. WebFlux accepts them by default.
//   - A pattern that does not take a request passes it on to the next one in the same mapping, not only to another.
//   - An extended CONNECT (RFC 8441) counts as an upgrade.
//   - Two patterns that differ in the names of variables only, ** within a segment, and escapes in a pattern are mistakes.
//   - ? counts in the order of patterns, so /a?b stands behind /aab.
//   - Path variables reach the WebSocket handler, in Handshake.PathValue.
//
// # Middleware
//
// A [Middleware] is func(http.Handler) http.Handler, and [Chain] puts several around a handler, the outermost first.
// Around a Mapping belong, from the outside in: [Recover], logging, limits, authentication. [http.ServeMux] cleans paths
// and redirects before a handler sees them; where the path must arrive as it was sent, the Mapping is the root handler.
package handlers
