package reactive_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"pgregory.net/rapid"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// plan is what the subscriber does from inside its signals.
type plan struct {
	first    int64   // is asked for in OnSubscribe
	more     []int64 // is asked for in OnNext, in turn; 0: nothing
	cancelAt int     // the value at which it cancels, from 1; 0: at none
}

func (p plan) moreAt(i int) int64 {
	if len(p.more) == 0 {
		return 0
	}
	return p.more[i%len(p.more)]
}

// trial is all that is drawn for one run.
type trial struct {
	script  script
	plan    plan
	prompt  bool // the source emits whatever is asked for from the beginning
	actions []action
}

func drawTrial(t *rapid.T, callback bool) trial {
	return trial{drawScript(t, callback), drawPlan(t), rapid.Bool().Draw(t, "prompt"), drawActions(t)}
}

// findings is the TB of a run, whatever goroutine and bubble that is in.
type findings struct {
	mu   sync.Mutex
	list []string
}

func (f *findings) Helper()                           {}
func (f *findings) Cleanup(func())                    {}
func (f *findings) Fatalf(format string, args ...any) { f.Errorf(format, args...) }

func (f *findings) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// report fails t with what was found.
func (f *findings) report(t interface{ Errorf(string, ...any) }) {
	for _, finding := range f.list {
		t.Errorf("%s", finding)
	}
}

// action is a step from outside: a request, values of the source, or a cancel.
type action struct {
	request int64
	emit    int
	cancel  bool
}

func drawScript(t *rapid.T, callback bool) script {
	s := script{
		values: rapid.SliceOfN(rapid.IntRange(0, 9), 0, 9).Draw(t, "values"),
		n:      rapid.IntRange(1, 4).Draw(t, "n"),
		fault:  -1,
	}
	if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
		s.err = errBoom
	}
	if callback && rapid.Bool().Draw(t, "faulty") {
		s.fault = rapid.IntRange(0, 5).Draw(t, "fault")
	}
	return s
}

func drawPlan(t *rapid.T) plan {
	demand := rapid.SampledFrom([]int64{0, 0, 1, 2, 5, reactive.Unbounded})
	p := plan{first: demand.Draw(t, "first"), more: rapid.SliceOfN(rapid.Int64Range(0, 2), 0, 4).Draw(t, "more")}
	if rapid.IntRange(0, 4).Draw(t, "cancels") == 0 {
		p.cancelAt = rapid.IntRange(1, 6).Draw(t, "cancelAt")
	}
	return p
}

func drawActions(t *rapid.T) []action {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) action {
		switch rapid.IntRange(0, 8).Draw(t, "kind") {
		case 0:
			return action{cancel: true}
		case 1, 2, 3, 4:
			return action{request: rapid.Int64Range(1, 4).Draw(t, "request")}
		}
		return action{emit: rapid.IntRange(1, 3).Draw(t, "emit")}
	}), 0, 8).Draw(t, "actions")
}

// experiment is one run of an operator.
type experiment struct {
	t      *findings
	src    *feed
	probe  *reactivetest.Probe[string]
	settle func()

	mu        sync.Mutex // guards what follows
	requested int64
	delivered []string
	dropped   []int
	cancelled bool
	last      int // values that had been delivered then
}

func newExperiment(t *findings, s script, p plan, settle func()) *experiment {
	e := &experiment{t: t, src: newFeed(t, s), settle: settle, probe: reactivetest.NewProbe[string](t)}
	e.note(p.first)
	e.probe.RequestFirst(p.first).Each(func(v string) {
		e.mu.Lock()
		e.delivered = append(e.delivered, v)
		n := len(e.delivered)
		e.mu.Unlock()
		if n == p.cancelAt {
			e.cancel()
		}
		if more := p.moreAt(n); more > 0 {
			e.request(more)
		}
	})
	return e
}

// subscribe subscribes the probe, with a discard hook.
func (e *experiment) subscribe(p reactive.Publisher[string]) {
	p.Subscribe(discardContext(func(v int) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.dropped = append(e.dropped, v)
	}), e.probe)
	e.settle()
}

// discardContext is the context of a subscription above OnDiscard(drop).
func discardContext(drop func(int)) (ctx context.Context) {
	reactive.DeferContext(func(c context.Context) flux {
		ctx = c
		return flux{}
	}).OnDiscard(drop).Subscribe(background, &count[int]{})
	return ctx
}

func (e *experiment) note(n int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.requested += n; e.requested < 0 {
		e.requested = reactive.Unbounded
	}
}

func (e *experiment) request(n int64) {
	e.note(n)
	e.probe.Request(n)
}

func (e *experiment) cancel() {
	e.mu.Lock()
	if !e.cancelled {
		e.cancelled, e.last = true, len(e.delivered)
	}
	e.mu.Unlock()
	e.probe.Cancel()
}

func (e *experiment) do(a action) {
	switch {
	case a.cancel:
		e.cancel()
	case a.request > 0:
		e.request(a.request)
	default:
		e.src.emit(a.emit)
	}
	e.settle()
}

// ended is the terminal signal: nil if there was none, errCompleted for completion.
func (e *experiment) ended() error {
	for _, s := range slices.Backward(e.probe.Signals()) {
		switch s.Kind {
		case reactivetest.Complete:
			return errCompleted
		case reactivetest.Error:
			return s.Err
		}
	}
	return nil
}

func (e *experiment) violations() {
	for _, v := range slices.Concat(e.probe.Violations(), e.src.Violations()) {
		e.t.Errorf("%v", v)
	}
}

const unlimited = 1 << 20

// feed is a source that plays a script for each subscriber, as far as it is asked for and allowed to. It emits from
// inside the call that lets it, in a loop.
type feed struct {
	*reactivetest.Source[int]
	s       script
	allowed atomic.Int64 // signals
	wip     atomic.Int32

	mu    sync.Mutex // guards what follows
	next  int        // value of the latest subscription
	ended bool       // the latest subscription has
}

func newFeed(t reactivetest.TB, s script) *feed {
	return &feed{Source: reactivetest.NewSource[int](t), s: s}
}

func (f *feed) unlimited() bool { return f.allowed.Load() > unlimited/2 }

// given is how many values the latest subscriber got.
func (f *feed) given() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next
}

// over reports whether the latest subscription was ended from here.
func (f *feed) over() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// emit allows n signals more.
func (f *feed) emit(n int) {
	f.allowed.Add(int64(n))
	f.play()
}

// Subscribe implements reactive.Publisher.
func (f *feed) Subscribe(ctx context.Context, s reactive.Subscriber[int]) {
	f.mu.Lock()
	f.next, f.ended = 0, false
	f.mu.Unlock()
	idle := f.wip.Add(1) == 1 // the end must not overlap OnSubscribe
	f.Source.Subscribe(ctx, feedSubscriber{s, f})
	if idle {
		f.drain()
	}
}

// feedSubscriber sees requests on their way up.
type feedSubscriber struct {
	reactive.Subscriber[int]
	feed *feed
}

func (s feedSubscriber) OnSubscribe(up reactive.Subscription) {
	s.Subscriber.OnSubscribe(feedSubscription{up, s.feed})
}

type feedSubscription struct {
	reactive.Subscription
	feed *feed
}

func (s feedSubscription) Request(n int64) {
	s.Subscription.Request(n)
	s.feed.play()
}

func (f *feed) play() {
	if f.wip.Add(1) == 1 {
		f.drain()
	}
}

func (f *feed) drain() {
	for missed := int32(1); missed > 0; missed = f.wip.Add(-missed) {
		for f.step() {
		}
	}
}

// step emits one signal, if that is possible.
func (f *feed) step() bool {
	f.mu.Lock()
	idle := f.allowed.Load() == 0 || f.ended || f.Subscriptions() == 0 || f.Cancelled()
	end := f.next == len(f.s.values)
	if idle || !end && f.Demand() == 0 {
		f.mu.Unlock()
		return false
	}
	f.allowed.Add(-1)
	if end {
		f.ended = true
		f.mu.Unlock()
		if f.s.err != nil {
			f.Error(f.s.err)
		} else {
			f.Complete()
		}
		return true
	}
	v := f.s.values[f.next]
	f.next++
	f.mu.Unlock()
	f.Next(v)
	return true
}

// show makes text of the values of a stream, and lets everything else pass as it is.
func show[T any](p reactive.Publisher[T]) reactive.Publisher[string] {
	return reactive.PublisherFunc[string](func(ctx context.Context, s reactive.Subscriber[string]) {
		p.Subscribe(ctx, shown[T]{s})
	})
}

type shown[T any] struct{ down reactive.Subscriber[string] }

func (s shown[T]) OnSubscribe(up reactive.Subscription) { s.down.OnSubscribe(up) }
func (s shown[T]) OnNext(v T)                           { s.down.OnNext(fmt.Sprint(v)) }
func (s shown[T]) OnError(err error)                    { s.down.OnError(err) }
func (s shown[T]) OnComplete()                          { s.down.OnComplete() }
