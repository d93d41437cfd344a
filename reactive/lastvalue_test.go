package reactive_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Who leaves from inside the last value hears nothing more, whoever it is that would complete: TestLeftAtTheLastValue asks
// that of every operator that has a model, and of those that go by the time.
func TestLeftAtTheLastValue(t *testing.T) {
	const d = time.Second
	timed := []property{
		{name: "BufferTimeout", op: func(src flux, s script) texted { return show(reactive.BufferTimeout(src, 2, d)) }},
		{name: "Delay", op: func(src flux, s script) texted { return show(src.Delay(d)) }},
		{name: "DelayEnd", op: func(src flux, s script) texted { return show(src.DelayEnd(d)) }},
		{name: "Sample", op: func(src flux, s script) texted { return show(src.Sample(d)) }},
		{name: "Debounce", op: func(src flux, s script) texted { return show(src.Debounce(d)) }},
		{name: "Throttle", op: func(src flux, s script) texted { return show(src.Throttle(d)) }},
		{name: "Timeout", op: func(src flux, s script) texted { return show(src.Timeout(d)) }},
		{name: "TimeoutTo", op: func(_ flux, s script) texted {
			return show(reactive.Never[int]().TimeoutTo(d, reactive.Just(s.values...)))
		}},
		{name: "Timer", op: func(flux, script) texted { return show(reactive.Timer(d)) }},
	}
	for _, p := range pacedOperators() {
		timed = append(timed, property{name: p.name, op: p.op})
	}
	scripts := []script{
		{values: []int{1, 2, 4}, n: 2, fault: -1},
		{values: []int{1, 4, 7}, n: 3, fault: -1},
		{values: []int{9}, n: 4, fault: -1},
		{n: 3, fault: -1},
	}
	seen := 0
	for _, p := range append(timed, properties()...) {
		t.Run(p.name, func(t *testing.T) {
			for _, s := range scripts {
				synctest.Test(t, func(t *testing.T) {
					all := playThrough(t, p, s, 0)
					n := len(all.delivered)
					if n == 0 || all.ended() != errCompleted {
						return
					}
					seen++
					if left := playThrough(t, p, s, n); left.ended() != nil {
						t.Errorf("%v, n %d: %v after a cancel at the last of %d values", s.values, s.n, left.ended(), n)
					}
				})
			}
		})
	}
	if seen < 150 {
		t.Errorf("%d streams that complete after a value, want more: the test is broken", seen)
	}
}

// playThrough subscribes to p with demand for everything, and cancels from inside value number cancelAt.
func playThrough(t *testing.T, p property, s script, cancelAt int) *experiment {
	t.Helper()
	f := &findings{}
	e := newExperiment(f, s, plan{first: reactive.Unbounded, cancelAt: cancelAt}, allQuiet)
	e.src.emit(unlimited)
	e.subscribe(p.op(reactive.FromPublisher[int](e.src), s))
	e.violations()
	e.probe.Cancel()
	allQuiet()
	f.report(t)
	return e
}
