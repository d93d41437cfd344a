package bench

import (
	"context"
	"testing"

	"github.com/reactivex/rxgo/v2"
	"github.com/samber/ro"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Map, Filter, Map, ForEach over integers.
func BenchmarkChain(b *testing.B) {
	b.Run("loop", func(b *testing.B) {
		measure(b, func(n int) { check(b, expected(n), n) })
	})
	b.Run("reactive", func(b *testing.B) {
		measure(b, func(n int) {
			sum := 0
			flow := reactive.Range(0, n).Map(double).Filter(keep).Map(next)
			if err := flow.ForEach(context.Background(), func(v int) { sum += v }); err != nil {
				b.Fatal(err)
			}
			check(b, sum, n)
		})
	})
	b.Run("reactive-ctx", func(b *testing.B) {
		measure(b, func(n int) {
			sum := 0
			flow := reactive.Range(0, n).Map(double).Filter(keep).Map(next)
			if err := flow.ForEach(b.Context(), func(v int) { sum += v }); err != nil {
				b.Fatal(err)
			}
			check(b, sum, n)
		})
	})
	b.Run("ro", func(b *testing.B) {
		measure(b, func(n int) {
			sum := 0
			flow := ro.Pipe3(roRange(n), ro.Map(double), ro.Filter(keep), ro.Map(next))
			flow.Subscribe(ro.OnNext(func(v int) { sum += v })).Wait()
			check(b, sum, n)
		})
	})
	b.Run("channels-128", func(b *testing.B) { measure(b, func(n int) { check(b, viaChannels(n, 128), n) }) })
	b.Run("channels-0", func(b *testing.B) { measure(b, func(n int) { check(b, viaChannels(n, 0), n) }) })
	b.Run("rxgo-128", func(b *testing.B) {
		measure(b, func(n int) { check(b, viaRxGo(n, rxgo.WithBufferedChannel(128)), n) })
	})
	b.Run("rxgo-0", func(b *testing.B) { measure(b, func(n int) { check(b, viaRxGo(n), n) }) })
}

// roRange emits 0..n-1 without ro's locks, the fastest source that ro offers.
func roRange(n int) ro.Observable[int] {
	return ro.NewUnsafeObservable(func(out ro.Observer[int]) ro.Teardown {
		for v := range n {
			out.Next(v)
		}
		out.Complete()
		return nil
	})
}

// viaChannels is a goroutine and a channel per step.
func viaChannels(n, buffer int) (sum int) {
	stage := func(in <-chan int, f func(int, chan<- int)) <-chan int {
		out := make(chan int, buffer)
		go func() {
			defer close(out)
			for v := range in {
				f(v, out)
			}
		}()
		return out
	}
	source := make(chan int, buffer)
	go func() {
		defer close(source)
		for v := range n {
			source <- v
		}
	}()
	doubled := stage(source, func(v int, out chan<- int) { out <- double(v) })
	kept := stage(doubled, func(v int, out chan<- int) {
		if keep(v) {
			out <- v
		}
	})
	for v := range stage(kept, func(v int, out chan<- int) { out <- next(v) }) {
		sum += v
	}
	return sum
}

func viaRxGo(n int, opts ...rxgo.Option) (sum int) {
	source := rxgo.Defer([]rxgo.Producer{func(_ context.Context, out chan<- rxgo.Item) {
		for v := range n {
			out <- rxgo.Of(v)
		}
	}}, opts...)
	mapping := func(f func(int) int) rxgo.Func {
		return func(_ context.Context, v any) (any, error) { return f(v.(int)), nil }
	}
	flow := source.Map(mapping(double), opts...).
		Filter(func(v any) bool { return keep(v.(int)) }, opts...).
		Map(mapping(next), opts...)
	for item := range flow.Observe(opts...) {
		sum += item.V.(int)
	}
	return sum
}
