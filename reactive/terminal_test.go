package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleRun() {
	reactive.Run(context.Background(), reactive.Just("a", "b"),
		func(s string) { fmt.Println("next", s) },
		func(err error) { fmt.Println("end", err) })
	// Output:
	// next a
	// next b
	// end <nil>
}

func ExampleFlux_All() {
	for v, err := range reactive.Range(1, 1_000_000).All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if v > 2 {
			break // cancels the stream
		}
		fmt.Println(v)
	}
	// Output:
	// 1
	// 2
}

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		src    flux
		next   func(int)
		want   []int
		err    error
		panics bool
	}{
		{"completion", reactive.Just(1, 2), func(int) {}, []int{1, 2}, nil, false},
		{"failure", failAfter(1), func(int) {}, []int{1}, errBoom, false},
		{"panic", reactive.Range(1, 5), func(v int) { divide(v) }, []int{1, 2, 3}, nil, true},
	}
	for _, tc := range tests {
		for _, ends := range []bool{false, true} { // the context, if it had the time
			t.Run(fmt.Sprintf("%s/context can end %v", tc.name, ends), func(t *testing.T) {
				ctx := background
				if ends {
					ctx = t.Context()
				}
				var got []int
				var errs []error
				reactive.Run(ctx, tc.src, func(v int) { got = append(got, v); tc.next(v) }, func(err error) { errs = append(errs, err) })
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
				var pe *reactive.PanicError
				if len(errs) != 1 || !tc.panics && !errors.Is(errs[0], tc.err) || tc.panics != errors.As(errs[0], &pe) {
					t.Errorf("got ends %v, want one with %v (panic: %v)", errs, tc.err, tc.panics)
				}
			})
		}
	}
}

func TestRunWithoutCallbacks(t *testing.T) {
	reactive.Run(background, reactive.Just(1), nil, nil)
	reactive.Run(background, reactive.Just(1), nil, func(error) { panic("end") }) // goes nowhere
}

func TestRunWatchesItsContext(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	ctx, end := context.WithCancelCause(background)
	var got []int
	ended := make(chan error, 1)
	reactive.Run(ctx, src, func(v int) { got = append(got, v) }, func(err error) { ended <- err })
	src.Next(1, 2)
	end(errBoom)
	if err := <-ended; err != errBoom {
		t.Errorf("got %v, want the cause", err)
	}
	src.ExpectCancelled()
	if diff := cmp.Diff([]int{1, 2}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	subscribed := src.Subscriptions()
	reactive.Run(ctx, src, nil, func(err error) { ended <- err })
	if err := <-ended; err != errBoom || src.Subscriptions() != subscribed {
		t.Errorf("got %v and %d subscriptions, want the cause and none", err, src.Subscriptions()-subscribed)
	}
}

// The end waits for the value that is being delivered.
func TestRunIsSerial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(background)
		busy := false
		src := reactivetest.NewSource[int](t)
		var errs []error
		reactive.Run(ctx, src, func(int) {
			busy = true
			end()
			time.Sleep(time.Second)
			busy = false
		}, func(err error) {
			if busy {
				t.Error("the end has not waited for the value")
			}
			errs = append(errs, err)
		})
		src.Next(1)
		synctest.Wait()
		if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
			t.Errorf("got ends %v, want one with Canceled", errs)
		}
	})
}

// A context that ends stops even a source that never lets go of the caller's goroutine.
func TestForEachOfEndlessSource(t *testing.T) {
	ctx, end := context.WithCancel(background)
	defer end()
	n := 0
	err := reactive.FromSeq(func(yield func(int) bool) {
		for yield(0) {
			runtime.Gosched()
		}
	}).ForEach(ctx, func(int) {
		if n++; n == 100 {
			end()
		}
	})
	if !errors.Is(err, context.Canceled) || n < 100 {
		t.Errorf("got %v after %d values, want Canceled after at least 100", err, n)
	}
}

func TestBlock(t *testing.T) {
	tests := []struct {
		name string
		src  mono
		want int
		err  error
	}{
		{"value", reactive.JustMono(7), 7, nil},
		{"none", reactive.EmptyMono[int](), 0, nil},
		{"failure", reactive.ErrorMono[int](errBoom), 0, errBoom},
		{"later", reactive.FromFunc(counter(1, nil)).SubscribeOn(reactive.Go), 1, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := tc.src.Block(t.Context()); got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("got %v, %v, want %v, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestCollectKeepsWhatCame(t *testing.T) {
	got, err := failAfter(1, 2).Collect(background)
	if diff := cmp.Diff([]int{1, 2}, got); diff != "" || !errors.Is(err, errBoom) {
		t.Errorf("got %v, %v, want [1 2] and the failure", got, err)
	}
}

func TestAll(t *testing.T) {
	type pair struct {
		v   int
		err error
	}
	tests := []struct {
		name string
		src  flux
		want []pair
	}{
		{"completion", reactive.Just(1, 2), []pair{{1, nil}, {2, nil}}},
		{"failure", failAfter(1), []pair{{1, nil}, {0, errBoom}}},
		{"from another goroutine", reactive.Just(1, 2).PublishOn(reactive.Go, 1), []pair{{1, nil}, {2, nil}}},
		{"nothing", reactive.Empty[int](), nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			all := tc.src.All(t.Context())
			for range 2 { // each loop is a subscription
				var got []pair
				for v, err := range all {
					got = append(got, pair{v, err})
				}
				if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(pair{}), cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
					t.Errorf("pairs (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// Each turn of the loop asks for one value; leaving it cancels.
func TestAllAsksAsItGoes(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	go func() {
		src.ExpectSubscriptions(1).ExpectDemand(1).Next(1).ExpectDemand(1).Next(2)
	}()
	for v, err := range reactive.FromPublisher(src).All(background) {
		if got := src.Requested(); err != nil || got != int64(v) {
			t.Errorf("at value %d: %d requested, error %v, want as many as the value", v, got, err)
		}
		if v == 2 {
			break
		}
	}
	src.ExpectCancelled()
}

func TestAllEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(background, time.Second, errBoom)
		defer cancel()
		n := 0
		for _, err := range reactive.Never[int]().All(ctx) {
			if n++; err != errBoom {
				t.Errorf("got %v, want the cause", err)
			}
		}
		if n != 1 {
			t.Errorf("%d pairs, want the one with the cause", n)
		}
	})
}

func TestAllCancelsWhenTheLoopPanics(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	go func() { src.ExpectSubscriptions(1).ExpectDemand(1).Next(1) }()
	func() {
		defer func() { _ = recover() }()
		for range reactive.FromPublisher(src).All(background) {
			panic("loop")
		}
	}()
	src.ExpectCancelled()
}
