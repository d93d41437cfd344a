package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// A callback API becomes a stream: the listener is registered when somebody subscribes and removed when they leave.
func ExampleCreate() {
	var listener func(string) // of some library
	lines := reactive.Create(func(_ context.Context, out reactive.Emitter[string]) {
		listener = func(line string) { out.Next(line) }
		out.OnCancel(func() { fmt.Println("listener removed") })
	}, 16, reactive.OverflowError)

	reactive.Run(background, lines.Take(2), func(line string) { fmt.Println(line) }, func(err error) {
		fmt.Println("end:", err)
	})
	listener("one")
	listener("two")
	listener("three")
	// Output:
	// one
	// listener removed
	// two
	// end: <nil>
}

func TestCreate(t *testing.T) {
	boom := errors.New("boom")
	type emitter = reactive.Emitter[int]
	tests := []struct {
		name     string
		overflow reactive.Overflow
		first    int64
		source   func(ctx context.Context, out emitter, log func(...any))
		later    func(p *tape[int], out emitter, log func(...any))
		want     []int
		end      error
		log      string
	}{
		{
			name:  "values and completion",
			first: 5,
			source: func(_ context.Context, out emitter, log func(...any)) {
				log(out.Requested(), out.Next(1), out.Requested())
				out.Complete()
				log(out.Requested(), out.Next(2))
			},
			want: []int{1},
			end:  errDone,
			log:  "5 true 4; 0 false;",
		},
		{
			name:  "unbounded demand",
			first: reactive.Unbounded,
			source: func(_ context.Context, out emitter, log func(...any)) {
				out.Next(1)
				log(out.Requested() == reactive.Unbounded)
				out.Error(boom)
			},
			want: []int{1},
			end:  boom,
			log:  "true;",
		},
		{
			name: "overflow is a failure by default, after what was queued",
			source: func(_ context.Context, out emitter, log func(...any)) {
				out.OnCancel(func() { log("cancel") })
				log(out.Next(1), out.Next(2), out.Next(3), out.Next(4))
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Request(9) },
			want:  []int{1, 2},
			end:   reactive.ErrOverflow,
			log:   "cancel; true true false false;",
		},
		{
			name:     "newest dropped",
			overflow: reactive.OverflowDropNewest,
			source: func(_ context.Context, out emitter, log func(...any)) {
				log(out.Next(1), out.Next(2), out.Next(3))
				out.Complete()
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Request(9) },
			want:  []int{1, 2},
			end:   errDone,
			log:   "true true false;",
		},
		{
			name:     "oldest dropped",
			overflow: reactive.OverflowDropOldest,
			source: func(_ context.Context, out emitter, log func(...any)) {
				log(out.Next(1), out.Next(2), out.Next(3))
				out.Complete()
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Request(9) },
			want:  []int{2, 3},
			end:   errDone,
			log:   "true true true;",
		},
		{
			name:  "OnRequest hears of past and coming demand",
			first: 2,
			source: func(_ context.Context, out emitter, log func(...any)) {
				out.OnRequest(func(n int64) { log("asked", n) })
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) {
				p.sub.Request(3)
				p.sub.Request(4)
			},
			log: "asked 2; asked 3; asked 4;",
		},
		{
			name:  "OnRequest answers by pushing, more than the capacity",
			first: 3,
			source: func(_ context.Context, out emitter, log func(...any)) {
				next := 0
				out.OnRequest(func(n int64) {
					for range n {
						out.Next(next)
						next++
					}
				})
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Request(2) },
			want:  []int{0, 1, 2, 3, 4},
		},
		{
			name: "cancel ends the context and runs OnCancel once",
			source: func(ctx context.Context, out emitter, log func(...any)) {
				out.OnCancel(func() { log("cancel", ctx.Err()) })
			},
			later: func(p *tape[int], out emitter, log func(...any)) {
				p.sub.Cancel()
				p.sub.Cancel()
				log(out.Next(1), out.Requested())
				out.Complete()
				out.OnCancel(func() { log("late") })
			},
			log: "cancel context canceled; false 0; late;",
		},
		{
			name: "completion ends the context without OnCancel",
			source: func(ctx context.Context, out emitter, log func(...any)) {
				out.OnCancel(func() { log("cancel") })
				out.Complete()
				log(ctx.Err())
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Cancel() },
			end:   errDone,
			log:   "context canceled;",
		},
		{
			name: "bad request",
			source: func(_ context.Context, out emitter, log func(...any)) {
				out.Next(1)
				out.OnCancel(func() { log("cancel") })
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Request(0) },
			end:   reactive.ErrBadRequest,
			log:   "cancel;",
		},
		{
			name: "panic in the source runs OnCancel once",
			source: func(ctx context.Context, out emitter, log func(...any)) {
				out.OnCancel(func() { log("cancel", ctx.Err()) })
				panic(boom)
			},
			later: func(p *tape[int], out emitter, log func(...any)) {
				p.sub.Cancel()
				log(out.Next(1))
			},
			end: boom,
			log: "cancel context canceled; false;",
		},
		{
			name:  "panic in OnRequest runs OnCancel once",
			first: 1,
			source: func(_ context.Context, out emitter, log func(...any)) {
				out.OnCancel(func() { log("cancel") })
				out.OnRequest(func(int64) { panic(boom) })
			},
			later: func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Request(1) },
			end:   boom,
			log:   "cancel;",
		},
		{
			name: "panic in the source after its completion",
			source: func(_ context.Context, out emitter, log func(...any)) {
				out.OnCancel(func() { log("cancel") })
				out.Complete()
				log("complete")
				panic(boom)
			},
			end: errDone,
			log: "complete;",
		},
		{
			name: "panic in the source, and OnCancel after it",
			source: func(_ context.Context, out emitter, _ func(...any)) {
				out.Next(1)
				panic(boom)
			},
			later: func(p *tape[int], out emitter, log func(...any)) {
				out.OnCancel(func() { log("late") })
				p.sub.Request(1)
			},
			want: []int{1},
			end:  boom,
			log:  "late;",
		},
		{
			name:   "panic in OnCancel",
			source: func(_ context.Context, out emitter, _ func(...any)) { out.OnCancel(func() { panic(boom) }) },
			later:  func(p *tape[int], _ emitter, _ func(...any)) { p.sub.Cancel() },
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var log strings.Builder
			note := func(v ...any) { log.WriteString(strings.TrimSuffix(fmt.Sprintln(v...), "\n") + ";") }
			var out emitter
			f := reactive.Create(func(ctx context.Context, e emitter) {
				out = e
				tc.source(ctx, e, note)
			}, 2, tc.overflow)
			p := &tape[int]{first: tc.first}
			f.Subscribe(background, p)
			if tc.later != nil {
				tc.later(p, out, note)
			}
			p.want(t, tc.end, tc.want...)
			if diff := cmp.Diff(strings.ReplaceAll(log.String(), ";", "; "), strings.TrimSuffix(tc.log+" ", " ")+" "); tc.log != "" && diff != "" {
				t.Errorf("log, got - want +:\n%s", diff)
			}
		})
	}
}

// The context ends with the subscription of its subscriber, not with another's.
func TestCreateIsCold(t *testing.T) {
	var contexts []context.Context
	f := reactive.Create(func(ctx context.Context, out reactive.Emitter[int]) {
		contexts = append(contexts, ctx)
		out.Next(len(contexts))
	}, 1, reactive.OverflowError)
	first, second := &tape[int]{first: 1}, &tape[int]{first: 1}
	f.Subscribe(background, first)
	f.Subscribe(background, second)
	first.sub.Cancel()
	first.want(t, nil, 1)
	second.want(t, nil, 2)
	if contexts[0].Err() == nil || contexts[1].Err() != nil {
		t.Errorf("contexts: %v, %v; want the first one ended only", contexts[0].Err(), contexts[1].Err())
	}
	second.sub.Cancel()
}

func TestCreateCancelledInOnSubscribe(t *testing.T) {
	called := false
	f := reactive.Create(func(context.Context, reactive.Emitter[int]) { called = true }, 1, reactive.OverflowError)
	f.Subscribe(background, &canceller[int]{})
	if called {
		t.Error("the source was started for a subscriber that had left")
	}
}

// canceller leaves as soon as it can.
type canceller[T any] struct{ count[T] }

func (c *canceller[T]) OnSubscribe(s reactive.Subscription) { s.Cancel() }

// A push loop driven by requests of one from inside OnNext must not deepen the stack.
func TestCreateFlatStack(t *testing.T) {
	const n = 100_000
	f := reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
		out.OnRequest(func(n int64) {
			for range n {
				out.Next(0)
			}
		})
	}, 1, reactive.OverflowError)
	p := &tape[int]{first: 1}
	depth, deepest := 0, 0
	p.onNext = func(int) {
		depth++
		deepest = max(deepest, depth)
		if len(p.values) < n {
			p.sub.Request(1)
		}
		depth--
	}
	f.Subscribe(background, p)
	if got := len(p.values); got != n {
		t.Errorf("%d values, want %d", got, n)
	}
	if deepest != 1 {
		t.Errorf("OnNext nested %d deep, want 1", deepest)
	}
}

func TestCreateAllocations(t *testing.T) {
	var out reactive.Emitter[int]
	f := reactive.Create(func(_ context.Context, e reactive.Emitter[int]) { out = e }, 16, reactive.OverflowError)
	f.Subscribe(background, &count[int]{})
	if got := testing.AllocsPerRun(1000, func() { out.Next(1) }); got != 0 {
		t.Errorf("Next allocates %v times, want 0", got)
	}
}

func TestOverflowString(t *testing.T) {
	got := fmt.Sprint(reactive.OverflowError, reactive.OverflowDropNewest, reactive.OverflowDropOldest, reactive.Overflow(9))
	if want := "Error DropNewest DropOldest Overflow(9)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
