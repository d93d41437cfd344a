package sockettest

import (
	"sync"
	"time"
)

// deadline is a point in time that can be waited for and moved.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	done  chan struct{} // closed when it has passed
}

func newDeadline() *deadline { return &deadline{done: make(chan struct{})} }

// set moves the deadline to t; the zero time is none.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.done // it fires: let it close this channel and not the next one
	}
	d.timer = nil
	if d.passed() {
		d.done = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	done := d.done
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() { close(done) })
		return
	}
	close(done)
}

// passed tells whether done is closed. The caller holds mu.
func (d *deadline) passed() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// wait returns a channel that is closed when the deadline, as it is now, has passed.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}
