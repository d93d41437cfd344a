package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// tape is a subscriber that writes down what it gets.
type tape[T any] struct {
	mu      sync.Mutex
	sub     reactive.Subscription
	first   int64   // requested in OnSubscribe if positive
	onNext  func(T) // runs after v was written down
	values  []T
	end     error
	ended   int
	inside  int
	overlap bool
}

var errDone = errors.New("completed")

func (p *tape[T]) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside++; p.inside > 1 {
		p.overlap = true
	}
}

func (p *tape[T]) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside--
}

func (p *tape[T]) OnSubscribe(s reactive.Subscription) {
	p.enter()
	defer p.leave()
	p.sub = s
	if p.first > 0 {
		s.Request(p.first)
	}
}

func (p *tape[T]) OnNext(v T) {
	p.enter()
	defer p.leave()
	p.values = append(p.values, v)
	if p.onNext != nil {
		p.onNext(v)
	}
}

func (p *tape[T]) OnError(err error) {
	p.enter()
	defer p.leave()
	p.end = err
	p.ended++
}

func (p *tape[T]) OnComplete() {
	p.enter()
	defer p.leave()
	p.end = errDone
	p.ended++
}

func (p *tape[T]) want(t *testing.T, end error, values ...T) {
	t.Helper()
	if diff := cmp.Diff(p.values, values); diff != "" {
		t.Errorf("values, got - want +:\n%s", diff)
	}
	if !errors.Is(p.end, end) {
		t.Errorf("end = %v, want %v", p.end, end)
	}
	if p.ended > 1 {
		t.Errorf("%d terminal signals, want at most one", p.ended)
	}
	if p.overlap {
		t.Error("signals overlapped")
	}
}

func wantResult(t *testing.T, got, want reactive.EmitResult) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

var background = context.Background()

func TestUnicast(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		run  func(t *testing.T, s *reactive.Sink[int], p *tape[int])
		want []int
		end  error
	}{
		{
			name: "values from before the subscriber are queued up to the capacity",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				wantResult(t, s.Next(1), reactive.EmitOK)
				wantResult(t, s.Next(2), reactive.EmitOK)
				wantResult(t, s.Next(3), reactive.EmitOverflow)
				p.first = reactive.Unbounded
				s.Flux().Subscribe(background, p)
				wantResult(t, s.Next(4), reactive.EmitOK)
			},
			want: []int{1, 2, 4},
		},
		{
			name: "demand is not exceeded and its lack is told",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				p.first = 1
				s.Flux().Subscribe(background, p)
				for i, want := range []reactive.EmitResult{reactive.EmitOK, reactive.EmitOK, reactive.EmitOK, reactive.EmitOverflow} {
					wantResult(t, s.Next(i), want)
				}
				p.sub.Request(1)
				wantResult(t, s.Next(9), reactive.EmitOK)
				p.sub.Request(5)
			},
			want: []int{0, 1, 2, 9},
		},
		{
			name: "completion follows what is queued",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Flux().Subscribe(background, p)
				s.Next(1)
				wantResult(t, s.Complete(), reactive.EmitOK)
				wantResult(t, s.Complete(), reactive.EmitTerminated)
				wantResult(t, s.Next(2), reactive.EmitTerminated)
				if p.ended != 0 {
					t.Error("ended before the queued value was asked for")
				}
				p.sub.Request(1)
			},
			want: []int{1},
			end:  errDone,
		},
		{
			name: "completion needs no demand",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Complete()
				s.Flux().Subscribe(background, p)
			},
			end: errDone,
		},
		{
			name: "failure follows what is queued",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Next(1)
				wantResult(t, s.Error(boom), reactive.EmitOK)
				p.first = 1
				s.Flux().Subscribe(background, p)
			},
			want: []int{1},
			end:  boom,
		},
		{
			name: "after cancel the queue is gone and the emitter is told",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Flux().Subscribe(background, p)
				s.Next(1)
				p.sub.Cancel()
				p.sub.Cancel()
				p.sub.Request(5)
				wantResult(t, s.Next(2), reactive.EmitCancelled)
				wantResult(t, s.Complete(), reactive.EmitCancelled)
			},
		},
		{
			name: "a request below one ends the subscription",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Flux().Subscribe(background, p)
				s.Next(1)
				p.sub.Request(0)
				p.sub.Request(-1)
				wantResult(t, s.Next(2), reactive.EmitCancelled)
			},
			end: reactive.ErrBadRequest,
		},
		{
			name: "pushing from inside OnNext keeps the order",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				p.first = reactive.Unbounded
				p.onNext = func(v int) {
					if v < 10 {
						wantResult(t, s.Next(v*10), reactive.EmitOK)
						wantResult(t, s.Next(v*10+1), reactive.EmitOK)
						wantResult(t, s.Next(v*10+2), reactive.EmitOK)
					}
				}
				s.Flux().Subscribe(background, p)
				s.Next(1)
				s.Next(2)
			},
			want: []int{1, 10, 11, 12, 2, 20, 21, 22},
		},
		{
			name: "requesting one by one from inside OnNext",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				p.first = 1
				p.onNext = func(int) { p.sub.Request(1) }
				s.Next(1)
				s.Next(2)
				s.Flux().Subscribe(background, p)
				s.Next(3)
			},
			want: []int{1, 2, 3},
		},
		{
			name: "a subscriber that panics loses its subscription and nothing else",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				p.first = reactive.Unbounded
				p.onNext = func(v int) { panic(boom) }
				s.Flux().Subscribe(background, p)
				wantResult(t, s.Next(1), reactive.EmitOK)
				wantResult(t, s.Next(2), reactive.EmitCancelled)
				if pe := (*reactive.PanicError)(nil); !errors.As(p.end, &pe) {
					t.Errorf("end = %v, want a PanicError", p.end)
				}
			},
			want: []int{1},
			end:  boom,
		},
		{
			name: "a second subscriber is refused",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Flux().Subscribe(background, p)
				second := &tape[int]{}
				s.Flux().Subscribe(background, second)
				second.want(t, reactive.ErrSubscribed)
				if got := s.Subscribers(); got != 1 {
					t.Errorf("Subscribers() = %d, want 1", got)
				}
				p.sub.Cancel()
				if got := s.Subscribers(); got != 0 {
					t.Errorf("Subscribers() after cancel = %d, want 0", got)
				}
			},
		},
		{
			name: "an error that is nil is an error all the same",
			run: func(t *testing.T, s *reactive.Sink[int], p *tape[int]) {
				s.Flux().Subscribe(background, p)
				s.Error(nil)
				if p.end == nil || p.end == errDone {
					t.Errorf("end = %v, want a failure", p.end)
				}
				p.end = nil
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := &tape[int]{}
			tc.run(t, reactive.NewUnicast[int](2), p)
			p.want(t, tc.end, tc.want...)
		})
	}
}

func TestMulticast(t *testing.T) {
	s := reactive.NewMulticast[int](2)
	wantResult(t, s.Next(1), reactive.EmitOK)
	wantResult(t, s.Next(2), reactive.EmitOK)
	wantResult(t, s.Next(3), reactive.EmitZeroSubscribers)

	fast := &tape[int]{first: reactive.Unbounded}
	s.Flux().Subscribe(background, fast)
	fast.want(t, nil, 1, 2)

	slow := &tape[int]{first: 1}
	s.Flux().Subscribe(background, slow)
	for i, want := range []reactive.EmitResult{reactive.EmitOK, reactive.EmitOK, reactive.EmitOK, reactive.EmitOverflow} {
		wantResult(t, s.Next(10+i), want)
	}
	fast.want(t, nil, 1, 2, 10, 11, 12)
	slow.want(t, nil, 10)

	slow.sub.Request(1)
	wantResult(t, s.Next(13), reactive.EmitOK)
	slow.sub.Cancel()
	wantResult(t, s.Next(14), reactive.EmitOK)
	fast.want(t, nil, 1, 2, 10, 11, 12, 13, 14)
	slow.want(t, nil, 10, 11)
	if got := s.Subscribers(); got != 1 {
		t.Errorf("Subscribers() = %d, want 1", got)
	}

	fast.sub.Cancel()
	wantResult(t, s.Next(15), reactive.EmitOK) // the sink goes on, for the next one
	wantResult(t, s.Complete(), reactive.EmitOK)
	wantResult(t, s.Next(16), reactive.EmitTerminated)
	next := &tape[int]{first: 1}
	s.Flux().Subscribe(background, next)
	next.want(t, errDone, 15)
	late := &tape[int]{}
	s.Flux().Subscribe(background, late)
	late.want(t, errDone)
}

func TestReplay(t *testing.T) {
	s := reactive.NewReplay[int](2)
	for i := range 4 {
		wantResult(t, s.Next(i), reactive.EmitOK)
	}
	first := &tape[int]{first: reactive.Unbounded}
	s.Flux().Subscribe(background, first)
	first.want(t, nil, 2, 3)

	behind := &tape[int]{}
	s.Flux().Subscribe(background, behind)
	for i := range 5 {
		wantResult(t, s.Next(10+i), reactive.EmitOK)
	}
	first.want(t, nil, 2, 3, 10, 11, 12, 13, 14)
	behind.sub.Request(reactive.Unbounded)
	behind.want(t, nil, 13, 14)

	boom := errors.New("boom")
	s.Error(boom)
	wantResult(t, s.Next(20), reactive.EmitTerminated)
	late := &tape[int]{first: 1}
	s.Flux().Subscribe(background, late)
	late.want(t, nil, 13)
	late.sub.Request(1)
	late.want(t, boom, 13, 14)
	first.want(t, boom, 2, 3, 10, 11, 12, 13, 14)
}

// Concurrent emitters are serialised: every value that was taken arrives, once, without overlap and in the order of its
// emitter.
func TestSinkConcurrentEmitters(t *testing.T) {
	const emitters, each = 4, 2000
	sinks := []struct {
		name string
		sink *reactive.Sink[int]
		subs int
	}{
		{"unicast", reactive.NewUnicast[int](16), 1},
		{"multicast", reactive.NewMulticast[int](16), 3},
		{"replay", reactive.NewReplay[int](emitters * each), 3},
	}
	for _, tc := range sinks {
		t.Run(tc.name, func(t *testing.T) {
			var tapes []*tape[int]
			for range tc.subs {
				p := &tape[int]{first: 1}
				p.onNext = func(int) { p.sub.Request(1) }
				tc.sink.Flux().Subscribe(background, p)
				tapes = append(tapes, p)
			}
			taken := make([][]int, emitters)
			var wg sync.WaitGroup
			for e := range emitters {
				wg.Go(func() {
					for i := range each {
						if tc.sink.Next(e*each+i) == reactive.EmitOK {
							taken[e] = append(taken[e], e*each+i)
						}
					}
				})
			}
			wg.Wait()
			wantResult(t, tc.sink.Complete(), reactive.EmitOK)
			for i, p := range tapes {
				got := make([][]int, emitters)
				for _, v := range p.values {
					got[v/each] = append(got[v/each], v)
				}
				for e := range emitters {
					if diff := cmp.Diff(got[e], taken[e]); diff != "" {
						t.Fatalf("subscriber %d, emitter %d, got - want +:\n%s", i, e, diff)
					}
				}
				if diff := cmp.Diff(p.values, tapes[0].values); diff != "" {
					t.Errorf("subscribers 0 and %d saw different orders", i)
				}
				p.want(t, errDone, p.values...)
			}
		})
	}
}

func TestSinkAllocations(t *testing.T) {
	tests := []struct {
		name string
		sink *reactive.Sink[int]
		subs int
	}{
		{"unicast", reactive.NewUnicast[int](16), 1},
		{"multicast", reactive.NewMulticast[int](16), 100},
		{"replay", reactive.NewReplay[int](4), 100},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			for range tc.subs {
				tc.sink.Flux().Subscribe(background, &count[int]{})
			}
			if got := testing.AllocsPerRun(1000, func() { tc.sink.Next(1) }); got != 0 {
				t.Errorf("Next allocates %v times, want 0", got)
			}
		})
	}
}

// count is a subscriber that takes everything and only counts.
type count[T any] struct{ n int }

func (c *count[T]) OnSubscribe(s reactive.Subscription) { s.Request(reactive.Unbounded) }
func (c *count[T]) OnNext(T)                            { c.n++ }
func (c *count[T]) OnError(error)                       {}
func (c *count[T]) OnComplete()                         {}

func TestEmitResultString(t *testing.T) {
	results := []reactive.EmitResult{
		reactive.EmitOK, reactive.EmitTerminated, reactive.EmitOverflow, reactive.EmitCancelled,
		reactive.EmitZeroSubscribers, 99,
	}
	got := fmt.Sprint(results)
	want := "[OK Terminated Overflow Cancelled ZeroSubscribers EmitResult(99)]"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkUnicast(b *testing.B) {
	s := reactive.NewUnicast[int](16)
	s.Flux().Subscribe(background, &count[int]{})
	b.ReportAllocs()
	for b.Loop() {
		s.Next(1)
	}
}

// Values are pushed by hand and arrive as they are asked for; the emitter is told when there is no room.
func ExampleSink() {
	sink := reactive.NewUnicast[string](2)
	fmt.Println(sink.Next("a"), sink.Next("b"), sink.Next("c"))
	reactive.Run(background, sink.Flux(), func(v string) { fmt.Println(v) }, func(err error) { fmt.Println("end:", err) })
	fmt.Println(sink.Next("d"), sink.Complete(), sink.Next("e"))
	// Output:
	// OK OK Overflow
	// a
	// b
	// d
	// end: <nil>
	// OK OK Terminated
}

// A state: whoever comes gets the present value first.
func ExampleNewReplay() {
	online := reactive.NewReplay[int](1)
	online.Next(3)
	online.Next(4)
	reactive.Run(background, online.Flux(), func(n int) { fmt.Println(n, "online") }, nil)
	online.Next(5)
	// Output:
	// 4 online
	// 5 online
}
