package reactive_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A read that blocks is told when nobody wants its value any more, and its goroutine ends.
func TestPullInterruptsTheRead(t *testing.T) {
	tests := []struct {
		name string
		do   func(p *intProbe, end context.CancelFunc)
	}{
		{"by a cancel", func(p *intProbe, _ context.CancelFunc) { p.Cancel() }},
		{"by a request of nothing", func(p *intProbe, _ context.CancelFunc) { p.Request(0) }},
		{"by the end of the subscriber's context", func(_ *intProbe, end context.CancelFunc) { end() }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				defer end()
				rescue := make(chan struct{}) // keeps a fault from ending the whole run as a deadlock
				defer close(rescue)
				reading, interrupted := false, false
				p := reactivetest.NewProbe[int](t)
				reactive.Pull(func(ctx context.Context) (int, error) {
					reading = true
					select {
					case <-ctx.Done():
						interrupted = true
					case <-rescue:
					}
					return 0, errBoom
				}).Subscribe(ctx, p)
				p.Request(1)
				synctest.Wait()
				if !reading {
					t.Fatal("the read was not begun")
				}
				tc.do(p, end)
				synctest.Wait()
				if !interrupted {
					t.Error("the read goes on")
				}
			})
		})
	}
}

// The context of the reads ends with the stream, so that nothing of it stays with the context of the subscriber.
func TestPullContextEndsWithTheStream(t *testing.T) {
	tests := []struct {
		name string
		last error // of the read
		want error
	}{
		{"completion", io.EOF, nil},
		{"failure", errBoom, errBoom},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var read context.Context
			_, err := reactive.Pull(func(ctx context.Context) (int, error) {
				if ctx.Err() != nil {
					return 0, ctx.Err()
				}
				read = ctx
				return 0, tc.last
			}).Collect(background)
			if err != tc.want {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if read.Err() == nil {
				t.Error("the context outlives the stream")
			}
		})
	}
}
