package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestCORSValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		cors CORS
		want []string // parts of the error, one per mistake
	}{
		{name: "zero value", cors: CORS{}},
		{name: "good origins", cors: CORS{AllowedOrigins: []string{
			"https://app.example.com", "http://localhost:3000", "http://[::1]:8080", "https://*.example.com",
			"http://localhost:*", "null", "app://bundle", "https://käse.example"}}},
		{name: "any origin", cors: CORS{AllowedOrigins: []string{"*"}}},
		{name: "credentials to a list", cors: CORS{AllowedOrigins: []string{"https://a.example"}, AllowCredentials: true}},
		{
			name: "every mistake is told",
			cors: CORS{
				AllowedOrigins: []string{
					"", "example.com", "https://", "https://a.example/", "https://a.example/x", "https://a.example?x",
					"https://u@a.example", "https://*.*.example", "*://a.example", "https://a b", "*",
				},
				AllowCredentials: true,
			},
			want: []string{
				`allowed origin "": want scheme://host`,
				`"example.com": want scheme://host`,
				`"https://": want scheme://host`,
				`"https://a.example/": want scheme://host or scheme://host:port, such as "https://app.example.com", without a path`,
				`"https://a.example/x": want`,
				`"https://a.example?x": want`,
				`"https://u@a.example": want`,
				`"https://*.*.example": only one *`,
				`"*://a.example": want`,
				`"https://a b": want`,
				`credentials cannot be allowed to the origin "*"`,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.cors.Validate()
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %d mistakes, want %d:\n%s", len(got), len(c.want), strings.Join(got, "\n"))
			}
			for i, part := range c.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("got  %s\nwant %s in it", got[i], part)
				}
			}
		})
	}
}

func TestOriginCheck(t *testing.T) {
	list := CORS{AllowedOrigins: []string{"https://app.example.com", "https://*.example.org", "null"}}
	for _, c := range []struct {
		name   string
		cors   CORS
		origin []string
		want   bool
	}{
		{name: "no origin", want: true},
		{name: "same origin", origin: []string{"http://server.test"}, want: true},
		{name: "same origin, default port", origin: []string{"http://server.test:80"}, want: true},
		{name: "same origin, another case", origin: []string{"http://SERVER.test"}, want: true},
		{name: "another port", origin: []string{"http://server.test:8080"}},
		{name: "another host", origin: []string{"http://evil.test"}},
		{name: "null", origin: []string{"null"}},
		{name: "no origin, list", cors: list, want: true},
		{name: "same origin, list", cors: list, origin: []string{"http://server.test"}, want: true},
		{name: "listed", cors: list, origin: []string{"https://app.example.com"}, want: true},
		{name: "listed, another case", cors: list, origin: []string{"https://APP.example.com"}, want: true},
		{name: "listed, http for https", cors: list, origin: []string{"http://app.example.com"}},
		{name: "listed, with a port", cors: list, origin: []string{"https://app.example.com:444"}},
		{name: "listed name as a part", cors: list, origin: []string{"https://app.example.com.evil.test"}},
		{name: "wildcard", cors: list, origin: []string{"https://a.b.example.org"}, want: true},
		{name: "wildcard without a name", cors: list, origin: []string{"https://example.org"}},
		{name: "null, listed", cors: list, origin: []string{"null"}, want: true},
		{name: "not listed", cors: list, origin: []string{"https://evil.test"}},
		{name: "two origins", cors: list, origin: []string{"https://app.example.com", "https://evil.test"}},
		{name: "any", cors: CORS{AllowedOrigins: []string{"*"}}, origin: []string{"https://evil.test"}, want: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("", "http://server.test/socket", nil)
			if c.origin != nil {
				r.Header["Origin"] = c.origin
			}
			if got := c.cors.OriginCheck()(r); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestCORSHandler(t *testing.T) {
	policy := CORS{
		AllowedOrigins:   []string{"https://app.example.com"},
		AllowedMethods:   []string{"GET", "DELETE"},
		AllowedHeaders:   []string{"X-Token"},
		ExposedHeaders:   []string{"X-Next"},
		AllowCredentials: true,
		MaxAge:           90*time.Second + time.Millisecond,
	}
	for _, c := range []struct {
		name    string
		cors    CORS
		method  string
		request map[string]string
		status  int
		want    map[string]string // headers; an empty value: absent
	}{
		{
			name:    "allowed",
			cors:    policy,
			request: map[string]string{"Origin": "https://app.example.com"},
			status:  200,
			want: map[string]string{
				"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Credentials": "true",
				"Access-Control-Expose-Headers": "X-Next", "Vary": "Origin"},
		},
		{
			name:    "not allowed",
			cors:    policy,
			request: map[string]string{"Origin": "https://evil.test"},
			status:  200,
			want:    map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"},
		},
		{
			name:   "preflight",
			cors:   policy,
			method: http.MethodOptions,
			request: map[string]string{"Origin": "https://app.example.com", "Access-Control-Request-Method": "DELETE",
				"Access-Control-Request-Headers": "x-token"},
			status: 204,
			want: map[string]string{"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Methods": "DELETE",
				"Access-Control-Allow-Headers": "x-token", "Access-Control-Max-Age": "90"},
		},
		{
			name:    "preflight for another method",
			cors:    policy,
			method:  http.MethodOptions,
			request: map[string]string{"Origin": "https://app.example.com", "Access-Control-Request-Method": "PUT"},
			status:  204,
			want:    map[string]string{"Access-Control-Allow-Origin": ""},
		},
		{
			name:    "same origin only",
			cors:    CORS{},
			request: map[string]string{"Origin": "https://app.example.com"},
			status:  200,
			want:    map[string]string{"Access-Control-Allow-Origin": "", "Vary": ""},
		},
		{
			name:    "answers not kept",
			cors:    CORS{AllowedOrigins: []string{"*"}, MaxAge: -1},
			method:  http.MethodOptions,
			request: map[string]string{"Origin": "https://x.test", "Access-Control-Request-Method": "GET"},
			status:  204,
			want:    map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "0"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://server.test/", nil)
			for name, value := range c.request {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), c.cors.Handler).ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("status: got %d, want %d", w.Code, c.status)
			}
			for name, want := range c.want {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
		})
	}
}
