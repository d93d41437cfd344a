package reactive_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// The operators that join, split, remember and time allocate nothing per value either.
func TestNoAllocationPerValueInMore(t *testing.T) {
	keep := func(_ int, all flux) flux { return all }
	sink := func(int) {}
	tests := []struct {
		name string
		op   func(flux) flux
	}{
		{"TakeUntilOther", func(f flux) flux { return reactive.TakeUntilOther(f, reactive.Never[int]()) }},
		{"SwitchMap to one stream", func(f flux) flux {
			return reactive.SwitchMap(reactive.Just(0), func(int) flux { return f })
		}},
		{"SwitchOnFirst", func(f flux) flux { return reactive.SwitchOnFirst(f, keep) }},
		{"Zip", func(f flux) flux { return reactive.Zip(f, f, left) }},
		{"CombineLatest", func(f flux) flux { return reactive.CombineLatest(reactive.Just(0), f, right) }},
		{"WithLatestFrom", func(f flux) flux { return reactive.WithLatestFrom(f, reactive.Just(0), left) }},
		{"FlatMapSequential to one stream", func(f flux) flux {
			return reactive.FlatMapSequential(reactive.Just(0), 2, func(int) flux { return f })
		}},
		{"Window, within one", func(f flux) flux {
			return reactive.FlatMap(reactive.Window(f, 2000), 1, func(w flux) flux { return w })
		}},
		{"WindowTimeout, within one", func(f flux) flux {
			return reactive.FlatMap(reactive.WindowTimeout(f, 2000, time.Hour), 1, func(w flux) flux { return w })
		}},
		{"Handle", func(f flux) flux {
			return reactive.Handle(f, func(v int) (int, bool, error) { return v, odd(v), nil })
		}},
		{"DistinctUntilChanged", func(f flux) flux { return reactive.DistinctUntilChanged(f, inc) }},
		{"TakeLast", func(f flux) flux { return f.TakeLast(5) }},
		{"Debounce", func(f flux) flux { return f.Debounce(time.Hour) }},
		{"Throttle", func(f flux) flux { return f.Throttle(time.Nanosecond) }},
		{"TimeoutTo", func(f flux) flux { return f.TimeoutTo(time.Hour, reactive.Just(1)) }},
		{"Log, not enabled", func(f flux) flux { return f.Log(slog.New(slog.DiscardHandler), "x") }},
		{"Checkpoint", func(f flux) flux { return f.Checkpoint("x") }},
		{"GroupBy", func(f flux) flux {
			return reactive.FlatMap(reactive.GroupBy(f, mod3), 3, func(g group) flux { return g.Flux })
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := func(n int) float64 {
				src := tc.op(reactive.Range(0, n))
				return testing.AllocsPerRun(10, func() { _ = src.ForEach(background, sink) })
			}
			if short, long := run(100), run(1100); long != short {
				t.Errorf("%v allocations for 1100 values and %v for 100, want the same", long, short)
			}
		})
	}
}
