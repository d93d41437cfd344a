package reactive_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// A subscriber that keeps up is not claimed anew for each value. These tests disturb it after it has kept up for two.

// fragile cannot even hear of an error.
type fragile struct{ *tape[int] }

func (fragile) OnError(error) { panic("again") }

func TestBroadcastDisturbancesLater(t *testing.T) {
	tests := []struct {
		name string
		bad  func(b *reactive.Broadcast[int], bad *tape[int]) func()
		want []int // seen by the one that disturbs
		end  error
		all  []int // seen by the others
		ends bool  // with success
	}{
		{
			name: "panic",
			bad:  func(*reactive.Broadcast[int], *tape[int]) func() { return func() { panic(errDone) } },
			want: []int{1, 2, 3},
			end:  errDone,
			all:  []int{1, 2, 3, 4, 5},
		},
		{
			name: "panic of a stage and of its end",
			bad: func(b *reactive.Broadcast[int], _ *tape[int]) func() {
				b.Flux(1, reactive.OverflowError).Map(func(v int) int {
					if v == 3 {
						panic(errDone)
					}
					return v
				}).Subscribe(background, fragile{&tape[int]{first: 9}})
				return func() {}
			},
			want: []int{1, 2, 3, 4, 5},
			all:  []int{1, 2, 3, 4, 5},
		},
		{
			name: "cancel",
			bad:  func(_ *reactive.Broadcast[int], p *tape[int]) func() { return func() { p.sub.Cancel() } },
			want: []int{1, 2, 3},
			all:  []int{1, 2, 3, 4, 5},
		},
		{
			name: "bad request",
			bad:  func(_ *reactive.Broadcast[int], p *tape[int]) func() { return func() { p.sub.Request(0) } },
			want: []int{1, 2, 3},
			end:  reactive.ErrBadRequest,
			all:  []int{1, 2, 3, 4, 5},
		},
		{
			name: "emission",
			bad:  func(b *reactive.Broadcast[int], _ *tape[int]) func() { return func() { b.Emit(100) } },
			want: []int{1, 2, 3, 100, 4, 5},
			all:  []int{1, 2, 3, 100, 4, 5},
		},
		{
			name: "completion",
			bad:  func(b *reactive.Broadcast[int], _ *tape[int]) func() { return b.Complete },
			want: []int{1, 2, 3},
			all:  []int{1, 2, 3},
			ends: true,
		},
		{
			name: "completion behind an emission",
			bad: func(b *reactive.Broadcast[int], _ *tape[int]) func() {
				return func() { b.Emit(100); b.Complete() }
			},
			want: []int{1, 2, 3, 100},
			all:  []int{1, 2, 3, 100},
			ends: true,
		},
		{
			name: "arrival",
			bad: func(b *reactive.Broadcast[int], _ *tape[int]) func() {
				return func() { b.Flux(1, reactive.OverflowError).Subscribe(background, &tape[int]{first: 9}) }
			},
			want: []int{1, 2, 3, 4, 5},
			all:  []int{1, 2, 3, 4, 5},
		},
		{
			name: "pause",
			bad: func(b *reactive.Broadcast[int], p *tape[int]) func() {
				return func() { p.onNext = nil } // it has asked for three values
			},
			want: []int{1, 2, 3},
			all:  []int{1, 2, 3, 4, 5},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			b := reactive.NewBroadcast[int]()
			before, bad, after := &tape[int]{first: 9}, &tape[int]{first: 9}, &tape[int]{first: 9}
			if tc.name == "pause" {
				bad.first = 3
			}
			disturb := tc.bad(b, bad)
			bad.onNext = func(v int) {
				if v == 3 {
					disturb()
				}
			}
			for _, p := range []*tape[int]{before, bad, after} {
				b.Flux(4, reactive.OverflowError).Subscribe(background, p)
			}
			for v := 1; v <= 5; v++ {
				b.Emit(v)
			}
			end := error(nil)
			if tc.ends {
				end, tc.end = errDone, errDone
			}
			bad.want(t, tc.end, tc.want...)
			before.want(t, end, tc.all...)
			after.want(t, end, tc.all...)
			if tc.name == "pause" {
				bad.sub.Request(9)
				bad.want(t, nil, 1, 2, 3, 4, 5)
				b.Emit(6)
				bad.want(t, nil, 1, 2, 3, 4, 5, 6)
			}
		})
	}
}

// A subscriber whose function ends the goroutine of the emitter is gone; the others get that value and those after it.
func TestBroadcastGoexit(t *testing.T) {
	for quiet := range 3 { // values before it happens
		b := reactive.NewBroadcast[int]()
		var mu sync.Mutex
		var got [3][]int
		arrived := sync.NewCond(&mu)
		for i := range got {
			reactive.Run(background, b.Flux(8, reactive.OverflowError), func(v int) {
				if i == 1 && v == quiet {
					runtime.Goexit()
				}
				mu.Lock()
				got[i] = append(got[i], v)
				mu.Unlock()
				arrived.Broadcast()
			}, nil)
		}
		for v := range quiet + 1 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				b.Emit(v)
			}()
			<-done
		}
		mu.Lock()
		for len(got[0])+len(got[2]) < 2*(quiet+1) { // another goroutine takes over
			arrived.Wait()
		}
		mu.Unlock()
		for b.Len() != 2 {
			runtime.Gosched()
		}
		b.Emit(quiet + 1)
		mu.Lock()
		for len(got[0])+len(got[2]) < 2*(quiet+2) {
			arrived.Wait()
		}
		for i, n := range []int{quiet + 2, quiet, quiet + 2} {
			if len(got[i]) != n || !slices.IsSorted(got[i]) {
				t.Errorf("after %d values: subscriber %d got %v, want %d values in order", quiet, i, got[i], n)
			}
		}
		mu.Unlock()
	}
}

// TestBroadcastTurmoil has several goroutines emit while subscribers keep up, fall behind, ask from other goroutines,
// leave and come: whoever stays sees every value, in the order that everybody sees.
func TestBroadcastTurmoil(t *testing.T) {
	const emitters, each, stay = 3, 1000, 6
	b := reactive.NewBroadcast[int]()
	tapes := make([]*tape[int], stay)
	asking := make([]chan int64, stay)
	var askers, emitting sync.WaitGroup
	for i := range tapes {
		p := &tape[int]{first: 1}
		tapes[i], asking[i] = p, make(chan int64, emitters*each+1)
		random := rand.New(rand.NewPCG(1, uint64(i)))
		p.onNext = func(int) {
			switch i % 3 {
			case 0:
				p.sub.Request(1)
			case 1: // another goroutine asks
				asking[i] <- 1
			default: // in lots, some of them late
				if random.IntN(4) == 0 {
					p.sub.Request(4)
				} else {
					asking[i] <- 1
				}
			}
		}
		askers.Go(func() {
			for n := <-asking[i]; n > 0; n = <-asking[i] {
				p.sub.Request(n)
			}
		})
		b.Flux(emitters*each, reactive.OverflowError).Subscribe(background, p)
	}
	for e := range emitters {
		emitting.Go(func() {
			for i := range each {
				if n := b.Emit(e*each + i); n < stay {
					t.Errorf("a value was taken by %d subscribers, want %d at least", n, stay)
				}
			}
		})
	}
	emitting.Go(func() {
		for i := range each {
			p := &tape[int]{first: 1 << 30}
			if i%2 == 0 {
				p.onNext = func(int) { p.sub.Cancel() }
			}
			b.Flux(1, reactive.OverflowDropOldest).Subscribe(background, p)
			if i%2 != 0 {
				runtime.Gosched()
				p.sub.Cancel()
			}
		}
	})
	emitting.Wait()
	b.Complete()
	for i, p := range tapes {
		p.sub.Request(emitters * each)
		asking[i] <- 0 // no more
	}
	askers.Wait()
	for i, p := range tapes {
		if got, want := len(p.values), emitters*each; got != want {
			t.Fatalf("subscriber %d got %d values, want %d", i, got, want)
		}
		if !slices.Equal(p.values, tapes[0].values) {
			t.Errorf("subscribers 0 and %d saw different orders", i)
		}
		p.want(t, errDone, p.values...)
	}
}
