package reactive_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// byHand is a publisher whose signals a test gives, without regard to demand.
type byHand struct{ reactive.Subscriber[int] }

func (p *byHand) Subscribe(_ context.Context, s reactive.Subscriber[int]) {
	p.Subscriber = s
	s.OnSubscribe(deaf{})
}

// deaf is a subscription without effect.
type deaf struct{}

func (deaf) Request(int64) {}
func (deaf) Cancel()       {}

// tally counts values and leaves its demand to the test.
type tally struct {
	reactive.Subscription
	values atomic.Int64
	ended  atomic.Bool
}

func (s *tally) OnSubscribe(up reactive.Subscription) { s.Subscription = up }
func (s *tally) OnNext(int)                           { s.values.Add(1) }
func (s *tally) OnError(error)                        { s.ended.Store(true) }
func (s *tally) OnComplete()                          { s.ended.Store(true) }

// collide runs a and b at the same time, once in each round, with a head start for one of them that varies, and calls
// settled when both have returned, until that is false or the time is up. Both goroutines spin while they wait for each
// other, or they would hardly ever meet.
func collide(rounds int64, a, b func(), settled func(round int64) bool) {
	const (
		longest = 256                    // steps of a head start
		enough  = 400 * time.Millisecond // on a machine that is busy, where a round takes long
	)
	var begun, done atomic.Int64
	await := func(n *atomic.Int64, least int64) {
		for i := 1; n.Load() < least; i++ {
			if i%1024 == 0 {
				runtime.Gosched()
			}
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		random := rand.New(rand.NewPCG(1, 1))
		for round := int64(1); ; round++ {
			await(&begun, round)
			if begun.Load() > rounds {
				return
			}
			for range random.IntN(longest) {
				begun.Load()
			}
			b()
			done.Store(round)
		}
	})
	random := rand.New(rand.NewPCG(2, 2))
	for round, start := int64(1), time.Now(); round <= rounds && time.Since(start) < enough; round++ {
		begun.Store(round)
		for range random.IntN(longest) {
			begun.Load()
		}
		a()
		await(&done, round)
		if !settled(round) {
			break
		}
	}
	begun.Store(rounds + 1)
	wg.Wait()
}

// Two signals that meet in an operator are both seen to before the last of the two calls returns: whoever finds the
// other at work leaves it a note, and the other looks once more before it goes.
func TestNoWakeUpIsLost(t *testing.T) {
	const rounds = 50_000
	next := func(p *byHand) func(*tally) func() { return func(*tally) func() { return func() { p.OnNext(1) } } }
	asking := func(s *tally) func() { return func() { s.Request(1) } }
	type colliders struct {
		src    ints
		demand int64 // to begin with
		a, b   func(*tally) func()
	}
	of := func(op func(a, b flux) ints) func() colliders {
		return func() colliders {
			a, b := &byHand{}, &byHand{}
			return colliders{op(reactive.FromPublisher(a), reactive.FromPublisher(b)), reactive.Unbounded, next(a), next(b)}
		}
	}
	with := func(op func(flux) flux) func() colliders {
		return func() colliders {
			a := &byHand{}
			return colliders{op(reactive.FromPublisher(a)), 1, next(a), asking}
		}
	}
	tests := []struct {
		name   string
		make   func() colliders
		values int64 // in each round
		less   int64 // in all
	}{
		{name: "Merge, two values", values: 2, make: of(func(a, b flux) ints { return reactive.Merge(a, b) })},
		{name: "Zip, two values", values: 1, make: of(func(a, b flux) ints { return reactive.Zip(a, b, left) })},
		{name: "CombineLatest, two values", values: 2, less: 1, make: of(func(a, b flux) ints {
			return reactive.CombineLatest(a, b, left)
		})},
		{name: "Merge, a value and a request", values: 1, make: with(func(f flux) flux { return reactive.Merge(f) })},
		{name: "FlatMap, a value and a request", values: 1, make: with(func(f flux) flux {
			return reactive.FlatMap(f, 1, reactive.JustMono[int])
		})},
		{name: "FlatMapSequential, a value and a request", values: 1, make: with(func(f flux) flux {
			return reactive.FlatMapSequential(f, 1, reactive.JustMono[int])
		})},
		{name: "Prefetch, a value and a request", values: 1, make: with(func(f flux) flux { return f.Prefetch(8) })},
		{name: "OnBackpressureBuffer, a value and a request", values: 1, make: with(func(f flux) flux {
			return f.OnBackpressureBuffer(8, reactive.OverflowError)
		})},
		{name: "unicast sink, a value and a request", values: 1, make: func() colliders {
			sink := reactive.NewUnicast[int](8)
			return colliders{sink.Flux(), 1, func(*tally) func() { return func() { sink.Next(1) } }, asking}
		}},
		{name: "Broadcast, two values", values: 2, make: func() colliders {
			b := reactive.NewBroadcast[int]()
			emit := func(*tally) func() { return func() { b.Emit(1) } }
			return colliders{b.Flux(8, reactive.OverflowError), reactive.Unbounded, emit, emit}
		}},
		{name: "Broadcast, a value and a request", values: 1, make: func() colliders {
			b := reactive.NewBroadcast[int]()
			emit := func(*tally) func() { return func() { b.Emit(1) } }
			return colliders{b.Flux(8, reactive.OverflowError), 1, emit, asking}
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c, s := tc.make(), &tally{}
			c.src.Subscribe(background, s)
			s.Request(c.demand) // what joins sources subscribes to them with the first request
			less := tc.less
			if c.demand == 1 {
				c.a(s)() // which uses it up, so that each value has to meet its request
				less--
			}
			collide(rounds, c.a(s), c.b(s), func(round int64) bool {
				got, want := s.values.Load(), tc.values*round-less
				if got != want || s.ended.Load() {
					t.Errorf("round %d: got %d values, ended %v, want %d values and no end", round, got, s.ended.Load(), want)
					return false
				}
				return true
			})
			s.Cancel()
		})
	}
}

// A value that comes while another is being delivered does not get to the subscriber before that is done, and the call
// that brings it does not wait for that.
func TestSignalsThatMeetAreSerial(t *testing.T) {
	tests := []struct {
		name string
		make func() (src ints, a, b func())
	}{
		{"Merge", func() (ints, func(), func()) {
			a, b := &byHand{}, &byHand{}
			merged := reactive.Merge(reactive.FromPublisher(a), reactive.FromPublisher(b))
			return merged, func() { a.OnNext(1) }, func() { b.OnNext(1) }
		}},
		{"FlatMap", func() (ints, func(), func()) {
			streams := []*byHand{{}, {}}
			flat := reactive.FlatMap(reactive.Range(0, 2), 2, func(i int) ints { return streams[i] })
			return flat, func() { streams[0].OnNext(1) }, func() { streams[1].OnNext(1) }
		}},
		{"Broadcast", func() (ints, func(), func()) {
			b := reactive.NewBroadcast[int]()
			emit := func() { b.Emit(1) }
			return b.Flux(8, reactive.OverflowError), emit, emit
		}},
		{"unicast sink", func() (ints, func(), func()) {
			sink := reactive.NewUnicast[int](8)
			emit := func() { sink.Next(1) }
			return sink.Flux(), emit, emit
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src, a, b := tc.make()
			s := &slow{entered: make(chan struct{}), release: make(chan struct{})}
			src.Subscribe(background, s)
			s.Request(reactive.Unbounded)
			delivered := make(chan struct{})
			go func() {
				defer close(delivered)
				a()
			}()
			<-s.entered
			b()
			if n := s.calls.Load(); n != 1 {
				t.Errorf("while a value is delivered: got %d calls of OnNext, want 1", n)
			}
			close(s.release)
			<-delivered
			if n := s.calls.Load(); n != 2 {
				t.Errorf("when that is done: got %d calls of OnNext, want 2", n)
			}
			s.Cancel()
		})
	}
}

// slow is a subscriber that stays in its first OnNext until it is released.
type slow struct {
	tally
	calls            atomic.Int64
	entered, release chan struct{}
}

func (s *slow) OnNext(int) {
	if s.calls.Add(1) == 1 {
		close(s.entered)
		<-s.release
	}
}
