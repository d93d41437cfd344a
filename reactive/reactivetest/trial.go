package reactivetest

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

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

// verdict collects the rules broken in the experiment, each one once.
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
	return onceEach(all)
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
