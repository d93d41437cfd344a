package reactive_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// weave is an operator whose sources speak in any order, or at the same time. The k-th value of source i is 1000*i+k, so
// that a value tells where it comes from.
type weave struct {
	name    string
	sources int
	op      func(src []flux) rows
	shows   []int // the sources whose values are delivered

	// model is what must have been delivered after these events if they came one after the other and there was demand.
	// Nil: it depends on the demand.
	model func(events []event) [][]int

	lossless bool          // if the stream completes, every value that it shows was delivered
	repeats  bool          // a value may be delivered more than once in a row
	streams  func(int) int // values for which this is the same keep their order; nil: those of one source do
	timed    bool          // time is a source, too
	copies   bool          // source 1 is a second subscriber to source 0
	detached bool          // the sources are not cancelled with the stream
}

// rows is a stream of the values that went into each result.
type rows = reactive.Publisher[[]int]

// event is what a source has done.
type event struct {
	source, value int // value 0: it has completed
}

// just makes rows of single values.
func just(f ints) rows { return reactive.Map(f, func(v int) []int { return []int{v} }) }

func both(a, b int) []int { return []int{a, b} }

// FuzzInterleaveSteps performs one step after the other and compares with a model after each.
func FuzzInterleaveSteps(f *testing.F) {
	all := weaves()
	seedScripts(f, len(all))
	f.Fuzz(func(t *testing.T, which byte, script []byte) {
		w := all[int(which)%len(all)]
		if len(script) > 64 {
			t.Skip("long scripts find nothing that short ones do not")
		}
		w.run(t, func(r *weaving) {
			for i, b := range script {
				r.step(b)
				settle(r.w.timed && b%8 == 7)
				r.compare(fmt.Sprintf("%s: after step %d of %v", w.name, i, script))
			}
		})
	})
}

// FuzzInterleaveConcurrent lets each source, and the subscriber, perform its steps on a goroutine of its own.
func FuzzInterleaveConcurrent(f *testing.F) {
	all := weaves()
	seedScripts(f, len(all))
	f.Fuzz(func(t *testing.T, which byte, script []byte) {
		w := all[int(which)%len(all)]
		if len(script) > 64 {
			t.Skip("long scripts find nothing that short ones do not")
		}
		w.run(t, func(r *weaving) {
			var all sync.WaitGroup
			for actor := -1; actor < w.sources; actor++ {
				all.Go(func() {
					for _, b := range script {
						if r.actor(b) != actor {
							continue
						}
						r.step(b)
						if w.timed {
							time.Sleep(time.Duration(b%3) * time.Second / 2)
						}
					}
				})
			}
			all.Wait()
			settle(false)
		})
	})
}

// seedScripts adds scripts for each operator: long enough to come to an end, and always the same.
func seedScripts(f *testing.F, operators int) {
	random := rand.New(rand.NewPCG(1, 2))
	for which := range operators {
		for range 24 {
			script := make([]byte, 4+random.IntN(36))
			for i := range script {
				script[i] = byte(random.Uint32())
			}
			f.Add(byte(which), script)
		}
	}
}

// settle waits until nothing moves, after a while if time is to pass.
func settle(later bool) {
	if later {
		time.Sleep(1100 * time.Millisecond)
	}
	synctest.Wait()
}

// weaving is one run of an operator.
type weaving struct {
	*findings
	w       weave
	sources []*intSource
	probe   *reactivetest.Probe[[]int]

	mu        sync.Mutex // guards what follows
	events    []event
	emitted   []int  // by each source
	ended     []bool // each source has
	failed    bool   // a source has
	cancelled bool
	frozen    int // values there were at that moment
	requested int64
}

// run subscribes to the operator in a bubble, performs do, brings everything to an end and looks at the result.
func (w weave) run(t *testing.T, do func(r *weaving)) {
	t.Helper()
	r := &weaving{findings: &findings{}, w: w, emitted: make([]int, w.sources), ended: make([]bool, w.sources)}
	synctest.Test(t, func(*testing.T) {
		src := make([]flux, w.sources)
		for i := range src {
			r.sources = append(r.sources, reactivetest.NewSource[int](r))
			src[i] = reactive.FromPublisher[int](r.sources[i])
		}
		r.probe = reactivetest.Subscribe(r, w.op(src))
		do(r)
		r.finish()
	})
	for _, v := range r.probe.Violations() {
		r.Errorf("%v", v)
	}
	for _, s := range r.sources {
		for _, v := range s.Violations() {
			r.Errorf("%v", v)
		}
	}
	r.report(t)
}

// actor is who performs step b: a source, or -1 for the subscriber.
func (r *weaving) actor(b byte) int {
	switch b % 8 {
	case 0, 1, 2, 3:
		return int(b/8) % r.w.sources
	}
	return -1
}

// step performs step b if it is possible.
func (r *weaving) step(b byte) {
	source := r.actor(b)
	switch b % 8 {
	case 0, 1, 2:
		r.emit(source)
	case 3:
		if b < 224 {
			r.end(source, b > 200)
		}
	case 4, 5:
		r.request(int64(b/8)%3 + 1)
	case 6:
		if b >= 240 {
			r.cancel()
		} else {
			r.request(1)
		}
	}
}

func (r *weaving) cancel() {
	r.probe.Cancel()
	n := len(r.probe.Values())
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.cancelled {
		r.cancelled, r.frozen = true, n
	}
}

func (r *weaving) request(n int64) {
	r.mu.Lock()
	r.requested = plus(r.requested, n)
	r.mu.Unlock()
	r.probe.Request(n)
}

// outer reports whether source i is one whose values stand for the other sources.
func (r *weaving) outer(i int) bool { return i == 0 && r.w.sources == 4 }

// emit emits the next value of source i if it was asked for.
func (r *weaving) emit(i int) {
	s := r.sources[i]
	r.mu.Lock()
	v := 1000*i + r.emitted[i] + 1
	possible := s.Subscriptions() > 0 && !s.Cancelled() && s.Demand() > 0 && !r.ended[i] && !(r.outer(i) && v == r.w.sources)
	if possible {
		r.emitted[i]++
		if !r.outer(i) {
			r.events = append(r.events, event{i, v})
		}
	}
	r.mu.Unlock()
	if possible {
		s.Next(v)
	}
}

// end completes source i, or lets it fail.
func (r *weaving) end(i int, fails bool) {
	s := r.sources[i]
	r.mu.Lock()
	possible := s.Subscriptions() > 0 && !s.Cancelled() && !r.ended[i]
	if possible {
		r.ended[i] = true
		r.failed = r.failed || fails
	}
	if possible && !fails {
		r.events = append(r.events, event{i, 0})
	}
	r.mu.Unlock()
	switch {
	case !possible:
	case fails:
		s.Error(errBoom)
	default:
		s.Complete()
	}
}

// outcome returns the values and the end: nil for none, errCompleted for completion.
func (r *weaving) outcome() (values [][]int, end error) {
	for _, s := range r.probe.Signals() {
		switch s.Kind {
		case reactivetest.Next:
			values = append(values, s.Value)
		case reactivetest.Error:
			end = s.Err
		case reactivetest.Complete:
			end = errCompleted
		}
	}
	return values, end
}

// compare compares with the model, after a step that came alone.
func (r *weaving) compare(when string) {
	got, end := r.outcome()
	if end == errCompleted && r.failed {
		r.Errorf("%s: completed after the failure of a source", when)
	}
	if r.cancelled && len(got) > r.frozen {
		r.Errorf("%s: got %v after a cancel", when, got[r.frozen:])
	}
	if r.w.model == nil {
		return
	}
	want := r.w.model(r.events)
	most := int(min(int64(len(want)), r.requested))
	if len(got) > most || !equalRows(got, want[:len(got)]) || !r.failed && !r.cancelled && len(got) < most {
		r.Errorf("%s: got %v, want %v of %v", when, got, most, want)
	}
}

func equalRows(a, b [][]int) bool {
	return slices.EqualFunc(a, b, func(a, b []int) bool { return slices.Equal(a, b) })
}

// finish asks for everything, lets all sources complete, and checks what is true in whatever order things came.
func (r *weaving) finish() {
	r.request(reactive.Unbounded)
	for range 3 * len(r.sources) {
		for i := range r.sources {
			r.end(i, false)
			settle(r.w.timed)
		}
	}
	settle(r.w.timed)
	values, end := r.outcome()
	switch {
	case end == nil && !r.cancelled:
		r.Errorf("no end, although all sources have ended")
	case end != nil && end != errCompleted && !(r.failed && errors.Is(end, errBoom)):
		r.Errorf("failed with %v, want %v or completion", end, errBoom)
	}
	for i, s := range r.sources {
		if s.Subscriptions() > 0 && !r.ended[i] && !s.Cancelled() && !r.w.detached {
			r.Errorf("source %d has neither ended nor been cancelled", i)
		}
	}
	r.checkOrder(values)
	if r.w.lossless && end == errCompleted && !r.cancelled {
		r.checkAll(values)
	}
}

// checkOrder checks that each value came once, after those before it.
func (r *weaving) checkOrder(values [][]int) {
	last := map[int]int{}
	for _, row := range values {
		for _, v := range row {
			stream := v / 1000
			if r.w.streams != nil {
				stream = r.w.streams(v)
			}
			if v < last[stream] || v == last[stream] && !r.w.repeats {
				r.Errorf("%d after %d, want each value once and in order: %v", v, last[stream], values)
			}
			last[stream] = v
		}
	}
}

// checkAll checks that nothing got lost.
func (r *weaving) checkAll(values [][]int) {
	count := map[int]int{}
	for _, row := range values {
		for _, v := range row {
			count[v/1000]++
		}
	}
	for _, i := range r.w.shows {
		from := i
		if r.w.copies {
			from = 0
		}
		if got, want := count[i], r.emitted[from]; got != want {
			r.Errorf("got %d values of source %d, want %d: %v", got, i, want, values)
		}
	}
}
