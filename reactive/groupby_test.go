package reactive_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// One flow for each sender: in order for each of them, side by side for all of them.
func ExampleGroupBy() {
	messages := reactive.Just("ann: hello", "bob: hi", "ann: bye")
	sender := func(m string) string { name, _, _ := strings.Cut(m, ":"); return name }
	counts := reactive.FlatMap(reactive.GroupBy(messages, sender), 16,
		func(g reactive.Group[string, string]) reactive.Mono[string] {
			count := reactive.Reduce(g, 0, func(n int, _ string) int { return n + 1 })
			return reactive.MapMono(count, func(n int) string { return fmt.Sprint(g.Key, " sent ", n) })
		})
	fmt.Println(counts.Collect(context.Background()))
	// Output: [ann sent 2 bob sent 1] <nil>
}

func TestGroupBy(t *testing.T) {
	// lists is each group's values, with its key in front.
	lists := func(src ints, key func(int) int) reactive.Flux[[]int] {
		return reactive.FlatMap(reactive.GroupBy(src, key), 16, func(g group) reactive.Mono[[]int] {
			return reactive.CollectList(g.StartWith(-g.Key))
		})
	}
	tests := []struct {
		name string
		src  reactive.Flux[[]int]
		want outcome[[]int]
	}{
		{"in the order of their first values", lists(reactive.Just(2, 1, 5, 3, 4), mod3), outcome[[]int]{values: [][]int{{-2, 2, 5}, {-1, 1, 4}, {0, 3}}}},
		{"one", lists(reactive.Just(1, 4), mod3), outcome[[]int]{values: [][]int{{-1, 1, 4}}}},
		{"none", lists(reactive.Empty[int](), mod3), outcome[[]int]{}},
		{"failure", lists(failAfter(1, 2), mod3), outcome[[]int]{err: errBoom}},
		{"panic", lists(reactive.Range(1, 9), divide), outcome[[]int]{panics: true}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { wantOutcome(t, tc.src, tc.want) })
	}
}

func TestGroupByKeys(t *testing.T) {
	wantOutcome(t, reactive.FlatMap(reactive.GroupBy(reactive.Range(1, 4), listFrom(2)), 16,
		func(g reactive.Group[any, int]) flux { return g.Flux }), outcome[int]{values: []int{1}, panics: true})

	// A group whose key no other value can have ends after its value.
	lists := reactive.FlatMap(reactive.GroupBy(reactive.Just(-1, 1, -1, 1), root), 16,
		func(g reactive.Group[float64, int]) reactive.Mono[[]int] { return reactive.CollectList(g) })
	wantOutcome(t, lists, outcome[[]int]{values: [][]int{{-1}, {-1}, {1, 1}}})
}

type groupProbe = reactivetest.Probe[group]

// groupOf subscribes to the i-th group.
func groupOf(t *testing.T, p *groupProbe, i int) *intProbe {
	t.Helper()
	all := p.Values()
	if len(all) <= i {
		t.Fatalf("%d groups, want more than %d", len(all), i)
	}
	return reactivetest.Subscribe(t, all[i])
}

func keysOf(p *groupProbe) (keys []int) {
	for _, g := range p.Values() {
		keys = append(keys, g.Key)
	}
	return keys
}

func TestGroupByDemand(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.GroupBy(src, mod3))
	wantAsked(t, "before demand", src)
	p.Request(1)
	wantAsked(t, "with demand", src, 256)
	src.Next(0)
	g := groupOf(t, p, 0)
	for i := range 190 {
		src.Next(3 * i)
	}
	wantAsked(t, "nothing is taken", src, 256)
	g.Request(100).ExpectCount(100)
	wantAsked(t, "and while 65 are on their way, nothing is asked", src, 256)
	src.Next(1)
	wantAsked(t, "but then what was taken", src, 256, 100)
	p.ExpectCount(1).ExpectNoSignal(0)
	p.Request(1).ExpectCount(1)
	if diff := cmp.Diff([]int{0, 1}, keysOf(p)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	p.Cancel()
	g.Cancel()
	if src.Cancelled() {
		t.Error("the source is cancelled while a group is live")
	}
	groupOf(t, p, 1).Cancel()
	if !src.Cancelled() {
		t.Error("the source is not cancelled when the stream and all groups were")
	}
}

// The rule of the documentation: values that nobody takes hold up all groups when there are 256 of them.
func TestGroupByHoldsUp(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.GroupBy(src, mod3)).Request(9)
	src.Next(1)
	wanted := groupOf(t, p, 0).Request(reactive.Unbounded)
	for range 255 {
		src.Next(0)
	}
	if got := src.Demand(); got != 1 {
		t.Fatalf("demand %d with 255 values in a group that nobody takes from, want 1", got)
	}
	src.Next(3)
	if got := src.Demand(); got != 0 {
		t.Fatalf("demand %d with 256 values in a group that nobody takes from, want 0", got)
	}
	groupOf(t, p, 1).Cancel()
	if got := src.Demand(); got != 65 { // and the rest when these begin to come
		t.Fatalf("demand %d when that group was left, want 65", got)
	}
	src.Next(4)
	if got := src.Demand(); got != 256 {
		t.Fatalf("demand %d afterwards, want 256", got)
	}
	src.Complete()
	wanted.ExpectNext(1, 4).ExpectComplete()
	p.ExpectCount(2).ExpectComplete()
}

func TestGroupByEnds(t *testing.T) {
	tests := []struct {
		name      string
		do        func(src *intSource, p *groupProbe, g *intProbe)
		keys      []int
		group     []int // values of the first group
		groupEnd  error
		end       error
		cancelled bool
	}{
		{"completion", func(src *intSource, _ *groupProbe, _ *intProbe) { src.Complete() }, []int{1}, []int{1}, errCompleted, errCompleted, false},
		{"failure", func(src *intSource, _ *groupProbe, _ *intProbe) { src.Error(errBoom) }, []int{1}, []int{1}, errBoom, errBoom, false},
		{"end after what waits", func(src *intSource, _ *groupProbe, g *intProbe) {
			src.Next(4, 7, 10, 2).Error(errBoom)
			g.Request(1)
		}, []int{1, 2}, []int{1, 4, 7, 10}, errBoom, errBoom, false},
		{"cancel of the stream: no other group", func(src *intSource, p *groupProbe, _ *intProbe) {
			p.Cancel()
			src.Next(2, 4)
		}, []int{1}, []int{1, 4}, nil, nil, false},
		{"a group that was left begins anew", func(src *intSource, _ *groupProbe, g *intProbe) {
			g.Cancel()
			src.Next(4)
		}, []int{1, 1}, []int{1}, nil, nil, false},
		{"all left", func(_ *intSource, p *groupProbe, g *intProbe) {
			g.Cancel()
			p.Cancel()
		}, []int{1}, []int{1}, nil, nil, true},
		{"bad request in a group", func(src *intSource, p *groupProbe, g *intProbe) {
			g.Request(0)
			p.Cancel()
		}, []int{1}, []int{1}, reactive.ErrBadRequest, nil, true},
		{"bad request", func(src *intSource, p *groupProbe, g *intProbe) {
			p.Request(-1)
			g.Cancel()
		}, []int{1}, []int{1}, nil, reactive.ErrBadRequest, true},
		{"a subscriber of a group panics", func(src *intSource, p *groupProbe, g *intProbe) {
			g.Each(func(int) { panic("no") })
			src.Next(4)
			p.Cancel()
		}, []int{1}, []int{1, 4}, nil, nil, true},
		{"more values than were asked for", func(src *intSource, p *groupProbe, g *intProbe) {
			for range 600 {
				src.Subscriber().OnNext(1)
			}
		}, []int{1}, []int{1, 1, 1}, nil, reactive.ErrOverflow, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.GroupBy(src, mod3)).Request(9)
			src.Next(1)
			g := groupOf(t, p, 0).Request(3)
			tc.do(src, p, g)
			wantSignals(t, g, tc.group, tc.groupEnd)
			if diff := cmp.Diff(tc.keys, keysOf(p)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if got := src.Cancelled(); got != tc.cancelled {
				t.Errorf("source cancelled: got %v, want %v", got, tc.cancelled)
			}
			p.ExpectCount(len(tc.keys))
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

// Groups that wait to be asked for are dropped when the stream is cancelled, and do not keep the source.
func TestGroupByDropsGroupsThatWait(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.GroupBy(src, func(v int) int { return v })).Request(1)
	src.Next(1, 2, 3)
	groupOf(t, p, 0).Request(1).ExpectNext(1).Cancel()
	p.ExpectCount(1).ExpectNoSignal(0).Cancel()
	if !src.Cancelled() {
		t.Error("the source is not cancelled")
	}
}

// A group may be subscribed to once.
func TestGroupByUnicast(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.GroupBy(src, mod3)).Request(1)
	src.Next(1)
	first, second := groupOf(t, p, 0), groupOf(t, p, 0)
	second.Request(1).ExpectError(reactive.ErrSubscribed)
	first.Request(1).ExpectNext(1)
	p.Cancel()
	first.Cancel()
}

// The values of groups that come and go, taken on other goroutines: each arrives once, in the order of its key.
func TestGroupByUnderContention(t *testing.T) {
	const n, keys = 20_000, 16
	src := reactive.Range(0, n).PublishOn(reactive.Go, 64)
	var mu sync.Mutex
	got := map[int][]int{}
	err := reactive.FlatMap(reactive.GroupBy(src, func(v int) int { return v % keys }), keys, func(g group) flux {
		return g.PublishOn(reactive.Go, 4).DoOnNext(func(v int) {
			mu.Lock()
			defer mu.Unlock()
			got[g.Key] = append(got[g.Key], v)
		})
	}).Then().Flux().ForEach(background, nil)
	if err != nil || len(got) != keys {
		t.Fatalf("got %d keys, %v, want %d", len(got), err, keys)
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		for i, v := range got[key] {
			if want := key + i*keys; v != want {
				t.Fatalf("key %d: value %d is %d, want %d", key, i, v, want)
			}
		}
		if len(got[key]) != n/keys {
			t.Errorf("key %d: %d values, want %d", key, len(got[key]), n/keys)
		}
	}
}

// Groups that are left after a few values, on other goroutines, and opened again: what they drop never stops the source.
func TestGroupByLeftUnderContention(t *testing.T) {
	const n = 20_000
	src := reactive.Range(0, n).PublishOn(reactive.Go, 64)
	seen := 0
	err := reactive.FlatMap(reactive.GroupBy(src, mod3), 64, func(g group) flux {
		return g.PublishOn(reactive.Go, 2).Take(5)
	}).ForEach(background, func(int) { seen++ })
	if err != nil || seen == 0 || seen > n {
		t.Errorf("got %d of %d values, %v", seen, n, err)
	}
}
