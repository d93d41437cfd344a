package reactivetest

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
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

// trial is one experiment on its way. It is the TB of the probes and sources it uses.
type trial struct {
	Subject
	patience time.Duration

	mu     sync.Mutex
	broken []Violation
	probes []*Probe[int]
	source *Source[int]
}

// fail notes a broken rule.
func (c *trial) fail(rule, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = append(c.broken, Violation{rule, fmt.Sprintf(format, args...)})
}

// stop ends the experiment.
func (c *trial) stop() { runtime.Goexit() }

// verdict collects the rules broken in the experiment, without repetitions.
func (c *trial) verdict() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.broken)
	for _, p := range c.probes {
		all = append(all, p.Violations()...)
	}
	if c.source != nil {
		all = append(all, c.source.Violations()...)
	}
	var once []Violation
	for _, v := range all {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}

func (c *trial) Helper()                           {}
func (c *trial) Cleanup(func())                    {}
func (c *trial) Errorf(format string, args ...any) { c.fail("(none)", format, args...) }
func (c *trial) Fatalf(format string, args ...any) {
	c.fail("(none)", format, args...)
	c.stop()
}

// settle gives the subject the time to do what it must not do. Without virtual time that is a short wait: on a slow
// machine it may be too short to see a fault, never to see one that is not there.
func (c *trial) settle() {
	if c.Virtual {
		synctest.Wait()
		return
	}
	time.Sleep(time.Millisecond)
}

// eventually waits until cond is true, and reports whether it was in time.
func (c *trial) eventually(cond func() bool) bool {
	deadline := time.Now().Add(c.patience)
	longest := 10 * time.Millisecond
	if c.Virtual {
		longest = time.Second // which costs nothing
	}
	for pause := 10 * time.Microsecond; ; pause = min(2*pause, longest) {
		if cond() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pause)
	}
}

// limit is how many values a stream made of n values has.
func (c *trial) limit(n int) int {
	switch {
	case c.MaxValues < 0:
		return 0
	case c.MaxValues > 0:
		return min(n, c.MaxValues)
	}
	return n
}

// needs is how many values of its source an operator needs for n.
func (c *trial) needs(n int) int {
	if c.Needs == nil || n == 0 {
		return n
	}
	return max(0, c.Needs(n))
}

// stream makes the publisher of n values.
func (c *trial) stream(n int) reactive.Publisher[int] {
	if c.Publisher != nil {
		return c.Publisher(n)
	}
	return c.Operator(numbers{n: c.needs(n)})
}

// probe makes a probe whose findings belong to the experiment.
func (c *trial) probe() *Probe[int] {
	p := newProbe[int](c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.probes = append(c.probes, p)
	return p
}

// subscribe subscribes a new probe and waits until it was subscribed.
func (c *trial) subscribe(src reactive.Publisher[int]) *Probe[int] {
	p := c.probe()
	c.attach(src, p)
	return p
}

// attach subscribes p and waits until it was subscribed.
func (c *trial) attach(src reactive.Publisher[int], p *Probe[int]) {
	c.call("1.9", "Subscribe", func() { src.Subscribe(background, p) })
	if !c.eventually(func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.sub != nil }) {
		c.fail("1.9", "no OnSubscribe")
		c.stop()
	}
}

// call runs f, which must return normally.
func (c *trial) call(rule, what string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			c.fail(rule, "%s panics: %v\n%s", what, v, debug.Stack())
		}
	}()
	f()
}

func (c *trial) request(p *Probe[int], n int64) {
	c.call("3.16", fmt.Sprintf("Request(%d)", n), func() { p.Request(n) })
}

func (c *trial) cancel(p *Probe[int]) { c.call("3.15", "Cancel", func() { p.Cancel() }) }

// values waits for n values in all, and fails the rule that speaks of registering demand if they do not come.
func (c *trial) values(p *Probe[int], n int) {
	if !c.eventually(func() bool { return p.count() >= int64(n) || p.end() != nil }) || p.count() < int64(n) {
		c.fail("3.8", "got %d values and then %v, want %d: they were requested", p.count(), p.end(), n)
		c.stop()
	}
}

// exactly waits for n values in all, and that no other follows.
func (c *trial) exactly(p *Probe[int], n int) {
	c.values(p, n)
	c.settle()
	if got := p.count(); got > int64(n) {
		c.fail("1.1", "got %d values, want %d", got, n)
	}
}

// completes waits for OnComplete.
func (c *trial) completes(rule string, p *Probe[int]) {
	c.eventually(func() bool { return p.end() != nil })
	if end := p.end(); end == nil || end.Kind != Complete {
		c.fail(rule, "got %v after %d values, want OnComplete", end, p.count())
	}
}

// silent checks that nothing more has come to p than n signals.
func (c *trial) silent(rule string, p *Probe[int], n int, when string) {
	c.settle()
	if got := p.Signals(); len(got) > n {
		c.fail(rule, "%v %s", got[n:], when)
	}
}

// end returns the terminal signal, or nil.
func (p *Probe[T]) end() *Signal[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		return nil
	}
	end := p.lastEnd()
	return &end
}

// frames returns how deep the stack is, up to a bound that is far beyond the permitted.
func frames() int {
	var pc [512]uintptr
	return runtime.Callers(1, pc[:])
}

// virtualPatience lets an interval of a second come to its last value.
const virtualPatience = 2 * manyValues * time.Second

// manyValues is more than any publisher should have in its buffers.
const manyValues = 12_000

const unbounded = math.MaxInt64
