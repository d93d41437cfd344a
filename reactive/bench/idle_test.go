package bench

import (
	"context"
	"runtime"
	"testing"

	"github.com/reactivex/rxgo/v2"
	"github.com/samber/ro"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// What a chain Map, Filter, Map, ForEach costs while its source is silent: bytes and goroutines per chain.
func BenchmarkIdle(b *testing.B) {
	b.Run("reactive", func(b *testing.B) {
		room := reactive.NewUnicast[int]
		idle(b, func(ctx context.Context) {
			reactive.Run(ctx, room(1).Flux().Map(double).Filter(keep).Map(next), func(int) {}, nil)
		})
	})
	b.Run("ro", func(b *testing.B) {
		idle(b, func(context.Context) {
			ro.Pipe3(ro.NewPublishSubject[int]().AsObservable(), ro.Map(double), ro.Filter(keep), ro.Map(next)).
				Subscribe(ro.OnNext(func(int) {}))
		})
	})
	b.Run("rxgo", func(b *testing.B) {
		idle(b, func(ctx context.Context) {
			opt := rxgo.WithContext(ctx)
			mapping := func(f func(int) int) rxgo.Func {
				return func(_ context.Context, v any) (any, error) { return f(v.(int)), nil }
			}
			rxgo.FromChannel(make(chan rxgo.Item)).
				Map(mapping(double), opt).
				Filter(func(v any) bool { return keep(v.(int)) }, opt).
				Map(mapping(next), opt).
				ForEach(func(any) {}, func(error) {}, func() {}, opt)
		})
	})
}

// idle starts chains and reports what each holds while nothing happens.
func idle(b *testing.B, start func(context.Context)) {
	const chains = 10_000
	for range b.N {
		ctx, cancel := context.WithCancel(context.Background())
		before, routines := held(), runtime.NumGoroutine()
		for range chains {
			start(ctx)
		}
		b.ReportMetric(float64(held()-before)/chains, "B/chain")
		b.ReportMetric(float64(runtime.NumGoroutine()-routines)/chains, "goroutines/chain")
		cancel()
	}
}

// held is the memory in use: heap after a collection, and stacks.
func held() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
