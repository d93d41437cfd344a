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
	checks := s.checks()
	slices.Reverse(checks)
	named := func(c check) int {
		if strings.Contains(c.name, rule) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(checks, func(a, b check) int { return cmp.Compare(named(a), named(b)) })
	var all []Violation
	for _, c := range checks {
		found := c.run(s, shortPatience)
		if slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == rule }) {
			return
		}
		all = append(all, found...)
	}
	t.Errorf("rule %s is not reported; got %d violations: %v", rule, len(all), all)
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

func TestFaultyPublishers(t *testing.T) {
	tests := []struct {
		name string
		rule string
		subject
	}{
		{
			name: "one value more than requested",
			rule: "1.1",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n > 0 && f.demand == 0 && n < 100 {
						n++
					}
					f.request(n)
				}
			})},
		},
		{
			name: "values without demand",
			rule: "1.1",
			subject: subject{Publisher: func(n int) ints {
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
					f := newFlow(s, n)
					f.OnSubscribe(f)
					f.request(1)
				})
			}},
		},
		{
			name: "signals overlap",
			rule: "1.3",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if !f.emitting || f.over {
						f.request(n)
						return
					}
					f.over = true // asked from inside OnNext, it completes from elsewhere
					done := make(chan struct{})
					go func() {
						defer close(done)
						f.OnComplete()
					}()
					<-done
				}
			})},
		},
		{
			name: "failure reported as completion",
			rule: "1.4",
			subject: subject{
				Publisher: publisher(func(*flow) {}),
				Failing:   func(error) ints { return publisher(func(*flow) {})(0) },
			},
		},
		{
			name: "failure reported as another one",
			rule: "1.4",
			subject: subject{
				Publisher: publisher(func(*flow) {}),
				Failing: func(err error) ints {
					return publisher(func(f *flow) { f.onEnd = func(f *flow) { f.OnError(fmt.Errorf("lost: %v", err)) } })(0)
				},
			},
		},
		{
			name:    "never completes",
			rule:    "1.5",
			subject: subject{Publisher: publisher(func(f *flow) { f.onEnd = func(*flow) {} })},
		},
		{
			name: "a value missing",
			rule: "1.5",
			subject: subject{Publisher: func(n int) ints {
				return publisher(func(*flow) {})(max(0, n-1))
			}},
		},
		{
			name: "a value after OnComplete",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnComplete(); f.OnNext(0) }
			})},
		},
		{
			name: "two completions",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnComplete(); f.OnComplete() }
			})},
		},
		{
			name: "failure after completion",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnComplete(); f.OnError(errBoom) }
			})},
		},
		{
			name: "completion repeated at each request after the end",
			rule: "1.7",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.over && f.next >= f.n {
						f.OnComplete()
					}
					f.request(n)
				}
			})},
		},
		{
			name:    "cancel ignored",
			rule:    "1.8",
			subject: subject{Publisher: publisher(func(f *flow) { f.onCancel = func(*flow) {} })},
		},
		{
			name: "cancel in OnSubscribe ignored",
			rule: "1.8",
			subject: subject{Publisher: func(n int) ints {
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
					f := newFlow(s, n)
					f.OnSubscribe(f)
					if f.over && f.next == 0 {
						f.OnNext(0)
					}
				})
			}},
		},
		{
			name: "the empty stream completes without OnSubscribe",
			rule: "1.9",
			subject: subject{Publisher: func(n int) ints {
				if n > 0 {
					return publisher(func(*flow) {})(n)
				}
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) { s.OnComplete() })
			}},
		},
		{
			name: "OnSubscribe twice",
			rule: "1.9",
			subject: subject{Publisher: func(n int) ints {
				return reactive.PublisherFunc[int](func(_ context.Context, s subscriber) {
					f := newFlow(s, n)
					f.OnSubscribe(f)
					f.OnSubscribe(f)
				})
			}},
		},
		{
			name: "OnSubscribe never",
			rule: "1.9",
			subject: subject{Publisher: func(int) ints {
				return reactive.PublisherFunc[int](func(context.Context, subscriber) {})
			}},
		},
		{
			name: "Subscribe panics",
			rule: "1.9",
			subject: subject{Publisher: func(int) ints {
				return reactive.PublisherFunc[int](func(context.Context, subscriber) { panic("no") })
			}},
		},
		{
			name: "a second subscriber is turned away with a panic",
			rule: "1.9",
			subject: subject{
				Unicast: true,
				Publisher: func(n int) ints {
					var once sync.Once
					return reactive.PublisherFunc[int](func(ctx context.Context, s subscriber) {
						refused := true
						once.Do(func() { refused = false; publisher(func(*flow) {})(n).Subscribe(ctx, s) })
						if refused {
							panic("one subscriber only")
						}
					})
				},
			},
		},
		{
			name: "one subscription only, not declared",
			rule: "1.10",
			subject: subject{Publisher: func(n int) ints {
				left := n
				return reactive.PublisherFunc[int](func(ctx context.Context, s subscriber) {
					publisher(func(*flow) {})(left).Subscribe(ctx, s)
					left = 0
				})
			}},
		},
		{
			name: "subscribers share the values",
			rule: "1.11",
			subject: subject{Publisher: func(n int) ints {
				var mu sync.Mutex
				left := n
				return publisher(func(f *flow) {
					f.onRequest = func(f *flow, n int64) {
						mu.Lock()
						defer mu.Unlock()
						if got := int(min(n, int64(left))); got > 0 {
							left -= got
							f.request(int64(got))
						}
					}
				})(n)
			}},
		},
		{
			name: "OnError(nil)",
			rule: "2.13",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onEnd = func(f *flow) { f.OnError(nil) }
			})},
		},
		{
			name: "recursion as deep as the stream is long",
			rule: "3.3",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n > 0 {
						f.emitting = false
					}
					f.request(n)
				}
			})},
		},
		{
			name: "Request blocks",
			rule: "3.4",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(*flow, int64) { <-abandoned }
			})},
		},
		{
			name: "Cancel blocks",
			rule: "3.5",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onCancel = func(*flow) { <-abandoned }
			})},
		},
		{
			name: "a request after cancel revives the stream",
			rule: "3.6",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.next < f.n && n > 0 {
						f.over = false
					}
					f.request(n)
				}
			})},
		},
		{
			name: "a second cancel panics",
			rule: "3.15",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onCancel = func(f *flow) {
					if f.over {
						panic("cancelled already")
					}
					f.over = true
				}
			})},
		},
		{
			name: "a request after cancel panics",
			rule: "3.16",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.over {
						panic("cancelled")
					}
					f.request(n)
				}
			})},
		},
		{
			name: "a request replaces the one before",
			rule: "3.8",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.emitting && n > 0 {
						return // lost
					}
					f.request(n)
				}
			})},
		},
		{
			name: "Request(0) ignored",
			rule: "3.9",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n != 0 {
						f.request(n)
					}
				}
			})},
		},
		{
			name: "a bad request completes the stream",
			rule: "3.9",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n < 1 && !f.over {
						f.over = true
						f.OnComplete()
						return
					}
					f.request(n)
				}
			})},
		},
		{
			name: "a bad request fails with an error of its own",
			rule: "3.9",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if n < 1 && !f.over {
						f.over = true
						f.OnError(errBoom)
						return
					}
					f.request(n)
				}
			})},
		},
		{
			name: "the publisher remembers its subscribers",
			rule: "3.13",
			subject: subject{Publisher: func(n int) ints {
				var all []subscriber
				return rememberer{&all, n}
			}},
		},
		{
			name: "demand overflows",
			rule: "3.17",
			subject: subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					f.emitting = true // accept the demand first
					f.request(n)
					f.emitting = false
					if f.demand > math.MaxInt64/2+1 {
						f.demand = -1
					}
					f.emit()
				}
			})},
		},
		{
			name: "a goroutine survives the cancel",
			rule: "goroutines",
			subject: subject{Publisher: publisher(func(f *flow) {
				go func() { <-abandoned }()
			})},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantViolation(t, tc.subject, tc.rule)
		})
	}
}

// abandoned is closed when all tests are over, so that what blocks for ever does not do so in vain.
var abandoned = make(chan struct{})

type subject = Subject

type rememberer struct {
	all *[]subscriber
	n   int
}

func (r rememberer) Subscribe(ctx context.Context, s subscriber) {
	*r.all = append(*r.all, s)
	publisher(func(*flow) {})(r.n).Subscribe(ctx, s)
}

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
				for _, v := range c.run(tc.subject, patience) {
					t.Errorf("%s: %v", c.name, v)
				}
			}
		})
	}
}

func TestReport(t *testing.T) {
	var got recorder
	c := check{"1.5 success is signalled", completesOnce}
	c.report(&got, subject{Publisher: func(n int) ints { return numbers{n: max(0, n-1)} }}, shortPatience)
	want := []string{"rule 1.5: the stream of 12 values has 11"}
	if !slices.Equal(got.errors, want) {
		t.Errorf("got %q, want %q", got.errors, want)
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
