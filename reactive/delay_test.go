package reactive_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Letters that go out one by one, at least a millisecond apart.
func ExampleFlux_Delay() {
	fmt.Println(reactive.Just("a", "b", "c").Delay(time.Millisecond).Collect(context.Background()))
	// Output: [a b c] <nil>
}

// timed is a case of an operator that knows time: steps in a bubble, where time is virtual, and what had come when.
type timed struct {
	name string
	do   func(src *intSource, p *intProbe)
	want []moment
	end  error // nil: the stream has not ended
}

// moment is a value and when it came, in units of the test.
type moment struct {
	at time.Duration
	v  int
}

// runTimed subscribes to op with the demand, performs each case and compares. The cases have a minute.
func runTimed(t *testing.T, demand int64, op func(flux) flux, tests []timed) {
	t.Helper()
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var got []moment
				src := reactivetest.NewSource[int](t)
				p := reactivetest.NewProbe[int](t).Each(func(v int) {
					got = append(got, moment{time.Since(start), v})
				})
				op(reactive.FromPublisher(src)).Subscribe(background, p)
				if demand > 0 {
					p.Request(demand)
				}
				tc.do(src, p)
				sleep(time.Minute)
				if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(moment{})); diff != "" {
					t.Errorf("values and their times (-want +got):\n%s", diff)
				}
				wantSignals(t, p, p.Values(), tc.end)
				p.Cancel()
			})
		})
	}
}

// sleep lets d pass and everything happen that happens until then.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestDelay(t *testing.T) {
	const s = time.Second
	runTimed(t, 5, func(f flux) flux { return f.Delay(s) }, []timed{
		{"one", func(src *intSource, _ *intProbe) { src.Next(1) }, []moment{{s, 1}}, nil},
		{"one after the other", func(src *intSource, p *intProbe) {
			wantAsked(t, "at first", src, 1)
			src.Next(1)
			sleep(s)
			wantAsked(t, "when it has passed", src, 1, 1)
			sleep(s)
			src.Next(2)
		}, []moment{{s, 1}, {3 * s, 2}}, nil},
		{"completion waits for the value", func(src *intSource, _ *intProbe) { src.Next(1).Complete() }, []moment{{s, 1}}, errCompleted},
		{"completion", func(src *intSource, _ *intProbe) { src.Complete() }, nil, errCompleted},
		{"failure does not wait", func(src *intSource, _ *intProbe) { src.Next(1).Error(errBoom) }, nil, errBoom},
		{"cancel", func(src *intSource, p *intProbe) { src.Next(1); p.Cancel() }, nil, nil},
		{"bad request", func(src *intSource, p *intProbe) { src.Next(1); p.Request(0) }, nil, reactive.ErrBadRequest},
		{"demand", func(src *intSource, p *intProbe) {
			for i := range 5 {
				src.Next(i)
				sleep(s)
			}
			wantAsked(t, "all of the demand", src, 1, 1, 1, 1, 1)
			p.Request(1)
			wantAsked(t, "and one more", src, 1, 1, 1, 1, 1, 1)
		}, []moment{{s, 0}, {2 * s, 1}, {3 * s, 2}, {4 * s, 3}, {5 * s, 4}}, nil},
	})
}

func TestDelayOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		wantOutcome(t, reactive.Range(0, 5).Delay(time.Second), values(0, 1, 2, 3, 4))
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
		wantOutcome(t, reactive.JustMono(1).Delay(time.Second), values(1))
		wantOutcome(t, reactive.Just(1, 2).Delay(0), values(1, 2))
		wantOutcome(t, reactive.JustMono(1).Delay(-1), values(1))
		if took := time.Since(start); took != 6*time.Second {
			t.Errorf("took %v, want 6s", took)
		}
	})
}

// elsewhere asks for a value on another goroutine, as soon as it can.
type elsewhere struct{ *intProbe }

func (e elsewhere) OnSubscribe(s reactive.Subscription) {
	e.intProbe.OnSubscribe(s)
	go e.Request(1)
}

// The end of the source may come while OnSubscribe returns; the race detector sees how the two are kept apart.
func TestDelayEndMeetsOnSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			p := reactivetest.NewProbe[int](t)
			reactive.Just(1).DelayEnd(time.Second).Subscribe(background, elsewhere{p})
			p.ExpectNext(1)
			sleep(time.Second)
			p.ExpectComplete()
		}
	})
}
