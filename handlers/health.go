package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// healthTimeout bounds one answer. The probes of container platforms give up after 1 to 10 seconds.
const healthTimeout = 5 * time.Second

// Check tells whether one thing that the server needs works: nil says yes. It must return when ctx ends, and is called
// by any number of requests at once. A panic counts as a failure.
type Check func(ctx context.Context) error

// Health answers a health probe: 200 while every check passes, 503 while one fails or after [Health.Drain].
//
// The body is JSON, {"status":"ok","checks":{"broker":"ok"}}, where status is ok, failing or draining and a failed check
// shows its error: mount it where strangers do not come, or give it checks whose errors say nothing secret. Without
// checks it tells that the process serves, which is all that a liveness probe should ask; checks belong to readiness.
//
// All methods are safe for concurrent use.
type Health struct {
	checks   map[string]Check
	draining atomic.Bool
}

// NewHealth returns a Health with these checks, each under the name that the answer uses. They run at every request,
// side by side, and have 5 seconds together.
func NewHealth(checks map[string]Check) *Health { return &Health{checks: checks} }

// Drain makes every further answer 503, so that a load balancer sends no new work while the server ends what it has.
func (h *Health) Drain() { h.draining.Store(true) }

// healthReport is the body of an answer.
type healthReport struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// ServeHTTP answers GET and HEAD.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		methodNotAllowed(w, "GET, HEAD")
		return
	}
	report := healthReport{Status: "draining"}
	if !h.draining.Load() {
		report = h.report(r.Context())
	}
	status := http.StatusOK
	if report.Status != "ok" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(report)
}

func (h *Health) report(ctx context.Context) healthReport {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	type result struct {
		name string
		err  error
	}
	results := make(chan result, len(h.checks)) // a check that is late finds room
	for name, check := range h.checks {
		go func() { results <- result{name, runCheck(ctx, check)} }()
	}
	report := healthReport{Status: "ok", Checks: make(map[string]string, len(h.checks))}
	for name := range h.checks {
		report.Checks[name] = "no answer in time"
	}
	for range h.checks {
		select {
		case r := <-results:
			report.Checks[r.name] = "ok"
			if r.err != nil {
				report.Checks[r.name] = r.err.Error()
				report.Status = "failing"
			}
		case <-ctx.Done():
			report.Status = "failing"
			return report
		}
	}
	return report
}

func runCheck(ctx context.Context, check Check) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the check panicked: %v", v)
		}
	}()
	if check == nil {
		return errors.New("no check behind this name")
	}
	return check(ctx)
}
