package reactivetest

import (
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// 3.2, 3.10: requesting from inside OnSubscribe and OnNext is allowed.
func requestInside(c *trial) {
	p := c.probe().RequestFirst(1)
	p.Each(func(int) { c.request(p, 1) })
	c.attach(c.stream(120), p)
	c.values(p, c.limit(120))
	c.cancel(p)
}

// 3.3: Request calls OnNext, which calls Request: that must not go deeper with every value.
func flatStack(c *trial) {
	const n, most = 240, 64
	var lowest, deepest, count atomic.Int64
	p := c.probe().RequestFirst(1)
	p.Each(func(int) {
		deep := int64(frames())
		if count.Add(1) == 1 {
			lowest.Store(deep)
		}
		deepest.Store(max(deepest.Load(), deep))
		c.request(p, 1)
	})
	c.attach(c.stream(n), p)
	c.values(p, c.limit(n))
	c.cancel(p)
	if grown := deepest.Load() - lowest.Load(); grown > most {
		c.fail("3.3", "the stack grows by %d frames and more while Request(1) is called from inside OnNext, want at most %d", grown, most)
	}
}

// 3.4, 3.5: Request and Cancel return.
func returnsPromptly(c *trial) {
	p := c.subscribe(c.stream(12))
	steps := []struct {
		rule, what string
		do         func()
	}{
		{"3.4", "Request(1)", func() { c.request(p, 1) }},
		{"3.5", "Cancel", func() { c.cancel(p) }},
		{"3.5", "a second Cancel", func() { c.cancel(p) }},
	}
	for _, s := range steps {
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.do()
		}()
		timer := time.NewTimer(c.wait())
		select {
		case <-done:
			timer.Stop()
		case <-timer.C:
			c.fail(s.rule, "%s does not return", s.what)
			return
		}
	}
}

// 3.6, 3.7, 3.12: after a cancel, requests and cancels do nothing.
func afterCancel(c *trial) {
	before := c.subscribe(c.stream(12))
	c.cancel(before)
	c.request(before, 5)
	c.cancel(before)
	c.request(before, unbounded)
	c.settle()
	if got := before.count(); got > 0 {
		c.fail("3.6", "%d values that were requested after Cancel", got)
	}
	if c.limit(12) < 2 || c.Once || c.Unicast {
		return
	}
	p := c.subscribe(c.stream(1200))
	c.request(p, 2)
	c.exactly(p, c.limit(2))
	c.cancel(p)
	n := p.count()
	c.request(p, 5)
	c.settle()
	if got := p.count(); got > n {
		c.fail("3.6", "%d values that were requested after Cancel", got-n)
	}
}

// 3.8: each request counts, also when one follows the other at once.
func requestsAddUp(c *trial) {
	p := c.subscribe(c.stream(12))
	want := 0
	for _, n := range []int{2, 3, 1, 4} {
		c.request(p, int64(n))
		want += n
	}
	c.exactly(p, c.limit(want))
	c.cancel(p)
}

// 3.9: a request of less than one is answered by OnError, whatever else is the matter.
func badRequest(c *trial) {
	for _, n := range []int64{0, -1, math.MinInt64} {
		p := c.subscribe(c.stream(12))
		c.badRequest(p, n)
		if c.Once || c.Unicast {
			return
		}
		if c.limit(12) < 2 {
			continue
		}
		// Also after a value, when the source may be done and the rest be waiting in a buffer.
		p = c.subscribe(c.stream(12))
		c.request(p, 1)
		c.values(p, 1)
		c.settle()
		if p.end() == nil { // or else it gave more than was requested
			c.badRequest(p, n)
		}
	}
}

func (c *trial) badRequest(p *Probe[int], n int64) {
	before := len(p.Signals())
	c.request(p, n)
	c.eventually(func() bool { return p.end() != nil })
	switch end := p.end(); {
	case end == nil:
		c.fail("3.9", "Request(%d) is ignored, want OnError", n)
	case end.Kind != Error:
		c.fail("3.9", "got %v after Request(%d), want OnError", end, n)
	case !errors.Is(end.Err, reactive.ErrBadRequest):
		c.fail("3.9", "got OnError(%v) after Request(%d), want one that wraps reactive.ErrBadRequest", end.Err, n)
	case len(p.Signals()) > before+1:
		c.fail("3.9", "%v after Request(%d), want OnError only", p.Signals()[before:], n)
	}
	after := len(p.Signals())
	c.request(p, 3)
	c.silent("1.7", p, after, "after the bad request")
}

// mostLooks bounds how often a subject in virtual time is looked at by a collection of garbage, which takes real time. It
// comes to more than a minute of virtual time.
const mostLooks = 100

// 3.13: once a subscriber has left, its publisher must not keep it alive.
func forgets(c *trial) {
	src := c.stream(12)
	var gone atomic.Bool
	func() {
		// Not a probe of the trial, which would keep it alive.
		p := newProbe[int](c)
		c.attach(src, p)
		if c.limit(12) > 1 {
			c.request(p, 1)
			c.values(p, 1)
		}
		c.cancel(p)
		runtime.AddCleanup(p, func(gone *atomic.Bool) { gone.Store(true) }, &gone)
	}()
	looks := 0
	c.eventually(func() bool {
		looks++
		runtime.GC()
		runtime.Gosched()
		return gone.Load() || c.Virtual && looks == mostLooks
	})
	if !gone.Load() {
		c.fail("3.13", "the publisher keeps a subscriber alive that has cancelled")
	}
	runtime.KeepAlive(src)
}

// 3.17: demand adds up to "without bound" and does not overflow.
func saturation(c *trial) {
	for _, requests := range [][]int64{
		{unbounded, unbounded},
		{unbounded - 1, 2},
		{unbounded / 2, unbounded / 2, unbounded / 2},
	} {
		p := c.subscribe(c.stream(120))
		for _, n := range requests {
			c.request(p, n)
		}
		c.completes("3.17", p)
		if got, want := p.count(), int64(c.limit(120)); got != want {
			c.fail("3.17", "got %d values after requests of %v, want %d", got, requests, want)
		}
		if c.Once || c.Unicast {
			return
		}
	}
}

// Goroutines that serve a subscription end with it.
func endsGoroutines(c *trial) {
	left := leaks(func() {
		p := c.probe()
		c.call("1.9", "Subscribe", func() { c.stream(120).Subscribe(background, p) })
		if !c.eventually(p.subscribed) {
			return
		}
		c.request(p, 6)
		c.eventually(func() bool { return p.count() >= int64(c.limit(6)) || p.end() != nil })
		c.cancel(p)
		if c.Endless || c.Once || c.Unicast {
			return
		}
		p = c.probe()
		c.call("1.9", "Subscribe", func() { c.stream(12).Subscribe(background, p) })
		if !c.eventually(p.subscribed) {
			return
		}
		c.request(p, 100)
		c.eventually(func() bool { return p.end() != nil })
	}, c.wait())
	if left != "" {
		c.fail("goroutines", "left behind by a stream that was cancelled or has ended:\n%s", left)
	}
}
