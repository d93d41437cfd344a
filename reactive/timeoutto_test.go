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

// The answer of yesterday is better than none.
func ExampleMono_TimeoutTo() {
	price := reactive.NeverMono[int]().TimeoutTo(time.Millisecond, reactive.JustMono(42))
	fmt.Println(price.Block(context.Background()))
	// Output: 42 <nil>
}

func TestTimeoutTo(t *testing.T) {
	const s = time.Second
	fallback := reactive.Just(100, 101)
	runTimed(t, 2, func(f flux) flux { return f.TimeoutTo(10*s, fallback) }, []timed{
		{"in time", func(src *intSource, _ *intProbe) {
			sleep(9 * s)
			src.Next(1)
			sleep(9 * s)
			src.Next(2).Complete()
		}, []moment{{9 * s, 1}, {18 * s, 2}}, errCompleted},
		{"too late at first", func(*intSource, *intProbe) {}, []moment{{10 * s, 100}, {10 * s, 101}}, errCompleted},
		{"too late, with what is left of the demand", func(src *intSource, _ *intProbe) {
			src.Next(1)
			sleep(s)
		}, []moment{{0, 1}, {10 * s, 100}}, nil},
		{"nothing is owed", func(src *intSource, _ *intProbe) { src.Next(1, 2) }, []moment{{0, 1}, {0, 2}}, nil},
		{"failure", func(src *intSource, _ *intProbe) { src.Next(1).Error(errBoom) }, []moment{{0, 1}}, errBoom},
		{"a timeout of the source's own", func(src *intSource, _ *intProbe) { src.Error(reactive.ErrTimeout) }, nil, reactive.ErrTimeout},
		{"cancel", func(_ *intSource, p *intProbe) { p.Cancel() }, nil, nil},
		{"bad request", func(_ *intSource, p *intProbe) { p.Request(0) }, nil, reactive.ErrBadRequest},
	})
}

func TestTimeoutToMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := reactivetest.NewSource[int](t)
		p := reactivetest.Subscribe(t, reactive.FromPublisher(src).TimeoutTo(time.Second, failAfter(7))).Request(1)
		sleep(time.Second)
		if !src.Cancelled() {
			t.Error("the source is not cancelled")
		}
		p.ExpectNext(7).Request(1).ExpectError(errBoom)
		wantOutcome(t, reactive.NeverMono[int]().TimeoutTo(time.Second, reactive.EmptyMono[int]()), values())
		wantOutcome(t, reactive.JustMono(1).TimeoutTo(0, reactive.JustMono(2)), values(1))
		_, err := reactive.ErrorMono[int](errBoom).TimeoutTo(time.Second, reactive.JustMono(2)).Block(background)
		if err != errBoom {
			t.Errorf("got error %#v, want the source's own", err)
		}
	})
}
