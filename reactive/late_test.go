package reactive

import (
	"runtime"
	"slices"
	"testing"
)

// A bad request may come between the two halves of what SwitchMap does with its first value, which are done here by hand:
// both find that there is nothing left but the end, and one of them delivers it.
func TestSwitchMapEndsOnce(t *testing.T) {
	var down trace
	s := &switcher[int]{down: &down, up: endedSubscription{}}
	s.passage.switcher = s
	first := &track[int]{of: s, src: never[int]{}}
	first.gate.down = &s.passage
	s.current.Store(first)
	s.open = 1
	s.Request(0)
	s.proceed(0)
	if want := []string{ErrBadRequest.Error()}; !slices.Equal(down.signals, want) {
		t.Errorf("got %q, want %q", down.signals, want)
	}
}

// A value may be on its way into a queue while the stream ends and what is queued is dropped. It is dropped as well, by
// the one that brings it. The queue's lock is held here until that has seen no end and the end is there.
func TestValueQueuedBehindTheEnd(t *testing.T) {
	var dropped []int
	drop := func(v int) { dropped = append(dropped, v) }
	h := &handover[int]{up: endedSubscription{}, drop: drop}
	h.asked.Store(1)
	m := &merger[int]{up: endedSubscription{}, drop: drop}
	tests := []struct {
		name         string
		lock, unlock func()
		next         func(v int)
		end          func() // as the owner of wip does it, which keeps it
	}{
		{"handover", h.mu.Lock, h.mu.Unlock, h.OnNext, func() { h.halt.Store(endCancelled) }},
		{"merger", m.mu.Lock, m.mu.Unlock, func(v int) { m.signal(merged[int]{v: v}) }, func() { m.end.Store(endCancelled) }},
	}
	h.wip.Store(1)
	m.wip.Store(1)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			dropped = nil
			done := make(chan struct{})
			tc.lock()
			go func() {
				defer close(done)
				tc.next(7)
			}()
			for range 1000 {
				runtime.Gosched() // until it waits for the lock
			}
			tc.end()
			tc.unlock()
			<-done
			if !slices.Equal(dropped, []int{7}) {
				t.Errorf("dropped: got %v, want [7]", dropped)
			}
		})
	}
}
