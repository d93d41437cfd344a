package reactive

import (
	"runtime"
	"testing"
)

func TestQueueOrder(t *testing.T) {
	tests := []struct {
		name  string
		steps []int // n > 0 pushes n values, n < 0 pops -n
	}{
		{"one", []int{1, -1}},
		{"fills the first ring", []int{8, -8}},
		{"grows", []int{100, -100}},
		{"wraps", []int{6, -5, 6, -5, 6, -8}},
		{"grows while wrapped", []int{8, -6, 20, -22}},
		{"reused after a burst", []int{1000, -1000, 3, -3, 1000, -1000}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var q queue[int]
			in, out := 0, 0
			for _, step := range tc.steps {
				for range step {
					q.push(in)
					in++
				}
				for range -step {
					got, ok := q.pop()
					if !ok || got != out {
						t.Fatalf("pop() = %d, %t, want %d, true", got, ok, out)
					}
					out++
				}
				if got, want := q.len(), in-out; got != want {
					t.Fatalf("len() = %d, want %d", got, want)
				}
				for i := range q.len() {
					if got, want := q.at(i), out+i; got != want {
						t.Fatalf("at(%d) = %d, want %d", i, got, want)
					}
				}
			}
			if v, ok := q.pop(); ok {
				t.Errorf("pop() of an empty queue = %d, true", v)
			}
		})
	}
}

func TestQueueMemory(t *testing.T) {
	var q queue[int]
	if q.ring != nil {
		t.Error("an unused queue has a ring")
	}
	for i := range 1000 {
		q.push(i)
	}
	for range 1000 {
		q.pop()
	}
	if q.ring != nil {
		t.Errorf("an empty queue keeps %d values' room after a burst, want none", len(q.ring))
	}
	q.push(1)
	got := testing.AllocsPerRun(100, func() {
		q.push(2)
		q.pop()
	})
	if got != 0 {
		t.Errorf("steady push and pop allocates %v times, want 0", got)
	}
	q.clear()
	if q.len() != 0 || q.ring != nil {
		t.Errorf("after clear: len %d, ring of %d, want 0 and 0", q.len(), len(q.ring))
	}
}

func TestQueueLetsGoOfPoppedValues(t *testing.T) {
	var q queue[*[64]byte]
	q.push(new([64]byte)) // keeps the ring in use
	gone := make(chan struct{})
	func() {
		v := new([64]byte)
		runtime.AddCleanup(v, func(c chan struct{}) { close(c) }, gone)
		q.push(v)
	}()
	q.pop()
	q.pop()
	collected := func() bool {
		runtime.GC()
		select {
		case <-gone:
			return true
		default:
			runtime.Gosched()
			return false
		}
	}
	for range 1000 {
		if collected() {
			runtime.KeepAlive(&q)
			return
		}
	}
	t.Error("a value that was popped is still reachable")
}
