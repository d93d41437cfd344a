package reactive

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAlarm(t *testing.T) {
	tests := []struct {
		name string
		do   func(a *alarm, ring func())
		want int
	}{
		{"goes off", func(a *alarm, ring func()) { a.set(time.Second, ring) }, 1},
		{"stopped", func(a *alarm, ring func()) { a.set(time.Second, ring); a.stop() }, 0},
		{"stopped before it is set", func(a *alarm, ring func()) { a.stop(); a.set(time.Second, ring) }, 0},
		{"set again when it has gone off", func(a *alarm, ring func()) {
			a.set(time.Second, ring)
			time.Sleep(2 * time.Second)
			a.set(time.Second, ring)
		}, 2},
		{"not set again once stopped", func(a *alarm, ring func()) {
			a.set(time.Second, ring)
			time.Sleep(2 * time.Second)
			a.stop()
			a.set(time.Second, ring)
		}, 1},
		{"goes off before the context ends", func(a *alarm, ring func()) {
			ctx, end := context.WithTimeout(context.Background(), 2*time.Second)
			defer end()
			a.setUntil(ctx, time.Second, ring)
			time.Sleep(3 * time.Second)
		}, 1},
		{"the context ends before it goes off", func(a *alarm, ring func()) {
			ctx, end := context.WithTimeout(context.Background(), time.Second)
			defer end()
			a.setUntil(ctx, time.Hour, ring)
			time.Sleep(2 * time.Second)
		}, 1},
		{"the context had ended before", func(a *alarm, ring func()) {
			ctx, end := context.WithCancel(context.Background())
			end()
			a.setUntil(ctx, time.Hour, ring)
		}, 1},
		{"stopped before the context ends", func(a *alarm, ring func()) {
			ctx, end := context.WithCancel(context.Background())
			a.setUntil(ctx, time.Hour, ring)
			a.stop()
			end()
			a.setUntil(ctx, time.Hour, ring)
		}, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var a alarm
				var rung atomic.Int32
				tc.do(&a, func() { rung.Add(1) })
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := int(rung.Load()); got != tc.want {
					t.Errorf("rung %d times, want %d", got, tc.want)
				}
			})
		})
	}
}
