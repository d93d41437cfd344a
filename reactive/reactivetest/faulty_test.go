package reactivetest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// The suite is only worth something if it finds what is wrong. Here it meets publishers and operators that are wrong in
// one way each, and must name the rule.

type (
	subscriber   = reactive.Subscriber[int]
	subscription = reactive.Subscription
	ints         = reactive.Publisher[int]
)

// shortPatience is enough here: all subjects are synchronous, unless being late is their fault.
const shortPatience = 100 * time.Millisecond

// wantViolation runs checks until one reports the rule: first those that are named after it, and for an operator those
// that treat it as one before those that treat it as a publisher.
func wantViolation(t *testing.T, s Subject, rule string) {
	t.Helper()
	s.Patience = shortPatience
	checks, all := s.checks(), s.series()
	slices.Reverse(checks)
	named := func(c check) int {
		if strings.Contains(c.name, rule) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(checks, func(a, b check) int { return cmp.Compare(named(a), named(b)) })
	var others []Violation
	for _, c := range checks {
		found := c.run(s, all)
		if slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == rule }) {
			return
		}
		others = append(others, found...)
	}
	t.Errorf("rule %s is not reported; got %d violations: %v", rule, len(others), others)
}

// flow is one subscription to a publisher that counts up to n, in the simplest way that obeys the rules. A fault
// replaces one or the other of its steps.
type flow struct {
	subscriber
	mu        sync.Mutex
	holder    atomic.Uint64 // the goroutine that has mu
	n, next   int
	demand    int64
	emitting  bool
	over      bool // ended or cancelled
	onRequest func(f *flow, n int64)
	onCancel  func(f *flow)
	onEnd     func(f *flow)
}

func (f *flow) Request(n int64) { f.alone(func() { f.onRequest(f, n) }) }
func (f *flow) Cancel()         { f.alone(func() { f.onCancel(f) }) }

// alone keeps goroutines apart, but not a goroutine from itself.
func (f *flow) alone(do func()) {
	if g := goroutine(); f.holder.Load() != g {
		f.mu.Lock()
		f.holder.Store(g)
		defer func() {
			f.holder.Store(0)
			f.mu.Unlock()
		}()
	}
	do()
}

func (f *flow) request(n int64) {
	switch {
	case f.over:
	case n < 1:
		f.over = true
		f.OnError(reactive.ErrBadRequest)
	default:
		if f.demand += n; f.demand < 0 {
			f.demand = math.MaxInt64
		}
		f.emit()
	}
}

func (f *flow) cancel() { f.over = true }

func (f *flow) end() { f.OnComplete() }

func (f *flow) emit() {
	if f.emitting {
		return
	}
	f.emitting = true
	defer func() { f.emitting = false }()
	for !f.over && f.demand > 0 && f.next < f.n {
		f.demand--
		f.next++
		f.OnNext(f.next)
	}
	f.finish()
}

func (f *flow) finish() {
	if !f.over && f.next >= f.n {
		f.over = true
		f.onEnd(f)
	}
}

// publisher makes publishers of flows that fault has changed. OnSubscribe and completion of the empty stream are done
// by Subscribe.
func publisher(fault func(f *flow)) func(n int) ints {
	return func(n int) ints {
		return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
			f := newFlow(s, n)
			fault(f)
			f.OnSubscribe(f)
			f.finish()
		})
	}
}

func newFlow(s subscriber, n int) *flow {
	return &flow{subscriber: s, n: n, onRequest: (*flow).request, onCancel: (*flow).cancel, onEnd: (*flow).end}
}

// abandoned is closed when all tests are over, so that what blocks for ever does not do so in vain.
var abandoned = make(chan struct{})

type subject = Subject

// What the faults are built on has none, or the tests above would prove nothing.
func TestFaultlessSubjects(t *testing.T) {
	subjects := []struct {
		name string
		subject
	}{
		{"publisher", subject{
			Publisher: publisher(func(*flow) {}),
			Failing:   func(err error) ints { return numbers{err: err} },
		}},
		{"numbers", subject{
			Publisher: func(n int) ints { return numbers{n: n} },
			Failing:   func(err error) ints { return numbers{n: 3, err: err} },
		}},
		{"numbers on a goroutine", subject{Publisher: func(n int) ints { return numbers{n: n, async: true} }}},
		{"operator", subject{
			Operator:  operator(func(int) {}, func(*stage) {}),
			Panicking: operator(func(int) { panic(errBoom) }, func(*stage) {}),
		}},
	}
	for _, tc := range subjects {
		t.Run(tc.name, func(t *testing.T) {
			for _, c := range tc.checks() {
				for _, v := range c.run(tc.subject, tc.series()) {
					t.Errorf("%s: %v", c.name, v)
				}
			}
		})
	}
}

func TestReport(t *testing.T) {
	var got recorder
	c := check{"1.5 success is signalled", completesOnce}
	s := subject{Publisher: func(n int) ints { return numbers{n: max(0, n-1)} }}
	c.report(&got, s, s.series())
	want := []string{"rule 1.5: the stream of 12 values has 11"}
	if !slices.Equal(got.errors, want) {
		t.Errorf("got %q, want %q", got.errors, want)
	}
}

// Where something is wrong with each value, the report is not as long as the stream.
func TestReportIsShort(t *testing.T) {
	everything := operator(func(int) {}, func(o *stage) {
		o.onRequest = func(o *stage, n int64) {
			if n > 0 {
				n = math.MaxInt64
			}
			o.request(n)
		}
	})
	s := subject{Operator: everything}
	all := s.series()
	for _, c := range s.checks() {
		var got recorder
		c.report(&got, s, all)
		if len(got.errors) > 2 {
			t.Errorf("%s: %d lines for one mistake, such as %q", c.name, len(got.errors), got.errors[:3])
		}
	}
}

// recorder is a TB that writes down failures.
type recorder struct {
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// record runs f as a test with its cleanups, and returns what it reports.
func record(f func(t TB)) []string {
	var r recorder
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		f(&r)
	}()
	<-done
	return r.errors
}

func TestMain(m *testing.M) {
	code := m.Run()
	close(abandoned)
	if stacks, _ := LeakProfile(); stacks != "" {
		fmt.Fprintf(os.Stderr, "goroutines that wait for ever:\n%s", stacks)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
