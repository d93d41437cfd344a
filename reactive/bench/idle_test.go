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
		idle(b, func(ctx context.Context) any {
			source := reactive.NewUnicast[int](1)
			reactive.Run(ctx, source.Flux().Map(double).Filter(keep).Map(next), func(int) {}, nil)
			return source
		})
	})
	b.Run("ro", func(b *testing.B) {
		idle(b, func(context.Context) any {
			source := ro.NewPublishSubject[int]()
			ro.Pipe3(source.AsObservable(), ro.Map(double), ro.Filter(keep), ro.Map(next)).
				Subscribe(ro.OnNext(func(int) {}))
			return source
		})
	})
	b.Run("rxgo", func(b *testing.B) {
		idle(b, func(ctx context.Context) any {
			source := make(chan rxgo.Item)
			opt := rxgo.WithContext(ctx)
			mapping := func(f func(int) int) rxgo.Func {
				return func(_ context.Context, v any) (any, error) { return f(v.(int)), nil }
			}
			rxgo.FromChannel(source).
				Map(mapping(double), opt).
				Filter(func(v any) bool { return keep(v.(int)) }, opt).
				Map(mapping(next), opt).
				ForEach(func(any) {}, func(error) {}, func() {}, opt)
			return source
		})
	})
}

// idle starts chains, keeps their sources, and reports what each chain holds while nothing happens.
func idle(b *testing.B, start func(context.Context) any) {
	const chains = 10_000
	sources := make([]any, 0, chains)
	for range b.N {
		ctx, cancel := context.WithCancel(context.Background())
		before, routines := held(), runtime.NumGoroutine()
		for range chains {
			sources = append(sources, start(ctx))
		}
		b.ReportMetric(float64(held()-before)/chains, "B/chain")
		b.ReportMetric(float64(runtime.NumGoroutine()-routines)/chains, "goroutines/chain")
		cancel()
		runtime.KeepAlive(sources)
		sources = sources[:0]
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
