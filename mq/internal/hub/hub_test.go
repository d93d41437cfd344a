package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// recorder is a subscriber that keeps what it gets. Its methods are called by one goroutine at a time.
type recorder struct {
	sub    reactive.Subscription
	demand int64       // requested in OnSubscribe
	next   func(int64) // if not nil, gets the values instead of got
	got    []int64
	err    error
	ended  bool
}

func (r *recorder) OnSubscribe(s reactive.Subscription) {
	r.sub = s
	if r.demand > 0 {
		s.Request(r.demand)
	}
}
func (r *recorder) OnNext(n int64) {
	if r.next != nil {
		r.next(n)
		return
	}
	r.got = append(r.got, n)
}
func (r *recorder) OnError(err error) { r.err, r.ended = err, true }
func (r *recorder) OnComplete()       { r.ended = true }

func settled[D any](a *Attachment[D], demand int64) *recorder {
	r := &recorder{demand: demand}
	a.Settled().Subscribe(context.Background(), r)
	return r
}

// forEach subscribes without bound.
func forEach[D any](a *Attachment[D], next func(int64)) {
	a.Settled().Subscribe(context.Background(), &recorder{demand: reactive.Unbounded, next: next})
}

func attach(t *testing.T, h *Hub[int], o Options) *Attachment[int] {
	t.Helper()
	a, err := h.Attach(o)
	if err != nil {
		t.Fatalf("Attach(%+v): %v", o, err)
	}
	return a
}

func id(entry int64) mq.MessageID { return mq.NewMessageID(1, entry) }

func data(rows []Row[int]) []int {
	var out []int
	for _, r := range rows {
		out = append(out, r.Data)
	}
	return out
}

// leave returns what was given back.
func leave(a *Attachment[int]) (back []int) {
	a.Leave(func(rows []Row[int]) { back = data(rows) })
	return back
}

// settle takes a delivery and credits it, as an engine does.
func settle(h *Hub[int], id mq.MessageID) (int, bool) {
	r, ok := h.Take(id)
	if ok {
		r.Attachment.Credit(1)
	}
	return r.Data, ok
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: want -, got +\n%s", what, diff)
	}
}

func TestAttach(t *testing.T) {
	tests := []struct {
		name    string
		present []mq.SubscriptionType
		next    mq.SubscriptionType
		busy    bool
	}{
		{name: "first exclusive", next: mq.Exclusive},
		{name: "second exclusive", present: []mq.SubscriptionType{mq.Exclusive}, next: mq.Exclusive, busy: true},
		{name: "shared beside exclusive", present: []mq.SubscriptionType{mq.Exclusive}, next: mq.Shared, busy: true},
		{name: "exclusive beside shared", present: []mq.SubscriptionType{mq.Shared}, next: mq.Exclusive, busy: true},
		{name: "failover beside shared", present: []mq.SubscriptionType{mq.Shared}, next: mq.Failover, busy: true},
		{name: "third shared", present: []mq.SubscriptionType{mq.Shared, mq.Shared}, next: mq.Shared},
		{name: "second failover", present: []mq.SubscriptionType{mq.Failover}, next: mq.Failover},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := New[int](nil)
			for _, typ := range tt.present {
				attach(t, h, Options{Type: typ})
			}
			_, err := h.Attach(Options{Type: tt.next})
			if got := errors.Is(err, mq.ErrConsumerBusy); got != tt.busy || (err != nil) != tt.busy {
				t.Errorf("Attach(%v) error = %v, want busy %v", tt.next, err, tt.busy)
			}
		})
	}

	t.Run("type changes when nobody is attached", func(t *testing.T) {
		h := New[int](nil)
		leave(attach(t, h, Options{Type: mq.Exclusive}))
		attach(t, h, Options{Type: mq.Shared})
		wantEqual(t, "Len()", h.Len(), 1)
	})
}

func TestSettle(t *testing.T) {
	h := New[int](nil)
	a, b := attach(t, h, Options{Type: mq.Shared}), attach(t, h, Options{Type: mq.Shared})
	ra, rb := settled(a, reactive.Unbounded), settled(b, reactive.Unbounded)
	a.Track(id(1), 10)
	b.Track(id(2), 20)

	d, ok := settle(h, id(1))
	if d != 10 || !ok {
		t.Errorf("Settle of an open delivery = %d, %v, want 10, true", d, ok)
	}
	for _, foreign := range []mq.MessageID{id(1), id(3), mq.NewMessageID(2, 2)} {
		if d, ok := settle(h, foreign); ok {
			t.Errorf("Settle(%+v) = %d, true, want false", foreign, d)
		}
	}
	wantEqual(t, "settled of the owner", ra.got, []int64{1})
	wantEqual(t, "settled of the other", rb.got, []int64(nil))
	wantEqual(t, "open", len(h.open), 1)

	t.Run("the batch size is no part of the id", func(t *testing.T) {
		receipt := mq.MessageID{Ledger: 1, Entry: 9, Partition: -1, BatchIndex: 0}
		delivery := receipt
		delivery.BatchSize = 3
		a.Track(delivery, 90)
		if d, ok := settle(h, receipt); d != 90 || !ok {
			t.Errorf("Settle = %d, %v, want 90, true", d, ok)
		}
	})
}

func TestTakeCountsOnlyOnCredit(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{})
	r := settled(a, reactive.Unbounded)
	a.Track(id(1), 10)
	row, ok := h.Take(id(1))
	if !ok || row.ID != id(1) || row.Data != 10 || row.Attachment != a {
		t.Fatalf("Take = %+v, %v, want id 1, data 10, the attachment, true", row, ok)
	}
	wantEqual(t, "settled before Credit", r.got, []int64(nil))
	row.Attachment.Credit(1)
	wantEqual(t, "settled after Credit", r.got, []int64{1})
}

func TestTakeThrough(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{})
	for _, n := range []int64{3, 1, 4, 2} {
		a.Track(id(n), int(n))
	}
	wantEqual(t, "rows", data(h.TakeThrough(id(3))), []int{1, 2, 3})
	wantEqual(t, "rows the second time", data(h.TakeThrough(id(3))), []int(nil))
	wantEqual(t, "open", a.n, 1)
}

func TestTrackAgainEndsTheEarlierDelivery(t *testing.T) {
	h := New[int](nil)
	a, b := attach(t, h, Options{Type: mq.Shared}), attach(t, h, Options{Type: mq.Shared})
	ra, rb := settled(a, reactive.Unbounded), settled(b, reactive.Unbounded)
	a.Track(id(1), 10)
	b.Track(id(1), 11)
	wantEqual(t, "settled of the first", ra.got, []int64{1})
	wantEqual(t, "settled of the second", rb.got, []int64(nil))
	wantEqual(t, "open of both", []int{a.n, b.n}, []int{0, 1})
	if d, ok := settle(h, id(1)); d != 11 || !ok {
		t.Errorf("Settle = %d, %v, want 11, true", d, ok)
	}
	wantEqual(t, "settled of the second after Settle", rb.got, []int64{1})
}

func TestLeave(t *testing.T) {
	h := New[int](nil)
	a, b := attach(t, h, Options{Type: mq.Shared}), attach(t, h, Options{Type: mq.Shared})
	r := settled(a, reactive.Unbounded)
	for _, n := range []int64{5, 2, 9} {
		a.Track(id(n), int(n))
	}
	b.Track(id(3), 3)
	settle(h, id(2))

	wantEqual(t, "rows", leave(a), []int{5, 9})
	wantEqual(t, "settled", r.got, []int64{1})
	if !r.ended || r.err != nil {
		t.Errorf("settled ended = %v, %v, want completion", r.ended, r.err)
	}
	wantEqual(t, "rows the second time", leave(a), []int(nil))
	if a.Track(id(7), 7) {
		t.Error("Track after Leave = true, want false")
	}
	if _, ok := settle(h, id(5)); ok {
		t.Error("Settle of what was given back = true, want false")
	}
	wantEqual(t, "Len() and open", []int{h.Len(), len(h.open)}, []int{1, 1})
}

func TestFailover(t *testing.T) {
	h := New[int](nil)
	failover := func() *Attachment[int] { return attach(t, h, Options{Type: mq.Failover}) }
	a, b, c := failover(), failover(), failover()
	active := func() []bool { return []bool{a.Active(), b.Active(), c.Active()} }

	wantEqual(t, "active at first", active(), []bool{true, false, false})
	leave(b)
	wantEqual(t, "active when one in line left", active(), []bool{true, false, false})
	leave(a)
	wantEqual(t, "active when the active one left", active(), []bool{false, false, true})
	d := failover()
	leave(c)
	if !d.Active() {
		t.Error("the one that came last is not active, want it to be")
	}
}

// What the active consumer gives back is back before the next in line can be given anything.
func TestFailoverGivesBackFirst(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{Type: mq.Failover})
	b := attach(t, h, Options{Type: mq.Failover})
	a.Track(id(1), 1)
	calls := 0
	a.Leave(func([]Row[int]) {
		calls++
		if b.Active() || h.Len() != 2 {
			t.Errorf("while it is given back: next active %v, attached %d, want false, 2", b.Active(), h.Len())
		}
	})
	if calls != 1 || !b.Active() || h.Len() != 1 {
		t.Errorf("afterwards: %d calls, next active %v, attached %d, want 1, true, 1", calls, b.Active(), h.Len())
	}
}

func TestSettledAddsUp(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{})
	open := func(from, to int64) {
		for n := from; n <= to; n++ {
			a.Track(id(n), 0)
			settle(h, id(n))
		}
	}
	open(1, 3)
	r := settled(a, 0)
	wantEqual(t, "without demand", r.got, []int64(nil))
	r.sub.Request(1)
	wantEqual(t, "what came before the subscriber", r.got, []int64{3})
	open(4, 8)
	wantEqual(t, "demand spent", r.got, []int64{3})
	r.sub.Request(2)
	open(9, 9)
	open(10, 12)
	wantEqual(t, "demand for two", r.got, []int64{3, 5, 1})
	r.sub.Cancel()
	r.sub.Request(1)
	wantEqual(t, "after Cancel", r.got, []int64{3, 5, 1})

	again := settled(a, 1)
	if !errors.Is(again.err, reactive.ErrSubscribed) {
		t.Errorf("second subscriber got %v, want ErrSubscribed", again.err)
	}
}

func TestSettledBadRequest(t *testing.T) {
	r := settled(attach(t, New[int](nil), Options{}), 0)
	r.sub.Request(0)
	if !errors.Is(r.err, reactive.ErrBadRequest) {
		t.Errorf("Request(0) ended with %v, want ErrBadRequest", r.err)
	}
}

// A subscriber that panics loses its flow; whoever settled does not notice.
func TestSettledPanic(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{})
	r := &recorder{demand: reactive.Unbounded, next: func(int64) { panic("boom") }}
	a.Settled().Subscribe(context.Background(), r)
	for n := range int64(2) {
		a.Track(id(n), 0)
		if _, ok := settle(h, id(n)); !ok {
			t.Errorf("Settle(%d) = false, want true", n)
		}
	}
	var p *reactive.PanicError
	if !errors.As(r.err, &p) {
		t.Errorf("Settled ended with %v, want a PanicError", r.err)
	}
}

// A subscriber may settle further deliveries from inside a signal.
func TestSettleInsideSettled(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{})
	a.Track(id(1), 0)
	a.Track(id(2), 0)
	var got []int64
	depth := 0
	forEach(a, func(n int64) {
		depth++
		defer func() { depth-- }()
		if depth > 1 {
			t.Error("signals overlap")
		}
		got = append(got, n)
		settle(h, id(2))
	})
	settle(h, id(1))
	wantEqual(t, "settled", got, []int64{1, 1})
}

// However many settle at once, each delivery counts once and on its own attachment.
func TestSettleConcurrently(t *testing.T) {
	const attachments, each, settlers = 4, 500, 4
	h := New[int](nil)
	var all []*Attachment[int]
	var counts [attachments]atomic.Int64
	for i := range attachments {
		a := attach(t, h, Options{Type: mq.Shared})
		forEach(a, func(n int64) { counts[i].Add(n) })
		all = append(all, a)
	}
	var wins atomic.Int64
	var wg sync.WaitGroup
	for i, a := range all {
		for n := range each {
			a.Track(id(int64(i*each+n)), i)
		}
	}
	for range settlers {
		wg.Go(func() {
			for n := range attachments * each {
				if d, ok := settle(h, id(int64(n))); ok {
					wins.Add(1)
					if d != n/each {
						t.Errorf("Settle(%d) = data %d, want %d", n, d, n/each)
					}
				}
			}
		})
	}
	wg.Wait()
	wantEqual(t, "settled in all", wins.Load(), int64(attachments*each))
	for i := range counts {
		wantEqual(t, fmt.Sprintf("settled of attachment %d", i), counts[i].Load(), int64(each))
	}
	wantEqual(t, "open", len(h.open), 0)
}

// Each delivery is either settled or given back when its attachment leaves, never both.
func TestLeaveWhileSettling(t *testing.T) {
	const n = 2000
	h := New[int](nil)
	a := attach(t, h, Options{Type: mq.Shared})
	for i := range n {
		a.Track(id(int64(i)), i)
	}
	var settledCount atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if _, ok := settle(h, id(int64(i))); ok {
				settledCount.Add(1)
			}
		}
	})
	back := len(leave(a))
	wg.Wait()
	wantEqual(t, "settled and given back", int(settledCount.Load())+back, n)
}

func TestAllocations(t *testing.T) {
	h := New[int](nil)
	a := attach(t, h, Options{})
	forEach(a, func(int64) {})
	next := int64(0)
	got := testing.AllocsPerRun(1000, func() {
		next++
		a.Track(id(next), 1)
		settle(h, id(next))
	})
	if got != 0 {
		t.Errorf("Track and Settle allocate %v times, want 0", got)
	}
}
