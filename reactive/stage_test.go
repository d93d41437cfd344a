package reactive

import (
	"sync"
	"sync/atomic"
	"testing"
)

// cancels counts cancellations.
type cancels struct{ n atomic.Int32 }

func (c *cancels) Request(int64) {}
func (c *cancels) Cancel()       { c.n.Add(1) }

func TestSlot(t *testing.T) {
	tests := []struct {
		name string
		do   func(s *slot, first, second Subscription)
		want [2]int32 // cancellations
	}{
		{"set", func(s *slot, first, _ Subscription) { s.set(first) }, [2]int32{0, 0}},
		{"cancelled", func(s *slot, first, _ Subscription) { s.set(first); s.cancel(); s.cancel() }, [2]int32{1, 0}},
		{"cancelled before", func(s *slot, first, _ Subscription) { s.cancel(); s.set(first) }, [2]int32{1, 0}},
		{"a second one is refused", func(s *slot, first, second Subscription) { s.set(first); s.set(second) }, [2]int32{0, 1}},
		{"and not cancelled again", func(s *slot, first, second Subscription) { s.set(first); s.set(second); s.cancel() }, [2]int32{1, 1}},
		{"not cancelled after its end", func(s *slot, first, _ Subscription) { s.set(first); s.ended(); s.cancel() }, [2]int32{0, 0}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var s slot
			var first, second cancels
			tc.do(&s, &first, &second)
			if got := [2]int32{first.n.Load(), second.n.Load()}; got != tc.want {
				t.Errorf("cancellations: got %v, want %v", got, tc.want)
			}
		})
	}
}

// Whichever comes first, the subscription is cancelled once.
func TestSlotUnderContention(t *testing.T) {
	for range 1000 {
		var s slot
		var up cancels
		var wg sync.WaitGroup
		wg.Go(func() { s.set(&up) })
		wg.Go(s.cancel)
		wg.Wait()
		if got := up.n.Load(); got != 1 {
			t.Fatalf("%d cancellations, want 1", got)
		}
	}
}
