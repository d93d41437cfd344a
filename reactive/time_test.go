package reactive_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func TestInterval(t *testing.T) {
	const d = time.Second
	type probe = reactivetest.Probe[int64]
	tests := []struct {
		name string
		do   func(p *probe)
		want []int64
	}{
		{"nothing without demand", func(*probe) { time.Sleep(5 * d) }, nil},
		{"nothing before the first tick", func(p *probe) { p.Request(9); time.Sleep(d - 1) }, nil},
		{"one each tick", func(p *probe) { p.Request(9); time.Sleep(3 * d) }, []int64{0, 1, 2}},
		{"as many as asked for", func(p *probe) { p.Request(2); time.Sleep(9 * d) }, []int64{0, 1}},
		{"ticks without demand are dropped", func(p *probe) {
			p.Request(1)
			time.Sleep(4*d + d/2)
			p.Request(2)
			time.Sleep(9 * d)
		}, []int64{0, 4, 5}},
		{"nothing after cancel", func(p *probe) {
			p.Request(9)
			time.Sleep(d)
			synctest.Wait()
			p.Cancel()
			time.Sleep(5 * d)
		}, []int64{0}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := reactivetest.Subscribe(t, reactive.Interval(d))
				tc.do(p)
				synctest.Wait()
				if diff := cmp.Diff(tc.want, p.Values()); diff != "" {
					t.Errorf("ticks (-want +got):\n%s", diff)
				}
				p.Cancel()
			})
		})
	}
}

// Ticks that pass while the subscriber works are dropped, and the clock does not drift.
func TestIntervalWithSlowSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		p := reactivetest.NewProbe[int64](t).RequestFirst(reactive.Unbounded).Each(func(int64) {
			at = append(at, time.Since(start))
			time.Sleep(2500 * time.Millisecond)
		})
		reactive.Interval(time.Second).Subscribe(background, p)
		time.Sleep(9800 * time.Millisecond)
		synctest.Wait()
		p.Cancel()
		if diff := cmp.Diff([]int64{0, 3, 6}, p.Values()); diff != "" {
			t.Errorf("ticks (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{1 * time.Second, 4 * time.Second, 7 * time.Second}, at); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}
	})
}

func TestIntervalOfNoTime(t *testing.T) {
	reactivetest.Subscribe(t, reactive.Interval(0)).ExpectError(nil)
}

func TestTimer(t *testing.T) {
	const d = time.Second
	type probe = reactivetest.Probe[int64]
	tests := []struct {
		name string
		do   func(p *probe)
	}{
		{"asked before", func(p *probe) {
			p.Request(1).ExpectNoSignal(d - 1).ExpectNext(0).ExpectComplete()
		}},
		{"asked after", func(p *probe) {
			p.ExpectNoSignal(2 * d).Request(1).ExpectNext(0).ExpectComplete()
		}},
		{"cancelled", func(p *probe) {
			p.Request(1).Cancel().ExpectNoSignal(2 * d)
		}},
		{"bad request", func(p *probe) {
			p.Request(0).ExpectError(reactive.ErrBadRequest).ExpectNoSignal(2 * d)
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { tc.do(reactivetest.Subscribe(t, reactive.Timer(d))) })
		})
	}
}

func TestDelayEnd(t *testing.T) {
	const d = time.Second
	type (
		source = reactivetest.Source[int]
		probe  = reactivetest.Probe[int]
	)
	tests := []struct {
		name string
		do   func(src *source, p *probe)
	}{
		{"values pass", func(src *source, p *probe) {
			p.Request(2)
			src.Next(1, 2)
			p.ExpectNext(1, 2)
		}},
		{"completion waits", func(src *source, p *probe) {
			src.Complete()
			p.ExpectNoSignal(d - 1).ExpectComplete()
		}},
		{"failure waits", func(src *source, p *probe) {
			p.Request(1)
			src.Next(1).Error(errBoom)
			p.ExpectNext(1).ExpectNoSignal(d - 1).ExpectError(errBoom)
		}},
		{"cancel drops it", func(src *source, p *probe) {
			src.Complete()
			p.Cancel().ExpectNoSignal(2 * d)
		}},
		{"requests meanwhile mean nothing", func(src *source, p *probe) {
			src.Complete()
			p.Request(1).ExpectNoSignal(d - 1).ExpectComplete()
		}},
		{"a bad one is answered", func(src *source, p *probe) {
			src.Complete()
			p.Request(0).ExpectError(reactive.ErrBadRequest).ExpectNoSignal(2 * d)
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				p := reactivetest.Subscribe(t, reactive.FromPublisher(src).DelayEnd(d))
				tc.do(src, p)
				p.Cancel()
			})
		})
	}
}

// A stream that ends inside OnSubscribe is held back as well.
func TestDelayEndOfSynchronousStreams(t *testing.T) {
	for name, src := range map[string]ints{
		"Flux":    reactive.Just(1, 2).DelayEnd(time.Second),
		"Mono":    reactive.JustMono(1).DelayEnd(time.Second),
		"failure": reactive.Error[int](errBoom).DelayEnd(time.Second),
		"of none": reactive.EmptyMono[int]().DelayEnd(time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, _ = reactive.FromPublisher(src).Collect(background)
				if took := time.Since(start); took != time.Second {
					t.Errorf("ended after %v, want 1s", took)
				}
			})
		})
	}
	wantOutcome(t, reactive.Just(1).DelayEnd(0), values(1))
}

// What waits for time does so without a goroutine, and is gone with the context.
func TestTimeEndsWithTheContext(t *testing.T) {
	for name, src := range map[string]ints{
		"Interval": clock(),
		"Timer":    reactive.Map(reactive.Timer(time.Hour), func(int64) int { return 0 }),
		"DelayEnd": reactive.Just(1).DelayEnd(time.Hour),
		"Timeout":  reactive.Never[int]().Timeout(time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(background, time.Minute, errBoom)
				defer cancel()
				if err := reactive.FromPublisher(src).ForEach(ctx, func(int) {}); err != errBoom {
					t.Errorf("got %v, want the cause of the context's end", err)
				}
			})
		})
	}
}
