package reactive_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func ExampleBroadcast() {
	room := reactive.NewBroadcast[string]()
	for _, name := range []string{"ann", "bob"} {
		reactive.Run(background, room.Flux(16, reactive.OverflowError), func(m string) {
			fmt.Println(name, "reads", m)
		}, func(err error) {
			fmt.Println(name, "ends with", err)
		})
	}
	fmt.Println("read by", room.Emit("hello"))
	room.Complete()
	fmt.Println("read by", room.Emit("anybody?"))
	// Output:
	// ann reads hello
	// bob reads hello
	// read by 2
	// ann ends with <nil>
	// bob ends with <nil>
	// read by 0
}

func TestBroadcastOverflow(t *testing.T) {
	tests := []struct {
		overflow reactive.Overflow
		took     []int // by each of four emissions, of two subscribers
		want     []int // by the slow one, once it asks
		end      error
	}{
		{reactive.OverflowError, []int{2, 2, 1, 1}, []int{0, 1}, reactive.ErrOverflow},
		{reactive.OverflowDropNewest, []int{2, 2, 1, 1}, []int{0, 1}, nil},
		{reactive.OverflowDropOldest, []int{2, 2, 2, 2}, []int{2, 3}, nil},
	}
	for _, tc := range tests {
		t.Run(tc.overflow.String(), func(t *testing.T) {
			b := reactive.NewBroadcast[int]()
			slow, fast := &tape[int]{}, &tape[int]{first: reactive.Unbounded}
			b.Flux(2, tc.overflow).Subscribe(background, slow)
			b.Flux(1, tc.overflow).Subscribe(background, fast)
			for i, want := range tc.took {
				if got := b.Emit(i); got != want {
					t.Errorf("Emit(%d) = %d, want %d", i, got, want)
				}
			}
			fast.want(t, nil, 0, 1, 2, 3)
			slow.want(t, nil)
			slow.sub.Request(1)
			slow.sub.Request(10)
			slow.want(t, tc.end, tc.want...)
			if got, want := b.Len(), 1; tc.end != nil && got != want {
				t.Errorf("Len() = %d, want %d", got, want)
			}
		})
	}
}

func TestBroadcastSubscribersComeAndGo(t *testing.T) {
	b := reactive.NewBroadcast[int]()
	if got := b.Emit(0); got != 0 {
		t.Errorf("Emit without subscribers = %d, want 0", got)
	}
	first := &tape[int]{first: reactive.Unbounded}
	b.Flux(1, reactive.OverflowError).Subscribe(background, first)
	b.Emit(1)
	second := &tape[int]{first: reactive.Unbounded}
	b.Flux(1, reactive.OverflowError).Subscribe(background, second)
	b.Emit(2)
	first.sub.Cancel()
	if got := b.Emit(3); got != 1 {
		t.Errorf("Emit after one left = %d, want 1", got)
	}
	first.want(t, nil, 1, 2)
	second.want(t, nil, 2, 3)
	second.sub.Request(0)
	second.want(t, reactive.ErrBadRequest, 2, 3)
	if got := b.Len(); got != 0 {
		t.Errorf("Len() = %d, want 0", got)
	}
	boom := errors.New("boom")
	b.Error(boom)
	b.Complete()
	late := &tape[int]{}
	b.Flux(1, reactive.OverflowError).Subscribe(background, late)
	late.want(t, boom)
}

func TestBroadcastDisturbances(t *testing.T) {
	tests := []struct {
		name string
		bad  func(b *reactive.Broadcast[int], bad *tape[int]) func(int)
		want []int // seen by the one that disturbs
		end  error
	}{
		{
			name: "panic",
			bad:  func(*reactive.Broadcast[int], *tape[int]) func(int) { return func(int) { panic(errDone) } },
			want: []int{1},
			end:  errDone,
		},
		{
			name: "cancel from inside OnNext",
			bad:  func(_ *reactive.Broadcast[int], p *tape[int]) func(int) { return func(int) { p.sub.Cancel() } },
			want: []int{1},
		},
		{
			name: "bad request from inside OnNext",
			bad:  func(_ *reactive.Broadcast[int], p *tape[int]) func(int) { return func(int) { p.sub.Request(-1) } },
			want: []int{1},
			end:  reactive.ErrBadRequest,
		},
		{
			name: "emission from inside OnNext",
			bad: func(b *reactive.Broadcast[int], _ *tape[int]) func(int) {
				return func(v int) {
					if v == 1 {
						b.Emit(100)
					}
				}
			},
			want: []int{1, 100, 2, 3},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			b := reactive.NewBroadcast[int]()
			before, bad, after := &tape[int]{first: 9}, &tape[int]{first: 9}, &tape[int]{first: 9}
			bad.onNext = tc.bad(b, bad)
			for _, p := range []*tape[int]{before, bad, after} {
				b.Flux(1, reactive.OverflowError).Subscribe(background, p)
			}
			for i := range 3 {
				b.Emit(i + 1)
			}
			bad.want(t, tc.end, tc.want...)
			want := []int{1, 2, 3}
			if slices.Contains(tc.want, 100) {
				want = tc.want
			}
			before.want(t, nil, want...)
			after.want(t, nil, want...)
		})
	}
}

// One member leaves another in the middle of an emission: the other one gets nothing any more.
func TestBroadcastCancelOfAnother(t *testing.T) {
	b := reactive.NewBroadcast[int]()
	first, second := &tape[int]{first: 9}, &tape[int]{first: 9}
	first.onNext = func(int) { second.sub.Cancel() }
	second.onNext = func(int) { first.sub.Cancel() }
	b.Flux(1, reactive.OverflowError).Subscribe(background, first)
	b.Flux(1, reactive.OverflowError).Subscribe(background, second)
	b.Emit(1)
	if got := len(first.values) + len(second.values); got != 1 {
		t.Errorf("%d deliveries, want 1", got)
	}
	if got := b.Len(); got != 1 {
		t.Errorf("Len() = %d, want 1", got)
	}
}

// All subscribers see the same order whatever the emitters do, and members that come and go meanwhile do not matter.
func TestBroadcastOrder(t *testing.T) {
	const emitters, each, stay = 4, 2000, 3
	b := reactive.NewBroadcast[int]()
	var tapes []*tape[int]
	for range stay {
		p := &tape[int]{first: 1}
		p.onNext = func(int) { p.sub.Request(1) }
		b.Flux(emitters*each, reactive.OverflowError).Subscribe(background, p)
		tapes = append(tapes, p)
	}
	var wg sync.WaitGroup
	for e := range emitters {
		wg.Go(func() {
			for i := range each {
				b.Emit(e*each + i)
			}
		})
	}
	wg.Go(func() {
		for range each {
			p := &tape[int]{first: 3}
			b.Flux(1, reactive.OverflowDropOldest).Subscribe(background, p)
			p.sub.Cancel()
		}
	})
	wg.Wait()
	b.Complete()
	for i, p := range tapes {
		if got, want := len(p.values), emitters*each; got != want {
			t.Fatalf("subscriber %d got %d values, want %d", i, got, want)
		}
		if !slices.Equal(p.values, tapes[0].values) {
			t.Errorf("subscribers 0 and %d saw different orders", i)
		}
		p.want(t, errDone, p.values...)
	}
	next := make([]int, emitters)
	for _, v := range tapes[0].values {
		if e, i := v/each, v%each; i != next[e] {
			t.Fatalf("emitter %d: value %d came when %d was due", e, i, next[e])
		} else {
			next[e]++
		}
	}
}

func TestBroadcastForgetsSubscribers(t *testing.T) {
	b := reactive.NewBroadcast[int]()
	gone := make(chan struct{})
	func() {
		p := &tape[int]{}
		b.Flux(4, reactive.OverflowError).Subscribe(background, p)
		b.Emit(1)
		runtime.AddCleanup(p, func(c chan struct{}) { close(c) }, gone)
		p.sub.Cancel()
	}()
	wantCollected(t, gone)
	runtime.KeepAlive(b)
}

// wantCollected waits until the garbage collector has closed gone.
func wantCollected(t *testing.T, gone <-chan struct{}) {
	t.Helper()
	for range 1000 {
		runtime.GC()
		select {
		case <-gone:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("still reachable")
}

func TestBroadcastAllocations(t *testing.T) {
	b := reactive.NewBroadcast[int]()
	for range 100 {
		b.Flux(16, reactive.OverflowError).Subscribe(background, &count[int]{})
	}
	if got := testing.AllocsPerRun(1000, func() { b.Emit(1) }); got != 0 {
		t.Errorf("Emit allocates %v times, want 0", got)
	}
}

func BenchmarkBroadcast100(b *testing.B) {
	room := reactive.NewBroadcast[int]()
	for range 100 {
		room.Flux(16, reactive.OverflowError).Subscribe(background, &count[int]{})
	}
	b.ReportAllocs()
	for b.Loop() {
		room.Emit(1)
	}
}
