package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestHealth(t *testing.T) {
	pass := func(context.Context) error { return nil }
	for _, c := range []struct {
		name   string
		checks map[string]Check
		drain  bool
		method string
		status int
		body   string
	}{
		{
			name:   "no checks",
			status: 200,
			body:   `{"status":"ok"}`,
		},
		{
			name:   "all pass",
			checks: map[string]Check{"store": pass, "broker": pass},
			status: 200,
			body:   `{"status":"ok","checks":{"broker":"ok","store":"ok"}}`,
		},
		{
			name: "one fails",
			checks: map[string]Check{"store": pass, "broker": func(context.Context) error {
				return errors.New("not connected")
			}},
			status: 503,
			body:   `{"status":"failing","checks":{"broker":"not connected","store":"ok"}}`,
		},
		{
			name:   "one panics",
			checks: map[string]Check{"broker": func(context.Context) error { panic("oh") }},
			status: 503,
			body:   `{"status":"failing","checks":{"broker":"the check panicked: oh"}}`,
		},
		{
			name:   "nil check",
			checks: map[string]Check{"broker": nil},
			status: 503,
			body:   `{"status":"failing","checks":{"broker":"no check behind this name"}}`,
		},
		{
			name:   "draining",
			checks: map[string]Check{"broker": pass},
			drain:  true,
			status: 503,
			body:   `{"status":"draining"}`,
		},
		{
			name:   "HEAD",
			method: http.MethodHead,
			status: 200,
			body:   `{"status":"ok"}`, // net/http leaves it out
		},
		{
			name:   "POST",
			method: http.MethodPost,
			status: 405,
			body:   "Method Not Allowed",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := NewHealth(c.checks)
			if c.drain {
				h.Drain()
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(c.method, "/healthz", nil))
			if w.Code != c.status {
				t.Errorf("status: got %d, want %d", w.Code, c.status)
			}
			if got := w.Body.String(); got != c.body+"\n" {
				t.Errorf("body:\ngot  %swant %s", got, c.body)
			}
		})
	}
}

func TestHealthDoesNotWaitForALateCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := NewHealth(map[string]Check{
			"deaf":  func(context.Context) error { <-release; return nil },
			"store": func(context.Context) error { return nil },
		})
		start := time.Now()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("", "/healthz", nil))
		close(release)
		if got := time.Since(start); got != healthTimeout {
			t.Errorf("answered after %v, want %v", got, healthTimeout)
		}
		want := `{"status":"failing","checks":{"deaf":"no answer in time","store":"ok"}}` + "\n"
		if got := w.Body.String(); w.Code != 503 || got != want {
			t.Errorf("got  %d %swant 503 %s", w.Code, got, want)
		}
	})
}
