package reactivetest

import (
	"cmp"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Subject is what [Conformance] examines: a publisher or an operator, and what it cannot do. Exactly one of Publisher
// and Operator is set; the zero values of the other fields stand for a cold stream that hands demand through.
type Subject struct {
	// Publisher makes a publisher of n values that then completes. What the values are does not matter. The suite
	// asks for multiples of 12, for 0, and for up to 12,000.
	Publisher func(n int) reactive.Publisher[int]

	// Operator puts the operator on top of src. It is examined as a subscriber of src and as a publisher.
	Operator func(src reactive.Publisher[int]) reactive.Publisher[int]

	// Failing makes a publisher that fails with err, before or after some values. An operator needs none: its
	// source fails. If it is nil, rule 1.4 of a publisher is not checked.
	Failing func(err error) reactive.Publisher[int]

	// Panicking puts the operator on top of src in such a way that its callback panics at the first value. If it is
	// nil, the operator has no callback.
	Panicking func(src reactive.Publisher[int]) reactive.Publisher[int]

	// Needs says how many values the operator needs of its source to emit n values; nil means n. The suite asks for
	// multiples of 12.
	Needs func(n int) int

	// MaxValues is how many values the stream has at most, although it was made of more: 1 for a Mono, k for Take(k).
	// The suite checks that it has no more. Zero means no limit, [NoValues] a stream that only ends.
	MaxValues int

	// ReadAhead is how many values the operator may ask of its source beyond what its subscriber asked for: its
	// prefetch or concurrency. [reactive.Unbounded] turns the check off. It is not a rule of Reactive Streams, but
	// one of this project: demand is not exceeded in silence.
	ReadAhead int64

	// Unicast: a publisher takes one subscriber, and fails the others.
	Unicast bool

	// Once: a publisher can be subscribed to one time only, even if that subscriber is gone. Unicast implies it.
	Once bool

	// Endless: the stream never completes by itself.
	Endless bool

	// Recovers: the operator does not pass on the failure of its source.
	Recovers bool

	// Detached: the operator keeps its source when its subscriber leaves, as AutoConnect does.
	Detached bool

	// Patience is how long the suite waits for what must happen, such as a value that was requested, before it says that
	// it does not. Zero means 10 seconds or, if Virtual, 24,000 of virtual time. A call that takes four times as long,
	// and at least 4 seconds, is said not to return. Only a subject that breaks a rule is waited for in vain, but for
	// some that give less than they are asked for; once it has been, the suite has a tenth of the patience.
	Patience time.Duration

	// Virtual runs each check in a testing/synctest bubble, where time is virtual: for subjects with timers, of up to
	// a second. The subject must not wait for anything outside the bubble, such as a socket.
	Virtual bool
}

// NoValues is the [Subject.MaxValues] of a stream that only ends.
const NoValues = -1

// Conformance checks a publisher or an operator against the rules of Reactive Streams 1.0.4, one subtest for each group
// of rules. Each failure begins with the number of the broken rule; the package's documentation lists all rules.
//
// Checks that look for concurrent signals find data races, too, when the test runs under -race.
func Conformance(t *testing.T, s Subject) {
	t.Helper()
	if (s.Publisher == nil) == (s.Operator == nil) {
		t.Fatal("reactivetest: a Subject needs either a Publisher or an Operator")
	}
	all := s.series()
	for _, c := range s.checks() {
		t.Run(c.name, func(t *testing.T) {
			if !s.Virtual {
				c.report(t, s, all)
				return
			}
			synctest.Test(t, func(t *testing.T) { c.report(t, s, all) })
		})
	}
}

// check is one experiment on a subject.
type check struct {
	name string // begins with the number of the rule it is mainly about
	try  func(c *trial)
}

// checks returns the experiments that make sense for the subject.
func (s Subject) checks() []check {
	all := publisherChecks(s)
	if s.Operator != nil {
		all = append(all, operatorChecks(s)...)
	}
	return all
}

// series is what the experiments on one subject have in common: how long it is waited for, and what needs to be told
// only once. A subject that values never come from must not take the whole patience wherever a value is wanted, so it is
// used up once; on a machine so slow that this is wrong, what was reported before is wrong already.
type series struct {
	patience time.Duration
	hurried  time.Duration
	inVain   atomic.Bool // something was waited for in vain, and that was a broken rule
	hung     atomic.Bool // a call did not return
	traced   atomic.Bool // a stack was shown
}

func (s Subject) series() *series {
	if s.Virtual {
		d := cmp.Or(s.Patience, virtualPatience)
		return &series{patience: d, hurried: d} // it costs nothing
	}
	d := cmp.Or(s.Patience, patience)
	return &series{patience: d, hurried: max(d/10, min(d, 100*time.Millisecond))}
}

// wait is how long to wait from now on.
func (s *series) wait() time.Duration {
	if s.inVain.Load() {
		return s.hurried
	}
	return s.patience
}

// guard is how long the subject may keep the suite in one call, which may have many values to deliver.
func (s *series) guard() time.Duration {
	if s.hung.Load() {
		return max(4*s.wait(), time.Second)
	}
	return 4 * max(s.wait(), time.Second)
}

// stack is the stack of a panic on a line of its own; the first one of the series, or the report would consist of them.
func (s *series) stack() string {
	if s.traced.Swap(true) {
		return ""
	}
	return "\n" + string(debug.Stack())
}

func (ch check) report(t TB, s Subject, all *series) {
	t.Helper()
	for _, v := range ch.run(s, all) {
		t.Errorf("%v", v)
	}
}

// run makes the experiment and returns the rules that turned out to be broken. It does so on a goroutine of its own, so
// that the experiment can be given up, and so that a subject that never returns is a failure and not a hung test.
func (ch check) run(s Subject, all *series) []Violation {
	c := &trial{Subject: s, series: all}
	c.lives()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				c.fail("2.13", "panic: %v%s", v, c.stack())
			}
		}()
		ch.try(c)
	}()
	timer := time.NewTimer(all.guard())
	defer timer.Stop()
	for {
		select {
		case <-done:
			return c.verdict()
		case <-timer.C:
		}
		// As long as the experiment waits for something, it is in no call.
		if left := all.guard() - c.quiet(); left > 0 {
			timer.Reset(left)
			continue
		}
		c.hangs()
		return c.verdict()
	}
}
