package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fluxsocket/fluxsocket/handlers"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// A page and a WebSocket on one URL, told apart by what the request asks for.
func ExampleNewMapping() {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "the page of", r.PathValue("room"))
	})
	greet := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(reactive.Just(socket.Text("welcome to " + s.Handshake().PathValue("room"))))
	})
	mapping, err := handlers.NewMapping(handlers.Config{Routes: []handlers.Route{
		{Pattern: "/rooms/{room}", HTTP: page, Socket: greet},
		{Pattern: "/echo", Socket: socket.HandlerFunc(handlers.Echo)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := httptest.NewServer(mapping)
	defer srv.Close()

	res, err := http.Get(srv.URL + "/rooms/lobby")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Print(string(body))

	var client socket.Client
	listen := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Receive().DoOnNext(func(m socket.Message) { fmt.Println(m.Text()) }).Then()
	})
	if err := client.Execute(context.Background(), strings.Replace(srv.URL, "http", "ws", 1)+"/rooms/lobby", listen); err != nil {
		fmt.Println(err)
	}
	// Output:
	// the page of lobby
	// welcome to lobby
}

// Routes may come from a file, so everything that is wrong with them is said at once.
func ExampleNewMapping_mistakes() {
	_, err := handlers.NewMapping(handlers.Config{Routes: []handlers.Route{
		{Pattern: "/rooms/{room", Socket: socket.HandlerFunc(handlers.Echo)},
		{Pattern: "/files/**.txt", HTTP: http.NotFoundHandler()},
		{Pattern: "/a/{x}", HTTP: http.NotFoundHandler()},
		{Pattern: "/a/{y}", HTTP: http.NotFoundHandler()},
	}})
	fmt.Println(err)
	// Output:
	// handlers: pattern "/rooms/{room": column 8: missing } after this {
	// handlers: pattern "/files/**.txt": column 8: ** must be a segment of its own; within a segment * matches any text
	// handlers: route "/a/{y}": the pattern covers the same paths as "/a/{x}": name their variables alike
}

// One policy for HTTP and for WebSockets. A service with limits of its own is told about it too.
func ExampleCORS() {
	policy := handlers.CORS{AllowedOrigins: []string{"https://app.example.com"}}
	service, err := socket.NewHandshakeService(socket.Config{
		MaxMessageSize: 64 << 10,
		CheckOrigin:    policy.OriginCheck(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mapping, err := handlers.NewMapping(handlers.Config{
		CORS:    policy,
		Service: service,
		Routes:  []handlers.Route{{Pattern: "/echo", Socket: socket.HandlerFunc(handlers.Echo)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := httptest.NewServer(mapping)
	defer srv.Close()

	for _, origin := range []string{"https://app.example.com", "https://evil.example.com"} {
		client := socket.Client{Header: http.Header{"Origin": {origin}}}
		bye := socket.HandlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] { return reactive.Done() })
		err := client.Execute(context.Background(), strings.Replace(srv.URL, "http", "ws", 1)+"/echo", bye)
		status := http.StatusSwitchingProtocols
		if refused, ok := err.(*socket.DialError); ok {
			status = refused.Status
		}
		fmt.Println(origin, status)
	}
	// Output:
	// https://app.example.com 101
	// https://evil.example.com 403
}

func ExampleHealth() {
	health := handlers.NewHealth(map[string]handlers.Check{
		"store": func(context.Context) error { return nil },
		"queue": func(context.Context) error { return fmt.Errorf("not connected") },
	})
	w := httptest.NewRecorder()
	health.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 503 {"status":"failing","checks":{"queue":"not connected","store":"ok"}}
}

func ExampleChain() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })
	server := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Server", "example")
			next.ServeHTTP(w, r)
		})
	}
	w := httptest.NewRecorder()
	handlers.Chain(hello, handlers.Recover(nil), server).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Header().Get("Server"), w.Body)
	// Output: example hello
}
