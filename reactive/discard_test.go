package reactive_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Buffers that nobody gets to see go back to the pool.
func ExampleFlux_OnDiscard() {
	names, sizes := reactive.Just("a", "b", "c"), reactive.Just(1)
	pairs := reactive.Zip(names, sizes, func(name string, size int) string { return fmt.Sprint(name, size) })
	// The strings between the sources and here: those that found no counterpart.
	got, err := pairs.OnDiscard(func(name string) { fmt.Println("back to the pool:", name) }).Collect(context.Background())
	fmt.Println(got, err)
	// Output:
	// back to the pool: b
	// back to the pool: c
	// [a1] <nil>
}

// The numbers that fill no batch are dropped far above the end of the saving, which has no values at all.
func ExampleOnDiscard() {
	numbers := reactive.Concat(reactive.Just(1, 2, 3), reactive.Error[int](io.ErrUnexpectedEOF))
	saved := reactive.ConcatMap(reactive.Buffer(numbers, 2), func(batch []int) reactive.Mono[reactive.Void] {
		return reactive.Do(func(context.Context) error { fmt.Println("saved:", batch); return nil })
	}).Then()
	err := reactive.OnDiscard(saved, func(v int) { fmt.Println("not saved:", v) }).ForEach(context.Background(), nil)
	fmt.Println(err)
	// Output:
	// saved: [1 2]
	// not saved: 3
	// unexpected EOF
}

// discards is a case of an operator that drops values: what it does with a source operated by hand, and what is discarded.
type discards struct {
	name string
	op   func(src ints) ints
	do   func(src *intSource, p *intProbe)
	want []int // in any order
}

func runDiscards(t *testing.T, tests []discards) {
	t.Helper()
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { checkDiscards(t, tc) })
	}
}

// checkDiscards performs one case.
func checkDiscards(t *testing.T, tc discards) {
	t.Helper()
	var mu sync.Mutex
	var got []int
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(tc.op(src)).OnDiscard(func(v int) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, v)
	}))
	tc.do(src, p)
	p.Cancel()
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(got)
	if !slices.Equal(got, tc.want) {
		t.Errorf("%s: discarded: got %v, want %v", tc.name, got, tc.want)
	}
}

func TestDiscardInJoins(t *testing.T) {
	stop := reactive.NewMulticast[int](1)
	runDiscards(t, []discards{
		{
			"TakeUntilOther, a value that comes after the end",
			func(src ints) ints { return reactive.TakeUntilOther(src, stop.Flux()) },
			func(src *intSource, p *intProbe) {
				p.Request(3)
				src.Next(1)
				stop.Next(0)
				src.Subscriber().OnNext(2)
			},
			[]int{2},
		},
		{
			"Permits, a value that comes after the end",
			func(src ints) ints { return reactive.Permits(src, reactive.Just(int64(1))) },
			func(src *intSource, p *intProbe) {
				p.Request(0).ExpectError(reactive.ErrBadRequest)
				src.Subscriber().OnNext(1)
			},
			[]int{1},
		},
		{
			"SwitchMap, a value of a stream that was replaced",
			func(src ints) ints { return reactive.SwitchMap(reactive.Just(1), func(int) ints { return src }) },
			func(src *intSource, p *intProbe) {
				p.Request(3)
				src.Next(1)
				p.Cancel()
				src.Subscriber().OnNext(2)
			},
			[]int{2},
		},
		{
			"SwitchOnFirst, what is not taken of all",
			func(src ints) ints {
				return reactive.SwitchOnFirst(src, func(_ int, all flux) flux { return all.Take(2) })
			},
			func(src *intSource, p *intProbe) {
				p.Request(3)
				src.Next(1, 2)
				src.Subscriber().OnNext(3)
			},
			[]int{3},
		},
		{
			"Zip, completion",
			func(src ints) ints { return reactive.Zip(src, reactive.Just(10), add) },
			func(src *intSource, p *intProbe) {
				p.Request(3)
				src.Next(1)
				src.Subscriber().OnNext(2)
			},
			[]int{2},
		},
		{
			"Zip, what waits for a counterpart",
			func(src ints) ints { return reactive.Zip(src, reactive.Never[int](), add) },
			func(src *intSource, p *intProbe) {
				p.Request(3)
				src.Next(1, 2)
				p.Cancel()
			},
			[]int{1, 2},
		},
		{
			"Zip, failure",
			func(src ints) ints { return reactive.Zip(src, reactive.Never[int](), add) },
			func(src *intSource, p *intProbe) {
				p.Request(3)
				src.Next(1).Error(errBoom)
			},
			[]int{1},
		},
		{
			"WithLatestFrom, what comes too early",
			func(src ints) ints { return reactive.WithLatestFrom(src, reactive.Never[int](), add) },
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2)
			},
			[]int{1, 2},
		},
	})
}

func TestOnDiscard(t *testing.T) {
	early := func(f flux) flux { return reactive.WithLatestFrom(f, reactive.Never[int](), add) }
	calls := map[string]int{}
	count := func(name string) func(int) { return func(int) { calls[name]++ } }
	tests := []struct {
		name string
		src  ints
		want map[string]int
	}{
		{"the nearest hook", early(early(reactive.Just(1)).OnDiscard(count("near"))).OnDiscard(count("far")), map[string]int{"near": 1}},
		{"not for what is below", early(reactive.Just(1).OnDiscard(count("above"))), map[string]int{}},
		{"not for another type", early(reactive.Just(1)).WithValue(contextKey("a"), 1).Map(inc).OnDiscard(nil), map[string]int{}},
		{"panic", early(reactive.Just(1)).OnDiscard(func(int) { calls["panic"]++; panic("no") }), map[string]int{"panic": 1}},
		{"Mono", reactive.MonoFrom(early(reactive.Just(1))).OnDiscard(count("mono")), map[string]int{"mono": 1}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			clear(calls)
			wantOutcome(t, tc.src, outcome[int]{})
			if got := fmt.Sprint(calls); got != fmt.Sprint(tc.want) {
				t.Errorf("calls: got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestDiscardInSplits(t *testing.T) {
	runDiscards(t, []discards{
		{
			"FlatMapSequential, what waits for its turn",
			func(src ints) ints {
				return reactive.FlatMapSequential(reactive.Just(1, 2), 2, func(v int) ints {
					if v == 1 {
						return reactive.Never[int]()
					}
					return src
				})
			},
			func(src *intSource, p *intProbe) {
				p.Request(9)
				src.Next(1, 2)
				p.Cancel()
				src.Subscriber().OnNext(3)
			},
			[]int{1, 2, 3},
		},
		{
			"Window, the rest of a window that was left",
			func(src ints) ints {
				return reactive.ConcatMap(reactive.Window(src, 3), func(w flux) mono { return w.First() })
			},
			func(src *intSource, p *intProbe) {
				p.Request(2)
				src.Next(1, 2, 3, 4)
			},
			[]int{2, 3},
		},
		{
			"Window, what waits in a window that is left",
			func(src ints) ints {
				return reactive.ConcatMap(reactive.Window(src, 3), func(w flux) flux { return w.LimitRate(1) })
			},
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1, 2, 3)
				p.Cancel()
			},
			[]int{2, 3},
		},
		{
			"Window, what comes when nobody listens",
			func(src ints) ints {
				return reactive.ConcatMap(reactive.Window(src, 3), func(w flux) flux { return w })
			},
			func(src *intSource, p *intProbe) {
				p.Request(1)
				p.Cancel()
				src.Subscriber().OnNext(1)
			},
			[]int{1},
		},
		{
			"GroupBy, what waits in groups",
			func(src ints) ints {
				return reactive.FlatMap(reactive.GroupBy(src, mod3), 1, func(g group) flux { return g.LimitRate(1) })
			},
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(0, 1, 4, 2) // the groups of 1 and 2 wait for that of 0
				p.Cancel()
				src.Subscriber().OnNext(5)
			},
			[]int{1, 2, 4, 5},
		},
		{
			"GroupBy, a value whose key panics",
			func(src ints) ints {
				return reactive.FlatMap(reactive.GroupBy(src, burst), 1, func(g group) flux { return g.Flux })
			},
			func(src *intSource, p *intProbe) {
				p.Request(1)
				src.Next(1)
			},
			[]int{1},
		},
	})
}
