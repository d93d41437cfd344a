package bench

import (
	"context"
	"testing"

	"github.com/reactivex/rxgo/v2"
	"github.com/samber/ro"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// One inner stream of one value for each value. ro's FlatMap, like RxGo's, is what Reactor calls concatMap.
func BenchmarkInner(b *testing.B) {
	b.Run("reactive-ConcatMap", func(b *testing.B) {
		measure(b, func(n int) {
			inner(b, n, reactive.ConcatMap(reactive.Range(0, n), one))
		})
	})
	b.Run("reactive-FlatMap8", func(b *testing.B) {
		measure(b, func(n int) {
			inner(b, n, reactive.FlatMap(reactive.Range(0, n), 8, one))
		})
	})
	b.Run("ro-FlatMap", func(b *testing.B) {
		measure(b, func(n int) {
			sum := 0
			ro.Pipe1(roRange(n), ro.FlatMap(func(v int) ro.Observable[int] { return ro.Just(v) })).
				Subscribe(ro.OnNext(func(v int) { sum += v })).Wait()
			checkSum(b, sum, n)
		})
	})
	b.Run("rxgo-FlatMap", func(b *testing.B) {
		measure(b, func(n int) {
			sum := 0
			flow := rxgo.Range(0, n).FlatMap(func(i rxgo.Item) rxgo.Observable { return rxgo.Just(i.V)() })
			for item := range flow.Observe() {
				sum += item.V.(int)
			}
			checkSum(b, sum, n)
		})
	})
}

// one is the inner stream; it computes its value, so that nothing can be folded away.
func one(v int) reactive.Mono[int] {
	return reactive.FromFunc(func(context.Context) (int, error) { return v, nil })
}

func inner(b *testing.B, n int, flow reactive.Flux[int]) {
	b.Helper()
	sum := 0
	if err := flow.ForEach(context.Background(), func(v int) { sum += v }); err != nil {
		b.Fatal(err)
	}
	checkSum(b, sum, n)
}

func checkSum(b *testing.B, sum, n int) {
	b.Helper()
	if want := n * (n - 1) / 2; sum != want {
		b.Fatalf("got sum %d, want %d", sum, want)
	}
}
