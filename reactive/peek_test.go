package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleFlux_DoFinally() {
	stream := reactive.Just("a", "b").
		DoOnNext(func(s string) { fmt.Println("passing", s) }).
		DoFinally(func(s reactive.Signal) { fmt.Println("finally:", s) })
	_ = stream.ForEach(context.Background(), func(s string) { fmt.Println("got", s) })
	// Output:
	// passing a
	// got a
	// passing b
	// got b
	// finally: complete
}

func TestPeekOutcomes(t *testing.T) {
	runFlows(t, []flow{
		{"DoOnNext", reactive.Just(1, 2).DoOnNext(func(int) {}), values(1, 2)},
		{"DoOnNext panics", reactive.Range(1, 4).DoOnNext(func(v int) { divide(v) }), panics(1, 2)},
		{"DoOnNext of Mono panics", reactive.JustMono(3).DoOnNext(func(v int) { divide(v) }), panics()},
		{"DoOnError keeps the failure", failAfter(1).DoOnError(func(error) {}), fails(1)},
		{"DoOnError panics and keeps the failure", failAfter(1).DoOnError(func(error) { panic("peek") }), fails(1)},
		{"DoOnError panics", failAfter(1).DoOnError(func(error) { panic("peek") }), panics(1)},
		{"DoOnError of Mono", reactive.ErrorMono[int](errBoom).DoOnError(func(error) {}), fails()},
		{"DoOnComplete panics", reactive.Just(1).DoOnComplete(func() { panic("peek") }), panics(1)},
		{"DoOnComplete of Mono", reactive.JustMono(1).DoOnComplete(func() {}), values(1)},
		{"DoOnRequest panics", reactive.Just(1).DoOnRequest(func(int64) { panic("peek") }), panics()},
		{"DoOnSubscribe panics", reactive.Just(1).DoOnSubscribe(func() { panic("peek") }), panics()},
		{"DoFinally panics after the end", reactive.Just(1).DoFinally(func(reactive.Signal) { panic("peek") }), values(1)},
		{"DoFinally of Mono", reactive.JustMono(1).DoFinally(func(reactive.Signal) {}), values(1)},
		{"DoOnRequest of Mono", reactive.JustMono(1).DoOnRequest(func(int64) {}), values(1)},
		{"DoOnSubscribe of Mono panics", reactive.JustMono(1).DoOnSubscribe(func() { panic("peek") }), panics()},
		{"DoOnCancel of Mono", reactive.JustMono(1).DoOnCancel(func() {}), values(1)},
	})
}

// What is observed, in its order, by observers on either side of each other.
func TestPeekOrder(t *testing.T) {
	tests := []struct {
		name string
		do   func(src *reactivetest.Source[int], p *reactivetest.Probe[int])
		want []string
	}{
		{
			"complete",
			func(src *reactivetest.Source[int], p *reactivetest.Probe[int]) {
				p.Request(2)
				src.Next(7).Complete()
				p.ExpectNext(7).ExpectComplete()
			},
			[]string{"subscribe", "request 2", "next 7", "complete", "outer complete", "inner complete"},
		},
		{
			"error",
			func(src *reactivetest.Source[int], p *reactivetest.Probe[int]) {
				src.Error(errBoom)
				p.ExpectError(errBoom)
			},
			[]string{"subscribe", "error boom", "outer error", "inner error"},
		},
		{
			"cancel, which travels up",
			func(_ *reactivetest.Source[int], p *reactivetest.Probe[int]) {
				p.Cancel()
				p.Cancel()
			},
			[]string{"subscribe", "cancel", "inner cancel", "outer cancel"},
		},
		{
			"cancel after the end is none",
			func(src *reactivetest.Source[int], p *reactivetest.Probe[int]) {
				src.Complete()
				p.ExpectComplete().Cancel()
			},
			[]string{"subscribe", "complete", "outer complete", "inner complete"},
		},
		{
			"bad request is passed on unobserved",
			func(src *reactivetest.Source[int], p *reactivetest.Probe[int]) {
				p.Request(2)
				src.Next(1, 2).Complete()
				p.Request(0)
				p.ExpectNext(1, 2).ExpectComplete()
			},
			[]string{"subscribe", "request 2", "next 1", "next 2", "complete", "outer complete", "inner complete"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			note := func(format string, args ...any) { got = append(got, fmt.Sprintf(format, args...)) }
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).
				DoFinally(func(s reactive.Signal) { note("inner %v", s) }).
				DoFinally(func(s reactive.Signal) { note("outer %v", s) }).
				DoOnSubscribe(func() { note("subscribe") }).
				DoOnRequest(func(n int64) { note("request %d", n) }).
				DoOnNext(func(v int) { note("next %d", v) }).
				DoOnError(func(err error) { note("error %v", err) }).
				DoOnComplete(func() { note("complete") }).
				DoOnCancel(func() { note("cancel") }))
			tc.do(src, p)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSignalNames(t *testing.T) {
	for s, want := range map[reactive.Signal]string{
		reactive.SignalComplete: "complete",
		reactive.SignalError:    "error",
		reactive.SignalCancel:   "cancel",
		reactive.Signal(9):      "unknown",
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The callback of DoOnCancel may panic; the cancellation goes on its way.
func TestDoOnCancelPanics(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).DoOnCancel(func() { panic("peek") }))
	p.Cancel()
	if !src.Cancelled() {
		t.Error("the source is not cancelled")
	}
}

// A value that DoOnNext fails at goes no further, whether the source sees to the panic or the stage itself.
func TestDiscardInDoOnNext(t *testing.T) {
	peek := over(func(f flux) flux { return f.DoOnNext(func(v int) { divide(v) }) })
	runDiscards(t, []discards{
		{"a source of the user's own", peek, func(src *intSource, p *intProbe) {
			p.Request(3)
			src.Next(1, 3)
		}, []int{3}},
		{"a source of this package", func(ints) ints { return peek(reactive.Just(1, 3, 2)) }, func(_ *intSource, p *intProbe) {
			p.Request(3)
		}, []int{3}},
		{"Mono", func(src ints) ints { return reactive.MonoFrom(src).DoOnNext(func(v int) { divide(v) }) }, func(src *intSource, p *intProbe) {
			p.Request(1)
			src.Next(3)
		}, []int{3}},
	})
}
