package reactive_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A Mono has one value, also if it fails after it: nothing takes its place then, and it ends whatever the demand is.
func TestMonoFailsAfterItsValue(t *testing.T) {
	fails := reactive.JustMono(1).DoOnComplete(func() { panic(errBoom) })
	forms := []struct {
		name string
		m    mono
	}{
		{"OnErrorReturn", fails.OnErrorReturn(2)},
		{"OnErrorResume", fails.OnErrorResume(func(error) mono { return reactive.JustMono(2) })},
		{"RetryBackoff", fails.RetryBackoff(3, time.Second, time.Second)},
		{"TimeoutTo", fails.TimeoutTo(time.Second, reactive.JustMono(2))},
		{"Timeout", fails.Timeout(time.Second)},
	}
	for _, f := range forms {
		for _, n := range []int64{1, reactive.Unbounded} {
			t.Run(fmt.Sprintf("%s, asked for %d", f.name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := reactivetest.Subscribe(t, f.m).Request(n)
					allQuiet()
					p.ExpectNext(1).ExpectError(errBoom).ExpectNoSignal(0)
				})
			})
		}
	}
}

// The end of a Mono that has had its value is not timed.
func TestMonoTimeoutAfterTheValue(t *testing.T) {
	forms := []struct {
		name string
		form func(mono) mono
	}{
		{"Timeout", func(m mono) mono { return m.Timeout(time.Second) }},
		{"TimeoutTo", func(m mono) mono { return m.TimeoutTo(time.Second, reactive.JustMono(2)) }},
	}
	for _, f := range forms {
		for _, n := range []int64{1, reactive.Unbounded} {
			t.Run(fmt.Sprintf("%s, asked for %d", f.name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					late := reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
						out.Next(1)
						time.AfterFunc(time.Minute, out.Complete)
					}, 1, reactive.OverflowError)
					p := reactivetest.Subscribe(t, f.form(reactive.Mono[int](late))).Request(n)
					p.ExpectNext(1).ExpectNoSignal(time.Second)
					sleep(time.Hour)
					p.ExpectComplete()
				})
			})
		}
	}
}
