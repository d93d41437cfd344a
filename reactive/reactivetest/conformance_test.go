package reactivetest_test

import (
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

type (
	ints    = reactive.Publisher[int]
	subject = reactivetest.Subject
)

func TestConformance(t *testing.T) {
	tests := []struct {
		name string
		subject
	}{
		{"Range", subject{Publisher: func(n int) ints { return reactive.Range(0, n) }, Failing: func(err error) ints { return reactive.Error[int](err) }}},
		{"JustMono", subject{Publisher: func(n int) ints {
			if n == 0 {
				return reactive.EmptyMono[int]()
			}
			return reactive.JustMono(n)
		}, MaxValues: 1}},
		{"Pull", subject{Publisher: func(n int) ints {
			return reactive.FromSeq(func(yield func(int) bool) {
				for i := range n {
					if !yield(i) {
						return
					}
				}
			})
		}}},
		{"Interval", subject{Publisher: func(int) ints {
			return reactive.Map(reactive.Interval(time.Second), func(i int64) int { return int(i) })
		}, Endless: true, Virtual: true}},
		{"Map", subject{
			Operator:  func(src ints) ints { return reactive.Map(src, func(v int) int { return v + 1 }) },
			Panicking: func(src ints) ints { return reactive.Map(src, func(int) int { panic("no") }) },
		}},
		{"Filter", subject{
			Operator: func(src ints) ints {
				return reactive.FromPublisher(src).Filter(func(v int) bool { return v%2 == 0 })
			},
			Needs: func(n int) int { return 2 * n },
		}},
		{"Take", subject{Operator: func(src ints) ints { return reactive.FromPublisher(src).Take(5) }, MaxValues: 5}},
		{"LimitRate", subject{Operator: func(src ints) ints { return reactive.FromPublisher(src).LimitRate(4) }}},
		{"ConcatMap", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(src, func(v int) reactive.Flux[int] { return reactive.Just(v, v) })
			},
			Needs: func(n int) int { return n / 2 },
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}
