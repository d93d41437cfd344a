package socket_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/socket"
)

// TestIdleCost weighs a session that waits, which is what most sessions do most of the time.
func TestIdleCost(t *testing.T) {
	if raceEnabled {
		t.Skip("weighed without the race detector")
	}
	eachDriver(t, func(t *testing.T, c socket.Config) {
		goroutines, most := 1, 4608
		if c.Strategy != nil {
			goroutines, most = 0, 2048
		}
		const n = 1000
		c.CloseTimeout = 200 * time.Millisecond
		server := serveTCP(t, c, borrowedEcho)
		// Descriptors of the kernel have no weight here, so what is found belongs to the sessions.
		var peers []rawPeer
		for range 10 { // warm up: pools, the sweep's timer
			peers = append(peers, dialRaw(t, server))
		}
		before := weigh(t, nil)
		for range n {
			peers = append(peers, dialRaw(t, server))
		}
		defer func() {
			for _, p := range peers {
				p.close()
			}
		}()
		for _, after := range []string{"the handshake", "a message"} {
			if after == "a message" {
				request, reply := burst(1)
				for _, p := range peers {
					p.roundTrip(t, request, reply)
				}
			}
			var w weight
			weigh(t, func(now weight) bool {
				w = weight{now.heap - before.heap, now.stack - before.stack, now.goroutines - before.goroutines}
				return w.goroutines == goroutines*n && w.heap+w.stack <= most*n
			})
			t.Logf("after %s: %d B of heap and %d B of stack per session", after, w.heap/n, w.stack/n)
			if w.goroutines != goroutines*n || w.heap+w.stack > most*n {
				t.Errorf("after %s: got %d bytes and %d goroutines for %d sessions, want at most %d bytes and %d goroutines each",
					after, (w.heap+w.stack)/n, w.goroutines, n, most, goroutines)
			}
		}
	})
}

type weight struct{ heap, stack, goroutines int }

// weigh collects garbage until what is left is good, but not for ever.
func weigh(t *testing.T, good func(weight) bool) (w weight) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w = weight{int(m.HeapAlloc), int(m.StackInuse), runtime.NumGoroutine()}
		if good == nil || good(w) {
			break
		}
	}
	return w
}
