package reactivetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// conclude runs all checks, as Conformance does, and returns what they report, by rule.
func conclude(s Subject) (rules string, report []string) {
	var named []string
	all := s.series()
	for _, c := range s.checks() {
		var got recorder
		c.report(&got, s, all)
		for _, line := range got.errors {
			rule, _, _ := strings.Cut(strings.TrimPrefix(line, "rule "), ":")
			named = append(named, rule)
			report = append(report, fmt.Sprintf("%s: %s", c.name, line))
		}
	}
	slices.Sort(named)
	return strings.Join(slices.Compact(named), " "), report
}

// Each operator is wrong in one way, as one that somebody else wrote may be. The report must name the rules that this
// breaks and no others, must not be long, and must not keep its reader waiting.
func TestReportsOnOperators(t *testing.T) {
	tests := []struct {
		name  string
		rules string // that the report names
		says  string // in a line of it
		fault func(o *stage)
	}{
		{
			name:  "asks upstream for everything",
			rules: "1.1 demand",
			says:  "rule 1.1: got 12 values, want 1 (the first of ",
			fault: func(o *stage) {
				var asked atomic.Bool
				o.onRequest = func(o *stage, n int64) {
					if n > 0 && asked.CompareAndSwap(false, true) {
						n = math.MaxInt64
					}
					o.request(n)
				}
			},
		},
		{
			name:  "asks upstream for one more",
			rules: "1.1 demand",
			says:  "rule 1.1: got 2 values, want 1 (the first of ",
			fault: func(o *stage) {
				o.onRequest = func(o *stage, n int64) {
					if n > 0 && n < math.MaxInt64 {
						n++
					}
					o.request(n)
				}
			},
		},
		{
			name:  "a filter that does not ask for another value",
			rules: "1.10 1.11 1.5 2.1 3.17 3.8",
			says:  "rule 3.8: of 2 values that were requested, 1 came and then no end",
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) {
					if v%2 == 0 {
						o.next(v)
					}
				}
			},
		},
		{
			name:  "Cancel is swallowed",
			rules: "1.8 2.6 3.6",
			says:  "rule 1.8: cancelled at value 10, and yet 12000 values came and then OnComplete",
			fault: func(o *stage) { o.onCancel = func(*stage) {} },
		},
		{
			name:  "Cancel is not passed on",
			rules: "2.6",
			says:  "rule 2.6: Cancel does not reach the source (the first of 2)",
			fault: func(o *stage) {
				var left atomic.Bool
				o.onCancel = func(*stage) { left.Store(true) }
				o.onNext = func(o *stage, v int) {
					if !left.Load() {
						o.next(v)
					}
				}
				o.onComplete = func(o *stage) {
					if !left.Load() {
						o.complete()
					}
				}
			},
		},
		{
			name:  "a value after the end",
			rules: "1.1 1.5 1.7 3.17",
			says:  "rule 1.7: OnNext(0) after OnComplete",
			fault: func(o *stage) {
				o.onComplete = func(o *stage) { o.complete(); o.down.OnNext(0) }
			},
		},
		{
			name:  "completes twice",
			rules: "1.7",
			says:  "rule 1.7: OnComplete after OnComplete",
			fault: func(o *stage) {
				o.onComplete = func(o *stage) { o.down.OnComplete(); o.down.OnComplete() }
			},
		},
		{
			name:  "never completes",
			rules: "1.5 2.9 3.17",
			says:  "rule 1.5: no end after 12 values, want OnComplete",
			fault: func(o *stage) { o.onComplete = func(*stage) {} },
		},
		{
			name:  "doubles the values",
			rules: "1.1 1.5 3.17",
			says:  "rule 1.5: the stream of 12 values has 24",
			fault: func(o *stage) { o.onNext = func(o *stage, v int) { o.next(v); o.next(v) } },
		},
		{
			name:  "a panic of the callback escapes",
			rules: "2.13 2.6",
			says:  "rule 2.13: OnNext panics: boom",
			fault: func(o *stage) { o.onNext = func(o *stage, v int) { o.callback(v); o.down.OnNext(v) } },
		},
		{
			name:  "a value before OnSubscribe",
			rules: "1.1 1.5 1.8 1.9 3.17 3.6",
			says:  "rule 1.9: OnNext(-1) before OnSubscribe",
			fault: func(o *stage) {
				o.onSubscribe = func(o *stage, up subscription) { o.down.OnNext(-1); o.subscribe(up) }
			},
		},
	}
	const (
		mostLines = 60 // in all; a stack has 25
		mostTime  = 5 * time.Second
	)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // so that time passes only where something is waited for
				begin := time.Now()
				rules, report := conclude(Subject{
					Operator:  operator(func(int) {}, tc.fault),
					Panicking: operator(func(int) { panic(errBoom) }, tc.fault),
					Patience:  time.Second,
				})
				if took := time.Since(begin); took > mostTime {
					t.Errorf("the report takes %v, want at most %v", took, mostTime)
				}
				text := strings.Join(report, "\n")
				if lines := 1 + strings.Count(text, "\n"); lines > mostLines {
					t.Errorf("the report has %d lines, want at most %d", lines, mostLines)
				}
				if rules != tc.rules {
					t.Errorf("the report names the rules %s, want %s", rules, tc.rules)
				}
				if !strings.Contains(text, tc.says) {
					t.Errorf("the report does not say %q", tc.says)
				}
				if t.Failed() {
					t.Log(text)
				}
			})
		})
	}
}

// A stack is shown once, or else the report consists of them.
func TestReportOnPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, report := conclude(Subject{
			Operator: operator(func(int) {}, func(o *stage) { o.onRequest = func(*stage, int64) { panic(errBoom) } }),
			Patience: time.Second,
		})
		text := strings.Join(report, "\n")
		if !strings.Contains(text, "rule 3.16: Request(1) panics: boom\ngoroutine ") || strings.Count(text, "\ngoroutine ") != 1 {
			t.Errorf("want a report with one stack, got\n%s", text)
		}
	})
}

// Calls that do not return are named, and are not waited for as long in each check.
func TestReportsOnHangingOperators(t *testing.T) {
	tests := []struct {
		name  string
		rules string
		says  string
		fault func(o *stage, never chan struct{})
	}{
		{
			name:  "Request",
			rules: "1.9 3.4",
			says:  "rule 3.4: Request(1) does not return",
			fault: func(o *stage, never chan struct{}) { o.onRequest = func(*stage, int64) { <-never } },
		},
		{
			name:  "Cancel",
			rules: "3.5",
			says:  "rule 3.5: Cancel does not return",
			fault: func(o *stage, never chan struct{}) { o.onCancel = func(*stage) { <-never } },
		},
		{
			name:  "OnSubscribe",
			rules: "1.9",
			says:  "rule 1.9: Subscribe does not return",
			fault: func(o *stage, never chan struct{}) {
				o.onSubscribe = func(o *stage, up subscription) { o.subscribe(up); <-never }
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				never := make(chan struct{})
				defer func() {
					close(never)
					time.Sleep(time.Hour) // until all that was given up has ended
				}()
				begin := time.Now()
				rules, report := conclude(Subject{
					Operator: operator(func(int) {}, func(o *stage) { tc.fault(o, never) }),
					Patience: time.Second,
				})
				if took := time.Since(begin); took > 40*time.Second {
					t.Errorf("the report takes %v", took)
				}
				if text := strings.Join(report, "\n"); rules != tc.rules || !strings.Contains(text, tc.says) {
					t.Errorf("the report names the rules %s, want %s, and shall say %q:\n%s", rules, tc.rules, tc.says, text)
				}
			})
		})
	}
}

// Signals that overlap are found although a probe is quick, by an experiment that gives them many occasions.
func TestReportsOnConcurrentOperators(t *testing.T) {
	tests := []struct {
		name  string
		fault func(o *stage)
	}{
		{
			name:  "a goroutine for each value",
			fault: func(o *stage) { o.onNext = func(o *stage, v int) { go o.down.OnNext(v) } },
		},
		{
			name:  "a value before OnSubscribe has returned",
			fault: func(o *stage) { o.onRequest = func(o *stage, n int64) { go o.up.Request(n) } },
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s := Subject{Operator: operator(func(int) {}, tc.fault)}
			found := check{"1.3 signals are serial", requestsAtOnce}.run(s, s.series())
			if !slices.ContainsFunc(found, func(v Violation) bool { return v.Rule == "1.3" }) {
				t.Errorf("rule 1.3 is not reported; got %v", found)
			}
		})
	}
}

// What says that it has one value at most has no second one.
func TestReportsOnMonos(t *testing.T) {
	first := operator(func(int) {}, func(o *stage) {
		o.onNext = func(o *stage, v int) {
			if !o.over {
				o.up.Cancel()
				o.next(v)
				o.complete()
			}
		}
	})
	tests := []struct {
		name string
		Subject
		want []string
	}{
		{
			name:    "first value",
			Subject: Subject{Operator: first, MaxValues: 1},
		},
		{
			name:    "no value",
			Subject: Subject{Publisher: func(int) ints { return numbers{} }, MaxValues: NoValues},
		},
		{
			name:    "all values of the source",
			Subject: Subject{Operator: operator(func(int) {}, func(*stage) {}), MaxValues: 1},
			want:    []string{"rule limit: 120 values when everything is asked for, want at most 1 (MaxValues is 1) (the first of 3)"},
		},
		{
			name:    "a value for each request",
			Subject: Subject{Publisher: func(n int) ints { return numbers{n: n} }, MaxValues: NoValues},
			want:    []string{"rule limit: 120 values when everything is asked for, want at most 0 (MaxValues is -1) (the first of 2)"},
		},
		{
			name: "one value with each request, but not for ever",
			Subject: Subject{Publisher: publisher(func(f *flow) {
				f.onRequest = func(f *flow, n int64) {
					if f.next == 2 {
						n = 0
					}
					f.request(min(n, 1))
				}
			}), MaxValues: 1, Endless: true},
			want: []string{"rule limit: 2 values when they are asked for one by one, want at most 1 (MaxValues is 1)"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got recorder
				check{"limit", withinLimit}.report(&got, tc.Subject, tc.series())
				if !slices.Equal(got.errors, tc.want) {
					t.Errorf("got %q, want %q", got.errors, tc.want)
				}
			})
		})
	}
}

// By default, too, it is soon said that values never come.
func TestPatienceIsUsedUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		conclude(Subject{Operator: operator(func(int) {}, func(o *stage) {
			o.onNext = func(o *stage, v int) {
				if v%2 == 0 {
					o.next(v)
				}
			}
		})})
		if took := time.Since(begin); took > 3*patience {
			t.Errorf("the report on an operator that gives nothing takes %v, want at most %v", took, 3*patience)
		}
	})
}
