package reactivetest

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Probe is a subscriber that is driven and questioned step by step. It asks for nothing by itself, writes down what
// arrives, and watches the publisher: a signal that breaks a rule of Reactive Streams fails the test, with the number of
// the rule, when the test ends.
//
// The Expect methods consume the signals in their order and wait for the next one if it is not there yet: for 10
// seconds, unless [Probe.Patience] says otherwise. A failed expectation ends the test. All methods may be called from
// any goroutine; those that configure a probe (RequestFirst, Each, Patience) belong before its subscription.
//
// Inside a testing/synctest bubble time is virtual: waiting for a signal that a timer brings takes no time, so the
// Expect methods wait for up to 48 hours there, and [Probe.ExpectNoSignal] is exact.
type Probe[T any] struct {
	t     TB
	first int64         // requested in OnSubscribe
	each  func(T)       // called in OnNext
	limit time.Duration // of a wait; zero is the default
	// yields lets other goroutines run while a signal is being handled. A probe is too quick to be met in a signal
	// otherwise, by one that was started with it.
	yields bool

	mu        sync.Mutex
	wake      chan struct{} // closed at the next signal, if somebody waits
	sub       reactive.Subscription
	signals   []Signal[T]
	read      int // signals consumed by expectations
	requested int64
	received  int64
	ended     bool
	inside    int // signals being handled
	insideBy  uint64
	broken    []Violation
}

// Signal is what a [Probe] wrote down about OnNext, OnError or OnComplete.
type Signal[T any] struct {
	Kind  SignalKind
	Value T     // of a Next
	Err   error // of an Error
}

// SignalKind tells the signals apart that follow OnSubscribe.
type SignalKind int8

const (
	Next     SignalKind = iota // OnNext, with a value
	Error                      // OnError, with an error
	Complete                   // OnComplete
)

// String describes the signal as failure messages do.
func (s Signal[T]) String() string {
	switch s.Kind {
	case Next:
		return fmt.Sprintf("OnNext(%v)", s.Value)
	case Error:
		return fmt.Sprintf("OnError(%v)", s.Err)
	}
	return "OnComplete"
}

// Violation is a broken rule.
type Violation struct {
	// Rule is the number of the rule in Reactive Streams 1.0.4, or a word for a rule of this project (see the
	// package's documentation).
	Rule string
	// What happened, for a person to read.
	What string
}

// String returns both.
func (v Violation) String() string { return "rule " + v.Rule + ": " + v.What }

// onceEach returns the first violation of each rule, and how many there are of it. Where a rule is broken with each value,
// the first one tells what happened and the others nothing.
func onceEach(all []Violation) []Violation {
	count := make(map[string]int)
	for _, v := range all {
		count[v.Rule]++
	}
	var once []Violation
	for _, v := range all {
		switch n := count[v.Rule]; n {
		case 0: // told already
			continue
		case 1:
		default:
			text, stack, _ := strings.Cut(v.What, "\n")
			v.What = strings.TrimRight(fmt.Sprintf("%s (the first of %d)\n%s", text, n, stack), "\n")
		}
		count[v.Rule] = 0
		once = append(once, v)
	}
	return once
}

// NewProbe returns a probe that is not subscribed to anything. The rules that its publisher breaks fail t.
func NewProbe[T any](t TB) *Probe[T] {
	p := newProbe[T](t)
	t.Cleanup(func() {
		t.Helper()
		for _, v := range onceEach(p.Violations()) {
			t.Errorf("%v", v)
		}
	})
	return p
}

// newProbe returns a probe that leaves the violations to its user.
func newProbe[T any](t TB) *Probe[T] { return &Probe[T]{t: t} }

// Subscribe subscribes a new probe to src.
func Subscribe[T any](t TB, src reactive.Publisher[T]) *Probe[T] {
	p := NewProbe[T](t)
	src.Subscribe(context.Background(), p)
	return p
}

// RequestFirst makes the probe ask for n values in OnSubscribe.
func (p *Probe[T]) RequestFirst(n int64) *Probe[T] {
	p.first = n
	return p
}

// Each makes the probe call f with each value from inside OnNext, where f may request, cancel or panic.
func (p *Probe[T]) Each(f func(T)) *Probe[T] {
	p.each = f
	return p
}

// Patience makes the Expect methods of the probe wait for up to d for a signal.
func (p *Probe[T]) Patience(d time.Duration) *Probe[T] {
	p.limit = d
	return p
}

// Request asks for n more values. The probe must be subscribed.
func (p *Probe[T]) Request(n int64) *Probe[T] {
	p.t.Helper()
	p.mu.Lock()
	sub := p.sub
	if n > 0 {
		if p.requested += n; p.requested < 0 {
			p.requested = reactive.Unbounded
		}
	}
	p.mu.Unlock()
	if sub == nil {
		p.t.Fatalf("Request(%d) before OnSubscribe", n)
		return p
	}
	sub.Request(n)
	return p
}

// Cancel cancels the subscription. The probe must be subscribed.
func (p *Probe[T]) Cancel() *Probe[T] {
	p.t.Helper()
	p.mu.Lock()
	sub := p.sub
	p.mu.Unlock()
	if sub == nil {
		p.t.Fatalf("Cancel before OnSubscribe")
		return p
	}
	sub.Cancel()
	return p
}

// OnSubscribe implements reactive.Subscriber.
func (p *Probe[T]) OnSubscribe(s reactive.Subscription) {
	p.enter("OnSubscribe")
	defer p.leave()
	p.mu.Lock()
	switch {
	case s == nil:
		p.breaks("2.13", "OnSubscribe(nil)")
	case p.sub != nil:
		p.breaks("1.9", "OnSubscribe a second time (2.12)")
	default:
		p.sub = s
	}
	first := p.first
	p.notify()
	p.mu.Unlock()
	if first > 0 {
		p.Request(first)
	}
}

// OnNext implements reactive.Subscriber.
func (p *Probe[T]) OnNext(v T) {
	p.enter("OnNext")
	defer p.leave()
	p.mu.Lock()
	s := Signal[T]{Kind: Next, Value: v}
	p.arrives(s)
	if p.received++; p.received > p.requested && p.sub != nil {
		p.breaks("1.1", "value %d: %v, but only %d requested", p.received, s, p.requested)
	}
	p.notify()
	p.mu.Unlock()
	if p.each != nil {
		p.each(v)
	}
}

// OnError implements reactive.Subscriber.
func (p *Probe[T]) OnError(err error) {
	p.enter("OnError")
	defer p.leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Signal[T]{Kind: Error, Err: err}
	p.arrives(s)
	if err == nil {
		p.breaks("2.13", "OnError(nil)")
	}
	p.ended = true
	p.notify()
}

// OnComplete implements reactive.Subscriber.
func (p *Probe[T]) OnComplete() {
	p.enter("OnComplete")
	defer p.leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrives(Signal[T]{Kind: Complete})
	p.ended = true
	p.notify()
}

// arrives writes s down. The caller holds the lock.
func (p *Probe[T]) arrives(s Signal[T]) {
	if p.sub == nil {
		p.breaks("1.9", "%v before OnSubscribe", s)
	}
	if p.ended {
		p.breaks("1.7", "%v after %v", s, p.lastEnd())
	}
	p.signals = append(p.signals, s)
}

func (p *Probe[T]) lastEnd() Signal[T] {
	for _, s := range slices.Backward(p.signals) {
		if s.Kind != Next {
			return s
		}
	}
	return Signal[T]{}
}

// enter notes that a signal is being handled, and by which goroutine: a signal inside another one is an overlap if it
// comes from another goroutine and recursion if it comes from the same.
func (p *Probe[T]) enter(what string) {
	g := goroutine()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside > 0 && p.insideBy != g {
		p.breaks("1.3", "%s while another signal is being handled", what)
	}
	p.inside++
	p.insideBy = g
}

func (p *Probe[T]) leave() {
	if p.yields {
		runtime.Gosched()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside--
}

// breaks notes a broken rule. The caller holds the lock.
func (p *Probe[T]) breaks(rule, format string, args ...any) {
	p.broken = append(p.broken, Violation{rule, fmt.Sprintf(format, args...)})
}

// notify wakes those who wait for a signal. The caller holds the lock.
func (p *Probe[T]) notify() {
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
}

// await waits until cond, which is called with the lock held, and reports whether it came true in time.
func (p *Probe[T]) await(cond func() bool) bool {
	timer := time.NewTimer(p.patience())
	defer timer.Stop()
	for late := false; ; {
		p.mu.Lock()
		if cond() {
			p.mu.Unlock()
			return true
		}
		if p.wake == nil {
			p.wake = make(chan struct{})
		}
		wake := p.wake
		p.mu.Unlock()
		if late {
			return false
		}
		select {
		case <-wake:
		case <-timer.C:
			late = true
		}
	}
}

// patience is how long to wait for a signal.
func (p *Probe[T]) patience() time.Duration { return cmp.Or(p.limit, waiting()) }

// Violations returns the rules that were broken so far.
func (p *Probe[T]) Violations() []Violation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.broken)
}

// Signals returns all signals so far, those consumed by expectations included.
func (p *Probe[T]) Signals() []Signal[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.signals)
}

// Values returns the values so far, those consumed by expectations included.
func (p *Probe[T]) Values() []T {
	p.mu.Lock()
	defer p.mu.Unlock()
	var values []T
	for _, s := range p.signals {
		if s.Kind == Next {
			values = append(values, s.Value)
		}
	}
	return values
}

// count returns the number of values so far.
func (p *Probe[T]) count() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.received
}
