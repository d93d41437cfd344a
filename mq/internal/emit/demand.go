package emit

import "github.com/fluxsocket/fluxsocket/reactive"

// Add adds to a demand, or to another count that has no end: the sum stops at [reactive.Unbounded]. Neither is negative.
func Add(a, b int64) int64 {
	if a > reactive.Unbounded-b {
		return reactive.Unbounded
	}
	return a + b
}
