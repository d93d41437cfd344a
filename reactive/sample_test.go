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

// What was typed last, when nothing more was typed.
func ExampleFlux_Debounce() {
	typed := reactive.Just("f", "fl", "flux")
	fmt.Println(typed.Debounce(time.Minute).Collect(context.Background())) // the end is as good as a pause
	// Output: [flux] <nil>
}

func ExampleFlux_Sample() {
	prices := reactive.Range(1, 1000)
	fmt.Println(prices.Sample(time.Minute).Collect(context.Background())) // all within the same minute
	// Output: [1000] <nil>
}

func TestSample(t *testing.T) {
	const s = time.Second
	runTimed(t, 5, func(f flux) flux { return f.Sample(10 * s) }, []timed{
		{"the newest of a period", func(src *intSource, _ *intProbe) {
			wantAsked(t, "source", src, reactive.Unbounded)
			src.Next(1)
			sleep(3 * s)
			src.Next(2)
			sleep(3 * s)
			src.Next(3)
		}, []moment{{10 * s, 3}}, nil},
		{"period after period", func(src *intSource, _ *intProbe) {
			for i := range 25 {
				src.Next(i)
				sleep(s)
			}
		}, []moment{{10 * s, 9}, {20 * s, 19}, {30 * s, 24}}, nil},
		{"a period without a value", func(src *intSource, _ *intProbe) {
			src.Next(1)
			sleep(35 * s)
			src.Next(2)
		}, []moment{{10 * s, 1}, {40 * s, 2}}, nil},
		{"completion", func(src *intSource, _ *intProbe) {
			sleep(s)
			src.Next(1).Complete()
		}, []moment{{s, 1}}, errCompleted},
		{"completion without a value", func(src *intSource, _ *intProbe) { src.Complete() }, nil, errCompleted},
		{"failure", func(src *intSource, _ *intProbe) { src.Next(1).Error(errBoom) }, nil, errBoom},
		{"cancel", func(src *intSource, p *intProbe) { src.Next(1); p.Cancel() }, nil, nil},
		{"bad request", func(src *intSource, p *intProbe) { src.Next(1); p.Request(0) }, nil, reactive.ErrBadRequest},
	})
}

func TestSampleWithoutDemand(t *testing.T) {
	const s = time.Second
	runTimed(t, 0, func(f flux) flux { return f.Sample(10 * s) }, []timed{
		{"waits, and is replaced", func(src *intSource, p *intProbe) {
			src.Next(1)
			sleep(12 * s)
			src.Next(2)
			sleep(s)
			p.Request(1)
		}, []moment{{13 * s, 2}}, nil},
		{"completion waits", func(src *intSource, p *intProbe) {
			src.Next(1).Complete()
			sleep(30 * s)
			p.Request(1)
		}, []moment{{30 * s, 1}}, errCompleted},
		{"cancelled while completion waits", func(src *intSource, p *intProbe) {
			src.Next(1).Complete()
			p.Cancel().Request(1)
		}, nil, nil},
		{"bad request while completion waits", func(src *intSource, p *intProbe) {
			src.Next(1).Complete()
			p.Request(0)
		}, nil, reactive.ErrBadRequest},
	})
}

func TestDebounce(t *testing.T) {
	const s = time.Second
	runTimed(t, 5, func(f flux) flux { return f.Debounce(10 * s) }, []timed{
		{"one", func(src *intSource, _ *intProbe) {
			wantAsked(t, "source", src, reactive.Unbounded)
			src.Next(1)
		}, []moment{{10 * s, 1}}, nil},
		{"the last of a burst", func(src *intSource, _ *intProbe) {
			for i := range 4 {
				src.Next(i)
				sleep(9 * s)
			}
		}, []moment{{37 * s, 3}}, nil},
		{"burst after burst", func(src *intSource, _ *intProbe) {
			src.Next(1, 2)
			sleep(15 * s)
			src.Next(3, 4)
		}, []moment{{10 * s, 2}, {25 * s, 4}}, nil},
		{"completion", func(src *intSource, _ *intProbe) {
			sleep(s)
			src.Next(1).Complete()
		}, []moment{{s, 1}}, errCompleted},
		{"failure", func(src *intSource, _ *intProbe) { src.Next(1).Error(errBoom) }, nil, errBoom},
		{"cancel", func(src *intSource, p *intProbe) { src.Next(1); p.Cancel() }, nil, nil},
	})
}

func TestDebounceWithoutDemand(t *testing.T) {
	const s = time.Second
	runTimed(t, 0, func(f flux) flux { return f.Debounce(10 * s) }, []timed{
		{"waits", func(src *intSource, p *intProbe) {
			src.Next(1)
			sleep(12 * s)
			p.Request(1)
		}, []moment{{12 * s, 1}}, nil},
		{"a newer one must be followed by a pause too", func(src *intSource, p *intProbe) {
			src.Next(1)
			sleep(12 * s)
			src.Next(2)
			p.Request(1)
		}, []moment{{22 * s, 2}}, nil},
	})
}

func TestSampleWithoutTime(t *testing.T) {
	for name, op := range map[string]func(flux) flux{
		"Sample":   func(f flux) flux { return f.Sample(0) },
		"Debounce": func(f flux) flux { return f.Debounce(-1) },
	} {
		src := reactivetest.NewSource[int](t)
		p := reactivetest.Subscribe(t, op(reactive.FromPublisher(src)))
		src.Next(1, 2)
		p.Request(1)
		if got := p.Values(); len(got) != 1 || got[0] != 2 {
			t.Errorf("%s: got %v, want the newest value, 2", name, got)
		}
		p.Cancel()
	}
}

// The source, the timer and the subscriber at once; the last value always gets through.
func TestSampleUnderContention(t *testing.T) {
	for name, op := range map[string]func(flux) flux{
		"Sample":   func(f flux) flux { return f.Sample(time.Microsecond) },
		"Debounce": func(f flux) flux { return f.Debounce(time.Microsecond) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 2000
				src := reactive.FlatMap(reactive.Range(0, n), 1, func(v int) mono {
					return reactive.MapMono(reactive.Timer(time.Microsecond), func(int64) int { return v })
				})
				var p *intProbe
				last := -1
				p = reactivetest.NewProbe[int](t).RequestFirst(1).Each(func(v int) {
					if v <= last {
						t.Errorf("got %d after %d", v, last)
					}
					last = v
					p.Request(1)
				})
				op(src).Subscribe(background, p)
				p.SkipValues().ExpectComplete()
				if last != n-1 {
					t.Errorf("last value %d, want %d", last, n-1)
				}
			})
		})
	}
}
