package reactive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func TestTakeAndSkip(t *testing.T) {
	runFlows(t, []flow{
		{"Take", reactive.Range(0, 9).Take(2), values(0, 1)},
		{"Take of fewer", reactive.Just(1).Take(2), values(1)},
		{"Take exactly", reactive.Just(1, 2).Take(2), values(1, 2)},
		{"Take nothing does not subscribe", reactive.Error[int](errBoom).Take(0), values()},
		{"Take less than nothing", reactive.Just(1).Take(-1), values()},
		{"Take before the failure", failAfter(1, 2).Take(2), values(1, 2)},
		{"Take with the failure", failAfter(1).Take(2), fails(1)},
		{"First", reactive.Just(1, 2).First(), values(1)},
		{"First of nothing", reactive.Empty[int]().First(), values()},
		{"Skip", reactive.Range(0, 4).Skip(2), values(2, 3)},
		{"Skip everything", reactive.Just(1).Skip(2), values()},
		{"Skip nothing", reactive.Just(1).Skip(0), values(1)},
	})
}

// Take never asks for more than n in all, however much is asked of it.
func TestTakeBoundsDemand(t *testing.T) {
	tests := []struct {
		name string
		asks []int64
		want []int64
	}{
		{"less", []int64{1, 1}, []int64{1, 1}},
		{"exactly", []int64{3}, []int64{3}},
		{"more in steps", []int64{2, 2, 2}, []int64{2, 1}},
		{"everything", []int64{reactive.Unbounded, 1}, []int64{3}},
		{"everything at last", []int64{1, reactive.Unbounded}, []int64{1, 2}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).Take(3))
			for _, n := range tc.asks {
				p.Request(n)
			}
			if diff := cmp.Diff(tc.want, src.Requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			p.Cancel()
		})
	}
}

// The source is cancelled as the last value is delivered, so that a quiet source does not keep the stream open.
func TestTakeEndsWithTheLastValue(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.NewProbe[int](t).Each(func(v int) {
		if v == 2 && !src.Cancelled() {
			t.Error("the source is not cancelled as the last value arrives")
		}
	})
	reactive.FromPublisher(src).Take(2).Subscribe(background, p)
	p.Request(5)
	src.Next(1, 2)
	p.ExpectNext(1, 2).ExpectComplete()
}

func TestTakeCancelledInItsLastValue(t *testing.T) {
	var p *reactivetest.Probe[int]
	p = reactivetest.NewProbe[int](t).Each(func(int) { p.Cancel() })
	reactive.Just(1, 2).Take(1).Subscribe(background, p)
	p.Request(1).ExpectNext(1).ExpectNoSignal(0)
}
