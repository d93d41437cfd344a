//go:build unix

package reactive_test

import (
	"context"
	"runtime"
	"syscall"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// BenchmarkValues measures what a value costs on its way through a chain. The figure to look at is cpu-ns/op, the CPU
// time of all threads, which says the same on a busy machine as on an idle one.
func BenchmarkValues(b *testing.B) {
	sum := 0
	sink := func(v int) { sum += v }
	even := func(v int) bool { return v >= 0 }
	do := func(context.Context) error { return nil }
	chain := func(f flux) flux { return f.Map(inc).Filter(even).Map(inc) }
	ctx, cancel := context.WithCancel(background)
	defer cancel()

	benchmarks := []struct {
		name string
		run  func(n int) error
	}{
		{"loop", func(n int) error {
			for v := range n {
				if v = inc(v); even(v) {
					sink(inc(v))
				}
			}
			return nil
		}},
		{"source", func(n int) error { return reactive.Range(0, n).ForEach(background, sink) }},
		{"chain", func(n int) error { return chain(reactive.Range(0, n)).ForEach(background, sink) }},
		{"chain with context", func(n int) error { return chain(reactive.Range(0, n)).ForEach(ctx, sink) }},
		{"LimitRate", func(n int) error { return reactive.Range(0, n).LimitRate(32).ForEach(background, sink) }},
		{"Prefetch", func(n int) error { return reactive.Range(0, n).Prefetch(32).ForEach(background, sink) }},
		{"PublishOn", func(n int) error {
			return reactive.Range(0, n).PublishOn(reactive.Go, 256).ForEach(background, sink)
		}},
		{"Timeout", func(n int) error { return reactive.Range(0, n).Timeout(1e9).ForEach(background, sink) }},
		{"RetryBackoff", func(n int) error { return reactive.Range(0, n).RetryBackoff(1, 0, 0).ForEach(background, sink) }},
		{"OnBackpressureBuffer", func(n int) error {
			return reactive.Range(0, n).OnBackpressureBuffer(1, reactive.OverflowError).ForEach(background, sink)
		}},
		{"Pull", func(n int) error {
			return reactive.Pull(func(context.Context) (int, error) { return 1, nil }).Take(int64(n)).ForEach(background, sink)
		}},
		{"FromSeq", func(n int) error { return reactive.FromSeq(seq(n)).ForEach(background, sink) }},
		{"FromSeq in steps", func(n int) error { return reactive.FromSeq(seq(n)).LimitRate(32).ForEach(background, sink) }},
		{"All", func(n int) error {
			for v, err := range reactive.Range(0, n).All(background) {
				if err != nil {
					return err
				}
				sink(v)
			}
			return nil
		}},
		{"ConcatMap to JustMono", func(n int) error {
			return reactive.ConcatMap(reactive.Range(0, n), reactive.JustMono[int]).ForEach(background, sink)
		}},
		{"ConcatMap to Do", func(n int) error {
			_, err := reactive.ConcatMap(reactive.Range(0, n), func(int) void { return reactive.Do(do) }).Then().Block(background)
			return err
		}},
		{"FlatMap to Do", func(n int) error {
			_, err := reactive.FlatMap(reactive.Range(0, n), 8, func(int) void { return reactive.Do(do) }).Then().Block(background)
			return err
		}},
		{"build and run a chain", func(n int) error {
			for range n {
				if err := chain(reactive.Just(1)).ForEach(background, sink); err != nil {
					return err
				}
			}
			return nil
		}},
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime()
			if err := bm.run(b.N); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime is the CPU time of the process in nanoseconds.
func cpuTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkIdle measures what a chain of three operators holds while nothing happens: bytes of heap and stack, and
// goroutines. Beside it stands the same made of goroutines and channels.
func BenchmarkIdle(b *testing.B) {
	const chains = 10_000
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	stream := func(src flux) {
		src = src.Map(inc).Filter(func(int) bool { return true }).Map(inc)
		reactive.Run(ctx, src, func(int) {}, func(error) {})
	}
	stage := func(in <-chan int) <-chan int {
		out := make(chan int)
		go func() {
			for {
				select {
				case v := <-in:
					select {
					case out <- inc(v):
					case <-ctx.Done():
						return
					}
				case <-ctx.Done():
					return
				}
			}
		}()
		return out
	}
	benchmarks := []struct {
		name string
		make func() any
	}{
		{"stream", func() any {
			sink := reactive.NewUnicast[int](16)
			stream(sink.Flux())
			return sink
		}},
		{"channels", func() any {
			in := make(chan int)
			stage(stage(stage(stage(in)))) // the last one stands for the consumer
			return in
		}},
	}
	held := func() (bytes, goroutines float64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc + m.StackInuse), float64(runtime.NumGoroutine())
	}
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			for b.Loop() {
				keep := make([]any, chains)
				bytes, goroutines := held()
				for i := range keep {
					keep[i] = bm.make()
				}
				after, count := held()
				b.ReportMetric((after-bytes)/chains, "B/chain")
				b.ReportMetric((count-goroutines)/chains, "goroutines/chain")
				runtime.KeepAlive(keep)
			}
		})
	}
}
