package reactive_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// What is typed is shown as it comes; a pause begins a new line, as does the end of one.
func ExampleWindowTimeout() {
	typed := reactive.Just("a", "b", "c", "d", "e")
	lines := reactive.WindowTimeout(typed, 3, time.Minute)
	text := reactive.ConcatMap(lines, func(line reactive.Flux[string]) reactive.Flux[string] {
		return reactive.Concat(line, reactive.Just("/"))
	})
	fmt.Println(text.Collect(context.Background()))
	// Output: [a b c / d e /] <nil>
}

func TestWindowTimeout(t *testing.T) {
	const d = time.Second
	tests := []struct {
		name   string
		do     func(t *testing.T, p windowProbe)
		asked  []int64 // of the source
		closed bool    // the source has ended or was cancelled
	}{
		{
			"full",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				w := p.window(t, 0).Request(9).ExpectNext(1)
				p.src.Next(2)
				w.ExpectNext(2)
				p.src.Next(3)
				w.ExpectNext(3).ExpectComplete()
				p.ExpectCount(1).ExpectNoSignal(2 * d)
			},
			[]int64{3}, false,
		},
		{
			"time is up",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1, 2)
				w := p.window(t, 0).Request(9).ExpectNext(1, 2).ExpectNoSignal(d - 1)
				sleep(1)
				w.ExpectComplete()
				p.ExpectCount(1).ExpectNoSignal(2 * d) // a window is opened for a value
				p.src.Next(3, 4, 5)
				p.window(t, 1).Request(9).ExpectNext(3, 4, 5).ExpectComplete()
			},
			[]int64{3, 2}, false, // 1 is still owed, and 2 more fill the next window
		},
		{
			"the time of the next window begins with its own first value",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				sleep(d / 2)
				p.src.Next(2, 3, 4)
				w := p.window(t, 1).Request(9).ExpectNext(4).ExpectNoSignal(d - 1)
				sleep(1)
				w.ExpectComplete()
			},
			[]int64{3, 3}, false,
		},
		{
			"time is up without demand",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				sleep(d)
				w.ExpectNext(1).ExpectComplete()
				p.src.Next(2)
				p.ExpectCount(1).ExpectNoSignal(d / 2) // it waits
				p.Request(1)
				late := p.window(t, 1).Request(1).ExpectNext(2)
				p.src.Next(3)
				late.Request(9).ExpectNext(3).ExpectNoSignal(d/2 - 1)
				sleep(1)
				late.ExpectComplete()
			},
			[]int64{3, 1}, false,
		},
		{
			"time is up while a window waits",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				sleep(d)
				p.src.Next(2)
				p.ExpectCount(1).ExpectNoSignal(2 * d)
				p.src.Next(3)
				p.Request(1)
				p.window(t, 1).Request(9).ExpectNext(2, 3).ExpectComplete()
				p.ExpectCount(1).Request(1)
			},
			[]int64{3, 3}, false,
		},
		{
			"values wait until they are asked for, beyond the end of the window",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1, 2)
				sleep(d)
				p.window(t, 0).Request(1).ExpectNext(1).ExpectNoSignal(d).Request(1).ExpectNext(2).ExpectComplete()
			},
			[]int64{3}, false,
		},
		{
			"everything is asked for window by window",
			func(t *testing.T, p windowProbe) {
				p.Request(reactive.Unbounded)
				p.src.Next(1, 2, 3)
				p.ExpectCount(1)
			},
			[]int64{3, 3}, false,
		},
		{
			"completion",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.src.Complete()
				w.ExpectNext(1).ExpectComplete()
				p.ExpectCount(1).ExpectComplete().ExpectNoSignal(2 * d)
			},
			[]int64{3}, true,
		},
		{
			"completion waits for the demand for a window that waits",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				sleep(d)
				p.src.Next(2).Complete()
				p.ExpectCount(1).ExpectNoSignal(2 * d).Request(1)
				p.window(t, 1).Request(9).ExpectNext(2).ExpectComplete()
				p.ExpectCount(1).ExpectComplete()
			},
			[]int64{3}, true,
		},
		{
			"failure",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.src.Error(errBoom)
				w.ExpectNext(1).ExpectError(errBoom)
				p.ExpectCount(1).ExpectError(errBoom).ExpectNoSignal(2 * d)
			},
			[]int64{3}, true,
		},
		{
			"failure while a window waits",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				sleep(d)
				p.src.Next(2).Error(errBoom)
				p.ExpectCount(1).ExpectError(errBoom)
			},
			[]int64{3}, true,
		},
		{
			"bad request",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.Request(0).ExpectCount(1).ExpectError(reactive.ErrBadRequest)
				w.ExpectNext(1).ExpectError(reactive.ErrBadRequest)
			},
			[]int64{3}, true,
		},
		{
			"cancel without a window",
			func(t *testing.T, p windowProbe) {
				p.Request(1).Cancel()
			},
			[]int64{3}, true,
		},
		{
			"cancel while a window waits",
			func(t *testing.T, p windowProbe) {
				p.Request(1)
				p.src.Next(1)
				sleep(d)
				p.src.Next(2)
				p.ExpectCount(1).Cancel()
			},
			[]int64{3}, true,
		},
		{
			"cancel lets the open window go on until it is full",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.ExpectCount(1).Cancel()
				p.Request(0).Request(1)
				p.src.Next(2)
				if p.src.Cancelled() {
					t.Error("the source was cancelled while the window was open")
				}
				p.src.Next(3)
				w.ExpectNext(1, 2, 3).ExpectComplete()
				p.ExpectNoSignal(2 * d)
			},
			[]int64{3}, true,
		},
		{
			"cancel lets the open window go on until its time is up",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.ExpectCount(1).Cancel()
				w.ExpectNext(1).ExpectNoSignal(d - 1)
				if p.src.Cancelled() {
					t.Error("the source was cancelled while the window was open")
				}
				sleep(1)
				w.ExpectComplete()
			},
			[]int64{3}, true,
		},
		{
			"cancel lets the open window go on until the source ends",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.ExpectCount(1).Cancel()
				p.src.Error(errBoom)
				w.ExpectNext(1).ExpectError(errBoom)
				p.ExpectNoSignal(2 * d)
			},
			[]int64{3}, true,
		},
		{
			"cancel, and then the open window is left",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				w := p.window(t, 0).Request(9)
				p.ExpectCount(1).Cancel()
				w.Cancel()
			},
			[]int64{3}, true,
		},
		{
			"a window that was left swallows its values",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				p.window(t, 0).Request(9).ExpectNext(1).Cancel()
				p.src.Next(2)
				sleep(d)
				p.src.Next(3)
				p.window(t, 1).Request(9).ExpectNext(3)
			},
			[]int64{3, 2}, false,
		},
		{
			"a window with a subscriber that panics",
			func(t *testing.T, p windowProbe) {
				p.Request(2)
				p.src.Next(1)
				p.window(t, 0).Each(func(int) { panic("no") }).Request(9)
				p.src.Next(2, 3, 4)
				p.window(t, 1).Request(9).ExpectNext(4)
			},
			[]int64{3, 3}, false,
		},
		{
			"size of less than one is one",
			func(t *testing.T, p windowProbe) {
				all := reactivetest.Subscribe(t, reactive.WindowTimeout(reactive.Range(1, 2), 0, d)).Request(9)
				for i, w := range all.ExpectCount(2).Values() {
					reactivetest.Subscribe(t, w).Request(9).ExpectNext(i + 1).ExpectComplete()
				}
				all.ExpectComplete()
			},
			nil, false,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				p := windowProbe{reactivetest.Subscribe(t, reactive.WindowTimeout(src, 3, d)), src}
				tc.do(t, p)
				if diff := cmp.Diff(tc.asked, src.Requests()); diff != "" {
					t.Errorf("requests at the source (-want +got):\n%s", diff)
				}
				if !tc.closed && src.Cancelled() {
					t.Error("the source was cancelled")
				}
			})
		})
	}
}

// Who takes one window after the other asks for the next when the one before has ended, so its time must not wait for that.
func TestWindowTimeoutOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := reactive.Interval(time.Second).Take(7)
		windows := reactive.WindowTimeout(src, 100, 2500*time.Millisecond)
		lists := reactive.ConcatMap(windows, func(w reactive.Flux[int64]) reactive.Mono[[]int64] { return reactive.CollectList(w) })
		wantOutcome(t, lists, outcome[[]int64]{values: [][]int64{{0, 1, 2}, {3, 4, 5}, {6}}})
	})
}

// A source that does its work inside Request does not hold up the values it has brought, nor the timer.
func TestWindowTimeoutOfBlockingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []string
		note := func(what any) { got = append(got, fmt.Sprint(time.Since(start), " ", what)) }
		windows := reactive.WindowTimeout(minutes(3), 3, 90*time.Second)
		_ = reactive.FlatMap(windows, 2, func(w flux) flux { return w.DoOnComplete(func() { note("end") }) }).
			ForEach(background, func(v int) { note(v) })
		want := []string{"0s 0", "1m0s 1", "1m30s end", "2m0s 2", "3m0s end"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
