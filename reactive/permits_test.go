package reactive_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// What the client permits is what the broker is asked for.
func ExamplePermits() {
	permits := reactive.Just[int64](2, 1)
	messages := reactive.Range(1, 100).DoOnRequest(func(n int64) { fmt.Println("asked for", n) })
	_ = reactive.Permits(messages, permits).Take(3).ForEach(context.Background(), func(m int) {
		fmt.Println("message", m)
	})
	// Output:
	// asked for 2
	// message 1
	// message 2
	// asked for 1
	// message 3
}

// The source is asked for what both the permits and the demand allow, and never for one more.
func TestPermitsAreExact(t *testing.T) {
	const all = reactive.Unbounded
	type step struct {
		permit int64
		ask    int64
		want   int64 // requested of the source in all
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"no permit", []step{{0, 10, 0}}},
		{"no demand", []step{{10, 0, 0}}},
		{"permits are the lesser", []step{{3, 10, 3}, {2, 0, 5}, {9, 0, 10}}},
		{"demand is the lesser", []step{{10, 3, 3}, {0, 2, 5}, {0, 9, 10}}},
		{"one by one", []step{{1, 1, 1}, {1, 0, 1}, {0, 1, 2}, {0, 1, 2}, {1, 0, 3}}},
		{"everything asked for", []step{{0, all, 0}, {7, 0, 7}, {1, 1, 8}}},
		{"everything permitted", []step{{all, 0, 0}, {0, 7, 7}, {1, 1, 8}}},
		{"permits saturate", []step{{all - 1, 0, 0}, {all - 1, 5, 5}}},
		{"both", []step{{all, all, all}}},
		{"both in the end", []step{{3, all, 3}, {all, 0, all}}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src, permits := reactivetest.NewSource[int](t), reactivetest.NewSource[int64](t)
			p := reactivetest.Subscribe(t, reactive.Permits(src, permits))
			if got := permits.Requested(); got != all {
				t.Errorf("%d permits requested, want everything", got)
			}
			for i, s := range tc.steps {
				if s.permit > 0 {
					permits.Next(s.permit)
				}
				if s.ask > 0 {
					p.Request(s.ask)
				}
				if got := src.Requested(); got != s.want {
					t.Fatalf("step %d: %d requested of the source, want %d", i+1, got, s.want)
				}
			}
			p.Cancel()
		})
	}
}

func TestPermitsEnd(t *testing.T) {
	type (
		source  = reactivetest.Source[int]
		permits = reactivetest.Source[int64]
		probe   = reactivetest.Probe[int]
	)
	const complete = "complete"
	tests := []struct {
		name             string
		do               func(src *source, permits *permits, p *probe)
		want             any // an error, complete, or nil for no end
		srcCancelled     bool
		permitsCancelled bool
	}{
		{"source completes", func(src *source, _ *permits, _ *probe) { src.Complete() }, complete, false, true},
		{"source fails", func(src *source, _ *permits, _ *probe) { src.Error(errBoom) }, errBoom, false, true},
		{"permits complete", func(_ *source, permits *permits, _ *probe) { permits.Complete() }, nil, false, false},
		{"permits fail", func(_ *source, permits *permits, _ *probe) { permits.Error(errBoom) }, errBoom, true, false},
		{"permit of 0", func(_ *source, permits *permits, _ *probe) { permits.Next(0) }, reactive.ErrBadRequest, true, true},
		{"negative permit", func(_ *source, permits *permits, _ *probe) { permits.Next(-5) }, reactive.ErrBadRequest, true, true},
		{"bad request", func(_ *source, _ *permits, p *probe) { p.Request(0) }, reactive.ErrBadRequest, true, true},
		{"cancel", func(_ *source, _ *permits, p *probe) { p.Cancel() }, nil, true, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src, permits := reactivetest.NewSource[int](t), reactivetest.NewSource[int64](t)
			p := reactivetest.Subscribe(t, reactive.Permits(src, permits))
			p.Request(5)
			permits.Next(2)
			src.Next(1)
			tc.do(src, permits, p)
			p.ExpectNext(1)
			switch want := tc.want.(type) {
			case error:
				p.ExpectError(want)
			case string:
				p.ExpectComplete()
			}
			p.ExpectNoSignal(0)
			if src.Cancelled() != tc.srcCancelled || permits.Cancelled() != tc.permitsCancelled {
				t.Errorf("cancelled: source %v, permits %v, want %v, %v",
					src.Cancelled(), permits.Cancelled(), tc.srcCancelled, tc.permitsCancelled)
			}
		})
	}
}

func TestPermitsAfterAnEmptySource(t *testing.T) {
	permits := reactivetest.NewSource[int64](t)
	reactivetest.Subscribe(t, reactive.Permits(reactive.Empty[int](), permits)).ExpectComplete()
	if !permits.Cancelled() {
		t.Error("the permits are not cancelled")
	}
}

// Permits and requests from many goroutines at once add up exactly.
func TestPermitsUnderContention(t *testing.T) {
	const granters, each = 4, 2000
	src := reactivetest.NewSource[int](t)
	sink := reactive.NewBroadcast[int64]()
	p := reactivetest.Subscribe(t, reactive.Permits(src, sink.Flux(granters*each, reactive.OverflowError)))
	var wg sync.WaitGroup
	for range granters {
		wg.Go(func() {
			for range each {
				sink.Emit(1)
			}
		})
		wg.Go(func() {
			for range each {
				p.Request(1)
			}
		})
	}
	wg.Wait()
	if got := src.Requested(); got != granters*each {
		t.Errorf("%d requested, want %d", got, granters*each)
	}
	p.Cancel()
}
