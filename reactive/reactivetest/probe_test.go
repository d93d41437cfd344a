package reactivetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func TestProbeExpectations(t *testing.T) {
	tests := []struct {
		name string
		run  func(t TB)
		want []string
	}{
		{
			name: "met",
			run: func(t TB) {
				Subscribe(t, reactive.Range(0, 3)).Request(2).ExpectNext(0).ExpectCount(1).ExpectNoSignal(time.Hour).
					Request(1).ExpectNext(2).ExpectComplete().ExpectNoSignal(0)
				Subscribe(t, reactive.Error[int](errBoom)).ExpectError(errBoom)
				Subscribe(t, reactive.Error[int](errBoom)).ExpectError(nil)
			},
		},
		{
			name: "a signal that a timer brings is waited for",
			run: func(t TB) {
				Subscribe(t, reactive.Timer(5*time.Second)).Request(1).ExpectNoSignal(4 * time.Second).ExpectNext(0).ExpectComplete()
			},
		},
		{
			name: "a signal that comes once a day is waited for",
			run: func(t TB) {
				Subscribe(t, reactive.Interval(24*time.Hour)).Request(2).ExpectNext(0, 1).Cancel()
			},
		},
		{
			name: "less patience",
			run: func(t TB) {
				p := NewProbe[int64](t).Patience(time.Second)
				reactive.Timer(time.Minute).Subscribe(background, p)
				p.Request(1).ExpectNext(0)
			},
			want: []string{"no signal after 1s, want OnNext(0)"},
		},
		{
			name: "another value",
			run:  func(t TB) { Subscribe(t, reactive.Range(0, 3)).Request(3).ExpectNext(0, 7) },
			want: []string{"signal 2 of 2: got OnNext(1), want OnNext(7)"},
		},
		{
			name: "completion too early",
			run:  func(t TB) { Subscribe(t, reactive.Range(0, 1)).Request(3).ExpectCount(2) },
			want: []string{"got OnComplete after 1 values, want 2 values"},
		},
		{
			name: "a value for the end",
			run:  func(t TB) { Subscribe(t, reactive.Range(0, 3)).Request(3).ExpectComplete() },
			want: []string{"got OnNext(0), want OnComplete"},
		},
		{
			name: "another error",
			run: func(t TB) {
				Subscribe(t, reactive.Error[int](errBoom)).ExpectError(reactive.ErrTimeout)
			},
			want: []string{"got OnError(boom), want OnError(reactive: no value in time)"},
		},
		{
			name: "values that do not matter",
			run:  func(t TB) { Subscribe(t, reactive.Range(0, 9)).Request(20).ExpectNext(0).SkipValues().ExpectComplete() },
		},
		{
			name: "no end",
			run:  func(t TB) { Subscribe(t, reactive.Range(0, 9)).Request(3).SkipValues() },
			want: []string{"no end after 48h0m0s"},
		},
		{
			name: "nothing comes",
			run:  func(t TB) { Subscribe(t, reactive.Never[int]()).Request(1).ExpectNext(1) },
			want: []string{"no signal after 48h0m0s, want OnNext(1)"},
		},
		{
			name: "something comes",
			run: func(t TB) {
				Subscribe(t, reactive.Timer(time.Second)).Request(1).ExpectNoSignal(2 * time.Second)
			},
			want: []string{"got [OnNext(0) OnComplete], want no signal"},
		},
		{
			name: "not subscribed",
			run:  func(t TB) { NewProbe[int](t).Request(1) },
			want: []string{"Request(1) before OnSubscribe"},
		},
		{
			name: "a broken rule fails the test at its end",
			run: func(t TB) {
				Subscribe(t, publisher(func(f *flow) { f.onEnd = func(f *flow) { f.OnNext(9); f.end(); f.end() } })(0))
			},
			want: []string{"rule 1.1: value 1: OnNext(9), but only 0 requested", "rule 1.7: OnComplete after OnComplete"},
		},
		{
			name: "a rule that is broken with each value is reported once",
			run: func(t TB) {
				Subscribe(t, publisher(func(f *flow) {
					f.onRequest = func(f *flow, _ int64) { f.request(math.MaxInt64) }
				})(1000)).Request(1)
			},
			want: []string{"rule 1.1: value 2: OnNext(2), but only 1 requested (the first of 999)"},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := record(tc.run); !slices.Equal(got, tc.want) {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		})
	}
}

func TestProbeInsideSignals(t *testing.T) {
	p := NewProbe[int](t).RequestFirst(1)
	p.Each(func(v int) {
		if v == 2 {
			p.Cancel()
		} else {
			p.Request(1)
		}
	})
	reactive.Range(0, 10).Subscribe(background, p)
	p.ExpectNext(0, 1, 2).ExpectNoSignal(0)
	if got, want := fmt.Sprint(p.Values()), "[0 1 2]"; got != want {
		t.Errorf("Values() = %s, want %s", got, want)
	}
}

func TestSource(t *testing.T) {
	src := NewSource[int](t)
	p := Subscribe(t, src)
	src.ExpectSubscriptions(1)
	p.Request(2)
	src.ExpectDemand(2).Next(1)
	p.ExpectNext(1)
	if got, want := src.Demand(), int64(1); got != want {
		t.Errorf("Demand() = %d, want %d", got, want)
	}
	p.Request(reactive.Unbounded)
	if got, want := src.Requested(), reactive.Unbounded; got != want {
		t.Errorf("Requested() = %d, want %d", got, want)
	}
	src.Next(2, 3)
	p.ExpectNext(2, 3).Cancel()
	src.ExpectCancelled().Next(4).Complete()
	p.Request(1).ExpectNoSignal(0)

	p = Subscribe(t, src) // the source now speaks of this one
	if src.Cancelled() || src.Requested() != 0 || src.Subscriptions() != 2 {
		t.Errorf("the second subscription inherits from the first")
	}
	src.Error(errBoom)
	p.ExpectError(errBoom)
	if got := Subscribe(t, src).Request(1); src.Context() != background {
		t.Errorf("Context() = %v, want that of %v", src.Context(), got)
	}
	src.Complete()
}

// What a subscriber does on account of a timer is waited for, as a signal is.
func TestSourceWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := NewSource[int](t)
		p := NewProbe[int](t)
		time.AfterFunc(time.Hour, func() { src.Subscribe(background, p) })
		src.ExpectSubscriptions(1)
		time.AfterFunc(time.Hour, func() { p.Request(1) })
		src.ExpectDemand(1)
		time.AfterFunc(time.Hour, func() { p.Cancel() })
		src.ExpectCancelled()
	})
}

// Outside a bubble, a test must not wait for days.
func TestPatience(t *testing.T) {
	if got := NewProbe[int](t).patience(); got != patience {
		t.Errorf("patience of a probe is %v, want %v", got, patience)
	}
	if got := NewSource[int](t).patience(); got != patience {
		t.Errorf("patience of a source is %v, want %v", got, patience)
	}
}

func TestSourceMistakes(t *testing.T) {
	tests := []struct {
		name string
		run  func(t TB)
		want string
	}{
		{"no subscriber", func(t TB) { NewSource[int](t).Next(1) }, "nobody has subscribed"},
		{"no demand", func(t TB) { s := NewSource[int](t); Subscribe(t, s); s.Next(1) }, "the source cannot emit 1: demand 0, ended false"},
		{"after the end", func(t TB) {
			s := NewSource[int](t)
			Subscribe(t, s).Request(1)
			s.Complete().Next(1)
		}, "the source cannot emit 1: demand 1, ended true"},
		{"demand that does not come", func(t TB) { s := NewSource[int](t); Subscribe(t, s); s.ExpectDemand(2) },
			"demand of the source after 48h0m0s: got 0, want at least 2"},
		{"less patience", func(t TB) { s := NewSource[int](t).Patience(time.Second); Subscribe(t, s); s.ExpectDemand(2) },
			"demand of the source after 1s: got 0, want at least 2"},
		{"cancel that does not come", func(t TB) { s := NewSource[int](t); Subscribe(t, s); s.ExpectCancelled() },
			"the source was not cancelled within 48h0m0s"},
		{"subscriber that does not come", func(t TB) { NewSource[int](t).ExpectSubscriptions(1) },
			"subscriptions to the source after 48h0m0s: got 0, want 1"},
		{"bad request", func(t TB) {
			s := NewSource[int](t)
			p := newProbe[int](t)
			s.Subscribe(background, p)
			p.Request(0)
		}, "rule 2.1: Request(0)"},
		{"many bad requests", func(t TB) {
			s := NewSource[int](t)
			s.Subscribe(background, newProbe[int](t))
			for range 1000 {
				s.current().Request(0)
			}
		}, "rule 2.1: Request(0): demand is signalled by requesting at least one (3.9) (the first of 1000)"},
		{"request in the terminal signal", func(t TB) {
			operator(func(int) {}, func(o *stage) { o.onComplete = func(o *stage) { o.up.Request(1) } })(mistaken(t)).
				Subscribe(background, newProbe[int](t))
		}, "rule 2.3: Request(1) from inside OnComplete or OnError"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := record(tc.run)
				if len(got) != 1 || !strings.HasPrefix(got[0], tc.want) {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		})
	}
}

// mistaken is a source that completes as soon as somebody has subscribed.
func mistaken(t TB) ints {
	src := NewSource[int](t)
	return reactive.PublisherFunc[int](func(ctx context.Context, s subscriber) {
		src.Subscribe(ctx, s)
		src.Complete()
	})
}

func TestCheckLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		late := func() { go func() { time.Sleep(time.Second) }() }
		forEver := func() { go func() { go func() { <-stop }() }() }
		if got := record(func(t TB) { CheckLeaks(t, late) }); len(got) > 0 {
			t.Errorf("got %q for a goroutine that ends a little later, want nothing", got)
		}
		got := record(func(t TB) { CheckLeaks(t, forEver) })
		if len(got) != 1 || !strings.Contains(got[0], "TestCheckLeaks") {
			t.Errorf("got %q for a goroutine that stays, want its stack", got)
		}
		close(stop)
	})
}

func TestSignalString(t *testing.T) {
	got := fmt.Sprint([]Signal[int]{{Kind: Next, Value: 1}, {Kind: Error, Err: errors.New("no")}, {Kind: Complete}})
	if want := "[OnNext(1) OnError(no) OnComplete]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
