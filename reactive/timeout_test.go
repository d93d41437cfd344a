package reactive_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func TestTimeout(t *testing.T) {
	const d = time.Second
	type (
		source = reactivetest.Source[int]
		probe  = reactivetest.Probe[int]
	)
	tests := []struct {
		name string
		do   func(src *source, p *probe)
	}{
		{"first value", func(src *source, p *probe) {
			p.Request(1).ExpectNoSignal(d - 1).ExpectError(reactive.ErrTimeout)
			src.ExpectCancelled()
		}},
		{"between values", func(src *source, p *probe) {
			p.Request(9)
			for i := range 5 {
				time.Sleep(d - 1)
				src.Next(i)
			}
			p.ExpectCount(5).ExpectNoSignal(d - 1).ExpectError(reactive.ErrTimeout)
		}},
		{"the end in time", func(src *source, p *probe) {
			p.Request(9)
			src.Next(1)
			time.Sleep(d - 1)
			src.Complete()
			p.ExpectNext(1).ExpectComplete().ExpectNoSignal(5 * d)
		}},
		{"the failure in time", func(src *source, p *probe) {
			p.Request(9)
			src.Error(errBoom)
			p.ExpectError(errBoom).ExpectNoSignal(5 * d)
		}},
		{"no demand, no time", func(src *source, p *probe) {
			p.ExpectNoSignal(5 * d).Request(1).ExpectNoSignal(d - 1)
			src.Next(1)
			p.ExpectNext(1).ExpectNoSignal(5 * d)
		}},
		{"demand begins the time anew", func(src *source, p *probe) {
			p.Request(1)
			src.Next(1)
			p.ExpectNext(1).ExpectNoSignal(d / 2).Request(1).ExpectNoSignal(d - 1).ExpectError(reactive.ErrTimeout)
		}},
		{"more demand does not", func(src *source, p *probe) {
			p.Request(1).ExpectNoSignal(d / 2).Request(1).ExpectNoSignal(d/2 - 1).ExpectError(reactive.ErrTimeout)
		}},
		{"cancelled", func(src *source, p *probe) {
			p.Request(1).Cancel().ExpectNoSignal(5 * d)
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				p := reactivetest.Subscribe(t, reactive.FromPublisher(src).Timeout(d))
				tc.do(src, p)
				p.Cancel()
			})
		})
	}
}

// The time that the subscriber takes is not the source's.
func TestTimeoutLeavesOutTheSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := reactivetest.NewSource[int](t)
		p := reactivetest.NewProbe[int](t).RequestFirst(2).Each(func(int) { time.Sleep(5 * time.Second) })
		reactive.FromPublisher(src).Timeout(time.Second).Subscribe(background, p)
		src.Next(1)
		time.Sleep(time.Second - 1)
		src.Next(2).Complete()
		p.ExpectNext(1, 2).ExpectComplete()
	})
}

func TestTimeoutForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := []flow{
			{"Mono", reactive.NeverMono[int]().Timeout(time.Second), outcome[int]{err: reactive.ErrTimeout}},
			{"Mono in time", reactive.JustMono(1).Timeout(time.Second), values(1)},
			{"no timeout", reactive.Just(1).DelayEnd(time.Hour).Timeout(0), values(1)},
			{"of the end", reactive.Just(1).DelayEnd(time.Hour).Timeout(time.Second), outcome[int]{values: []int{1}, err: reactive.ErrTimeout}},
		}
		for _, f := range runs {
			wantOutcome(t, f.src, f.want)
		}
	})
}
