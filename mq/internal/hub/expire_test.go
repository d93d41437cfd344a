package hub

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// expiry is one call of the engine.
type expiry struct {
	After time.Duration
	Data  []int
}

func TestAckTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []expiry
		h := New(func(rows []Row[int]) { got = append(got, expiry{time.Since(start), data(rows)}) })
		a := attach(t, h, Options{Type: mq.Shared, AckTimeout: 10 * time.Second})
		b := attach(t, h, Options{Type: mq.Shared})
		r := settled(a, reactive.Unbounded)

		a.Track(id(2), 2)
		a.Track(id(1), 1)
		a.Track(id(3), 3)
		b.Track(id(4), 4)
		time.Sleep(4 * time.Second)
		a.Track(id(5), 5)
		settle(h, id(3))
		time.Sleep(time.Minute)
		synctest.Wait()

		wantEqual(t, "expiries", got, []expiry{
			{After: 10 * time.Second, Data: []int{1, 2}},
			{After: 14 * time.Second, Data: []int{5}},
		})
		wantEqual(t, "settled", r.got, []int64{1, 2, 1})
		wantEqual(t, "open without timeout", len(h.open), 1)
		if _, ok := settle(h, id(1)); ok {
			t.Error("Settle of a delivery that timed out = true, want false")
		}
	})
}

// A stream of timeouts costs a firing each 32nd of the timeout at most, and none comes early or much late.
func TestAckTimeoutFiringsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 3200 * time.Millisecond
		var firings, expired int
		due := make(map[int]time.Time)
		h := New(func(rows []Row[int]) {
			firings++
			for _, r := range rows {
				expired++
				late := time.Since(due[r.Data])
				if late < 0 || late > timeout/32 {
					t.Errorf("delivery %d ended %v after its deadline, want 0 to %v", r.Data, late, timeout/32)
				}
			}
		})
		a := attach(t, h, Options{AckTimeout: timeout})
		for n := range 3200 { // one each millisecond
			due[n] = time.Now().Add(timeout)
			a.Track(id(int64(n)), n)
			time.Sleep(time.Millisecond)
			synctest.Wait()
		}
		time.Sleep(2 * timeout)
		synctest.Wait()
		wantEqual(t, "expired", expired, 3200)
		if firings > 33 {
			t.Errorf("%d firings for 3200 deliveries over one timeout, want 33 at most", firings)
		}
	})
}

func TestLeaveStopsTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(func(rows []Row[int]) { t.Errorf("expired %v after Leave", data(rows)) })
		a := attach(t, h, Options{AckTimeout: time.Second})
		a.Track(id(1), 1)
		wantEqual(t, "rows", leave(a), []int{1})
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}

// The engine gives back before the slot is free, so that what it gave back is there when the slot's demand arrives.
func TestExpiredBeforeSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log []string
		h := New(func([]Row[int]) { log = append(log, "given back") })
		a := attach(t, h, Options{AckTimeout: time.Second})
		forEach(a, func(int64) { log = append(log, "settled") })
		a.Track(id(1), 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		wantEqual(t, "order", log, []string{"given back", "settled"})
	})
}
