package reactive

import (
	"context"
	"sync"
	"time"
)

// alarm is a timer that may be stopped from any goroutine before, while and after it is set. A stopped alarm stays
// silent: setting it again does nothing.
type alarm struct {
	mu      sync.Mutex
	timer   *time.Timer
	unwatch func() bool // nil, or a context is watched
	stopped bool
}

// set makes f run after d, on a goroutine of its own. Setting an alarm again, when it has gone off, runs the f it was
// first given.
func (a *alarm) set(d time.Duration, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.start(d, f)
}

// start is set. The caller holds the lock.
func (a *alarm) start(d time.Duration, f func()) {
	switch {
	case a.stopped:
	case a.timer == nil:
		a.timer = time.AfterFunc(d, f)
	default:
		a.timer.Reset(d)
	}
}

// setUntil is set, but f runs as soon as ctx ends if that is earlier. It is not set again after that.
func (a *alarm) setUntil(ctx context.Context, d time.Duration, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	a.start(d, func() {
		a.mu.Lock()
		a.leave()
		a.mu.Unlock()
		f()
	})
	a.unwatch = context.AfterFunc(ctx, func() {
		if a.timer.Stop() { // else it is going off
			f()
		}
	})
}

// leave watches the context no longer. The caller holds the lock.
func (a *alarm) leave() {
	if a.unwatch != nil {
		a.unwatch()
		a.unwatch = nil
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
	a.leave()
}
