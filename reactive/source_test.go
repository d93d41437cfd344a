package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleJust() {
	words, err := reactive.Just("to", "and", "fro").Collect(context.Background())
	fmt.Println(words, err)
	// Output: [to and fro] <nil>
}

// A stream is a recipe: what Defer is given runs once for each subscriber.
func ExampleDefer() {
	n := 0
	count := reactive.Defer(func() reactive.Mono[int] {
		n++
		return reactive.JustMono(n)
	})
	for range 2 {
		fmt.Println(count.Collect(context.Background()))
	}
	// Output:
	// [1] <nil>
	// [2] <nil>
}

func TestSourceValues(t *testing.T) {
	var zeroFlux flux
	var zeroMono mono
	runFlows(t, []flow{
		{"zero Flux", zeroFlux, values()},
		{"zero Mono", zeroMono, values()},
		{"Just nothing", reactive.Just[int](), values()},
		{"Just one", reactive.Just(1), values(1)},
		{"Just many", reactive.Just(1, 2, 3), values(1, 2, 3)},
		{"FromSlice", reactive.FromSlice([]int{1, 2}), values(1, 2)},
		{"Range", reactive.Range(-1, 3), values(-1, 0, 1)},
		{"Range of less than one", reactive.Range(5, -1), values()},
		{"FromSeq", reactive.FromSeq(seq(3)), values(0, 1, 2)},
		{"FromSeq under bounded demand", reactive.FromSeq(seq(3)).LimitRate(1), values(0, 1, 2)},
		{"FromSeq panics", reactive.FromSeq(func(yield func(int) bool) { yield(1); panic("seq") }), panics(1)},
		{"FromSeq panics under bounded demand",
			reactive.FromSeq(func(yield func(int) bool) { yield(1); panic("seq") }).LimitRate(1), panics(1)},
		{"Empty", reactive.Empty[int](), values()},
		{"EmptyMono", reactive.EmptyMono[int](), values()},
		{"Error", reactive.Error[int](errBoom), fails()},
		{"ErrorMono", reactive.ErrorMono[int](errBoom), fails()},
		{"JustMono", reactive.JustMono(1), values(1)},
		{"Mono as Flux", reactive.JustMono(1).Flux(), values(1)},
		{"FromPublisher of a function", reactive.FromPublisher(reactive.PublisherFunc[int](reactive.Just(1).Subscribe)), values(1)},
		{"MonoFrom takes the first", reactive.MonoFrom(reactive.Just(1, 2)), values(1)},
		{"MonoFrom of nothing", reactive.MonoFrom(reactive.Empty[int]()), values()},
		{"Defer panics", reactive.Defer(func() flux { panic("defer") }), panics()},
		{"DeferMono", reactive.DeferMono(func() mono { return reactive.JustMono(7) }), values(7)},
		{"Done", ends(reactive.Done()), values()},
	})
}

func TestNilBecomesFailure(t *testing.T) {
	tests := []struct {
		name string
		src  flux
	}{
		{"nil publisher", reactive.FromPublisher[int](nil)},
		{"nil inner stream", reactive.ConcatMap(reactive.Just(1), func(int) ints { return nil })},
		{"Error of nil", reactive.Error[int](nil)},
		{"ErrorMono of nil", reactive.ErrorMono[int](nil).Flux()},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if v, err := tc.src.Collect(background); err == nil {
				t.Errorf("got %v and completion, want a failure", v)
			}
		})
	}
}

func TestNeverIsSilent(t *testing.T) {
	for name, src := range map[string]ints{"Flux": reactive.Never[int](), "Mono": reactive.NeverMono[int]()} {
		t.Run(name, func(t *testing.T) {
			reactivetest.Subscribe(t, src).Request(1).ExpectNoSignal(0).Cancel()
			reactivetest.Subscribe(t, src).Request(0).ExpectError(reactive.ErrBadRequest)
		})
	}
}

// A sequence runs only while there is demand, and is stopped where it stands.
func TestFromSeqRunsUnderDemand(t *testing.T) {
	var trace []string
	src := reactive.FromSeq(func(yield func(int) bool) {
		defer func() { trace = append(trace, "stopped") }()
		for i := range 10 {
			trace = append(trace, fmt.Sprint("made ", i))
			if !yield(i) {
				return
			}
		}
	})
	steps := []struct {
		name string
		do   func(*reactivetest.Probe[int])
		want []string
	}{
		{"no demand", func(*reactivetest.Probe[int]) {}, nil},
		{"one", func(p *reactivetest.Probe[int]) { p.Request(1) }, []string{"made 0"}},
		{"two more", func(p *reactivetest.Probe[int]) { p.Request(2) }, []string{"made 1", "made 2"}},
		{"cancel", func(p *reactivetest.Probe[int]) { p.Cancel() }, []string{"stopped"}},
		{"after it", func(p *reactivetest.Probe[int]) { p.Request(1) }, nil},
	}
	p := reactivetest.Subscribe(t, src)
	for _, step := range steps {
		trace = nil
		step.do(p)
		if diff := cmp.Diff(step.want, trace); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestFromSeqStopsWithTake(t *testing.T) {
	stopped := false
	got, err := reactive.FromSeq(func(yield func(int) bool) {
		defer func() { stopped = true }()
		for i := 0; yield(i); i++ {
		}
	}).Filter(func(v int) bool { return v > 0 }).Take(2).Collect(background)
	if diff := cmp.Diff([]int{1, 2}, got); diff != "" || err != nil || !stopped {
		t.Errorf("got %v, %v, stopped %v, want [1 2], nil and true", got, err, stopped)
	}
}
