package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleZip() {
	names := reactive.Just("a", "b", "c")
	numbers := reactive.Range(1, 2)
	fmt.Println(reactive.Zip(names, numbers, func(name string, n int) string {
		return fmt.Sprint(name, n)
	}).Collect(context.Background()))
	// Output: [a1 b2] <nil>
}

func ExampleZipSlice() {
	columns := reactive.ZipSlice(reactive.Range(1, 3), reactive.Range(4, 3), reactive.Range(7, 3))
	fmt.Println(columns.Collect(context.Background()))
	// Output: [[1 4 7] [2 5 8] [3 6 9]] <nil>
}

// Two look-ups at the same time, of which both are needed.
func ExampleZipMono() {
	user := reactive.FromFunc(func(context.Context) (string, error) { return "Ann", nil }).SubscribeOn(reactive.Go)
	orders := reactive.FromFunc(func(context.Context) (int, error) { return 3, nil }).SubscribeOn(reactive.Go)
	page := reactive.ZipMono(user, orders, func(name string, n int) string {
		return fmt.Sprint(name, " has ", n, " orders")
	})
	fmt.Println(page.Block(context.Background()))
	// Output: Ann has 3 orders <nil>
}

func TestZip(t *testing.T) {
	runFlows(t, []flow{
		{"both", reactive.Zip(reactive.Just(1, 2), reactive.Just(10, 20), add), values(11, 22)},
		{"the shorter on the left", reactive.Zip(reactive.Just(1), reactive.Range(10, 100), add), values(11)},
		{"the shorter on the right", reactive.Zip(reactive.Range(10, 100), reactive.Just(1), add), values(11)},
		{"with nothing", reactive.Zip(reactive.Empty[int](), reactive.Never[int](), add), values()},
		{"more than what may wait", reactive.Zip(reactive.Range(0, 1000), reactive.Range(0, 1000), add).Skip(998), values(1996, 1998)},
		{"failure on the left does not wait", reactive.Zip(failAfter(1), reactive.Range(10, 100), add), fails()},
		{"failure on the right", reactive.Zip(reactive.Range(0, 100), failAfter(1), add), fails(1)},
		{"panic", reactive.Zip(reactive.Range(1, 9), reactive.Range(0, 9), func(a, _ int) int { return divide(a) }), panics(3, 6)},
		{"nil", reactive.Zip(reactive.Just(1), reactive.FromPublisher[int](nil), add), outcome[int]{err: nilPublisher()}},
		{"ZipMono", reactive.ZipMono(reactive.JustMono(1), reactive.JustMono(2), add), values(3)},
		{"ZipMono, one is empty", reactive.ZipMono(reactive.NeverMono[int](), reactive.EmptyMono[int](), add), values()},
		{"ZipMono, one fails", reactive.ZipMono(reactive.NeverMono[int](), reactive.ErrorMono[int](errBoom), add), fails()},
		{"ZipMono3", reactive.ZipMono3(reactive.JustMono(1), reactive.JustMono(2), reactive.JustMono(3), func(a, b, c int) int { return 100*a + 10*b + c }), values(123)},
		{"ZipMono3, one is empty", reactive.ZipMono3(reactive.JustMono(1), reactive.EmptyMono[int](), reactive.NeverMono[int](), func(a, b, c int) int { return 0 }), values()},
		{"ZipMono3 panics", reactive.ZipMono3(reactive.JustMono(1), reactive.JustMono(2), reactive.JustMono(3), func(a, b, c int) int { return divide(c) }), panics()},
	})
}

// nilPublisher is the failure of a stream of a publisher that is nil.
func nilPublisher() error {
	_, err := reactive.FromPublisher[int](nil).Collect(background)
	return err
}

func TestZipSlice(t *testing.T) {
	tests := []struct {
		name string
		src  reactive.Flux[[]int]
		want outcome[[]int]
	}{
		{"none", reactive.ZipSlice[int](), outcome[[]int]{}},
		{"one", reactive.ZipSlice(reactive.Just(1, 2)), outcome[[]int]{values: [][]int{{1}, {2}}}},
		{"three", reactive.ZipSlice(reactive.Just(1, 2), reactive.Just(3, 4, 5), reactive.Just(6, 7)), outcome[[]int]{values: [][]int{{1, 3, 6}, {2, 4, 7}}}},
		{"failure", reactive.ZipSlice(reactive.Just(1, 2), failAfter(3)), outcome[[]int]{values: [][]int{{1, 3}}, err: errBoom}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { wantOutcome(t, tc.src, tc.want) })
	}
}

func TestZipEnds(t *testing.T) {
	runPairs(t, func(a, b ints) ints { return reactive.Zip(a, b, add) }, []pair{
		{"waits for the counterpart", func(a, _ *intSource, p *intProbe) {
			p.Request(9)
			a.Next(1, 2)
		}, nil, nil, [2]bool{false, false}},
		{"demand is that of the subscriber", func(a, b *intSource, p *intProbe) {
			wantAsked(t, "before demand", a)
			p.Request(2).Request(1)
			wantAsked(t, "a", a, 2, 1)
			wantAsked(t, "b", b, 2, 1)
		}, nil, nil, [2]bool{false, false}},
		{"but no more than may wait", func(a, b *intSource, p *intProbe) {
			p.Request(reactive.Unbounded)
			wantAsked(t, "a", a, 32)
			for i := range 24 {
				a.Next(i)
			}
			wantAsked(t, "a, of which nothing is used", a, 32)
			for range 23 {
				b.Next(0)
			}
			wantAsked(t, "a, of which less than three quarters are used", a, 32)
			b.Next(0)
			wantAsked(t, "a", a, 32, 24)
			wantAsked(t, "b", b, 32, 24)
		}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}, nil, [2]bool{false, false}},
		{"completion uses up what is there", func(a, b *intSource, p *intProbe) {
			p.Request(2)
			a.Next(1, 2).Complete()
			b.Next(10)
		}, []int{11}, nil, [2]bool{false, false}},
		{"and cancels the other", func(a, b *intSource, p *intProbe) {
			p.Request(2)
			a.Next(1).Complete()
			b.Next(10)
		}, []int{11}, errCompleted, [2]bool{false, true}},
		{"completion without demand", func(_, b *intSource, _ *intProbe) { b.Complete() }, nil, errCompleted, [2]bool{true, false}},
		{"failure drops what waits", func(a, b *intSource, p *intProbe) {
			p.Request(2)
			a.Next(1)
			b.Error(errBoom)
		}, nil, errBoom, [2]bool{true, false}},
		{"cancel", func(_, _ *intSource, p *intProbe) { p.Cancel() }, nil, nil, [2]bool{true, true}},
		{"bad request", func(_, _ *intSource, p *intProbe) { p.Request(-1) }, nil, reactive.ErrBadRequest, [2]bool{true, true}},
		{"more values than were asked for", func(a, _ *intSource, p *intProbe) {
			p.Request(1)
			a.Next(1).Subscriber().OnNext(2)
		}, nil, reactive.ErrOverflow, [2]bool{true, true}},
	})
}

// The sources deliver on goroutines of their own; each value meets its counterpart.
func TestZipUnderContention(t *testing.T) {
	const n = 20_000
	a := reactive.Range(0, n).PublishOn(reactive.Go, 64)
	b := reactive.Range(0, n+1).PublishOn(reactive.Go, 3)
	var p *intProbe
	p = reactivetest.NewProbe[int](t).RequestFirst(5).Each(func(v int) {
		if v%2 != 0 {
			t.Errorf("got %d, which is not the sum of two equal numbers", v)
		}
		p.Request(1)
	})
	reactive.Zip(a, b, add).Subscribe(background, p)
	p.ExpectCount(n).ExpectComplete()
}
