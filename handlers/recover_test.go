package handlers

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRecover(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		status  int    // 0: the client sees a connection that was cut
		body    string // what the client could read
		logged  bool
	}{
		{
			name:    "no panic",
			handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") },
			status:  200,
			body:    "fine",
		},
		{
			name:    "before the response",
			handler: func(w http.ResponseWriter, r *http.Request) { panic("oh") },
			status:  500,
			body:    "Internal Server Error\n",
			logged:  true,
		},
		{
			name: "after an early hint",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusEarlyHints)
				panic("oh")
			},
			status: 500,
			body:   "Internal Server Error\n",
			logged: true,
		},
		{
			name: "in the middle of the response",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				io.WriteString(w, "half of ")
				http.NewResponseController(w).Flush()
				panic("oh")
			},
			status: 200,
			body:   "half of ",
			logged: true,
		},
		{
			name: "status sent, nothing else",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusCreated)
				panic("oh")
			},
			logged: true,
		},
		{
			name:    "abort on purpose",
			handler: func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		},
		{
			name: "copied from a reader",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.(io.ReaderFrom).ReadFrom(strings.NewReader("all of it"))
			},
			status: 200,
			body:   "all of it",
		},
		{
			name: "connection taken over",
			handler: func(w http.ResponseWriter, r *http.Request) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					panic(err)
				}
				defer conn.Close()
				io.WriteString(conn, "HTTP/1.1 299 Mine\r\nConnection: close\r\n\r\nmine")
				panic("oh")
			},
			status: 299,
			body:   "mine",
			logged: true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log, server bytes.Buffer
			served := make(chan struct{}) // a connection that was taken over ends before its handler
			watch := func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer close(served)
					next.ServeHTTP(w, r)
				})
			}
			srv := httptest.NewUnstartedServer(Chain(c.handler, watch, Recover(slog.New(slog.NewTextHandler(&log, nil)))))
			srv.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(&server, nil), slog.LevelError)
			srv.Start()
			status, body := 0, ""
			if res, err := srv.Client().Get(srv.URL + "/x"); err == nil {
				b, _ := io.ReadAll(res.Body)
				res.Body.Close()
				status, body = res.StatusCode, string(b)
			}
			<-served
			srv.Close()
			if status != c.status || body != c.body {
				t.Errorf("got %d %q, want %d %q", status, body, c.status, c.body)
			}
			logged := strings.Contains(log.String(), `panic in a handler" method=GET path=/x panic=oh stack="`)
			if logged != c.logged {
				t.Errorf("logged: got %t, want %t: %s", logged, c.logged, log.String())
			}
			if server.Len() > 0 {
				t.Errorf("the server had to complain: %s", server.String())
			}
		})
	}
}

func TestChainOrder(t *testing.T) {
	var got []string
	mark := func(name string) Middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, name)
				next.ServeHTTP(w, r)
			})
		}
	}
	h := Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got = append(got, "handler") }), mark("a"), mark("b"))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("", "/", nil))
	if want := "a b handler"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
