package reactive_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A session is over when either direction is.
func ExampleRace() {
	in := reactive.Timer(time.Millisecond).Then()
	out := reactive.NeverMono[reactive.Void]().DoOnCancel(func() { fmt.Println("out cancelled") })
	_, err := reactive.Race(in, out).Block(context.Background())
	fmt.Println("end:", err)
	// Output:
	// out cancelled
	// end: <nil>
}

type voidSource = reactivetest.Source[reactive.Void]

type voidProbe = reactivetest.Probe[reactive.Void]

func TestWhenAndRace(t *testing.T) {
	complete := func(i int) func([]*voidSource, *voidProbe) {
		return func(s []*voidSource, _ *voidProbe) { s[i].Complete() }
	}
	fail := func(i int) func([]*voidSource, *voidProbe) {
		return func(s []*voidSource, _ *voidProbe) { s[i].Error(errBoom) }
	}
	type step = func([]*voidSource, *voidProbe)
	tests := []struct {
		name      string
		join      func(...void) void
		steps     []step
		ends      bool
		err       error
		cancelled []bool
	}{
		{"When waits", reactive.When, []step{complete(0), complete(2)}, false, nil, []bool{false, false, false}},
		{"When completes", reactive.When, []step{complete(0), complete(2), complete(1)}, true, nil, []bool{false, false, false}},
		{"When fails", reactive.When, []step{complete(0), fail(1)}, true, errBoom, []bool{false, false, true}},
		{"Race waits", reactive.Race, nil, false, nil, []bool{false, false, false}},
		{"Race completes", reactive.Race, []step{complete(1)}, true, nil, []bool{true, false, true}},
		{"Race fails", reactive.Race, []step{fail(2)}, true, errBoom, []bool{true, true, false}},
		{"cancel", reactive.When, []step{func(_ []*voidSource, p *voidProbe) { p.Cancel() }}, false, nil, []bool{true, true, true}},
		{"bad request", reactive.Race, []step{func(_ []*voidSource, p *voidProbe) { p.Request(0) }}, true, reactive.ErrBadRequest, []bool{true, true, true}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var srcs []*voidSource
			var ms []void
			for range 3 {
				src := reactivetest.NewSource[reactive.Void](t)
				srcs = append(srcs, src)
				ms = append(ms, reactive.MonoFrom(src))
			}
			p := reactivetest.Subscribe(t, tc.join(ms...))
			if n := srcs[0].Subscriptions(); n != 0 {
				t.Errorf("%d subscriptions without demand, want 0", n)
			}
			p.Request(1).Request(1)
			for _, step := range tc.steps {
				step(srcs, p)
			}
			switch {
			case !tc.ends:
				p.ExpectNoSignal(0)
			case tc.err != nil:
				p.ExpectError(tc.err)
			default:
				p.ExpectComplete()
			}
			for i, want := range tc.cancelled {
				if got := srcs[i].Cancelled(); got != want {
					t.Errorf("member %d cancelled: got %v, want %v", i, got, want)
				}
			}
		})
	}
}

func TestWhenAndRaceOfNothing(t *testing.T) {
	wantOutcome(t, reactive.When(), outcome[reactive.Void]{})
	wantOutcome(t, reactive.Race(), outcome[reactive.Void]{})
}

// Who comes after a member that ends the whole at once is not started.
func TestRaceStartsNoMoreThanNeeded(t *testing.T) {
	started := false
	late := reactive.Do(func(context.Context) error {
		started = true
		return nil
	})
	for name, first := range map[string]void{"complete": reactive.Done(), "error": reactive.ErrorMono[reactive.Void](errBoom)} {
		_, err := reactive.Race(first, late).Block(background)
		if started {
			t.Errorf("%s: the second member was started", name)
		}
		if (err != nil) != (name == "error") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}
