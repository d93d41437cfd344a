package reactive_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleFlatMap() {
	fetch := func(id int) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			return fmt.Sprint("page ", id), nil
		}).SubscribeOn(reactive.Go)
	}
	pages, err := reactive.FlatMap(reactive.Range(1, 3), 2, fetch).Collect(context.Background())
	slices.Sort(pages) // they come as they are ready
	fmt.Println(pages, err)
	// Output: [page 1 page 2 page 3] <nil>
}

func TestFlatMap(t *testing.T) {
	runFlows(t, []flow{
		{"to many", reactive.FlatMap(reactive.Just(1, 2), 4, twice), values(1, 1, 2, 2)},
		{"to one", reactive.FlatMap(reactive.Just(1, 2), 4, reactive.JustMono[int]), values(1, 2)},
		{"to none", reactive.FlatMap(reactive.Just(1, 2), 4, func(int) mono { return mono{} }), values()},
		{"concurrency of less than one is one", reactive.FlatMap(reactive.Just(1, 2, 3), 0, twice), values(1, 1, 2, 2, 3, 3)},
		{"more than the read-ahead", reactive.FlatMap(reactive.Just(100), 1, func(n int) flux { return reactive.Range(0, n) }).Skip(98), values(98, 99)},
		{"outer failure", reactive.FlatMap(failAfter(1), 4, twice), fails(1, 1)},
		{"inner failure", reactive.FlatMap(reactive.Just(1, 2), 1, func(v int) flux { return failAfter(v) }), fails(1)},
		{"panic", reactive.FlatMap(reactive.Range(1, 4), 1, func(v int) mono { return reactive.JustMono(divide(v)) }), panics(3, 6)},
		{"Merge", reactive.Merge(reactive.Just(1, 2), flux{}, reactive.Just(3)), values(1, 2, 3)},
		{"Merge of nothing", reactive.Merge[int](), values()},
		{"Merge fails", reactive.Merge(reactive.Never[int](), failAfter(1)), fails(1)},
		{"MergeWith", reactive.Just(1).MergeWith(reactive.Just(2), reactive.Just(3)), values(1, 2, 3)},
	})
}

func TestFlatMapDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	inners := map[int]*reactivetest.Source[int]{}
	p := reactivetest.Subscribe(t, reactive.FlatMap(src, 2, func(v int) ints {
		inners[v] = reactivetest.NewSource[int](t)
		return inners[v]
	}))
	wantRequested := func(when string, want ...int64) {
		t.Helper()
		if diff := cmp.Diff(want, src.Requests()); diff != "" {
			t.Fatalf("%s: requests at the source (-want +got):\n%s", when, diff)
		}
	}
	wantRequested("before demand")
	p.Request(1)
	wantRequested("with demand: the concurrency", 2)
	src.Next(1, 2)
	for v, inner := range inners {
		if got := inner.Requested(); got != 32 {
			t.Errorf("inner %d was asked for %d, want 32", v, got)
		}
	}
	inners[2].Next(20, 21)
	p.ExpectNext(20).ExpectNoSignal(0)
	inners[2].Complete()
	inners[1].Next(10)
	wantRequested("with values of the ended stream still queued", 2)
	p.Request(1)
	wantRequested("when they were delivered", 2, 1)
	p.ExpectNext(21)
	p.Request(40)
	p.ExpectNext(10)
	for i := range 31 {
		inners[1].Next(i)
	}
	if got, want := inners[1].Requests(), []int64{32, 24}; !slices.Equal(got, want) {
		t.Errorf("requests at the inner stream: got %v, want %v", got, want)
	}
	p.ExpectCount(31).Cancel()
	if !src.Cancelled() || !inners[1].Cancelled() {
		t.Errorf("cancelled: source %v, inner %v, want both", src.Cancelled(), inners[1].Cancelled())
	}
}

func TestFlatMapFailureCancelsTheOthers(t *testing.T) {
	tests := []struct {
		name string
		fail func(src, a *reactivetest.Source[int], p *reactivetest.Probe[int])
		want error
	}{
		{"inner", func(_, a *reactivetest.Source[int], _ *reactivetest.Probe[int]) { a.Error(errBoom) }, errBoom},
		{"source", func(src, _ *reactivetest.Source[int], _ *reactivetest.Probe[int]) { src.Error(errBoom) }, errBoom},
		{"bad request", func(_, _ *reactivetest.Source[int], p *reactivetest.Probe[int]) { p.Request(-1) }, reactive.ErrBadRequest},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src, a, b := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
			inner := map[int]ints{1: a, 2: b}
			p := reactivetest.Subscribe(t, reactive.FlatMap(src, 3, func(v int) ints { return inner[v] }))
			p.Request(1)
			src.Next(1, 2)
			b.Next(7, 8) // one is queued, and dropped by the failure
			tc.fail(src, a, p)
			p.ExpectNext(7).ExpectError(tc.want)
			if !b.Cancelled() {
				t.Error("the other inner stream is not cancelled")
			}
		})
	}
}

// No more than the concurrency run at a time, and all of them do.
func TestFlatMapConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		work := func(v int) mono {
			return reactive.FromFunc(func(context.Context) (int, error) {
				most.Store(max(most.Load(), running.Add(1)))
				time.Sleep(time.Second)
				running.Add(-1)
				return v, nil
			}).SubscribeOn(reactive.Go)
		}
		start := time.Now()
		got, err := reactive.FlatMap(reactive.Range(0, 12), 4, work).Collect(background)
		slices.Sort(got)
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		if took := time.Since(start); most.Load() != 4 || took != 3*time.Second {
			t.Errorf("%d at a time, in %v, want 4 in 3s", most.Load(), took)
		}
	})
}

// Many goroutines at once, with a subscriber that asks for one value at a time: nothing is lost, and each inner stream
// keeps its order.
func TestMergeUnderContention(t *testing.T) {
	const streams, each = 8, 2000
	srcs := make([]flux, streams)
	for i := range srcs {
		srcs[i] = reactive.Range(i*each, each).PublishOn(reactive.Go, 16)
	}
	var p *reactivetest.Probe[int]
	last := map[int]int{}
	p = reactivetest.NewProbe[int](t).RequestFirst(1).Each(func(v int) {
		if before, ok := last[v/each]; ok && v != before+1 {
			t.Errorf("got %d after %d", v, before)
		}
		last[v/each] = v
		p.Request(1)
	})
	reactive.Merge(srcs...).Subscribe(background, p)
	p.ExpectCount(streams * each).ExpectComplete()
}

// A stream that has ended is not asked for more (2.4) when its last values are delivered.
func TestFlatMapAsksNoEndedStream(t *testing.T) {
	src, inner := &brief{values: 1}, &brief{values: 30}
	p := reactivetest.Subscribe(t, reactive.FlatMap(src, 1, func(int) ints { return inner })).Request(1)
	p.Request(50).ExpectCount(30).ExpectComplete()
	if !slices.Equal(src.asked, []int64{1}) || !slices.Equal(inner.asked, []int64{32}) {
		t.Errorf("got requests %v of the source and %v of the inner stream, want [1] and [32]", src.asked, inner.asked)
	}
}

// brief gives all its values when it is asked for the first time, and ends. It notes what it is asked for afterwards.
type brief struct {
	values int
	down   reactive.Subscriber[int]
	asked  []int64
}

func (b *brief) Subscribe(_ context.Context, s reactive.Subscriber[int]) {
	b.down = s
	s.OnSubscribe(b)
}

func (b *brief) Request(n int64) {
	if b.asked = append(b.asked, n); len(b.asked) == 1 {
		for i := range b.values {
			b.down.OnNext(i)
		}
		b.down.OnComplete()
	}
}

func (b *brief) Cancel() {}
