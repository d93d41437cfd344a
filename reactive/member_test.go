package reactive

import (
	"context"
	"slices"
	"testing"
)

// keeper is a subscriber that asks for nothing by itself.
type keeper struct {
	up     Subscription
	values []int
	err    error
}

func (k *keeper) OnSubscribe(s Subscription) { k.up = s }
func (k *keeper) OnNext(v int)               { k.values = append(k.values, v) }
func (k *keeper) OnError(err error)          { k.err = err }
func (k *keeper) OnComplete()                {}

// A source that tells its emitter to wait places nothing that there is no room for. If it ever did, the subscriber would
// hear of it, after what is queued for it, and the others would get the value.
func TestMemberWithoutRoom(t *testing.T) {
	h := &hub[int]{}
	slow, fast := &keeper{}, &keeper{}
	h.join(h.newMember(1, refuse), slow)
	h.join(h.newMember(1, refuse), fast)
	fast.up.Request(Unbounded)
	for v, want := range []int{2, 1} { // that take it
		h.mu.Lock()
		e, got := h.place(v)
		h.mu.Unlock()
		e.deliver(v)
		if got != want {
			t.Errorf("value %d was taken by %d, want %d", v, got, want)
		}
	}
	slow.up.Request(9)
	if !slices.Equal(slow.values, []int{0}) || slow.err != ErrOverflow {
		t.Errorf("the slow one got %v and %v, want [0] and %v", slow.values, slow.err, ErrOverflow)
	}
	if !slices.Equal(fast.values, []int{0, 1}) || fast.err != nil {
		t.Errorf("the fast one got %v and %v, want [0 1]", fast.values, fast.err)
	}
}

// The source of a Share is left when its last subscriber has been ended in that way.
func TestMemberWithoutRoomLeaves(t *testing.T) {
	s := &shared[int]{src: never[int]{}, starts: 1, capacity: 1, leaves: true}
	k := &keeper{}
	s.Subscribe(context.Background(), k)
	r := s.round
	r.coming = 2 // one more than there is room for
	r.OnNext(1)
	r.OnNext(2)
	if s.round != nil || r.users != 0 {
		t.Errorf("%d users, round %v, want none", r.users, s.round)
	}
	k.up.Request(1)
	if !slices.Equal(k.values, []int{1}) || k.err != ErrOverflow {
		t.Errorf("got %v and %v, want [1] and %v", k.values, k.err, ErrOverflow)
	}
}
