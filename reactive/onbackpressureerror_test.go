package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A subscriber that asks for one at a time is too slow for a source that does not wait.
func ExampleFlux_OnBackpressureError() {
	for v, err := range reactive.Range(1, 3).OnBackpressureError().All(context.Background()) {
		fmt.Println(v, errors.Is(err, reactive.ErrOverflow))
	}
	// Output:
	// 1 false
	// 0 true
}

func TestOnBackpressureError(t *testing.T) {
	tests := []struct {
		name      string
		do        func(src *intSource, p *intProbe)
		want      []int
		end       error
		cancelled bool
	}{
		{"within demand", func(src *intSource, p *intProbe) {
			wantAsked(t, "source", src, reactive.Unbounded)
			p.Request(2)
			src.Next(1, 2)
		}, []int{1, 2}, nil, false},
		{"beyond it", func(src *intSource, p *intProbe) {
			p.Request(1)
			src.Next(1, 2, 3)
		}, []int{1}, reactive.ErrOverflow, true},
		{"completion", func(src *intSource, _ *intProbe) { src.Complete() }, nil, errCompleted, false},
		{"failure", func(src *intSource, _ *intProbe) { src.Error(errBoom) }, nil, errBoom, false},
		{"cancel", func(_ *intSource, p *intProbe) { p.Cancel() }, nil, nil, true},
		{"bad request", func(_ *intSource, p *intProbe) { p.Request(0) }, nil, reactive.ErrBadRequest, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).OnBackpressureError())
			tc.do(src, p)
			wantSignals(t, p, tc.want, tc.end)
			if got := src.Cancelled(); got != tc.cancelled {
				t.Errorf("source cancelled: got %v, want %v", got, tc.cancelled)
			}
			p.Cancel()
		})
	}
}
