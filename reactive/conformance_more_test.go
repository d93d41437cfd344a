package reactive_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func left(v, _ int) int { return v }

func right(_, v int) int { return v }

func burst2(int, int) int { panic("callback") }

type group = reactive.Group[int, int]

func mod3(v int) int { return v % 3 }

// TestMoreOperators runs the operators that join, split, remember and time through the rules of Reactive Streams.
func TestMoreOperators(t *testing.T) {
	endless := reactive.Range(0, 1_000_000)
	tests := []struct {
		name string
		subject
	}{
		{"WithValue", subject{
			Publisher: func(n int) ints { return reactive.Range(0, n).WithValue(contextKey("k"), 1) },
			Failing:   func(err error) ints { return reactive.Error[int](err).WithValue(contextKey("k"), 1) },
		}},
		{"DeferContext", subject{
			Publisher: func(n int) ints {
				return reactive.DeferContext(func(context.Context) flux { return reactive.Range(0, n) })
			},
			Failing: func(err error) ints {
				return reactive.DeferContext(func(context.Context) mono { return reactive.ErrorMono[int](err) })
			},
		}},
		{"TakeUntilOther", subject{
			Operator: func(src ints) ints { return reactive.TakeUntilOther(src, reactive.Never[string]()) },
		}},
		{"SwitchMap, of which the source is the one inner stream", subject{
			Operator:  func(src ints) ints { return reactive.SwitchMap(reactive.Just(1), func(int) ints { return src }) },
			Panicking: func(src ints) ints { return reactive.SwitchMap(src, func(v int) mono { burst(v); return mono{} }) },
		}},
		{"SwitchMap, of which the source is the outer stream", subject{
			Operator: func(src ints) ints {
				return reactive.SwitchMap(reactive.FromPublisher(src).First(), reactive.JustMono[int])
			},
			MaxValues: 1,
			ReadAhead: 1,
		}},
		{"SwitchOnFirst", subject{
			Operator: func(src ints) ints {
				return reactive.SwitchOnFirst(src, func(_ int, all flux) flux { return all })
			},
			Panicking: func(src ints) ints {
				return reactive.SwitchOnFirst(src, func(v int, all flux) flux { burst(v); return all })
			},
		}},
		{"Zip on the left", subject{
			Operator:  func(src ints) ints { return reactive.Zip(src, endless, left) },
			Panicking: func(src ints) ints { return reactive.Zip(src, endless, burst2) },
		}},
		{"Zip on the right", subject{
			Operator: func(src ints) ints { return reactive.Zip(endless, src, right) },
		}},
		{"Zip with a goroutine", subject{
			Operator: func(src ints) ints { return reactive.Zip(src, endless.PublishOn(reactive.Go, 8), left) },
		}},
		{"ZipSlice", subject{
			Operator: func(src ints) ints {
				return reactive.Map(reactive.ZipSlice(endless, reactive.FromPublisher(src)), func(v []int) int { return v[1] })
			},
		}},
		{"ZipMono", subject{
			Operator: func(src ints) ints {
				return reactive.ZipMono(reactive.FromPublisher(src).First(), reactive.JustMono(1), left)
			},
			MaxValues: 1,
		}},
		{"ZipMono3", subject{
			Operator: func(src ints) ints {
				return reactive.ZipMono3(reactive.JustMono(1), reactive.MonoFrom(src), reactive.JustMono(1),
					func(_, v, _ int) int { return v })
			},
			MaxValues: 1,
		}},
		{"CombineLatest on the right", subject{
			Operator:  func(src ints) ints { return reactive.CombineLatest(reactive.Just(1), src, right) },
			Panicking: func(src ints) ints { return reactive.CombineLatest(reactive.Just(1), src, burst2) },
			ReadAhead: 32,
		}},
		{"CombineLatest on the left", subject{
			Operator: func(src ints) ints {
				return reactive.CombineLatest(reactive.FromPublisher(src).First(), reactive.Just(1), left)
			},
			ReadAhead: 1,
			MaxValues: 1,
		}},
		{"WithLatestFrom", subject{
			Operator:  func(src ints) ints { return reactive.WithLatestFrom(src, reactive.Just(1), left) },
			Panicking: func(src ints) ints { return reactive.WithLatestFrom(src, reactive.Just(1), burst2) },
		}},
		{"FlatMapSequential to one", subject{
			Operator: func(src ints) ints { return reactive.FlatMapSequential(src, 4, reactive.JustMono[int]) },
			Panicking: func(src ints) ints {
				return reactive.FlatMapSequential(src, 4, func(v int) mono { burst(v); return mono{} })
			},
			ReadAhead: 4,
		}},
		{"FlatMapSequential to many", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMapSequential(src, 4, func(v int) flux { return reactive.Range(v, 3) })
			},
			Needs:     func(n int) int { return (n + 2) / 3 },
			ReadAhead: 4,
		}},
		{"FlatMapSequential to goroutines", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMapSequential(src, 3, func(v int) mono {
					return reactive.FromFunc(counter(1, nil)).SubscribeOn(reactive.Go)
				})
			},
			ReadAhead: 3,
		}},
		{"Window", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(reactive.Window(src, 4), func(w flux) mono { return w.First() })
			},
			Needs:     func(n int) int { return 4 * n },
			ReadAhead: 3, // what is left of the window
		}},
		{"Window, of which everything is wanted", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(reactive.Window(src, 3), func(w flux) flux { return w })
			},
			ReadAhead: 3,
		}},
		{"WindowTimeout", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(reactive.WindowTimeout(src, 4, time.Hour), func(w flux) mono { return w.First() })
			},
			Needs:     func(n int) int { return 4 * n },
			ReadAhead: 3, // what is left of the window
			Virtual:   true,
		}},
		{"WindowTimeout, of which time is always up", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(reactive.WindowTimeout(src, 3, 1), func(w flux) flux { return w })
			},
			ReadAhead: 3,
			Virtual:   true,
		}},
		{"GroupBy", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMap(reactive.GroupBy(src, mod3), 3, func(g group) group { return g })
			},
			Panicking: func(src ints) ints {
				return reactive.FlatMap(reactive.GroupBy(src, burst), 3, func(g group) group { return g })
			},
			ReadAhead: 256,
		}},
		{"GroupBy to goroutines", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMap(reactive.GroupBy(src, mod3), 3, func(g group) flux { return g.PublishOn(reactive.Go, 4) })
			},
			ReadAhead: 256,
		}},
		{"Handle", subject{
			Operator: func(src ints) ints {
				return reactive.Handle(src, func(v int) (int, bool, error) { return v, v%2 == 0, nil })
			},
			Panicking: func(src ints) ints {
				return reactive.Handle(src, func(v int) (int, bool, error) { return burst(v), true, nil })
			},
			Needs: func(n int) int { return 2 * n },
		}},
		{"Distinct", subject{
			Operator:  func(src ints) ints { return reactive.Distinct(src, 100, func(v int) int { return v / 2 }) },
			Panicking: func(src ints) ints { return reactive.Distinct(src, 100, burst) },
			Needs:     func(n int) int { return 2 * n },
		}},
		{"DistinctUntilChanged", subject{
			Operator:  func(src ints) ints { return reactive.DistinctUntilChanged(src, func(v int) int { return v / 2 }) },
			Panicking: func(src ints) ints { return reactive.DistinctUntilChanged(src, burst) },
			Needs:     func(n int) int { return 2 * n },
		}},
		{"TakeLast", subject{
			Operator:  over(func(f flux) flux { return f.Take(3).TakeLast(1) }),
			Needs:     func(n int) int { return 3 * n },
			MaxValues: 1,
			ReadAhead: reactive.Unbounded,
			Virtual:   true, // some checks wait in vain
		}},
		{"Repeat", subject{
			Publisher: func(n int) ints { return reactive.Range(0, n/2).Repeat(1) },
			Failing:   func(err error) ints { return reactive.Error[int](err).Repeat(3) },
		}},
		{"Delay", subject{
			Operator: over(func(f flux) flux { return f.Delay(time.Millisecond) }),
			Virtual:  true,
		}},
		{"Mono.Delay", subject{
			Operator:  func(src ints) ints { return reactive.MonoFrom(src).Delay(time.Millisecond) },
			MaxValues: 1,
			Virtual:   true,
		}},
		{"Sample", subject{
			Operator:  over(func(f flux) flux { return f.Take(1).Sample(time.Millisecond) }),
			MaxValues: 1,
			ReadAhead: 1,
			Virtual:   true,
		}},
		{"Sample of a clock", subject{
			Publisher: func(int) ints { return clock().Sample(time.Second) },
			Endless:   true,
			Virtual:   true,
		}},
		{"Debounce", subject{
			Operator:  over(func(f flux) flux { return f.Take(1).Debounce(time.Millisecond) }),
			MaxValues: 1,
			ReadAhead: 1,
			Virtual:   true,
		}},
		{"Debounce of a clock", subject{
			Publisher: func(int) ints { return clock().Debounce(time.Second / 2) },
			Endless:   true,
			Virtual:   true,
		}},
		{"Throttle", subject{
			Operator:  over(func(f flux) flux { return f.Throttle(1) }),
			Virtual:   true,
			Needs:     func(n int) int { return min(n, 1) },
			MaxValues: 1,
		}},
		{"TimeoutTo", subject{
			Operator: over(func(f flux) flux { return f.TimeoutTo(24*time.Hour, reactive.Just(1)) }),
			Virtual:  true,
		}},
		{"Log", subject{
			Operator: over(func(f flux) flux { return f.Log(plain(io.Discard), "x") }),
		}},
		{"Checkpoint", subject{
			Operator: over(func(f flux) flux { return f.Checkpoint("x") }),
		}},
		{"OnBackpressureError", subject{
			Publisher: func(int) ints { return clock().OnBackpressureError() },
			Endless:   true,
			Virtual:   true,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}
