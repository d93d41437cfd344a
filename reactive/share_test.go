package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// One stream of messages, looked at in two ways; it starts when both are there.
func ExampleFlux_AutoConnect() {
	messages := reactive.Just("a", "b", "").AutoConnect(2, 16)
	reactive.Run(background, messages, func(m string) { fmt.Printf("log %q\n", m) }, nil)
	reactive.Run(background, messages.Filter(func(m string) bool { return m != "" }), func(m string) {
		fmt.Printf("use %q\n", m)
	}, nil)
	// Output:
	// log "a"
	// use "a"
	// log "b"
	// use "b"
	// log ""
}

func ExampleMono_Cache() {
	token := reactive.FromFunc(func(context.Context) (string, error) {
		fmt.Println("fetched")
		return "secret", nil
	}).Cache()
	fmt.Println(token.Block(background))
	fmt.Println(token.Block(background))
	// Output:
	// fetched
	// secret <nil>
	// secret <nil>
}

func TestShareConformance(t *testing.T) {
	over := func(f func(reactive.Flux[int]) reactive.Flux[int]) func(reactive.Publisher[int]) reactive.Publisher[int] {
		return func(src reactive.Publisher[int]) reactive.Publisher[int] { return f(reactive.FromPublisher(src)) }
	}
	tests := []struct {
		name string
		reactivetest.Subject
	}{
		{"Share(1)", reactivetest.Subject{
			Operator: over(func(f reactive.Flux[int]) reactive.Flux[int] { return f.Share(1) }),
		}},
		{"Share(16)", reactivetest.Subject{
			Operator: over(func(f reactive.Flux[int]) reactive.Flux[int] { return f.Share(16) }),
		}},
		{"RefCount", reactivetest.Subject{
			Operator: over(func(f reactive.Flux[int]) reactive.Flux[int] { return f.RefCount(1, 16, time.Minute) }),
			Once:     true, // a subscriber that comes in the grace goes on where the others stopped
			Virtual:  true,
		}},
		{"AutoConnect", reactivetest.Subject{
			Operator: over(func(f reactive.Flux[int]) reactive.Flux[int] { return f.AutoConnect(1, 16) }),
			Once:     true,
			Detached: true,
		}},
		{"Replay", reactivetest.Subject{
			Operator: over(func(f reactive.Flux[int]) reactive.Flux[int] { return f.Replay(200) }),
			Detached: true,
		}},
		{"Cache", reactivetest.Subject{
			Operator: func(src reactive.Publisher[int]) reactive.Publisher[int] {
				return reactive.FromPublisher(src).First().Cache()
			},
			MaxValues: 1,
			Detached:  true,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.Subject) })
	}
}

// The source is asked for what everybody wants, and no subscriber gets more than it asked for.
func TestSharePaceOfTheSlowest(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	f := reactive.FromPublisher[int](src).AutoConnect(2, 10)
	fast := reactivetest.Subscribe(t, f).Request(reactive.Unbounded)
	if got := src.Subscriptions(); got != 0 {
		t.Fatalf("%d subscriptions to the source before the second subscriber, want 0", got)
	}
	slow := reactivetest.Subscribe(t, f)
	wantRequests(t, src)
	slow.Request(3)
	wantRequests(t, src, 3)
	src.Next(1, 2, 3)
	fast.ExpectNext(1, 2, 3)
	slow.ExpectNext(1, 2, 3)
	wantRequests(t, src, 3)
	slow.Request(20)
	wantRequests(t, src, 3, 10) // no more than the capacity at once

	// A newcomer that asks for nothing stops the source, which cannot take back what it was asked for.
	lazy := reactivetest.Subscribe(t, f)
	src.Next(4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	fast.ExpectNext(4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	slow.ExpectNext(4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	lazy.ExpectNoSignal(0)
	wantRequests(t, src, 3, 10)
	lazy.Request(4).ExpectNext(4, 5, 6, 7)
	wantRequests(t, src, 3, 10)
	lazy.Request(7).ExpectNext(8, 9, 10, 11, 12, 13)
	wantRequests(t, src, 3, 10, 1)
	lazy.Cancel()
	src.Next(14)
	wantRequests(t, src, 3, 10, 1, 9) // what slow still wants
	slow.Cancel()
	fast.ExpectNext(14)
	src.Complete()
	fast.ExpectComplete()
	lazy.ExpectNoSignal(0)
}

func wantRequests(t *testing.T, src *reactivetest.Source[int], want ...int64) {
	t.Helper()
	if diff := cmp.Diff(src.Requests(), want); diff != "" {
		t.Errorf("requests, got - want +:\n%s", diff)
	}
}

// What is on its way when the last subscriber leaves is for the next one.
func TestAutoConnectPauses(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	f := reactive.FromPublisher[int](src).AutoConnect(1, 4)
	first := reactivetest.Subscribe(t, f).Request(4)
	src.Next(1)
	first.ExpectNext(1).Cancel()
	src.Next(2, 3, 4)
	wantRequests(t, src, 4)
	if src.Cancelled() {
		t.Error("the source was left")
	}
	second := reactivetest.NewProbe[int](t).RequestFirst(5)
	f.Subscribe(background, second)
	second.ExpectNext(2, 3, 4)
	wantRequests(t, src, 4, 2)
	src.Next(5).Complete()
	second.ExpectNext(5).ExpectComplete()
	reactivetest.Subscribe(t, f).ExpectComplete()
}

func TestRefCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := reactivetest.NewSource[int](t)
		f := reactive.FromPublisher[int](src).RefCount(2, 4, time.Second)
		first := reactivetest.Subscribe(t, f).Request(9)
		first.Cancel()
		first = reactivetest.Subscribe(t, f).Request(9)
		if got := src.Subscriptions(); got != 0 {
			t.Fatalf("%d subscriptions to the source for one subscriber, want 0", got)
		}
		second := reactivetest.Subscribe(t, f).Request(9)
		src.ExpectSubscriptions(1)
		first.Cancel()
		second.Cancel()
		time.Sleep(time.Second - 1)
		third := reactivetest.Subscribe(t, f).Request(1) // in time
		time.Sleep(time.Hour)
		src.Next(1)
		third.ExpectNext(1).Cancel()
		if src.Cancelled() {
			t.Error("the source was left before the grace was over")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !src.Cancelled() {
			t.Error("the source was not left after the grace")
		}
		if got := context.Cause(src.Context()); got == nil {
			t.Error("the context of the source has not ended")
		}
		reactivetest.Subscribe(t, f)
		reactivetest.Subscribe(t, f)
		src.ExpectSubscriptions(2)
		src.Complete()
	})
}

func TestShareStartsAnew(t *testing.T) {
	boom := errors.New("boom")
	src := reactivetest.NewSource[int](t)
	f := reactive.FromPublisher[int](src).Share(4)
	p, q := reactivetest.Subscribe(t, f).Request(1), reactivetest.Subscribe(t, f)
	src.Error(boom)
	p.ExpectError(boom)
	q.ExpectError(boom)
	p = reactivetest.Subscribe(t, f).Request(1)
	src.ExpectSubscriptions(2).Next(1)
	p.ExpectNext(1).Cancel()
	src.ExpectCancelled()
	p = reactivetest.Subscribe(t, f).Request(1)
	src.ExpectSubscriptions(3).Next(2).Complete()
	p.ExpectNext(2).ExpectComplete()
}

func TestFluxReplay(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	f := reactive.FromPublisher[int](src).Replay(2)
	first := reactivetest.Subscribe(t, f).Request(reactive.Unbounded)
	src.Next(1, 2, 3)
	first.ExpectNext(1, 2, 3)
	second := reactivetest.Subscribe(t, f).Request(1).ExpectNext(2)
	src.Next(4)
	first.ExpectNext(4).Cancel()
	second.Request(1).ExpectNext(3).Request(1).ExpectNext(4).Cancel()
	src.Next(5) // was asked for before they left
	src.Complete()
	reactivetest.Subscribe(t, f).Request(5).ExpectNext(4, 5).ExpectComplete()
}

func TestCache(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		work func() (reactive.Mono[int], *atomic.Int32)
		want int
		err  error
	}{
		{"value", counted(7, nil), 7, nil},
		{"failure", counted(0, boom), 0, boom},
		{"nothing", func() (reactive.Mono[int], *atomic.Int32) {
			var n atomic.Int32
			return reactive.DeferMono(func() reactive.Mono[int] { n.Add(1); return reactive.EmptyMono[int]() }), &n
		}, 0, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			work, runs := tc.work()
			cached := work.Cache()
			if got := runs.Load(); got != 0 {
				t.Errorf("%d runs before anybody asked, want 0", got)
			}
			for range 3 {
				if got, err := cached.Block(background); got != tc.want || !errors.Is(err, tc.err) {
					t.Errorf("Block() = %d, %v, want %d, %v", got, err, tc.want, tc.err)
				}
			}
			if got := runs.Load(); got != 1 {
				t.Errorf("%d runs, want 1", got)
			}
		})
	}
}

func counted(v int, err error) func() (reactive.Mono[int], *atomic.Int32) {
	return func() (reactive.Mono[int], *atomic.Int32) {
		var n atomic.Int32
		return reactive.FromFunc(func(context.Context) (int, error) { n.Add(1); return v, err }), &n
	}
}

// The work that a subscriber started goes on for the others when its context ends.
func TestCacheOutlivesItsFirstSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cached := reactive.FromFunc(func(ctx context.Context) (int, error) {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Minute):
				return 1, nil
			}
		}).SubscribeOn(reactive.Go).Cache()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := cached.Block(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
		if got, err := cached.Block(t.Context()); got != 1 || err != nil {
			t.Errorf("got %d, %v, want 1, nil", got, err)
		}
	})
}

// A source that emits more than it was asked for is found out, and left.
func TestShareOfASourceThatBreaksTheRules(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher[int](src).Share(4)).Request(1)
	src.Next(1)
	src.Subscriber().OnNext(2)
	src.Subscriber().OnNext(3)
	src.Subscriber().OnComplete()
	p.ExpectNext(1).ExpectError(reactive.ErrOverflow).ExpectNoSignal(0)
	src.ExpectCancelled()
}

// Subscribers that come and go while values flow get what they asked for, in order, from some value on.
func TestShareComeAndGo(t *testing.T) {
	const values, stayers, rounds = 5000, 3, 200
	started := make(chan struct{})
	f := reactive.Range(0, values).PublishOn(reactive.Go, 16).DoOnNext(func(v int) {
		if v == 0 {
			close(started)
		}
	}).AutoConnect(stayers, 8)
	var wg sync.WaitGroup
	results := make([][]int, stayers)
	for i := range stayers {
		wg.Go(func() {
			got, err := f.Collect(background)
			if err != nil {
				t.Errorf("stayer %d: %v", i, err)
			}
			results[i] = got
		})
	}
	wg.Go(func() {
		<-started // without visitors among the first
		for i := range rounds {
			got, err := f.Take(int64(1 + i%5)).Collect(background)
			if err != nil {
				t.Errorf("visitor: %v", err)
			}
			for j := range got {
				if got[j] != got[0]+j {
					t.Errorf("visitor got %v, want consecutive values", got)
				}
			}
		}
	})
	wg.Wait()
	for i, got := range results {
		if len(got) != values {
			t.Errorf("stayer %d got %d values, want %d", i, len(got), values)
		}
	}
}

// The work is done for the first subscriber that asks, whoever came before it and is not ready yet.
func TestCacheDoesNotWaitForTheIdle(t *testing.T) {
	work, runs := counted(7, nil)()
	cached := work.Cache()
	idle := reactivetest.Subscribe(t, cached)
	if got := runs.Load(); got != 0 {
		t.Errorf("%d runs before anybody asked, want 0", got)
	}
	left := reactivetest.Subscribe(t, cached)
	reactivetest.Subscribe(t, cached).Request(1).ExpectNext(7).ExpectComplete()
	left.Cancel()
	idle.ExpectNoSignal(0).Request(1).ExpectNext(7).ExpectComplete()
	if got := runs.Load(); got != 1 {
		t.Errorf("%d runs, want 1", got)
	}

	src := reactivetest.NewSource[int](t)
	cached = reactive.MonoFrom(src).Cache()
	idle = reactivetest.Subscribe(t, cached)
	asks := reactivetest.Subscribe(t, cached)
	wantRequests(t, src)
	asks.Request(1)
	reactivetest.Subscribe(t, cached).Request(5).Cancel()
	wantRequests(t, src, 1)
	src.Error(errBoom)
	asks.ExpectError(errBoom)
	idle.ExpectError(errBoom)
}
