package hub

import "time"

// Every delivery of an attachment has the same timeout, so its list is in order of deadline, and one timer for the head
// serves them all. The timer is not moved when the head is settled: it fires, finds nothing due and is set for the new
// head. Between two firings lies some time (minPause), so that a stream of deliveries that all time out costs a few
// firings per timeout and not one per message. A delivery therefore ends up to that much late, never early.

// minPause returns the shortest time between two firings: a 32nd of the timeout, a second at most, which is the tick of
// Pulsar's own tracker.
func minPause(timeout time.Duration) time.Duration { return min(timeout/32, time.Second) }

// arm sets the timer if it is not running. The hub is locked.
func (a *Attachment[D]) arm(d time.Duration) {
	if a.armed {
		return
	}
	a.armed = true
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.expire)
	} else {
		a.timer.Reset(d)
	}
}

// expire settles what is due. The timer is set again only after the engine has taken the rows, so calls are serial.
func (a *Attachment[D]) expire() {
	h := a.hub
	h.mu.Lock()
	var rows []Row[D]
	now := time.Now()
	for r := a.first; r != nil && !r.deadline.After(now); r = a.first {
		rows = append(rows, h.remove(r))
	}
	h.mu.Unlock()
	if len(rows) > 0 {
		sortRows(rows)
		h.expired(rows)
		a.Credit(int64(len(rows)))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	a.armed = false
	if a.first != nil {
		a.arm(max(time.Until(a.first.deadline), minPause(a.o.AckTimeout)))
	}
}
