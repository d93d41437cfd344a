package reactive_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// TestRudePublishers lets publishers break the rules. The probe names the rule.
func TestRudePublishers(t *testing.T) {
	next := func(s reactive.Subscriber[int]) { s.OnNext(1) }
	complete := func(s reactive.Subscriber[int]) { s.OnComplete() }
	hello := func(s reactive.Subscriber[int]) { s.OnSubscribe(&ignored{}) }
	tests := []struct {
		name  string
		does  []func(reactive.Subscriber[int])
		rules []string
	}{
		{"more values than requested", []func(reactive.Subscriber[int]){hello, next}, []string{"1.1", "value 1: OnNext(1), but only 0 requested"}},
		{"a value before OnSubscribe", []func(reactive.Subscriber[int]){next}, []string{"1.9", "OnNext(1) before OnSubscribe"}},
		{"OnSubscribe twice", []func(reactive.Subscriber[int]){hello, hello}, []string{"1.9", "OnSubscribe a second time"}},
		{"a value after the end", []func(reactive.Subscriber[int]){hello, complete, next}, []string{"1.7", "OnNext(1) after OnComplete"}},
		{"two ends", []func(reactive.Subscriber[int]){hello, complete, complete}, []string{"1.7", "OnComplete after OnComplete"}},
		{"OnError(nil)", []func(reactive.Subscriber[int]){hello, func(s reactive.Subscriber[int]) { s.OnError(nil) }},
			[]string{"2.13", "OnError(nil)"}},
		{"OnSubscribe(nil)", []func(reactive.Subscriber[int]){func(s reactive.Subscriber[int]) { s.OnSubscribe(nil) }},
			[]string{"2.13", "OnSubscribe(nil)"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := reactivetest.NewProbe[int](&findings{})
			for _, do := range tc.does {
				do(p)
			}
			wantViolation(t, p.Violations(), tc.rules...)
		})
	}

	t.Run("signals at the same time", func(t *testing.T) {
		p := reactivetest.NewProbe[int](&findings{})
		entered, over := make(chan struct{}), make(chan struct{})
		p.RequestFirst(2).Each(func(v int) {
			if v == 1 {
				close(entered)
				<-over
			}
		})
		p.OnSubscribe(&ignored{})
		go p.OnNext(1)
		<-entered
		p.OnNext(2)
		close(over)
		wantViolation(t, p.Violations(), "1.3", "OnNext while another signal is being handled")
	})
}

// TestRudeSubscribers lets subscribers break the rules. The source names the rule.
func TestRudeSubscribers(t *testing.T) {
	var up reactive.Subscription
	tests := []struct {
		name  string
		s     reactive.Subscriber[int]
		do    func(src *intSource)
		rules []string
	}{
		{"Request(0)", subscriberFunc(func(s reactive.Subscription) { s.Request(0) }), nil, []string{"2.1", "Request(0)", "3.9"}},
		{"Request from inside OnComplete",
			endFunc{subscriberFunc(func(s reactive.Subscription) { up = s }), func() { up.Request(1) }},
			func(src *intSource) { src.Complete() }, []string{"2.3", "Request(1) from inside OnComplete or OnError"}},
		{"Cancel from inside OnComplete",
			endFunc{subscriberFunc(func(s reactive.Subscription) { up = s }), func() { up.Cancel() }},
			func(src *intSource) { src.Complete() }, []string{"2.3", "Cancel from inside OnComplete or OnError"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](&findings{})
			src.Subscribe(background, tc.s)
			if tc.do != nil {
				tc.do(src)
			}
			wantViolation(t, src.Violations(), tc.rules...)
		})
	}
}

// subscriberFunc is a subscriber that does something in OnSubscribe.
type subscriberFunc func(reactive.Subscription)

func (f subscriberFunc) OnSubscribe(s reactive.Subscription) { f(s) }
func (subscriberFunc) OnNext(int)                            {}
func (subscriberFunc) OnError(error)                         {}
func (subscriberFunc) OnComplete()                           {}

// endFunc does something in OnComplete as well.
type endFunc struct {
	subscriberFunc
	end func()
}

func (f endFunc) OnComplete() { f.end() }

func wantViolation(t *testing.T, got []reactivetest.Violation, texts ...string) {
	t.Helper()
	if len(got) == 0 {
		t.Fatalf("got no violations, want one of rule %s", texts[0])
	}
	for _, text := range texts {
		if !strings.Contains(got[0].String(), text) {
			t.Errorf("got %q, want it to contain %q", got[0], text)
		}
	}
}

// flooding gives 5000 values, whatever it is asked for, and does not end.
var flooding = reactive.PublisherFunc[int](func(_ context.Context, s reactive.Subscriber[int]) {
	s.OnSubscribe(&ignored{})
	for i := range 5000 {
		s.OnNext(i)
	}
})

// TestDemandIgnored puts operators that have room for so many values over a publisher that gives more than it was asked
// for. They fail instead of growing.
func TestDemandIgnored(t *testing.T) {
	one := reactive.Just(1)
	atOnce := func(task func()) { task() }
	length := func(list []int) int { return len(list) }
	f := reactive.FromPublisher(flooding)
	tests := []struct {
		name string
		src  ints
	}{
		{"Zip", reactive.Zip(flooding, reactive.Never[int](), left)},
		{"FlatMap of it", reactive.FlatMap(flooding, 2, reactive.JustMono[int])},
		{"FlatMap to it", reactive.FlatMap(one, 2, func(int) ints { return flooding })},
		{"Merge", reactive.Merge(f, reactive.Never[int]())},
		{"FlatMapSequential of it", reactive.FlatMapSequential(flooding, 2, reactive.JustMono[int])},
		{"FlatMapSequential to it", reactive.FlatMapSequential(reactive.Just(1, 2), 2, func(int) ints { return flooding })},
		{"CombineLatest", reactive.CombineLatest(one, flooding, left)},
		{"Prefetch", f.Prefetch(4)},
		{"PublishOn", f.PublishOn(atOnce, 4)},
		{"BufferTimeout", reactive.Map(reactive.BufferTimeout(flooding, 4, time.Hour), length)},
		{"WindowTimeout", reactive.FlatMap(reactive.WindowTimeout(flooding, 4, time.Hour), 2, func(w flux) flux { return w })},
		{"Delay", f.Delay(time.Hour)},
		{"Share", f.Share(4)},
		{"GroupBy", reactive.FlatMap(reactive.GroupBy(flooding, mod3), 3, func(g group) flux { return g.Flux })},
		{"OnBackpressureBuffer", f.OnBackpressureBuffer(4, reactive.OverflowError)},
		{"OnBackpressureError", f.OnBackpressureError()},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := reactivetest.NewProbe[int](t).RequestFirst(2)
			tc.src.Subscribe(background, p)
			p.Request(reactive.Unbounded).SkipValues().ExpectError(reactive.ErrOverflow)
			if n := len(p.Values()); n > 1000 {
				t.Errorf("%d values before that, want those that there was room for", n)
			}
		})
	}
}

// TestDemandIgnoredByLoops is TestDemandIgnored for what blocks while it waits for a value. Their source must not wait
// for them.
func TestDemandIgnoredByLoops(t *testing.T) {
	f := reactive.FromPublisher(flooding)
	tests := []struct {
		name string
		run  func() (got []int, err error)
	}{
		{"All", func() (got []int, err error) {
			for v, failed := range f.All(background) {
				if err = failed; err == nil {
					got = append(got, v)
				}
			}
			return got, err
		}},
		{"ToChan", func() (got []int, err error) {
			values, end := f.ToChan(background, 0)
			for v := range values {
				got = append(got, v)
			}
			return got, end()
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := tc.run()
				if !slices.Equal(got, []int{0}) || !errors.Is(err, reactive.ErrOverflow) {
					t.Errorf("got %v, %v, want [0] and ErrOverflow", got, err)
				}
			})
		})
	}
}
