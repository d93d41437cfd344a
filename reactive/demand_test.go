package reactive

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAddCap(t *testing.T) {
	tests := []struct {
		name    string
		d, n    int64
		want    int64
		wantOld int64
	}{
		{"from nothing", 0, 3, 3, 0},
		{"adds up", 4, 3, 7, 4},
		{"to the bound", Unbounded - 1, 1, Unbounded, Unbounded - 1},
		{"beyond the bound", Unbounded - 1, 2, Unbounded, Unbounded - 1},
		{"far beyond", Unbounded - 1, Unbounded, Unbounded, Unbounded - 1},
		{"stays there", Unbounded, 1, Unbounded, Unbounded},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var d atomic.Int64
			d.Store(tc.d)
			if old := addCap(&d, tc.n); old != tc.wantOld || d.Load() != tc.want {
				t.Errorf("got %d after %d, want %d after %d", d.Load(), old, tc.want, tc.wantOld)
			}
		})
	}
}

func TestProduced(t *testing.T) {
	tests := []struct {
		name       string
		d, n, want int64
	}{
		{"some", 5, 2, 3},
		{"all", 5, 5, 0},
		{"without bound", Unbounded, 5, Unbounded},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var d atomic.Int64
			d.Store(tc.d)
			if left := produced(&d, tc.n); left != tc.want || d.Load() != tc.want {
				t.Errorf("got %d left, %d stored, want %d", left, d.Load(), tc.want)
			}
		})
	}
}

func TestMulCap(t *testing.T) {
	tests := []struct{ a, b, want int64 }{
		{0, 5, 0},
		{5, 0, 0},
		{3, 4, 12},
		{Unbounded, 1, Unbounded},
		{Unbounded, 2, Unbounded},
		{Unbounded/2 + 1, 2, Unbounded},
		{Unbounded / 2, 2, Unbounded - 1},
		{1 << 32, 1 << 32, Unbounded},
	}
	for _, tc := range tests {
		if got := mulCap(tc.a, tc.b); got != tc.want {
			t.Errorf("mulCap(%d, %d): got %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

// asks records requests.
type asks struct {
	mu  sync.Mutex
	all []int64
}

func (a *asks) Request(n int64) {
	a.mu.Lock()
	a.all = append(a.all, n)
	a.mu.Unlock()
}

func (a *asks) Cancel() {}

func TestRaise(t *testing.T) {
	tests := []struct {
		name    string
		targets []int64
		want    []int64
	}{
		{"differences", []int64{2, 5, 6}, []int64{2, 3, 1}},
		{"nothing below what was asked", []int64{5, 3, 5}, []int64{5}},
		{"nothing for nothing", []int64{0}, nil},
		{"everything", []int64{3, Unbounded, Unbounded}, []int64{3, Unbounded}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var asked atomic.Int64
			var up asks
			for _, target := range tc.targets {
				raise(&asked, target, &up)
			}
			if !slices.Equal(up.all, tc.want) {
				t.Errorf("requests: got %v, want %v", up.all, tc.want)
			}
		})
	}
}

func TestRaiseAtOnce(t *testing.T) {
	const n = 10_000
	var requested, asked atomic.Int64
	var up asks
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range n {
				addCap(&requested, 1)
				raise(&asked, requested.Load(), &up)
			}
		})
	}
	wg.Wait()
	var sum int64
	for _, n := range up.all {
		sum += n
	}
	if sum != 4*n {
		t.Errorf("got requests of %d in all, want %d", sum, 4*n)
	}
}
