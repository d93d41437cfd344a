package reactivetest

import "time"

// TB is the part of a *testing.T that this package needs. It is an interface of its own so that the suite itself can be
// tested.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
}

// patience is how long this package waits for something that must happen. A test that passes does not wait for it.
const patience = 10 * time.Second

// bubblePatience is the same in a testing/synctest bubble, where waiting takes no time unless something ticks
// meanwhile: enough for what comes once a day, and an end for a test that ticks and waits in vain.
const bubblePatience = 48 * time.Hour

// waiting is how long to wait by default, here and now: the timer that limits a wait is one of the bubble, too, so in a
// bubble it must be later than the timers of what is tested.
func waiting() time.Duration {
	if inBubble() {
		return bubblePatience
	}
	return patience
}
