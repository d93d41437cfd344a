package reactive_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

type (
	intSource = reactivetest.Source[int]
	intProbe  = reactivetest.Probe[int]
)

// errCompleted stands for completion where a test names the end of a stream.
var errCompleted = errors.New("completion")

// pair is a case of an operator over two sources that are operated by hand.
type pair struct {
	name      string
	do        func(a, b *intSource, p *intProbe)
	want      []int
	end       error   // nil: the stream has not ended
	cancelled [2]bool // which of the sources were
}

// runPairs subscribes to op, performs each case and compares.
func runPairs(t *testing.T, op func(a, b ints) ints, pairs []pair) {
	t.Helper()
	for _, tc := range pairs {
		t.Run(tc.name, func(t *testing.T) {
			a, b := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, op(a, b))
			tc.do(a, b, p)
			wantSignals(t, p, tc.want, tc.end)
			if got := [2]bool{a.Cancelled(), b.Cancelled()}; got != tc.cancelled {
				t.Errorf("cancelled: got %v, want %v", got, tc.cancelled)
			}
			p.Cancel()
		})
	}
}

// wantSignals compares all signals so far: the values and the end, in the sense of errors.Is, or nil for none.
func wantSignals[T any](t *testing.T, p *reactivetest.Probe[T], want []T, end error) {
	t.Helper()
	if diff := cmp.Diff(want, p.Values()); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	var got error
	if all := p.Signals(); len(all) > 0 {
		switch last := all[len(all)-1]; last.Kind {
		case reactivetest.Complete:
			got = errCompleted
		case reactivetest.Error:
			got = last.Err
		}
	}
	if !errors.Is(got, end) || end == nil && got != nil {
		t.Errorf("end: got %v, want %v", got, end)
	}
}

// wantAsked compares what each Request asked a source for.
func wantAsked(t *testing.T, when string, src *intSource, want ...int64) {
	t.Helper()
	if got := src.Requests(); !slices.Equal(got, want) {
		t.Errorf("%s: requests: got %v, want %v", when, got, want)
	}
}
