package reactivetest

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// trial is one experiment on its way. It is the TB of the probes and sources it uses.
type trial struct {
	Subject
	*series
	late atomic.Bool  // something was waited for in vain
	sign atomic.Int64 // when the experiment was last seen to be in no call, in nanoseconds

	mu     sync.Mutex
	calls  []call // that have not returned
	broken []Violation
	probes []*Probe[int]
	source *Source[int]
}

// call is a call of the subject that is under way.
type call struct{ rule, what string }

// fail notes a broken rule.
func (c *trial) fail(rule, format string, args ...any) {
	if c.late.Load() {
		c.inVain.Store(true)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = append(c.broken, Violation{rule, fmt.Sprintf(format, args...)})
}

// stop ends the experiment.
func (c *trial) stop() { runtime.Goexit() }

// lives notes that the experiment goes on.
func (c *trial) lives() { c.sign.Store(time.Now().UnixNano()) }

// quiet returns for how long there was no sign of life.
func (c *trial) quiet() time.Duration { return time.Since(time.Unix(0, c.sign.Load())) }

// hangs notes that the subject does not return.
func (c *trial) hangs() {
	c.mu.Lock()
	hung := call{"3.4", "a call of Request, Cancel or Subscribe"}
	if n := len(c.calls); n > 0 {
		hung = c.calls[n-1] // the innermost
	}
	c.mu.Unlock()
	c.late.Store(true)
	c.hung.Store(true)
	c.fail(hung.rule, "%s does not return", hung.what)
}

// under runs f, which calls the subject. If it does not return, that breaks the rule.
func (c *trial) under(rule, what string, f func()) {
	c.lives()
	c.mu.Lock()
	at := call{rule, what}
	c.calls = append(c.calls, at)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		last := len(c.calls) - 1
		for c.calls[last] != at {
			last--
		}
		c.calls = slices.Delete(c.calls, last, last+1)
		c.lives()
	}()
	f()
}

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
	c.lives()
	if c.Virtual {
		synctest.Wait()
		return
	}
	time.Sleep(time.Millisecond)
}

// eventually waits until cond is true, and reports whether it was in time.
func (c *trial) eventually(cond func() bool) bool {
	deadline := time.Now().Add(c.wait())
	longest := 10 * time.Millisecond
	if c.Virtual {
		longest = time.Second // which costs nothing
	}
	for pause := 10 * time.Microsecond; ; pause = min(2*pause, longest) {
		c.lives()
		if cond() {
			return true
		}
		if time.Now().After(deadline) {
			c.late.Store(true)
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
	if !c.eventually(p.subscribed) {
		c.fail("1.9", "no OnSubscribe")
		c.stop()
	}
}

// call runs f, which calls the subject and must return normally.
func (c *trial) call(rule, what string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			c.fail(rule, "%s panics: %v%s", what, v, c.stack())
		}
	}()
	c.under(returns(rule), what, f)
}

// returns is the rule that says that a call returns, where it is another one than that it does not panic.
func returns(rule string) string {
	switch rule {
	case "3.15":
		return "3.5"
	case "3.16":
		return "3.4"
	}
	return rule
}

func (c *trial) request(p *Probe[int], n int64) {
	if !p.subscribed() {
		return // asked from inside a value that came before OnSubscribe, which the probe has noted
	}
	c.call("3.16", fmt.Sprintf("Request(%d)", n), func() { p.Request(n) })
}

func (c *trial) cancel(p *Probe[int]) { c.call("3.15", "Cancel", func() { p.Cancel() }) }

// comes waits for n values in all, and reports whether they came.
func (c *trial) comes(p *Probe[int], n int) bool {
	c.eventually(func() bool { return p.count() >= int64(n) || p.end() != nil })
	return p.count() >= int64(n)
}

// values waits for n values in all, and fails the rule that speaks of registering demand if they do not come.
func (c *trial) values(p *Probe[int], n int) {
	if !c.comes(p, n) {
		c.fail("3.8", "%s", missing(p, n))
		c.stop()
	}
}

// missing says what came instead of n values.
func missing(p *Probe[int], n int) string {
	return fmt.Sprintf("of %d values that were requested, %d came and then %v", n, p.count(), p.end())
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
		c.fail(rule, "%v after %d values, want OnComplete", end, p.count())
	}
}

// silent checks that nothing more has come to p than n signals.
func (c *trial) silent(rule string, p *Probe[int], n int, when string) {
	c.settle()
	if got := p.Signals(); len(got) > n {
		c.fail(rule, "%v %s", got[n:], when)
	}
}

// subscribed reports whether OnSubscribe was called.
func (p *Probe[T]) subscribed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sub != nil
}

// ending is a terminal signal. Nil is none.
type ending[T any] struct{ Signal[T] }

func (e *ending[T]) String() string {
	if e == nil {
		return "no end"
	}
	return e.Signal.String()
}

// end returns the terminal signal, or nil.
func (p *Probe[T]) end() *ending[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		return nil
	}
	return &ending[T]{p.lastEnd()}
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
