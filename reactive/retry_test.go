package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// The failure of one message is its own: the stream of messages goes on.
func ExampleMono_OnErrorResume() {
	save := func(m string) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			if m == "bad" {
				return "", errors.New("not saved: " + m)
			}
			return "saved: " + m, nil
		}).OnErrorResume(func(err error) reactive.Mono[string] {
			return reactive.JustMono(err.Error())
		})
	}
	_ = reactive.ConcatMap(reactive.Just("a", "bad", "b"), save).
		ForEach(context.Background(), func(s string) { fmt.Println(s) })
	// Output:
	// saved: a
	// not saved: bad
	// saved: b
}

func TestOnError(t *testing.T) {
	other := errors.New("other")
	seven := func(error) flux { return reactive.Just(7) }
	runFlows(t, []flow{
		{"Resume", failAfter(1).OnErrorResume(seven), values(1, 7)},
		{"Resume without need", reactive.Just(1).OnErrorResume(seven), values(1)},
		{"Resume fails in turn", failAfter(1).OnErrorResume(func(error) flux { return failAfter(2) }), fails(1, 2)},
		{"Resume panics", failAfter(1).OnErrorResume(func(error) flux { panic("resume") }), panics(1)},
		{"Resume of Mono", reactive.ErrorMono[int](errBoom).OnErrorResume(func(error) mono { return reactive.JustMono(7) }), values(7)},
		{"Resume after a panic", reactive.Just(3).Map(divide).OnErrorResume(seven), values(7)},
		{"Return", failAfter(1).OnErrorReturn(7), values(1, 7)},
		{"Return of Mono", reactive.ErrorMono[int](errBoom).OnErrorReturn(7), values(7)},
		{"Map", failAfter(1).OnErrorMap(func(error) error { return other }), outcome[int]{values: []int{1}, err: other}},
		{"Map to nil keeps it", failAfter(1).OnErrorMap(func(error) error { return nil }), fails(1)},
		{"Map panics", failAfter(1).OnErrorMap(func(error) error { panic("map") }), panics(1)},
		{"Map of Mono", reactive.ErrorMono[int](other).OnErrorMap(func(error) error { return errBoom }), fails()},
		{"DefaultIfEmpty", reactive.Empty[int]().DefaultIfEmpty(7), values(7)},
		{"DefaultIfEmpty without need", reactive.Just(1).DefaultIfEmpty(7), values(1)},
		{"DefaultIfEmpty of a failure", reactive.Error[int](errBoom).DefaultIfEmpty(7), fails()},
		{"DefaultIfEmpty of Mono", reactive.EmptyMono[int]().DefaultIfEmpty(7), values(7)},
	})
}

// What comes in the place of the failed stream sees what is left of the demand.
func TestResumeCarriesDemandOver(t *testing.T) {
	src, next := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).
		OnErrorResume(func(error) flux { return reactive.FromPublisher(next) }))
	p.Request(3)
	src.Next(1).Error(errBoom)
	if diff := cmp.Diff([]int64{2}, next.Requests()); diff != "" {
		t.Errorf("requests at the second (-want +got):\n%s", diff)
	}
	p.Request(4)
	next.Next(2).Complete()
	p.ExpectNext(1, 2).ExpectComplete()
}

func TestResumeLeavesMistakesAlone(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).OnErrorReturn(7).RetryBackoff(3, 0, 0))
	p.Request(0).ExpectError(reactive.ErrBadRequest)
	src.ExpectCancelled()
}

func TestRetryBackoff(t *testing.T) {
	const first, limit = time.Second, 4 * time.Second
	tests := []struct {
		name    string
		fails   int // times that the source fails before it succeeds
		n       int
		want    outcome[int]
		text    string // in the error
		longest time.Duration
	}{
		{"no failure", 0, 3, values(0), "", 0},
		{"one", 1, 3, values(-1, 1), "", first},
		{"all that are allowed", 3, 3, values(-1, -1, -1, 3), "", first + 2*first + limit},
		{"bound of the wait", 6, 6, values(-1, -1, -1, -1, -1, -1, 6), "", first + 2*first + 4*limit},
		{"one too many", 4, 3, fails(-1, -1, -1, -1), "failed 4 times", first + 2*first + limit},
		{"none allowed", 1, 0, fails(-1), "boom", 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempt := 0
				src := reactive.Defer(func() flux {
					defer func() { attempt++ }()
					if attempt < tc.fails {
						return failAfter(-1)
					}
					return reactive.Just(attempt)
				}).RetryBackoff(tc.n, first, limit)
				start := time.Now()
				got, err := src.Collect(background)
				if diff := cmp.Diff(tc.want.values, got); diff != "" || !errors.Is(err, tc.want.err) {
					t.Errorf("got error %v, want %v; values (-want +got):\n%s", err, tc.want.err, diff)
				}
				if err != nil && !strings.Contains(err.Error(), tc.text) {
					t.Errorf("got error %v, want it to say %q", err, tc.text)
				}
				if took := time.Since(start); took > tc.longest {
					t.Errorf("took %v, want at most %v", took, tc.longest)
				}
			})
		})
	}
}

// The waits are spread over the whole of their range.
func TestRetryJitterIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		var sum, least, most time.Duration = 0, time.Hour, 0
		for range n {
			start := time.Now()
			_, _ = reactive.ErrorMono[int](errBoom).RetryBackoff(1, time.Second, time.Second).Block(background)
			took := time.Since(start)
			sum, least, most = sum+took, min(least, took), max(most, took)
		}
		// The odds against each of these are beyond 1 in 10^9.
		if mean := sum / n; mean < 350*time.Millisecond || mean > 650*time.Millisecond {
			t.Errorf("waits of %v on average, want about 500ms", mean)
		}
		if least > 150*time.Millisecond || most < 850*time.Millisecond {
			t.Errorf("waits between %v and %v, want between 0 and 1s", least, most)
		}
	})
}

func TestRetryStops(t *testing.T) {
	tests := []struct {
		name string
		do   func(p *reactivetest.Probe[int])
		want error
	}{
		{"cancel while it waits", func(p *reactivetest.Probe[int]) { p.Cancel() }, nil},
		{"bad request while it waits", func(p *reactivetest.Probe[int]) { p.Request(0) }, reactive.ErrBadRequest},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				p := reactivetest.Subscribe(t, reactive.FromPublisher(src).RetryBackoff(5, time.Hour, time.Hour))
				p.Request(1)
				src.Error(errBoom)
				tc.do(p)
				if tc.want != nil {
					p.ExpectError(tc.want)
				}
				p.ExpectNoSignal(5 * time.Hour)
				if got := src.Subscriptions(); got != 1 {
					t.Errorf("%d subscriptions, want 1", got)
				}
			})
		})
	}
}

// A wait ends with the context, and what it waited to do again is not done. The longest wait there is does not overflow.
func TestRetryWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		src := reactivetest.NewSource[int](t)
		p := reactivetest.NewProbe[int](t)
		start := time.Now()
		reactive.FromPublisher(src).RetryBackoff(5, math.MaxInt64, math.MaxInt64).Subscribe(ctx, p)
		src.Error(errBoom)
		p.ExpectNoSignal(time.Minute - 1).ExpectError(errBoom)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the wait took %v, want the minute that the context lasted", took)
		}
		p.ExpectNoSignal(time.Hour)
		if got := src.Subscriptions(); got != 1 {
			t.Errorf("%d subscriptions, want 1", got)
		}
	})
}

// When the context has ended, failing is what is expected of the source.
func TestRetryStopsWithTheContext(t *testing.T) {
	ctx, end := context.WithCancel(background)
	src := reactivetest.NewSource[int](t)
	p := reactivetest.NewProbe[int](t)
	reactive.FromPublisher(src).RetryBackoff(5, time.Hour, time.Hour).Subscribe(ctx, p)
	end()
	src.Error(errBoom)
	p.ExpectError(errBoom)
}
