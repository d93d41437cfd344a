package reactive_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// paced is an operator that asks its source for everything, so that what it gives depends on when it is asked. Its model
// is told of everything that happens.
type paced struct {
	name     string
	op       func(src flux, s script) texted
	model    func(s script) pacer
	callback bool
	keeps    bool
}

// pacer is the model of a paced operator.
type pacer interface {
	value(m *pace, i, v int) // comes from the source
	over(m *pace, err error) // the end of the source
	flush(m *pace)           // there is demand, perhaps
}

// pace is where such an operator is.
type pace struct {
	pacer
	trial
	next      int
	sourceEnd bool // the source has ended, or was cancelled
	demand    int64
	delivered []string
	cancelled bool
	end       error
}

func (m *pace) live() bool { return !m.cancelled && m.end == nil }

// deliver is OnNext, if it is time for that.
func (m *pace) deliver(v int) bool {
	if !m.live() || m.demand == 0 {
		return false
	}
	m.demand = less(m.demand, 1)
	m.delivered = append(m.delivered, fmt.Sprint(v))
	n := len(m.delivered)
	m.cancelled = n == m.plan.cancelAt
	m.demand = plus(m.demand, m.plan.moreAt(n))
	return true
}

func (m *pace) request(n int64) {
	m.demand = plus(m.demand, n)
	m.flush(m)
}

func (m *pace) emit(n int) {
	for ; n > 0 && m.live() && !m.sourceEnd; n-- {
		if m.next == len(m.script.values) {
			m.sourceEnd = true
			m.over(m, m.script.err)
			return
		}
		m.next++
		m.value(m, m.next-1, m.script.values[m.next-1])
	}
}

// fail ends the stream, with completion if err is nil.
func (m *pace) fail(err error) {
	if m.end = err; err == nil {
		m.end = errCompleted
	}
}

// queueing is the model of OnBackpressureBuffer.
type queueing struct {
	capacity int
	overflow reactive.Overflow
	queue    []int
	ended    bool
	err      error
}

func (q *queueing) value(m *pace, _, v int) {
	switch {
	case len(q.queue) == 0 && m.deliver(v):
	case len(q.queue) < q.capacity:
		q.queue = append(q.queue, v)
	case q.overflow == reactive.OverflowDropOldest:
		q.queue = append(q.queue[1:], v)
	case q.overflow == reactive.OverflowError:
		m.sourceEnd = true
		q.over(m, reactive.ErrOverflow)
	}
}

func (q *queueing) over(m *pace, err error) {
	q.ended, q.err = true, err
	q.flush(m)
}

func (q *queueing) flush(m *pace) {
	for len(q.queue) > 0 && m.deliver(q.queue[0]) {
		q.queue = q.queue[1:]
	}
	if q.ended && len(q.queue) == 0 && m.live() {
		m.fail(q.err)
	}
}

// dropping is the model of what keeps nothing.
type dropping struct {
	beyond func(m *pace, call int) // what happens to a value without demand
	calls  int
}

func (d *dropping) value(m *pace, _, v int) {
	if !m.deliver(v) && m.live() {
		d.beyond(m, d.calls)
		d.calls++
	}
}

func (d *dropping) over(m *pace, err error) { m.fail(err) }
func (d *dropping) flush(*pace)             {}

// switching is the model of SwitchMap.
type switching struct {
	queue []int
	open  bool // there is an inner stream that has not completed
}

func switchedTo(v int) flux {
	if v == 9 {
		return reactive.Error[int](errInner)
	}
	return reactive.Range(v*10, v%4)
}

func (w *switching) value(m *pace, i, v int) {
	switch {
	case i == m.script.fault:
		m.fail(errFault)
		return
	case v == 9:
		m.fail(errInner)
		return
	}
	w.queue, w.open = nil, true
	for k := range v % 4 {
		w.queue = append(w.queue, v*10+k)
	}
	w.flush(m)
}

func (w *switching) over(m *pace, err error) {
	if err != nil || !w.open {
		m.fail(err)
	}
}

func (w *switching) flush(m *pace) {
	for len(w.queue) > 0 && m.deliver(w.queue[0]) {
		w.queue = w.queue[1:]
	}
	if w.open && len(w.queue) == 0 {
		if w.open = false; m.sourceEnd && m.live() {
			m.fail(nil)
		}
	}
}

func pacedOperators() []paced {
	policies := []reactive.Overflow{reactive.OverflowError, reactive.OverflowDropNewest, reactive.OverflowDropOldest}
	return []paced{
		{name: "OnBackpressureBuffer", keeps: true,
			op: func(src flux, s script) texted {
				return show(src.OnBackpressureBuffer(s.n, policies[len(s.values)%3]))
			},
			model: func(s script) pacer { return &queueing{capacity: s.n, overflow: policies[len(s.values)%3]} },
		},
		{name: "OnBackpressureLatest", keeps: true,
			op:    func(src flux, _ script) texted { return show(src.OnBackpressureLatest()) },
			model: func(script) pacer { return &queueing{capacity: 1, overflow: reactive.OverflowDropOldest} },
		},
		{name: "OnBackpressureDrop", keeps: true, callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.OnBackpressureDrop(func(int) { blow() }))
			},
			model: func(s script) pacer {
				return &dropping{beyond: func(m *pace, call int) {
					if call == s.fault {
						m.fail(errFault)
					}
				}}
			},
		},
		{name: "OnBackpressureError", keeps: true,
			op: func(src flux, _ script) texted { return show(src.OnBackpressureError()) },
			model: func(script) pacer {
				return &dropping{beyond: func(m *pace, _ int) { m.fail(reactive.ErrOverflow) }}
			},
		},
		{name: "SwitchMap", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.SwitchMap(src, func(v int) flux { blow(); return switchedTo(v) }))
			},
			model: func(script) pacer { return &switching{} },
		},
	}
}

// TestPacedProperties compares the operators that do not hold their source back with their models.
func TestPacedProperties(t *testing.T) {
	for _, p := range pacedOperators() {
		t.Run(p.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				f := &findings{}
				p.check(f, drawTrial(rt, p.callback))
				f.report(rt)
			})
		})
	}
}

func (p paced) check(t *findings, tr trial) {
	m := &pace{pacer: p.model(tr.script), trial: tr, demand: tr.plan.first}
	e := newExperiment(t, tr.script, tr.plan, func() {})
	if tr.prompt {
		e.src.emit(unlimited)
	}
	e.subscribe(p.op(reactive.FromPublisher[int](e.src), tr.script))
	if tr.prompt {
		m.emit(unlimited)
	}
	m.compare(e, "after Subscribe")
	for i, a := range append(slices.Clone(tr.actions), action{emit: unlimited}, action{request: reactive.Unbounded}) {
		e.do(a)
		switch {
		case a.cancel:
			m.cancelled = true
		case a.request > 0:
			m.request(a.request)
		case !tr.prompt:
			m.emit(a.emit)
		}
		m.compare(e, fmt.Sprintf("after action %d, %+v", i, a))
	}
	property{keeps: p.keeps}.compareDrops(e, tr.script)
	e.violations()
}

func (m *pace) compare(e *experiment, when string) {
	if !slices.Equal(e.delivered, m.delivered) {
		e.t.Errorf("%s: got %v, want %v", when, e.delivered, m.delivered)
	}
	end := e.ended()
	if m.end == nil && end != nil || !errors.Is(end, m.end) {
		e.t.Errorf("%s: ended with %v, want %v", when, end, m.end)
	}
	over := m.end != nil || m.cancelled
	if !e.src.over() && (over && !e.src.Cancelled() || !over && !m.sourceEnd && e.src.Cancelled()) {
		e.t.Errorf("%s: the source was cancelled: %t, want %t", when, e.src.Cancelled(), over)
	}
}
