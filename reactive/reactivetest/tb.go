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
