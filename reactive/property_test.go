package reactive_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// property is an operator, or a source, and what it is to be equal to. A random source goes in, a random subscriber
// comes out, and at every step what has arrived is compared with a function over slices.
type property struct {
	name  string // begins with the name of the operator
	op    func(src flux, s script) reactive.Publisher[string]
	mono  func(src mono, s script) reactive.Publisher[string] // the method of Mono of that name, of which model is true as well
	model func(s script) result

	// most is how much may have been asked of the source at most. Nil stands for what the subscriber has asked for.
	most func(s script, v view) int64

	callback bool // op has a function that panics at call s.fault
	early    bool // a failure comes ahead of values that wait
	anyOrder bool // the order of values is not that of the model
	async    bool // there are goroutines
	detached bool // the source is not cancelled when the subscriber leaves
	keeps    bool // each value of the source is delivered or given to the discard hook
}

// script is what a source does, and what else an operator is given.
type script struct {
	values []int // 0 to 9
	err    error // nil: the source completes
	n      int   // 1 to 4
	fault  int   // the call at which the operator's function panics, from 0; -1: never
}

// result is all that a stream gives.
type result struct {
	values []string
	end    error   // nil: it completes
	or     []error // other ends that are right, after fewer values perhaps
	open   bool    // it does not end
}

// view is where a stream is at a moment.
type view struct {
	requested, delivered int64 // by the subscriber, to the subscriber
	received             int64 // by the operator from the source, in the latest subscription
}

var (
	errFault = errors.New("fault of the callback")
	errInner = errors.New("fault of an inner stream")
)

// fuse returns a function for the operator's function to call, which panics at call s.fault.
func (s script) fuse() func() {
	blown := s.fuseless()
	return func() {
		if blown() {
			panic(errFault)
		}
	}
}

// fuseless is fuse for a function that can return an error.
func (s script) fuseless() func() bool {
	calls := 0
	return func() bool {
		calls++
		return calls-1 == s.fault
	}
}

// TestProperties compares every operator with its model.
func TestProperties(t *testing.T) {
	for _, p := range properties() {
		t.Run(p.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				tr := drawTrial(rt, p.callback)
				f := &findings{}
				if p.async {
					synctest.Test(t, func(*testing.T) { p.check(f, tr, allQuiet) })
				} else {
					p.check(f, tr, func() {})
				}
				f.report(rt)
			})
		})
	}
}

// allQuiet waits until nothing moves any more, and lets all timers go off. It works in a bubble.
func allQuiet() {
	time.Sleep(time.Hour)
	synctest.Wait()
}

// TestPropertiesAreComplete fails when the package has an operator without a model.
func TestPropertiesAreComplete(t *testing.T) {
	const clock = "what it does depends on the time; it has tests in virtual time"
	exceptions := map[string]string{
		"BufferTimeout": clock, "Timer": clock, "Interval": clock,
		"Flux.Delay": clock, "Mono.Delay": clock, "Flux.DelayEnd": clock, "Mono.DelayEnd": clock,
		"Flux.Debounce": clock, "Flux.Sample": clock, "Flux.Throttle": clock,
		"Flux.Timeout": clock, "Mono.Timeout": clock, "Flux.TimeoutTo": clock, "Mono.TimeoutTo": clock,
		"FromRx": "RxGo sets the order and the demand behind the bridge; see TestFromRxConformance",
	}
	var words []string
	note := func(name string) {
		words = append(words, strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" ,", r) })...)
	}
	for _, p := range properties() {
		note(p.name)
	}
	for _, p := range pacedOperators() {
		note(p.name)
	}
	for _, name := range operators(t) {
		has := slices.Contains(words, name) ||
			!strings.HasPrefix(name, "Mono.") && slices.Contains(words, name[strings.Index(name, ".")+1:])
		if _, excepted := exceptions[name]; has == excepted {
			t.Errorf("%s: model %t, exception %t, want one of the two", name, has, excepted)
		}
	}
}

// check is one run.
func (p property) check(t *findings, tr trial, settle func()) {
	s, want := tr.script, p.model(tr.script)
	e := newExperiment(t, s, tr.plan, settle)
	if tr.prompt {
		e.src.emit(unlimited)
	}
	e.subscribe(p.op(reactive.FromPublisher[int](e.src), s))
	p.compare(e, s, want, "after Subscribe")
	for i, a := range tr.actions {
		if e.cancelled {
			break
		}
		e.do(a)
		p.compare(e, s, want, fmt.Sprintf("after action %d, %+v", i, a))
	}
	if !e.cancelled {
		e.src.emit(unlimited)
		e.settle()
		p.compare(e, s, want, "after all demand was met")
		e.request(reactive.Unbounded)
		e.settle()
		p.compare(e, s, want, "after an unbounded request")
		if e.ended() == nil && !e.cancelled && !want.open {
			t.Errorf("no end after an unbounded request, want %v", want.end)
		}
	}
	signals := len(e.probe.Signals())
	e.cancel()
	e.src.emit(unlimited)
	e.request(1)
	e.settle()
	if after := e.probe.Signals(); len(after) > signals {
		t.Errorf("%v after the end or a cancel", after[signals:])
	}
	p.compareDrops(e, s)
	e.violations()
}

// compare checks everything that is always true.
func (p property) compare(e *experiment, s script, want result, when string) {
	t, end := e.t, e.ended()
	asked := e.src.Requested()
	e.mu.Lock()
	defer e.mu.Unlock()
	got, n := e.delivered, len(e.delivered)
	if p.anyOrder {
		if rest := without(want.values, got); len(rest) != len(want.values)-n {
			t.Errorf("%s: got %v, want some of %v", when, got, want.values)
		}
	} else if n > len(want.values) || !slices.Equal(got, want.values[:n]) {
		t.Errorf("%s: got %v, want the beginning of %v", when, got, want.values)
	}

	if e.cancelled && n > e.last {
		t.Errorf("%s: got %v after a cancel", when, got[e.last:])
	}

	var failure, right bool
	for _, w := range append(want.or, want.end) {
		if w == nil {
			w = errCompleted
		}
		failure = failure || errors.Is(end, w) && end != errCompleted
		right = right || errors.Is(end, w)
	}
	switch whole := n == len(want.values); {
	case end == nil:
	case !right || want.open:
		t.Errorf("%s: ended with %v, want %v (or %v, open %t)", when, end, want.end, want.or, want.open)
	case !whole && !(failure && (p.early || want.or != nil)) && !e.cancelled:
		t.Errorf("%s: ended with %v after %d values, want %v", when, end, n, want.values)
	}

	met := e.src.unlimited() && !e.cancelled
	if most := min(int64(len(want.values)), e.requested); met && int64(n) < most && end == nil {
		t.Errorf("%s: got %d values, want %d: they were asked for, and the source has given all it could", when, n, most)
	}

	v := view{requested: e.requested, delivered: int64(n), received: int64(e.src.given())}
	most := v.requested
	if p.most != nil {
		most = p.most(s, v)
	}
	if asked > most {
		t.Errorf("%s: the source was asked for %d, want at most %d (%+v)", when, asked, most, v)
	}
	if over := end != nil || e.cancelled; e.src.Subscriptions() > 0 && !p.detached && !e.src.over() {
		if got := e.src.Cancelled(); got != over {
			t.Errorf("%s: the source was cancelled: %t, want %t", when, got, over)
		}
	}
}

// compareDrops checks that no value has got lost.
func (p property) compareDrops(e *experiment, s script) {
	if !p.keeps {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Clone(e.dropped)
	for _, v := range e.delivered {
		for _, field := range strings.Fields(strings.Trim(v, "[]")) {
			number, err := strconv.Atoi(field)
			if err != nil {
				e.t.Errorf("not a number: %q", v)
			}
			all = append(all, number)
		}
	}
	given := slices.Clone(s.values[:e.src.given()])
	slices.Sort(all)
	slices.Sort(given)
	if !slices.Equal(all, given) {
		e.t.Errorf("delivered %v and dropped %v, want together %v", e.delivered, e.dropped, given)
	}
}

// without returns all without one of each of taken.
func without(all, taken []string) []string {
	all = slices.Clone(all)
	for _, v := range taken {
		if i := slices.Index(all, v); i >= 0 {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}
