package reactive_test

import (
	"context"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func left(v, _ int) int { return v }

func right(_, v int) int { return v }

func burst2(int, int) int { panic("callback") }

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
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}
