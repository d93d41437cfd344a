package reactivetest

import (
	"runtime/debug"
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
	// Zero means no limit, [NoValues] a stream that only ends.
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
	for _, c := range s.checks() {
		t.Run(c.name, func(t *testing.T) {
			if !s.Virtual {
				c.report(t, s, patience)
				return
			}
			synctest.Test(t, func(t *testing.T) { c.report(t, s, virtualPatience) })
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

func (ch check) report(t TB, s Subject, patience time.Duration) {
	t.Helper()
	for _, v := range ch.run(s, patience) {
		t.Errorf("%v", v)
	}
}

// run makes the experiment and returns the rules that turned out to be broken. It does so on a goroutine of its own, so
// that the experiment can be given up, and so that a subject that never returns is a failure and not a hung test.
func (ch check) run(s Subject, patience time.Duration) []Violation {
	c := &trial{Subject: s, patience: patience}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				c.fail("2.13", "panic: %v\n%s", v, debug.Stack())
			}
		}()
		ch.try(c)
	}()
	timer := time.NewTimer(4 * max(patience, 10*time.Second))
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		c.fail("3.4", "a call of Request, Cancel or Subscribe does not return")
	}
	return c.verdict()
}
