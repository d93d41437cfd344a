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

func ExampleBuffer() {
	fmt.Println(reactive.Buffer(reactive.Range(1, 5), 2).Collect(context.Background()))
	// Output: [[1 2] [3 4] [5]] <nil>
}

func TestBuffer(t *testing.T) {
	tests := []struct {
		name string
		src  reactive.Flux[[]int]
		want outcome[[]int]
	}{
		{"last one shorter", reactive.Buffer(reactive.Range(1, 5), 2), outcome[[]int]{values: [][]int{{1, 2}, {3, 4}, {5}}}},
		{"even", reactive.Buffer(reactive.Range(1, 4), 2), outcome[[]int]{values: [][]int{{1, 2}, {3, 4}}}},
		{"size of less than one is one", reactive.Buffer(reactive.Range(1, 2), 0), outcome[[]int]{values: [][]int{{1}, {2}}}},
		{"nothing", reactive.Buffer(reactive.Empty[int](), 2), outcome[[]int]{}},
		{"failure drops the rest", reactive.Buffer(failAfter(1, 2, 3), 2), outcome[[]int]{values: [][]int{{1, 2}}, err: errBoom}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { wantOutcome(t, tc.src, tc.want) })
	}
}

func TestBufferDemand(t *testing.T) {
	tests := []struct {
		name string
		ask  int64
		want int64
	}{
		{"slices times size", 2, 6},
		{"saturates", reactive.Unbounded / 2, reactive.Unbounded},
		{"everything", reactive.Unbounded, reactive.Unbounded},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.Buffer(src, 3)).Request(tc.ask)
			if got := src.Requested(); got != tc.want {
				t.Errorf("%d requested, want %d", got, tc.want)
			}
			p.Cancel()
		})
	}
}

func TestBufferTimeout(t *testing.T) {
	type (
		source = reactivetest.Source[int]
		probe  = reactivetest.Probe[[]int]
	)
	const d = time.Second
	tests := []struct {
		name   string
		do     func(src *source, p *probe)
		asked  []int64 // of the source
		closed bool    // the stream has ended
	}{
		{
			"full",
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1, 2, 3)
				p.ExpectNext([]int{1, 2, 3}).ExpectNoSignal(2 * d)
			},
			[]int64{3}, false,
		},
		{
			"due",
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1, 2)
				p.ExpectNoSignal(d - 1)
				time.Sleep(1)
				synctest.Wait()
				p.ExpectNext([]int{1, 2})
			},
			[]int64{3}, false,
		},
		{
			"the time of the next slice begins with its own first value",
			func(src *source, p *probe) {
				p.Request(2)
				src.Next(1)
				time.Sleep(d / 2)
				src.Next(2, 3, 4)
				p.ExpectNext([]int{1, 2, 3}).ExpectNoSignal(d - 1)
				time.Sleep(1)
				synctest.Wait()
				p.ExpectNext([]int{4})
			},
			[]int64{3, 3}, false,
		},
		{
			"due without demand grows and waits",
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1)
				time.Sleep(d)
				synctest.Wait()
				p.ExpectNext([]int{1})
				src.Next(2)
				p.ExpectNoSignal(2 * d)
				src.Next(3)
				p.ExpectNoSignal(d).Request(1).ExpectNext([]int{2, 3})
			},
			[]int64{3}, false,
		},
		{
			"completion brings what is left",
			func(src *source, p *probe) {
				p.Request(2)
				src.Next(1).Complete()
				p.ExpectNext([]int{1}).ExpectComplete().ExpectNoSignal(2 * d)
			},
			[]int64{3}, true,
		},
		{
			"completion waits for the demand of what is left",
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1)
				time.Sleep(d)
				synctest.Wait()
				p.ExpectNext([]int{1})
				src.Next(2).Complete()
				p.ExpectNoSignal(0).Request(1).ExpectNext([]int{2}).ExpectComplete()
			},
			[]int64{3}, true,
		},
		{
			"bad request while completion waits",
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1)
				time.Sleep(d)
				synctest.Wait()
				p.ExpectNext([]int{1})
				src.Next(2).Complete()
				p.ExpectNoSignal(0).Request(0).ExpectError(reactive.ErrBadRequest)
			},
			[]int64{3}, true,
		},
		{
			"failure drops what is left",
			func(src *source, p *probe) {
				p.Request(1)
				src.Next(1).Error(errBoom)
				p.ExpectError(errBoom).ExpectNoSignal(2 * d)
			},
			[]int64{3}, true,
		},
		{
			"everything is asked for in slices",
			func(src *source, p *probe) {
				p.Request(reactive.Unbounded)
				src.Next(1, 2, 3)
				p.ExpectNext([]int{1, 2, 3})
			},
			[]int64{3, 3}, false,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				p := reactivetest.Subscribe(t, reactive.BufferTimeout(src, 3, d))
				tc.do(src, p)
				if diff := cmp.Diff(tc.asked, src.Requests()); diff != "" {
					t.Errorf("requests at the source (-want +got):\n%s", diff)
				}
				if !tc.closed {
					p.Cancel()
					src.ExpectCancelled()
				}
			})
		})
	}
}

// A source that does its work inside Request does not hold up the slices whose time has come.
func TestBufferTimeoutOfBlockingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []string
		_ = reactive.BufferTimeout(minutes(3), 3, 90*time.Second).ForEach(background, func(list []int) {
			got = append(got, fmt.Sprint(time.Since(start), " ", list))
		})
		if diff := cmp.Diff([]string{"1m30s [0 1]", "3m0s [2]"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// minutes is a source that blocks for a minute after each of its n values.
func minutes(n int) flux {
	return reactive.FromSeq(func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
			time.Sleep(time.Minute)
		}
	})
}
