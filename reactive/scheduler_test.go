package reactive_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Blocking work leaves the subscriber's goroutine, and no more than two of it run at a time.
func ExamplePool() {
	pool := reactive.Pool(2)
	answer := reactive.FromFunc(func(context.Context) (int, error) { return 42, nil }).SubscribeOn(pool)
	fmt.Println(answer.Block(context.Background()))
	// Output: 42 <nil>
}

func TestPool(t *testing.T) {
	tests := []struct {
		name  string
		n     int
		tasks int
		took  time.Duration
	}{
		{"one at a time", 1, 5, 5 * time.Second},
		{"three at a time", 3, 7, 3 * time.Second},
		{"more room than tasks", 10, 4, 1 * time.Second},
		{"less than one is one", 0, 2, 2 * time.Second},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pool := reactive.Pool(tc.n)
				start := time.Now()
				var wg sync.WaitGroup
				var running, most atomic.Int32
				for range tc.tasks {
					wg.Add(1)
					pool(func() {
						most.Store(max(most.Load(), running.Add(1)))
						time.Sleep(time.Second)
						running.Add(-1)
						wg.Done()
					})
				}
				wg.Wait()
				if took := time.Since(start); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
				if want := min(max(1, tc.n), tc.tasks); int(most.Load()) != want {
					t.Errorf("%d at a time, want %d", most.Load(), want)
				}
			})
		})
	}
}

// manual is a scheduler whose tasks the test runs.
type manual struct{ tasks []func() }

func (m *manual) schedule(task func()) { m.tasks = append(m.tasks, task) }

func (m *manual) run() int {
	n := 0
	for len(m.tasks) > 0 {
		task := m.tasks[0]
		m.tasks = m.tasks[1:]
		task()
		n++
	}
	return n
}

func TestSubscribeOn(t *testing.T) {
	var m manual
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.FromPublisher(src).SubscribeOn(m.schedule))
	if got := src.Subscriptions(); got != 0 {
		t.Fatalf("%d subscriptions outside the scheduler, want 0", got)
	}
	p.Request(2)
	if got := m.run(); got != 1 {
		t.Errorf("%d tasks for subscription and demand, want 1", got)
	}
	src.ExpectDemand(2)
	p.Request(1)
	if got := src.Requested(); got != 2 {
		t.Errorf("%d requested outside the scheduler, want 2", got)
	}
	m.run()
	src.ExpectDemand(3).Next(1).Complete()
	p.ExpectNext(1).ExpectComplete()
}

func TestSubscribeOnEndsEarly(t *testing.T) {
	tests := []struct {
		name string
		do   func(p *reactivetest.Probe[int])
	}{
		{"cancel", func(p *reactivetest.Probe[int]) { p.Cancel() }},
		{"bad request", func(p *reactivetest.Probe[int]) { p.Request(0).ExpectError(reactive.ErrBadRequest) }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var m manual
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.FromPublisher(src).SubscribeOn(m.schedule))
			tc.do(p)
			m.run()
			p.ExpectNoSignal(0)
			if got := src.Subscriptions(); got != 0 {
				t.Errorf("%d subscriptions, want 0", got)
			}
		})
	}
}

func TestSchedulerOfNilIsGo(t *testing.T) {
	wantOutcome(t, reactive.Just(1, 2).SubscribeOn(nil), values(1, 2))
	wantOutcome(t, reactive.Just(1, 2).PublishOn(nil, 4), values(1, 2))
	wantOutcome(t, reactive.JustMono(1).SubscribeOn(nil), values(1))
}

// A task that ends its goroutine takes no worker with it.
func TestPoolAndGoexit(t *testing.T) {
	pool := reactive.Pool(1)
	done := make(chan struct{})
	for range 3 {
		pool(runtime.Goexit)
	}
	pool(func() { close(done) })
	<-done
}
