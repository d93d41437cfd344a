package reactive_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Each window is summed up as its values come; none of them is kept.
func ExampleWindow() {
	windows := reactive.Window(reactive.Range(1, 8), 3)
	sums := reactive.ConcatMap(windows, func(w reactive.Flux[int]) reactive.Mono[int] {
		return reactive.Reduce(w, 0, func(sum, v int) int { return sum + v })
	})
	fmt.Println(sums.Collect(context.Background()))
	// Output: [6 15 15] <nil>
}

func TestWindow(t *testing.T) {
	list := func(src ints, n int) reactive.Flux[[]int] {
		return reactive.ConcatMap(reactive.Window(src, n), func(w flux) reactive.Mono[[]int] { return reactive.CollectList(w) })
	}
	tests := []struct {
		name string
		src  reactive.Flux[[]int]
		want outcome[[]int]
	}{
		{"last one shorter", list(reactive.Range(1, 5), 2), outcome[[]int]{values: [][]int{{1, 2}, {3, 4}, {5}}}},
		{"even", list(reactive.Range(1, 4), 2), outcome[[]int]{values: [][]int{{1, 2}, {3, 4}}}},
		{"size of less than one is one", list(reactive.Range(1, 2), 0), outcome[[]int]{values: [][]int{{1}, {2}}}},
		{"nothing", list(reactive.Empty[int](), 2), outcome[[]int]{}},
		{"failure", list(failAfter(1, 2, 3), 2), outcome[[]int]{values: [][]int{{1, 2}}, err: errBoom}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { wantOutcome(t, tc.src, tc.want) })
	}
}

// windowProbe is subscribed to the windows and keeps them.
type windowProbe struct {
	*reactivetest.Probe[flux]
	src *intSource
}

func newWindowProbe(t *testing.T, size int) windowProbe {
	src := reactivetest.NewSource[int](t)
	return windowProbe{reactivetest.Subscribe(t, reactive.Window(src, size)), src}
}

// window subscribes to the i-th window.
func (p windowProbe) window(t *testing.T, i int) *intProbe {
	t.Helper()
	all := p.Values()
	if len(all) <= i {
		t.Fatalf("%d windows, want more than %d", len(all), i)
	}
	return reactivetest.Subscribe(t, all[i])
}

func TestWindowDemand(t *testing.T) {
	p := newWindowProbe(t, 3)
	wantAsked(t, "before demand", p.src)
	p.Request(2)
	wantAsked(t, "windows times size", p.src, 6)
	p.Request(reactive.Unbounded)
	wantAsked(t, "saturates", p.src, 6, reactive.Unbounded)
	p.ExpectNoSignal(0).Cancel()
	if !p.src.Cancelled() {
		t.Error("without an open window, cancel does not reach the source")
	}
}

// A window is live: its values come one by one, at once if they were asked for, and else wait in it.
func TestWindowIsLive(t *testing.T) {
	p := newWindowProbe(t, 3)
	p.Request(2)
	p.src.Next(1)
	w := p.window(t, 0)
	w.ExpectNoSignal(0).Request(2).ExpectNext(1)
	p.src.Next(2)
	w.ExpectNext(2)
	p.src.Next(3, 4)
	w.ExpectNoSignal(0).Request(1).ExpectNext(3).ExpectComplete()
	late := p.window(t, 1)
	late.Request(9).ExpectNext(4)
	p.window(t, 1).Request(1).ExpectError(reactive.ErrSubscribed)
	p.src.Complete()
	late.ExpectComplete()
	p.ExpectCount(2).ExpectComplete()
}

func TestWindowEnds(t *testing.T) {
	tests := []struct {
		name      string
		do        func(p windowProbe, w *intProbe)
		window    []int
		windowEnd error
		end       error
		cancelled bool
	}{
		{"completion", func(p windowProbe, _ *intProbe) { p.src.Complete() }, []int{1}, errCompleted, errCompleted, false},
		{"failure", func(p windowProbe, _ *intProbe) { p.src.Error(errBoom) }, []int{1}, errBoom, errBoom, false},
		{"cancel lets the open window finish", func(p windowProbe, _ *intProbe) {
			p.Cancel()
			p.src.Next(2)
		}, []int{1, 2}, nil, nil, false},
		{"and then cancels the source", func(p windowProbe, _ *intProbe) {
			p.Cancel()
			p.src.Next(2, 3)
		}, []int{1, 2, 3}, errCompleted, nil, true},
		{"cancel and no interest in the open window", func(p windowProbe, w *intProbe) {
			w.Cancel()
			p.Cancel()
		}, []int{1}, nil, nil, true},
		{"the other way round", func(p windowProbe, w *intProbe) {
			p.Cancel()
			w.Cancel()
		}, []int{1}, nil, nil, true},
		{"a window that was left swallows its values", func(p windowProbe, w *intProbe) {
			w.Cancel()
			p.src.Next(2, 3, 4)
		}, []int{1}, nil, nil, false},
		{"bad request in a window", func(p windowProbe, w *intProbe) {
			w.Request(0)
			p.src.Next(2, 3, 4)
		}, []int{1}, reactive.ErrBadRequest, nil, false},
		{"a window with a subscriber that panics", func(p windowProbe, w *intProbe) {
			w.Each(func(int) { panic("no") })
			p.src.Next(2, 3, 4)
		}, []int{1, 2}, nil, nil, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := newWindowProbe(t, 3)
			p.Request(2)
			p.src.Next(1)
			w := p.window(t, 0).Request(9)
			tc.do(p, w)
			wantSignals(t, w, tc.window, tc.windowEnd)
			if got := p.src.Cancelled(); got != tc.cancelled {
				t.Errorf("source cancelled: got %v, want %v", got, tc.cancelled)
			}
			for range p.Values() {
				p.ExpectCount(1)
			}
			switch tc.end {
			case nil:
				p.ExpectNoSignal(0)
			case errCompleted:
				p.ExpectComplete()
			default:
				p.ExpectError(tc.end)
			}
			p.Cancel()
		})
	}
}

// Windows that are taken on other goroutines, and left early by some: nothing is lost, and everything ends.
func TestWindowUnderContention(t *testing.T) {
	const windows, size = 500, 7
	var mu sync.Mutex
	sums := 0
	src := reactive.Range(0, windows*size).PublishOn(reactive.Go, 16)
	all := reactive.FlatMap(reactive.Window(src, size), 3, func(w flux) mono {
		return reactive.Reduce(w.PublishOn(reactive.Go, 2), 0, add)
	})
	err := all.ForEach(background, func(sum int) {
		mu.Lock()
		defer mu.Unlock()
		sums += sum
	})
	if n := windows * size; err != nil || sums != n*(n-1)/2 {
		t.Errorf("got the sum %d, %v, want %d", sums, err, n*(n-1)/2)
	}
	got, err := reactive.FlatMap(reactive.Window(src, size), 3, func(w flux) flux { return w.PublishOn(reactive.Go, 2).Take(2) }).Collect(background)
	if err != nil || len(got) != 2*windows {
		t.Errorf("got %d values, %v, want %d", len(got), err, 2*windows)
	}
}
