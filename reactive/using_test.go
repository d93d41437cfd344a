package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleUsing() {
	lines := reactive.Using(
		func(context.Context) (string, error) { fmt.Println("open"); return "file", nil },
		func(name string) reactive.Flux[string] { return reactive.Just(name+" line 1", name+" line 2") },
		func(string) { fmt.Println("close") },
	)
	fmt.Println(lines.Collect(context.Background()))
	// Output:
	// open
	// close
	// [file line 1 file line 2] <nil>
}

func TestUsing(t *testing.T) {
	type probe = reactivetest.Probe[int]
	ok := func(context.Context) (int, error) { return 1, nil }
	just := func(v int) flux { return reactive.Just(v) }
	never := func(int) flux { return reactive.Never[int]() }
	free := func(int) {}
	tests := []struct {
		name    string
		acquire func(context.Context) (int, error)
		use     func(int) flux
		release func(int)
		do      func(p *probe)
		want    []string
	}{
		{"nothing without demand", ok, just, free, func(p *probe) { p.Cancel() }, nil},
		{"completes", ok, just, free, func(p *probe) { p.Request(1).ExpectNext(1).ExpectComplete() }, []string{"acquire", "use", "release"}},
		{"fails", ok, func(int) flux { return failAfter() }, free, func(p *probe) { p.Request(1).ExpectError(errBoom) }, []string{"acquire", "use", "release"}},
		{"cancelled", ok, never, free, func(p *probe) { p.Request(1).Cancel() }, []string{"acquire", "use", "release"}},
		{"bad request", ok, never, free, func(p *probe) { p.Request(1).Request(0).ExpectError(reactive.ErrBadRequest) }, []string{"acquire", "use", "release"}},
		{"acquire fails", counter(0, errBoom), just, free, func(p *probe) { p.Request(1).ExpectError(errBoom) }, []string{"acquire"}},
		{"acquire panics", func(context.Context) (int, error) { panic("acquire") }, just, free, func(p *probe) { p.Request(1).ExpectError(nil) }, []string{"acquire"}},
		{"use panics", ok, func(int) flux { panic("use") }, free, func(p *probe) { p.Request(1).ExpectError(nil) }, []string{"acquire", "use", "release"}},
		{"release panics", ok, just, func(int) { panic("release") }, func(p *probe) { p.Request(1).ExpectNext(1).ExpectError(nil) }, []string{"acquire", "use", "release"}},
		{"release panics after a failure", ok, func(int) flux { return failAfter() }, func(int) { panic("release") },
			func(p *probe) { p.Request(1).ExpectError(errBoom) }, []string{"acquire", "use", "release"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			note := func(s string) { got = append(got, s) }
			p := reactivetest.Subscribe(t, reactive.Using(
				func(ctx context.Context) (int, error) { note("acquire"); return tc.acquire(ctx) },
				func(v int) flux { note("use"); return tc.use(v) },
				func(v int) { note("release"); tc.release(v) }))
			tc.do(p)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

// A resource that arrives after the cancellation is released at once; its context has ended by then.
func TestUsingCancelledWhileItAcquires(t *testing.T) {
	var p *reactivetest.Probe[int]
	released, used := 0, false
	src := reactive.Using(
		func(ctx context.Context) (int, error) {
			p.Cancel()
			if ctx.Err() == nil {
				t.Error("the context has not ended with the subscription")
			}
			return 7, nil
		},
		func(v int) flux { used = true; return reactive.Just(v) },
		func(v int) { released = v })
	p = reactivetest.Subscribe(t, src)
	p.Request(1).ExpectNoSignal(0)
	if released != 7 || used {
		t.Errorf("released %d, used %t, want 7, false", released, used)
	}
}
