package reactive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func TestHandoverValues(t *testing.T) {
	runFlows(t, []flow{
		{"Prefetch", reactive.Range(0, 5).Prefetch(2), values(0, 1, 2, 3, 4)},
		{"Prefetch in steps", reactive.Range(0, 5).Prefetch(2).LimitRate(1), values(0, 1, 2, 3, 4)},
		{"Prefetch of a failure", failAfter(1, 2).Prefetch(4), fails(1, 2)},
		{"Prefetch of nothing", reactive.Empty[int]().Prefetch(4), values()},
		{"Prefetch of less than one is one", reactive.Just(1, 2).Prefetch(0), values(1, 2)},
		{"PublishOn", reactive.Range(0, 5).PublishOn(reactive.Go, 2), values(0, 1, 2, 3, 4)},
		{"PublishOn of a failure", failAfter(1, 2).PublishOn(reactive.Go, 1), fails(1, 2)},
		{"PublishOn of a Mono", reactive.JustMono(1).PublishOn(reactive.Go), values(1)},
		{"PublishOn of an empty Mono", mono{}.PublishOn(reactive.Go), values()},
		{"PublishOn of a Mono that fails", reactive.ErrorMono[int](errBoom).PublishOn(reactive.Go), fails()},
		{"PublishOn a scheduler that runs at once", reactive.Range(0, 3).PublishOn(func(f func()) { f() }, 2), values(0, 1, 2)},
	})
}

func TestPrefetchReadsAhead(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).Prefetch(4))
	wantRequested := func(want ...int64) {
		t.Helper()
		if diff := cmp.Diff(want, src.Requests()); diff != "" {
			t.Fatalf("requests (-want +got):\n%s", diff)
		}
	}
	wantRequested(4)
	src.Next(1, 2, 3)
	p.ExpectNoSignal(0).Request(2).ExpectNext(1, 2)
	wantRequested(4)
	p.Request(3).ExpectNext(3)
	wantRequested(4, 3) // three quarters were delivered
	src.Next(4, 5, 6, 7).Complete()
	p.ExpectNext(4, 5).ExpectNoSignal(0).Request(9).ExpectNext(6, 7).ExpectComplete()
}

// A Mono is asked once, when the subscriber asks; its value and its end go to the scheduler together.
func TestMonoPublishOn(t *testing.T) {
	var m manual
	var asked []int64
	src := reactivetest.NewSource[int](t)
	watched := reactive.MonoFrom(src).DoOnRequest(func(n int64) { asked = append(asked, n) })
	p := reactivetest.Subscribe(t, watched.PublishOn(m.schedule))
	wantAsked(t, "before demand", src)
	p.Request(2)
	p.Request(3)
	m.run()
	src.Next(1)
	p.ExpectNoSignal(0)
	if n := m.run(); n != 1 {
		t.Errorf("%d tasks for the value and the end, want 1", n)
	}
	p.ExpectNext(1).ExpectComplete()
	if diff := cmp.Diff([]int64{1}, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	src = reactivetest.NewSource[int](t)
	p = reactivetest.Subscribe(t, reactive.MonoFrom(src).PublishOn(m.schedule)).Request(1)
	src.Next(1)
	p.Cancel()
	m.run()
	p.ExpectNoSignal(0)
}

// The end comes after what is queued; a bad request and a cancellation come at once.
func TestHandoverEnds(t *testing.T) {
	type (
		source = reactivetest.Source[int]
		probe  = reactivetest.Probe[int]
	)
	tests := []struct {
		name string
		do   func(src *source, p *probe, m *manual)
	}{
		{"completion", func(src *source, p *probe, m *manual) {
			src.Complete()
			m.run()
			p.ExpectNoSignal(0).Request(5)
			m.run()
			p.ExpectNext(1, 2).ExpectComplete()
		}},
		{"failure", func(src *source, p *probe, m *manual) {
			src.Error(errBoom)
			m.run()
			p.ExpectNoSignal(0).Request(1)
			m.run()
			p.ExpectNext(1).ExpectNoSignal(0).Request(1)
			m.run()
			p.ExpectNext(2).ExpectError(errBoom)
		}},
		{"bad request", func(src *source, p *probe, m *manual) {
			p.Request(0)
			m.run()
			p.ExpectError(reactive.ErrBadRequest)
			src.ExpectCancelled()
		}},
		{"cancel", func(src *source, p *probe, m *manual) {
			p.Cancel()
			m.run()
			p.ExpectNoSignal(0)
			src.ExpectCancelled()
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var m manual
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).PublishOn(m.schedule, 4))
			src.Next(1, 2)
			if n := len(m.tasks); n != 1 {
				t.Errorf("%d tasks for two values, want 1", n)
			}
			p.ExpectNoSignal(0)
			m.run()
			tc.do(src, p, &m)
			if n := m.run(); n > 0 {
				t.Errorf("%d tasks after the end, want none", n)
			}
		})
	}
}
