package reactive

import (
	"sync"
	"time"
)

// alarm is a timer that may be stopped from any goroutine before, while and after it is set. A stopped alarm stays
// silent: setting it again does nothing.
type alarm struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// set makes f run after d, on a goroutine of its own. Setting an alarm again, when it has gone off, runs the f it was
// first given.
func (a *alarm) set(d time.Duration, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.stopped:
	case a.timer == nil:
		a.timer = time.AfterFunc(d, f)
	default:
		a.timer.Reset(d)
	}
}

// stop keeps the alarm from going off, unless it is doing so already.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	if a.timer != nil {
		a.timer.Stop()
	}
}
