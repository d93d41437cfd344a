package reactive_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(profiled{m}) }

// profiled runs the tests and fails them if one has left behind a goroutine that waits for ever, as far as the runtime
// can tell.
type profiled struct{ m *testing.M }

func (p profiled) Run() int {
	code := p.m.Run()
	if stacks, _ := reactivetest.LeakProfile(); stacks != "" {
		fmt.Fprintf(os.Stderr, "goroutines that wait for ever:\n%s", stacks)
		return 1
	}
	return code
}

var errBoom = errors.New("boom")

// outcome is all a stream gives to a subscriber that asks for everything.
type outcome[T any] struct {
	values []T
	err    error // in the sense of errors.Is
	panics bool  // the error is a PanicError
}

// wantOutcome compares what the stream gives with what is wanted.
func wantOutcome[T any](t *testing.T, src reactive.Publisher[T], want outcome[T]) {
	t.Helper()
	got, err := reactive.FromPublisher(src).Collect(background)
	if diff := cmp.Diff(want.values, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	var pe *reactive.PanicError
	switch {
	case want.panics:
		if !errors.As(err, &pe) {
			t.Errorf("got error %v, want a PanicError", err)
		}
	case !errors.Is(err, want.err):
		t.Errorf("got error %v, want %v", err, want.err)
	}
}

// flow is a named case: a stream and what it gives.
type flow struct {
	name string
	src  reactive.Publisher[int]
	want outcome[int]
}

func runFlows(t *testing.T, flows []flow) {
	t.Helper()
	for _, f := range flows {
		t.Run(f.name, func(t *testing.T) { wantOutcome(t, f.src, f.want) })
	}
}

func values(v ...int) outcome[int] { return outcome[int]{values: v} }

func fails(v ...int) outcome[int] { return outcome[int]{values: v, err: errBoom} }

func panics(v ...int) outcome[int] { return outcome[int]{values: v, panics: true} }

// failAfter is the values and then errBoom.
func failAfter(v ...int) flux {
	return reactive.Concat(reactive.Just(v...), reactive.Error[int](errBoom))
}
