package reactive_test

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// The next stream begins where the one before has ended: its end is known without demand, and its values wait for it.
func TestConcatGoesOnWithoutDemand(t *testing.T) {
	tests := []struct {
		name string
		src  flux
		want error
	}{
		{"an empty stream", reactive.Concat(reactive.Just(1), reactive.Empty[int]()), errCompleted},
		{"a failure", reactive.Concat(reactive.Just(1), reactive.Error[int](errBoom), reactive.Just(2)), errBoom},
		{"StartWith", reactive.Empty[int]().StartWith(1), errCompleted},
		{"a value", reactive.Concat(reactive.Just(1), reactive.Just(2)), nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := reactivetest.Subscribe(t, tc.src).Request(1).ExpectNext(1)
			switch tc.want {
			case nil:
				p.ExpectNoSignal(0).Request(1).ExpectNext(2).ExpectComplete()
			case errCompleted:
				p.ExpectComplete()
			default:
				p.ExpectError(tc.want)
			}
		})
	}
	reactivetest.Subscribe(t, reactive.Concat(flux{}, flux{})).ExpectComplete()
}

// Each stream sees what is left of the demand.
func TestConcatCarriesDemandOver(t *testing.T) {
	first, second := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.Concat(reactive.FromPublisher(first), reactive.FromPublisher(second)))
	p.Request(3)
	first.Next(1, 2)
	if got := second.Subscriptions(); got != 0 {
		t.Errorf("%d subscriptions to the second stream before the first has ended, want 0", got)
	}
	first.Complete()
	second.Next(3)
	p.Request(2)
	if diff := cmp.Diff([]int64{1, 2}, second.Requests()); diff != "" {
		t.Errorf("requests at the second (-want +got):\n%s", diff)
	}
	p.ExpectNext(1, 2, 3).Cancel()
	second.ExpectCancelled()

	first, second = reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
	p = reactivetest.Subscribe(t, reactive.Concat(reactive.FromPublisher(first), reactive.FromPublisher(second)))
	p.Request(0).ExpectError(reactive.ErrBadRequest)
	first.ExpectCancelled()
	if got := second.Subscriptions(); got != 0 {
		t.Errorf("%d subscriptions to the second stream after the end, want 0", got)
	}
}

// However many streams follow each other, each is subscribed to at the same depth of the stack.
func TestConcatFlatStack(t *testing.T) {
	depth := func() int { return runtime.Callers(0, make([]uintptr, 1000)) }
	kinds := []struct {
		name string
		last flux
	}{
		{"empty", flux{}},
		{"one value", reactive.Just(7)},
		{"several values", reactive.Just(7, 8)},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			var depths []int
			srcs := make([]flux, 1000)
			for i := range srcs {
				srcs[i] = reactive.Defer(func() flux { depths = append(depths, depth()); return k.last })
			}
			p := &tape[int]{first: 1}
			p.onNext = func(int) { p.sub.Request(1) }
			reactive.Concat(srcs...).Subscribe(background, p)
			if n := len(depths); n != len(srcs) {
				t.Fatalf("%d streams subscribed to, want %d", n, len(srcs))
			}
			if first, last := depths[1], depths[len(depths)-1]; last > first+8 {
				t.Errorf("the stack is %d deep at the second stream and %d at the last one", first, last)
			}
		})
	}
}
