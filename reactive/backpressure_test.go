package reactive_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// At most two values at a time are outstanding at the source, although everything is asked for.
func ExampleFlux_LimitRate() {
	limited := reactive.Range(1, 4).
		DoOnRequest(func(n int64) { fmt.Println("asked for", n) }).
		LimitRate(2)
	_ = limited.ForEach(context.Background(), func(v int) { fmt.Println("got", v) })
	// Output:
	// asked for 2
	// got 1
	// got 2
	// asked for 2
	// got 3
	// got 4
	// asked for 2
}

func TestLimitRate(t *testing.T) {
	type step struct {
		ask  int64 // of the subscriber
		emit int   // values by the source
	}
	tests := []struct {
		name  string
		n     int
		steps []step
		want  []int64
	}{
		{"demand below the limit is passed on", 8, []step{{ask: 3}, {ask: 2}}, []int64{3, 2}},
		{"demand above it is split", 4, []step{{ask: 10}}, []int64{4}},
		{"and refilled at three quarters", 4, []step{{10, 2}, {0, 1}, {0, 3}}, []int64{4, 3, 3}},
		{"to what was asked for and no more", 4, []step{{5, 3}, {0, 2}}, []int64{4, 1}},
		{"everything", 4, []step{{reactive.Unbounded, 3}, {0, 3}}, []int64{4, 3, 3}},
		{"demand fills the room that there is", 4, []step{{4, 3}, {4, 0}}, []int64{4, 3}},
		{"one", 1, []step{{3, 1}, {0, 1}, {0, 1}}, []int64{1, 1, 1}},
		{"less than one is one", 0, []step{{2, 1}}, []int64{1, 1}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).LimitRate(tc.n))
			for _, s := range tc.steps {
				if s.ask > 0 {
					p.Request(s.ask)
				}
				for range s.emit {
					src.Next(1)
				}
				if got := src.Demand(); got > int64(max(1, tc.n)) {
					t.Errorf("%d outstanding, want at most %d", got, tc.n)
				}
			}
			if diff := cmp.Diff(tc.want, src.Requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			p.Cancel()
		})
	}
}

// However requests and values race, all that was asked for comes in the end.
func TestLimitRateLosesNoDemand(t *testing.T) {
	const requesters, each = 4, 500
	for _, limit := range []int{1, 2, 3, 4, 7, 64} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			endless := reactive.Pull(func(context.Context) (int, error) { return 0, nil })
			p := reactivetest.Subscribe(t, endless.LimitRate(limit))
			var wg sync.WaitGroup
			for range requesters {
				wg.Go(func() {
					for range each {
						p.Request(1)
					}
				})
			}
			wg.Wait()
			p.ExpectCount(requesters * each).Cancel()
		})
	}
}

func TestOnBackpressure(t *testing.T) {
	type (
		source = reactivetest.Source[int]
		probe  = reactivetest.Probe[int]
	)
	var dropped []int
	keepDropped := func(v int) { dropped = append(dropped, v) }
	tests := []struct {
		name    string
		op      func(flux) flux
		do      func(src *source, p *probe)
		dropped []int
	}{
		{
			"Buffer", func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowError) },
			func(src *source, p *probe) {
				src.Next(1, 2)
				p.ExpectNoSignal(0).Request(1).ExpectNext(1).ExpectNoSignal(0)
				src.Next(3).Complete()
				p.ExpectNoSignal(0).Request(2).ExpectNext(2, 3).ExpectComplete()
			}, nil,
		},
		{
			"Buffer overflows after what is queued", func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowError) },
			func(src *source, p *probe) {
				src.Next(1, 2, 3)
				src.ExpectCancelled()
				p.ExpectNoSignal(0).Request(2).ExpectNext(1, 2).ExpectError(reactive.ErrOverflow)
			}, nil,
		},
		{
			"Buffer drops the newest", func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowDropNewest) },
			func(src *source, p *probe) {
				src.Next(1, 2, 3).Complete()
				p.Request(9).ExpectNext(1, 2).ExpectComplete()
			}, nil,
		},
		{
			"Buffer drops the oldest", func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowDropOldest) },
			func(src *source, p *probe) {
				src.Next(1, 2, 3).Complete()
				p.Request(9).ExpectNext(2, 3).ExpectComplete()
			}, nil,
		},
		{
			"Latest", func(f flux) flux { return f.OnBackpressureLatest() },
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1, 2, 3, 4)
				p.ExpectNext(1).ExpectNoSignal(0).Request(2).ExpectNext(4)
				src.Next(5).Error(errBoom)
				p.ExpectNext(5).ExpectError(errBoom)
			}, nil,
		},
		{
			"Drop", func(f flux) flux { return f.OnBackpressureDrop(keepDropped) },
			func(src *source, p *probe) {
				src.Next(1)
				p.Request(1)
				src.Next(2, 3)
				p.Request(1)
				src.Next(4).Complete()
				p.ExpectNext(2, 4).ExpectComplete()
			}, []int{1, 3},
		},
		{
			"Drop without a callback", func(f flux) flux { return f.OnBackpressureDrop(nil) },
			func(src *source, p *probe) {
				src.Next(1).Error(errBoom)
				p.ExpectError(errBoom)
			}, nil,
		},
		{
			"Drop panics", func(f flux) flux { return f.OnBackpressureDrop(func(int) { panic("drop") }) },
			func(src *source, p *probe) {
				src.Next(1)
				src.ExpectCancelled()
				p.ExpectError(nil)
			}, nil,
		},
		{
			"cancel", func(f flux) flux { return f.OnBackpressureBuffer(2, reactive.OverflowError) },
			func(src *source, p *probe) {
				src.Next(1)
				p.Cancel()
				src.ExpectCancelled()
			}, nil,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			dropped = nil
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, tc.op(reactive.FromPublisher(src)))
			if got := src.Requested(); got != reactive.Unbounded {
				t.Errorf("%d requested, want everything", got)
			}
			tc.do(src, p)
			if !slices.Equal(dropped, tc.dropped) {
				t.Errorf("dropped %v, want %v", dropped, tc.dropped)
			}
		})
	}
}
