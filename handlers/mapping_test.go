package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// page answers with its name and the value of the variable id.
func page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s id=%s pattern=%s", name, r.PathValue("id"), r.Pattern)
	})
}

// greeter sends its name and the value of the variable id, and ends.
func greeter(name string) socket.Handler {
	return socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		h := s.Handshake()
		return s.Send(reactive.Just(socket.Text(fmt.Sprintf("%s id=%s pattern=%s", name, h.PathValue("id"), h.Pattern))))
	})
}

func mustMap(t *testing.T, c Config) *Mapping {
	t.Helper()
	m, err := NewMapping(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// serve runs m on loopback until the test ends, sessions included.
func serve(t *testing.T, m *Mapping) string {
	t.Helper()
	srv := httptest.NewServer(m)
	t.Cleanup(func() {
		if err := m.Service().Drain(t.Context(), socket.CloseStatus{Code: socket.GoingAway}); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		srv.Close()
	})
	return srv.URL
}

// answer is what came back: of an upgrade the first text message in place of the body.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends one request; upgrade adds the fields of a WebSocket handshake.
func ask(t *testing.T, url, method string, upgrade bool, header map[string]string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if upgrade {
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-WebSocket-Version", "13")
		r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.status != http.StatusSwitchingProtocols {
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		a.body = strings.TrimSuffix(string(b), "\n")
		return a
	}
	frame := make([]byte, 2)
	if _, err := io.ReadFull(res.Body, frame); err != nil {
		t.Fatal(err)
	}
	if frame[0] != 0x81 || frame[1] > 125 {
		t.Fatalf("got a frame that begins with %x, want a short text", frame)
	}
	payload := make([]byte, frame[1])
	if _, err := io.ReadFull(res.Body, payload); err != nil {
		t.Fatal(err)
	}
	a.body = string(payload)
	return a
}

func TestMappingServes(t *testing.T) {
	m := mustMap(t, Config{Routes: []Route{
		{Pattern: "/**", HTTP: page("site")},
		{Pattern: "/both/{id}", HTTP: page("page"), Socket: greeter("socket")},
		{Pattern: "/split/{id}", Socket: greeter("socket")},
		{Pattern: "GET /split/{id}", HTTP: page("page")},
		{Pattern: "GET /rest/{id}", HTTP: page("get")},
		{Pattern: "DELETE /rest/{id}", HTTP: page("delete")},
		{Pattern: "/live/*", Socket: greeter("any")},
		{Pattern: "/live/{id:[0-9]+}", Socket: greeter("number")},
		{Pattern: "/self", HTTP: page("own upgrade")},
		{Pattern: "/open/{id}", Opener: socket.OpenerFunc(func(_ context.Context, h *socket.Handshake) (socket.Handler, error) {
			if h.PathValue("id") == "0" {
				return nil, &socket.HandshakeError{Status: http.StatusConflict, Text: "taken"}
			}
			return greeter("opened"), nil
		})},
		{Pattern: "/rooms/{*id}", Socket: greeter("room")},
	}})
	url := serve(t, m)
	for _, c := range []struct {
		name    string
		method  string
		path    string
		upgrade bool
		status  int
		body    string
	}{
		{"page beside a socket", "GET", "/both/7", false, 200, "page id=7 pattern=/both/{id}"},
		{"other method beside a socket", "POST", "/both/7", false, 200, "page id=7 pattern=/both/{id}"},
		{"socket beside a page", "GET", "/both/7", true, 101, "socket id=7 pattern=/both/{id}"},
		{"decoded variable", "GET", "/both/a%2Fb%20c", true, 101, "socket id=a/b c pattern=/both/{id}"},
		{"page, in two routes", "GET", "/split/7", false, 200, "page id=7 pattern=/split/{id}"},
		{"socket, in two routes", "GET", "/split/7", true, 101, "socket id=7 pattern=/split/{id}"},
		{"method", "DELETE", "/rest/7", false, 200, "delete id=7 pattern=/rest/{id}"},
		{"HEAD by GET", "HEAD", "/rest/7", false, 200, ""},
		{"method for the next pattern", "PUT", "/rest/7", false, 200, "site id= pattern=/**"},
		{"most specific socket", "GET", "/live/7", true, 101, "number id=7 pattern=/live/{id:[0-9]+}"},
		{"less specific socket", "GET", "/live/x", true, 101, "any id= pattern=/live/*"},
		{"visit to a socket with a site behind", "GET", "/live/x", false, 200, "site id= pattern=/**"},
		{"upgrade for HTTP alone", "GET", "/self", true, 200, "own upgrade id= pattern=/self"},
		{"opener", "GET", "/open/7", true, 101, "opened id=7 pattern=/open/{id}"},
		{"opener that refuses", "GET", "/open/0", true, 409, "taken"},
		{"the rest", "GET", "/rooms/a/b%2Fc", true, 101, "room id=/a/b/c pattern=/rooms/{*id}"},
		{"no rest", "GET", "/rooms", true, 101, "room id= pattern=/rooms/{*id}"},
		{"dot segment", "GET", "/both/%2e%2e", false, 404, "404 page not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, url+c.path, c.method, c.upgrade, nil)
			if got.status != c.status || got.body != c.body {
				t.Errorf("got  %d %s\nwant %d %s", got.status, got.body, c.status, c.body)
			}
		})
	}
}

func TestMappingRefuses(t *testing.T) {
	m := mustMap(t, Config{Routes: []Route{
		{Pattern: "/socket", Socket: greeter("socket")},
		{Pattern: "GET /rest/{id}", HTTP: page("get")},
		{Pattern: "DELETE /rest/*", HTTP: page("delete")},
		{Pattern: "POST /mixed", HTTP: page("post"), Socket: greeter("socket")},
	}})
	url := serve(t, m)
	for _, c := range []struct {
		name    string
		method  string
		path    string
		upgrade bool
		status  int
		allow   string
	}{
		{"no pattern", "GET", "/none", false, 404, ""},
		{"no pattern, upgrade", "GET", "/none", true, 404, ""},
		{"trailing slash", "GET", "/socket/", true, 404, ""},
		{"methods of all patterns", "PUT", "/rest/1", false, 405, "DELETE, GET, HEAD"},
		{"methods and a socket", "PUT", "/mixed", false, 405, "GET, POST"},
		{"visit to a socket", "GET", "/socket", false, 426, ""},
		{"post to a socket", "POST", "/socket", false, 405, "GET"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, url+c.path, c.method, c.upgrade, nil)
			if got.status != c.status || got.header.Get("Allow") != c.allow {
				t.Errorf("got %d Allow: %q, want %d Allow: %q", got.status, got.header.Get("Allow"), c.status, c.allow)
			}
		})
	}
}

func TestMappingOrigins(t *testing.T) {
	const mine, listed, evil = "mine", "https://app.example.com", "https://evil.test"
	policy := CORS{AllowedOrigins: []string{listed}}
	open, err := socket.NewHandshakeService(socket.Config{CheckOrigin: func(*http.Request) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	routes := []Route{{Pattern: "/x", HTTP: page("page"), Socket: greeter("socket")}}
	for _, c := range []struct {
		name   string
		config Config
		origin string
		socket int    // status of an upgrade
		allow  string // Access-Control-Allow-Origin of a page
	}{
		{"default, none", Config{}, "", 101, ""},
		{"default, same", Config{}, mine, 101, ""},
		{"default, other", Config{}, listed, 403, ""},
		{"listed, none", Config{CORS: policy}, "", 101, ""},
		{"listed, same", Config{CORS: policy}, mine, 101, ""},
		{"listed, listed", Config{CORS: policy}, listed, 101, listed},
		{"listed, other", Config{CORS: policy}, evil, 403, ""},
		{"open service, other", Config{Service: open}, evil, 101, ""},
		{"open service, listed, listed", Config{Service: open, CORS: policy}, listed, 101, listed},
		{"open service, listed, other", Config{Service: open, CORS: policy}, evil, 403, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Routes = routes
			srv := httptest.NewServer(mustMap(t, c.config))
			defer srv.Close()
			header := map[string]string{}
			switch c.origin {
			case "":
			case mine:
				header["Origin"] = srv.URL
			default:
				header["Origin"] = c.origin
			}
			if got := ask(t, srv.URL+"/x", "GET", true, header); got.status != c.socket {
				t.Errorf("upgrade: got %d, want %d", got.status, c.socket)
			}
			got := ask(t, srv.URL+"/x", "GET", false, header)
			if allow := got.header.Get("Access-Control-Allow-Origin"); got.status != 200 || allow != c.allow {
				t.Errorf("page: got %d, allowed to %q, want 200, allowed to %q", got.status, allow, c.allow)
			}
		})
	}
}

func TestMappingPreflight(t *testing.T) {
	url := serve(t, mustMap(t, Config{
		CORS:   CORS{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"DELETE"}},
		Routes: []Route{{Pattern: "DELETE /x", HTTP: page("page")}},
	}))
	header := map[string]string{"Origin": "https://app.example.com", "Access-Control-Request-Method": "DELETE"}
	got := ask(t, url+"/x", "OPTIONS", false, header)
	if allow := got.header.Get("Access-Control-Allow-Methods"); got.status != 204 || allow != "DELETE" {
		t.Errorf("got %d, methods %q, want 204, methods %q", got.status, allow, "DELETE")
	}
	if got := ask(t, url+"/y", "OPTIONS", false, header); got.status != 404 {
		t.Errorf("without a pattern: got %d, want 404", got.status)
	}
}

func TestMappingNext(t *testing.T) {
	second := mustMap(t, Config{
		CORS:   CORS{AllowedOrigins: []string{"https://app.example.com"}},
		Routes: []Route{{Pattern: "/x", HTTP: page("second")}, {Pattern: "/y", HTTP: page("second")}},
	})
	url := serve(t, mustMap(t, Config{Next: second, Routes: []Route{{Pattern: "POST /x", HTTP: page("first")}}}))
	origin := map[string]string{"Origin": "https://app.example.com"}
	for _, c := range []struct {
		method, path string
		body         string
		allow        string
	}{
		{"POST", "/x", "first id= pattern=/x", ""},
		{"PUT", "/x", "second id= pattern=/x", ""},
		{"GET", "/y", "second id= pattern=/y", "https://app.example.com"},
	} {
		got := ask(t, url+c.path, c.method, false, origin)
		if allow := got.header.Get("Access-Control-Allow-Origin"); got.body != c.body || allow != c.allow {
			t.Errorf("%s %s: got %q, allowed to %q, want %q, allowed to %q", c.method, c.path, got.body, allow, c.body, c.allow)
		}
	}
}

func TestNewMappingErrors(t *testing.T) {
	h, s := page("page"), greeter("socket")
	opener := socket.OpenerFunc(func(context.Context, *socket.Handshake) (socket.Handler, error) { return s, nil })
	_, err := NewMapping(Config{
		CORS: CORS{AllowedOrigins: []string{"example.com"}},
		Routes: []Route{
			{Pattern: "/{a", HTTP: h},
			{Pattern: "", HTTP: h},
			{Pattern: "/nothing"},
			{Pattern: "/two", Socket: s, Opener: opener},
			{Pattern: "GET /socket", Socket: s},
			{Pattern: "get /lower", HTTP: h},
			{Pattern: "/a/{x}", HTTP: h},
			{Pattern: "/a/{y}", Socket: s},
			{Pattern: "/a/{x}", HTTP: h},
			{Pattern: "GET /a/{x}", HTTP: h, Socket: s},
			{Pattern: "GET /a/{x}", HTTP: h},
			{Pattern: "POST a/{x}", HTTP: h},
			{Pattern: "/a/{x}", Opener: opener},
		},
	})
	if err == nil {
		t.Fatal("got no error")
	}
	want := []string{
		`handlers: CORS: allowed origin "example.com": want scheme://host or scheme://host:port, such as "https://app.example.com"`,
		`handlers: pattern "/{a": column 2: missing } after this {`,
		`handlers: pattern "": column 1: empty pattern; the root is "/"`,
		`handlers: route "/nothing": no handler`,
		`handlers: route "/two": it has a Socket and an Opener: an Opener makes the handler itself`,
		`handlers: route "GET /socket": the method restricts HTTP, and there is no HTTP handler`,
		`handlers: route "get /lower": methods are written in capitals`,
		`handlers: route "/a/{y}": the pattern covers the same paths as "/a/{x}": name their variables alike`,
		`handlers: route "/a/{x}": there is already an HTTP handler for this pattern`,
		`handlers: route "GET /a/{x}": there is already an HTTP handler for this pattern and method`,
		`handlers: route "/a/{x}": there is already a WebSocket handler for this pattern`,
	}
	if got := strings.Split(err.Error(), "\n"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if e, ok := errors.AsType[*PatternError](err); !ok || e.Offset != 1 {
		t.Errorf("got %v, want a *PatternError with its offset among the errors", e)
	}
}

func TestMappingAllocates(t *testing.T) {
	m := mustMap(t, Config{Routes: []Route{
		{Pattern: "/about", HTTP: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
		{Pattern: "/**", HTTP: http.NotFoundHandler()},
	}})
	w, r := httptest.NewRecorder(), httptest.NewRequest("", "/about", nil)
	if got := testing.AllocsPerRun(100, func() { m.ServeHTTP(w, r) }); got != 0 {
		t.Errorf("got %v allocations for a path without variables, want 0", got)
	}
}
