package reactive

import "sync/atomic"

// addCap adds n > 0 to the demand in d and returns what was there before. The sum saturates at Unbounded and stays
// there (Reactive Streams 3.17).
func addCap(d *atomic.Int64, n int64) (before int64) {
	for {
		before = d.Load()
		if before == Unbounded {
			return before
		}
		sum := before + n
		if sum < 0 {
			sum = Unbounded
		}
		if d.CompareAndSwap(before, sum) {
			return before
		}
	}
}

// produced takes n delivered values off the demand in d and returns what is left of it.
func produced(d *atomic.Int64, n int64) (left int64) {
	for {
		before := d.Load()
		if before == Unbounded {
			return before
		}
		if d.CompareAndSwap(before, before-n) {
			return before - n
		}
	}
}

// mulCap multiplies two numbers that are not negative and saturates at Unbounded.
func mulCap(a, b int64) int64 {
	if b != 0 && a > Unbounded/b {
		return Unbounded
	}
	return a * b
}

// raise brings the total that was asked of up to target by requesting the difference. Totals only grow, so it does
// not matter how many callers raise at the same time or in what order: each difference is requested by exactly one
// of them, and nothing is requested twice.
func raise(asked *atomic.Int64, target int64, up Subscription) {
	for {
		before := asked.Load()
		if before >= target {
			return
		}
		if asked.CompareAndSwap(before, target) {
			if target == Unbounded {
				up.Request(Unbounded)
			} else {
				up.Request(target - before)
			}
			return
		}
	}
}
