//go:build race

package socket_test

// raceEnabled: allocations and bytes mean nothing under the race detector.
const raceEnabled = true
