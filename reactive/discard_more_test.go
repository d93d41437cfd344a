package reactive_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
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
