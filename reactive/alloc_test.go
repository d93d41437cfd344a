package reactive_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// The straight path allocates nothing per value: the difference between a long and a short run is zero.
func TestNoAllocationPerValue(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	ok := func(int) bool { return true }
	sum := 0
	sink := func(v int) { sum += v }
	tests := []struct {
		name string
		ctx  context.Context
		op   func(flux) flux
	}{
		{"Map, Filter, Map", background, func(f flux) flux { return f.Map(inc).Filter(ok).Map(inc) }},
		{"Map, Filter, Map under a context", ctx, func(f flux) flux { return f.Map(inc).Filter(ok).Map(inc) }},
		{"TryMap", background, func(f flux) flux { return reactive.TryMap(f, atMost(1<<40)) }},
		{"DoOnNext", background, func(f flux) flux { return f.DoOnNext(sink) }},
		{"DoFinally", background, func(f flux) flux { return f.DoFinally(func(reactive.Signal) {}) }},
		{"Take and Skip", background, func(f flux) flux { return f.Skip(1).Take(1 << 40) }},
		{"Scan", background, func(f flux) flux { return reactive.Scan(f, 0, add) }},
		{"LimitRate", background, func(f flux) flux { return f.LimitRate(32) }},
		{"Prefetch", background, func(f flux) flux { return f.Prefetch(32) }},
		{"Permits", background, func(f flux) flux { return reactive.Permits(f, reactive.Just(reactive.Unbounded)) }},
		{"RetryBackoff", background, func(f flux) flux { return f.RetryBackoff(1, 0, 0) }},
		{"OnErrorReturn", background, func(f flux) flux { return f.OnErrorReturn(0) }},
		{"OnBackpressureBuffer", background, func(f flux) flux { return f.OnBackpressureBuffer(1, reactive.OverflowError) }},
		{"OnBackpressureDrop", background, func(f flux) flux { return f.OnBackpressureDrop(nil) }},
		{"Merge", background, func(f flux) flux { return reactive.Merge(f, reactive.Empty[int]()) }},
		{"ConcatMap to one stream", background, func(f flux) flux {
			return reactive.ConcatMap(reactive.Just(0), func(int) flux { return f })
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := func(n int) float64 {
				src := tc.op(reactive.Range(0, n))
				return testing.AllocsPerRun(10, func() { _ = src.ForEach(tc.ctx, sink) })
			}
			if short, long := run(10), run(1010); long != short {
				t.Errorf("%v allocations for 1010 values and %v for 10, want the same", long, short)
			}
		})
	}
}

// What an inner stream costs, as a number that is meant to be noticed when it changes.
func TestAllocationsPerInnerStream(t *testing.T) {
	do := func(context.Context) error { return nil }
	tests := []struct {
		name string
		run  func(n int) error
		want float64
	}{
		{"ConcatMap to JustMono: the value", func(n int) error {
			return reactive.ConcatMap(reactive.Range(0, n), reactive.JustMono[int]).ForEach(background, func(int) {})
		}, 1},
		{"ConcatMap to Done", func(n int) error {
			_, err := reactive.ConcatMap(reactive.Range(0, n), func(int) void { return reactive.Done() }).Then().Block(background)
			return err
		}, 0},
		{"ConcatMap to Do: stream, subscription, subscriber", func(n int) error {
			_, err := reactive.ConcatMap(reactive.Range(0, n), func(int) void { return reactive.Do(do) }).Then().Block(background)
			return err
		}, 3},
		{"FlatMap to Do", func(n int) error {
			_, err := reactive.FlatMap(reactive.Range(0, n), 4, func(int) void { return reactive.Do(do) }).Then().Block(background)
			return err
		}, 3},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := func(n int) float64 {
				return testing.AllocsPerRun(10, func() { _ = tc.run(n) })
			}
			if got := (run(1010) - run(10)) / 1000; got != tc.want {
				t.Errorf("%v allocations per inner stream, want %v", got, tc.want)
			}
		})
	}
}

// Asking for one value from inside each OnNext keeps the stack flat, through every operator that subscribes to streams
// or splits demand.
func TestFlatStack(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 10_000
	}
	one := func(v int) flux { return reactive.Range(v, 1) } // not a scalar, thus subscribed to
	fromFunc := func(v int) mono {
		return reactive.FromFunc(func(context.Context) (int, error) { return v, nil })
	}
	tests := []struct {
		name string
		src  ints
	}{
		{"Range", reactive.Range(0, n)},
		{"FromSeq", reactive.FromSeq(seq(n))},
		{"Map and Filter", reactive.Range(0, n).Map(inc).Filter(func(int) bool { return true })},
		{"Filter that drops", reactive.Range(0, n).Filter(func(v int) bool { return v == n-1 })},
		{"Skip", reactive.Range(0, n).Skip(int64(n - 1))},
		{"LimitRate", reactive.Range(0, n).LimitRate(3)},
		{"Prefetch", reactive.Range(0, n).Prefetch(3)},
		{"Permits", reactive.Permits(reactive.Range(0, n), reactive.Map(reactive.Range(0, n), func(int) int64 { return 1 }))},
		{"ConcatMap to scalars", reactive.ConcatMap(reactive.Range(0, n), reactive.JustMono[int])},
		{"ConcatMap to nothing", reactive.ConcatMap(reactive.Range(0, n), func(int) mono { return mono{} })},
		{"ConcatMap", reactive.ConcatMap(reactive.Range(0, n), one)},
		{"ConcatMap to functions", reactive.ConcatMap(reactive.Range(0, n), fromFunc)},
		{"FlatMap", reactive.FlatMap(reactive.Range(0, n), 2, one)},
		{"FlatMap to scalars", reactive.FlatMap(reactive.Range(0, n), 2, reactive.JustMono[int])},
		{"FlatMap to nothing", reactive.FlatMap(reactive.Range(0, n), 2, func(int) mono { return mono{} })},
		{"Scan", reactive.Scan(reactive.Range(0, n), 0, add)},
		{"RetryBackoff", reactive.Range(0, n).RetryBackoff(1, 0, 0)},
		{"Buffer", reactive.Map(reactive.Buffer(reactive.Range(0, n), 1), func(list []int) int { return list[0] })},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			d := &digger{}
			tc.src.Subscribe(background, d)
			if d.err != nil || !d.complete {
				t.Fatalf("ended with %v (complete: %v), want completion", d.err, d.complete)
			}
			if d.depth > 64 {
				t.Errorf("%d frames, want no more than 64", d.depth)
			}
		})
	}
}

// digger asks for one value at a time and measures the stack.
type digger struct {
	sub      reactive.Subscription
	n, depth int
	err      error
	complete bool
}

func (d *digger) OnSubscribe(s reactive.Subscription) {
	d.sub = s
	s.Request(1)
}

func (d *digger) OnNext(int) {
	if d.n++; d.n%1000 == 1 {
		var pc [512]uintptr
		d.depth = max(d.depth, runtime.Callers(0, pc[:]))
	}
	d.sub.Request(1)
}

func (d *digger) OnError(err error) { d.err = err }
func (d *digger) OnComplete()       { d.complete = true }
