package reactive_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// audience is a context that knows how many wait for its end.
type audience struct {
	context.Context
	watching atomic.Int64
}

// AfterFunc is what package context calls in place of its own bookkeeping.
func (a *audience) AfterFunc(f func()) (stop func() bool) {
	a.watching.Add(1)
	leave := context.AfterFunc(a.Context, f)
	return func() bool {
		stopped := leave()
		if stopped {
			a.watching.Add(-1)
		}
		return stopped
	}
}

// Value hides the context within, which package context would turn to otherwise.
func (a *audience) Value(any) any { return nil }

// A terminal watches its context only as long as the stream lives: a context that many streams have in common must not
// collect them.
func TestTerminalStopsWatching(t *testing.T) {
	tests := []struct {
		name string
		src  flux
		next func(int)
	}{
		{"after completion", reactive.Range(0, 3), func(int) {}},
		{"after a failure", failAfter(1), func(int) {}},
		{"after a panic of the callback", reactive.Range(0, 3), func(v int) { burst(v) }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			a := &audience{Context: ctx}
			watched := int64(-1)
			_ = tc.src.DoOnNext(func(int) { watched = a.watching.Load() }).ForEach(a, tc.next)
			if watched != 1 {
				t.Errorf("while it lives, %d watch the context, want 1", watched)
			}
			if left := a.watching.Load(); left != 0 {
				t.Errorf("%d still watch the context, want none", left)
			}
		})
	}
}
