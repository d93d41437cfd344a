package bench

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is what this process has used so far, on all threads.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure runs work over b.N values and reports the CPU time of each.
func measure(b *testing.B, work func(n int)) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime()
	work(b.N)
	used := cpuTime() - before
	b.StopTimer()
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/item")
}

// The three steps of the chain that every library runs: a mapping, a filter that keeps three of four, a mapping.
func double(v int) int { return v * 2 }
func keep(v int) bool  { return v&7 != 6 }
func next(v int) int   { return v + 1 }

// expected is the sum that comes out at the end of the chain over 0..n-1.
func expected(n int) (sum int) {
	for v := range n {
		if w := double(v); keep(w) {
			sum += next(w)
		}
	}
	return sum
}

func check(b *testing.B, sum, n int) {
	b.Helper()
	if want := expected(n); sum != want {
		b.Fatalf("got sum %d, want %d", sum, want)
	}
}
