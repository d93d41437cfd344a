package reactive_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func TestDiscardInSelections(t *testing.T) {
	runDiscards(t, []discards{
		{
			"Distinct",
			func(src ints) ints { return reactive.Distinct(src, 9, mod3) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1)
				p.Request(1)
				src.Next(4, 7)
			},
			[]int{4, 7},
		},
		{
			"Distinct, a value whose key panics",
			func(src ints) ints { return reactive.Distinct(src, 9, divide) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(3)
				src.Subscriber().OnNext(4)
			},
			[]int{3, 4},
		},
		{
			"DistinctUntilChanged",
			func(src ints) ints { return reactive.DistinctUntilChanged(src, divide) },
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 1, 3)
				src.Subscriber().OnNext(4)
			},
			[]int{1, 3, 4},
		},
		{
			"TakeLast, all but those",
			over(func(f flux) flux { return f.TakeLast(2) }),
			func(src *intSource, p *intProbe) {
				p.Request(9)
				src.Next(1, 2, 3, 4).Complete()
			},
			[]int{1, 2},
		},
		{
			"TakeLast of none",
			over(func(f flux) flux { return f.TakeLast(0) }),
			func(src *intSource, p *intProbe) {
				p.Request(9)
				src.Next(1, 2).Complete()
			},
			[]int{1, 2},
		},
		{
			"TakeLast, failure",
			over(func(f flux) flux { return f.TakeLast(2) }),
			func(src *intSource, p *intProbe) {
				p.Request(9)
				src.Next(1, 2).Error(errBoom)
			},
			[]int{1, 2},
		},
		{
			"TakeLast, cancelled while they wait, and a value after that",
			over(func(f flux) flux { return f.TakeLast(2) }),
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2)
				p.Cancel()
				src.Subscriber().OnNext(3)
			},
			[]int{1, 2, 3},
		},
	})
}

func TestDiscardInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := []discards{
			{
				"Delay, failure",
				over(func(f flux) flux { return f.Delay(time.Second) }),
				func(src *intSource, p *intProbe) {
					p.Request(2)
					src.Next(1).Error(errBoom)
				},
				[]int{1},
			},
			{
				"Delay, cancelled, and a value after that",
				over(func(f flux) flux { return f.Delay(time.Second) }),
				func(src *intSource, p *intProbe) {
					p.Request(2)
					src.Next(1)
					p.Cancel()
					src.Subscriber().OnNext(2)
					sleep(time.Minute)
				},
				[]int{1, 2},
			},
			{
				"Sample, what was replaced",
				over(func(f flux) flux { return f.Sample(time.Second) }),
				func(src *intSource, p *intProbe) {
					p.Request(2)
					src.Next(1, 2, 3)
					sleep(time.Minute)
				},
				[]int{1, 2},
			},
			{
				"Debounce, cancelled, and a value after that",
				over(func(f flux) flux { return f.Debounce(time.Second) }),
				func(src *intSource, p *intProbe) {
					p.Request(2)
					src.Next(1)
					p.Cancel()
					src.Subscriber().OnNext(2)
				},
				[]int{1, 2},
			},
			{
				"Timeout, a value after it",
				over(func(f flux) flux { return f.Timeout(time.Second) }),
				func(src *intSource, p *intProbe) {
					p.Request(1)
					sleep(time.Minute)
					p.ExpectError(reactive.ErrTimeout)
					src.Subscriber().OnNext(1)
				},
				[]int{1},
			},
			{
				"WindowTimeout, the rest of a window that was left",
				func(src ints) ints {
					return reactive.ConcatMap(reactive.WindowTimeout(src, 3, time.Second), func(w flux) mono { return w.First() })
				},
				func(src *intSource, p *intProbe) {
					p.Request(2)
					src.Next(1, 2)
					sleep(time.Second)
					src.Next(3)
				},
				[]int{2},
			},
			{
				"WindowTimeout, failure while a window waits",
				waitingWindow,
				func(src *intSource, p *intProbe) {
					p.Request(1)
					src.Next(1)
					sleep(time.Second)
					src.Next(2, 3).Error(errBoom)
				},
				[]int{2, 3},
			},
			{
				"WindowTimeout, cancelled while a window waits, and a value after that",
				waitingWindow,
				func(src *intSource, p *intProbe) {
					p.Request(1)
					src.Next(1)
					sleep(time.Second)
					src.Next(2)
					p.Cancel()
					src.Subscriber().OnNext(3)
				},
				[]int{2, 3},
			},
			{
				"Throttle",
				over(func(f flux) flux { return f.Throttle(time.Second) }),
				func(src *intSource, p *intProbe) {
					p.Request(2)
					src.Next(1, 2, 3)
				},
				[]int{2, 3},
			},
		}
		for _, tc := range tests {
			checkDiscards(t, tc)
		}
	})
}

// waitingWindow asks for a window when there is demand, and for the next only when that was met.
func waitingWindow(src ints) ints {
	windows := reactive.WindowTimeout(src, 3, time.Second)
	return reactive.ConcatMap(windows, func(w flux) flux { return w })
}

func TestDiscardAtTheEnd(t *testing.T) {
	first := func(v int) bool { return v == 1 }
	runDiscards(t, []discards{
		{
			"TakeWhile, the value that ends it",
			over(func(f flux) flux { return f.TakeWhile(first) }),
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 2)
			},
			[]int{2},
		},
		{
			"TakeWhile panics",
			over(func(f flux) flux { return f.TakeWhile(func(v int) bool { return divide(v) > 0 }) }),
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 3)
			},
			[]int{3},
		},
		{
			"TakeUntil panics",
			over(func(f flux) flux { return f.TakeUntil(func(v int) bool { return divide(v) == 0 }) }),
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 3)
			},
			[]int{3},
		},
		{
			"Filter panics",
			over(func(f flux) flux { return f.Filter(func(v int) bool { return divide(v) > 0 }) }),
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 3)
			},
			[]int{3},
		},
		{
			"OnBackpressureError",
			over(func(f flux) flux { return f.OnBackpressureError() }),
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2)
				src.Subscriber().OnNext(3)
			},
			[]int{2, 3},
		},
	})
}

// What a source that is pushed has taken, and does not deliver.
func TestDiscardInPushedSources(t *testing.T) {
	pushed := func(o reactive.Overflow) func(ints) ints {
		return func(ints) ints {
			return reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
				for v := 1; v <= 4; v++ {
					out.Next(v)
				}
			}, 2, o)
		}
	}
	unicast := func(ints) ints {
		sink := reactive.NewUnicast[int](3)
		for v := 1; v <= 4; v++ {
			sink.Next(v)
		}
		return sink.Flux()
	}
	nothing := func(*intSource, *intProbe) {}
	runDiscards(t, []discards{
		{"Create, cancelled", pushed(reactive.OverflowDropNewest), nothing, []int{1, 2}},
		{"Create, the oldest", pushed(reactive.OverflowDropOldest), func(_ *intSource, p *intProbe) { p.Request(9) }, []int{1, 2}},
		{"Create, the oldest, and cancelled", pushed(reactive.OverflowDropOldest), nothing, []int{1, 2, 3, 4}},
		{"Create, overflow", pushed(reactive.OverflowError), nothing, []int{1, 2}},
		{"Create, bad request", pushed(reactive.OverflowError), func(_ *intSource, p *intProbe) { p.Request(0) }, []int{1, 2}},
		{"Create, delivered", pushed(reactive.OverflowError), func(_ *intSource, p *intProbe) { p.Request(9) }, nil},
		{"Create, from inside OnNext", func(ints) ints {
			return reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
				out.OnRequest(func(int64) { out.Next(1); out.Next(2); out.Next(3) })
			}, 1, reactive.OverflowDropOldest)
		}, func(_ *intSource, p *intProbe) { p.Request(1) }, []int{2, 3}},
		{"unicast, cancelled", unicast, nothing, []int{1, 2, 3}},
		{"unicast, bad request", unicast, func(_ *intSource, p *intProbe) { p.Request(1).Request(0) }, []int{2, 3}},
		{"unicast, delivered", unicast, func(_ *intSource, p *intProbe) { p.Request(9) }, nil},
	})
}

// The values that subscribers share are nobody's to give back.
func TestNoDiscardOfSharedValues(t *testing.T) {
	filled := func(sink *reactive.Sink[int]) ints {
		sink.Next(1)
		sink.Next(2)
		return sink.Flux()
	}
	nothing := func(*intSource, *intProbe) {}
	runDiscards(t, []discards{
		{"multicast", func(ints) ints { return filled(reactive.NewMulticast[int](2)) }, nothing, nil},
		{"replay", func(ints) ints { return filled(reactive.NewReplay[int](2)) }, nothing, nil},
		{"Broadcast", func(ints) ints {
			return reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
				room := reactive.NewBroadcast[int]()
				room.Flux(1, reactive.OverflowDropOldest).Subscribe(ctx, s)
				room.Emit(1)
				room.Emit(2)
			})
		}, nothing, nil},
	})
}

func TestDiscardInCombineLatest(t *testing.T) {
	type probe = reactivetest.Probe[string]
	join := func(a int, b string) string { return b + strconv.Itoa(a) }
	tests := []struct {
		name string
		do   func(a *intSource, b *reactivetest.Source[string], p *probe)
		want []string
	}{
		{"cancelled", func(_ *intSource, _ *reactivetest.Source[string], p *probe) { p.Cancel() }, []string{"3", "4", "b", "c"}},
		{"failure", func(a *intSource, _ *reactivetest.Source[string], _ *probe) { a.Error(errBoom) }, []string{"3", "4", "b", "c"}},
		{"values after the end", func(a *intSource, b *reactivetest.Source[string], p *probe) {
			p.Cancel()
			a.Subscriber().OnNext(5)
			b.Subscriber().OnNext("d")
		}, []string{"3", "4", "5", "b", "c", "d"}},
		{"delivered", func(_ *intSource, _ *reactivetest.Source[string], p *probe) { p.Request(9) }, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			a, b := reactivetest.NewSource[int](t), reactivetest.NewSource[string](t)
			joined := reactive.CombineLatest(a, b, join).OnDiscard(func(v string) { got = append(got, v) })
			p := reactivetest.Subscribe(t, reactive.OnDiscard(joined, func(v int) { got = append(got, strconv.Itoa(v)) }))
			p.Request(1)
			a.Next(1, 2)
			b.Next("a")
			p.ExpectNext("a2")
			a.Next(3, 4)
			b.Next("b", "c")
			tc.do(a, b, p)
			slices.Sort(got)
			if !slices.Equal(got, tc.want) {
				t.Errorf("discarded: got %v, want %v", got, tc.want)
			}
		})
	}
}
