package reactivetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// operatorChecks are the experiments with an operator between a source and a probe.
func operatorChecks(s Subject) []check {
	checks := []check{
		{"2.1 demand reaches the source", demandReaches},
		{"2.5 a second OnSubscribe is refused", secondSubscription},
		{"2.8 values after cancel are tolerated", valuesAfterCancel},
		{"4.1 values requested long ago arrive", requestedLongAgo},
		{"context reaches the source", contextReaches},
	}
	if !s.Detached {
		checks = append(checks,
			check{"2.6 cancel reaches the source", cancelReaches},
			check{"3.9 a bad request reaches the source", badRequestReaches})
	}
	if !s.Endless {
		checks = append(checks, check{"2.9 completion with and without demand", completionReaches})
	}
	if !s.Recovers {
		checks = append(checks, check{"2.10 failure with and without demand", failureReaches})
	}
	if s.Panicking != nil {
		checks = append(checks, check{"2.13 a panic of a callback is a failure", panicIsFailure})
	}
	if s.ReadAhead < reactive.Unbounded && s.MaxValues >= 0 {
		checks = append(checks, check{"demand of the source is not exceeded in silence", demandBounded})
	}
	return checks
}

// over puts the operator between a new source and a new probe.
func (c *trial) over(operator func(reactive.Publisher[int]) reactive.Publisher[int]) (*Source[int], *Probe[int]) {
	src := newSource[int](c)
	c.mu.Lock()
	c.source = src
	c.mu.Unlock()
	p := c.subscribe(operator(src))
	if !c.eventually(func() bool { return src.Subscriptions() > 0 }) {
		c.fail("2.1", "the operator does not subscribe to its source")
		c.stop()
	}
	return src, p
}

// feed emits values, as far as they are asked for, until p has got n in all. It gives up quietly if the operator ends or
// cancels before.
func (c *trial) feed(src *Source[int], p *Probe[int], n int) {
	most := 10*c.needs(12) + 10*n + 100
	for fed := 0; p.count() < int64(n); fed++ {
		c.eventually(func() bool {
			return src.Demand() > 0 || p.count() >= int64(n) || p.end() != nil || src.Cancelled()
		})
		switch {
		case p.count() >= int64(n) || p.end() != nil || src.Cancelled():
			return
		case src.Demand() == 0:
			c.fail("2.1", "the source sees no demand after %d values, although %d of the %d values that were requested are missing",
				fed, int64(n)-p.count(), n)
			c.stop()
		case fed > most:
			c.fail("3.8", "the operator has swallowed %d values, and %d of %d are missing", fed, int64(n)-p.count(), n)
			c.stop()
		}
		c.under("2.13", "OnNext", func() { src.Next(fed) })
		if p.count() < int64(n) && src.Demand() > 0 {
			c.settle() // the value may be on its way
		}
	}
}

// 2.1: a request downstream becomes a request upstream.
func demandReaches(c *trial) {
	src, p := c.over(c.Operator)
	c.request(p, 1)
	if !c.eventually(func() bool { return src.Demand() > 0 || p.end() != nil || p.count() > 0 }) {
		c.fail("2.1", "the source sees no demand after Request(1)")
		return
	}
	c.feed(src, p, c.limit(1))
	c.cancel(p)
}

// 2.5: a second subscription is cancelled, and the first one goes on.
func secondSubscription(c *trial) {
	src, p := c.over(c.Operator)
	second := &stranger{}
	c.call("2.5", "a second OnSubscribe", func() { src.Subscriber().OnSubscribe(second) })
	if !c.eventually(second.wasCancelled) {
		c.fail("2.5", "the second subscription is not cancelled")
	}
	if src.Cancelled() {
		c.fail("2.5", "the first subscription is cancelled because of a second one")
		return
	}
	c.request(p, 1)
	c.feed(src, p, c.limit(1))
	c.cancel(p)
}

// 2.6: who has no use for more values cancels.
func cancelReaches(c *trial) {
	src, p := c.over(c.Operator)
	c.cancel(p)
	if !c.eventually(src.Cancelled) {
		c.fail("2.6", "Cancel does not reach the source")
	}
	if c.Once {
		return
	}
	src, p = c.over(c.Operator)
	c.request(p, 3)
	c.feed(src, p, c.limit(1))
	ended := p.end() != nil
	c.cancel(p)
	if !ended && !c.eventually(src.Cancelled) {
		c.fail("2.6", "Cancel does not reach the source after the first value")
	}
}

// 2.8: values and the end may still come after a cancel.
func valuesAfterCancel(c *trial) {
	src, p := c.over(c.Operator)
	c.request(p, 2)
	c.feed(src, p, c.limit(1))
	onTheirWay := min(src.Demand(), 3)
	c.cancel(p)
	c.call("2.8", "OnNext after Cancel", func() {
		for i := range onTheirWay {
			src.Subscriber().OnNext(int(i))
		}
		src.Subscriber().OnComplete()
	})
	c.settle() // whether they get through is left to the operator; what it must not do with them the probe notices
}

// 2.9, 2.3, 1.5: completion of the source ends the operator, whether values were requested or not, and the operator
// leaves the subscription alone from then on.
func completionReaches(c *trial) {
	for _, demand := range []int64{0, 1, unbounded} {
		src, p := c.over(c.Operator)
		if demand > 0 {
			c.request(p, demand)
		}
		c.call("2.9", "OnComplete", func() { src.Complete() })
		if demand == 0 {
			c.eventually(func() bool { return p.end() != nil || len(p.Signals()) > 0 })
			if p.end() == nil {
				c.request(p, 10) // what it has to say before the end may need demand
			}
		}
		c.eventually(func() bool { return p.end() != nil })
		if p.end() == nil {
			c.fail("2.9", "the operator does not end with its source (demand %d)", demand)
		}
		c.silent("1.7", p, len(p.Signals()), "after the end")
		if c.Once {
			return
		}
	}
}

// 2.10, 2.3, 4.2: the same for failure, which is passed on although nothing was requested.
func failureReaches(c *trial) {
	for _, demand := range []int64{0, 1, unbounded} {
		src, p := c.over(c.Operator)
		if demand > 0 {
			c.request(p, demand)
		}
		c.call("2.10", "OnError", func() { src.Error(errBoom) })
		c.eventually(func() bool { return p.end() != nil })
		if end := p.end(); end == nil || end.Kind != Error || !errors.Is(end.Err, errBoom) {
			c.fail("4.2", "got %v after the failure of the source (demand %d), want OnError(%v)", end, demand, errBoom)
		}
		if c.Once {
			return
		}
	}
}

// 2.13, 2.6: a callback that panics fails the stream and cancels the source; it does not panic through the source.
func panicIsFailure(c *trial) {
	src, p := c.over(c.Panicking)
	c.request(p, 12)
	c.call("2.13", "OnNext", func() {
		if c.eventually(func() bool { return src.Demand() > 0 }) {
			src.Next(0)
		}
	})
	c.eventually(func() bool { return p.end() != nil })
	var pe *reactive.PanicError
	if end := p.end(); end == nil || end.Kind != Error || !errors.As(end.Err, &pe) {
		c.fail("2.13", "got %v after a panic in the callback, want OnError with a reactive.PanicError", end)
	}
	if !c.eventually(src.Cancelled) {
		c.fail("2.6", "the source is not cancelled after a panic in the callback")
	}
	// What is still on its way must not follow the end.
	n := len(p.Signals())
	c.call("2.13", "OnNext after the failure", func() {
		src.Subscriber().OnNext(1)
		src.Subscriber().OnComplete()
	})
	c.silent("1.7", p, n, "after the failure")
}

// 3.9, 2.6: after a bad request the source is of no use any more: it is cancelled, or gets the bad request itself.
func badRequestReaches(c *trial) {
	src, p := c.over(c.Operator)
	c.request(p, -1)
	passed := func() bool { src.mu.Lock(); defer src.mu.Unlock(); return len(src.broken) > 0 }
	if !c.eventually(func() bool { return src.Cancelled() || passed() }) {
		c.fail("2.6", "the source is not cancelled after a bad request")
	}
	// What the source noted as a mistake is the probe's.
	src.mu.Lock()
	defer src.mu.Unlock()
	src.broken = nil
}

// 4.1: demand does not go stale: values that were requested long ago arrive when the source has them.
func requestedLongAgo(c *trial) {
	if c.limit(6) < 6 {
		return
	}
	src, p := c.over(c.Operator)
	c.request(p, 6)
	for n := 1; n <= 6; n++ {
		c.settle()
		c.feed(src, p, n)
	}
	c.cancel(p)
}

type contextKey struct{}

// The context of the subscription is passed on, as the contract of reactive.Publisher says.
func contextReaches(c *trial) {
	src := newSource[int](c)
	p := c.probe()
	ctx := context.WithValue(background, contextKey{}, "value")
	c.call("1.9", "Subscribe", func() { c.Operator(src).Subscribe(ctx, p) })
	if !c.eventually(func() bool { return src.Subscriptions() > 0 }) {
		c.fail("2.1", "the operator does not subscribe to its source")
		return
	}
	if got := src.Context().Value(contextKey{}); got != "value" {
		c.fail("context", "the source sees the value %v in its context, want that of the subscription", got)
	}
	c.cancel(p)
}

// At no time is the source asked for more than the subscriber asked for, and the declared read-ahead.
func demandBounded(c *trial) {
	src, p := c.over(c.Operator)
	var once sync.Once
	check := func() {
		outstanding := src.Demand()
		p.mu.Lock()
		wanted := p.requested - p.received
		astray := len(p.broken) > 0 // as the probe tells
		p.mu.Unlock()
		if astray {
			return
		}
		allowed := c.ReadAhead
		if wanted > 0 {
			allowed += int64(max(1, c.needs(int(wanted))))
		}
		if outstanding > allowed {
			once.Do(func() {
				c.fail("demand", "%d values outstanding at the source while %d are wanted, want at most %d (ReadAhead is %d)",
					outstanding, wanted, allowed, c.ReadAhead)
			})
		}
	}
	c.settle()
	check()
	src.mu.Lock()
	src.latest().watch = func(int64) { check() }
	src.mu.Unlock()
	total := 0
	for _, n := range []int{1, 1, 12, 36, 1} {
		if total += n; total > c.limit(1200) {
			break
		}
		c.request(p, int64(n))
		check()
		c.feed(src, p, total)
		c.settle()
		check()
	}
	c.cancel(p)
}

// stranger is a subscription that nobody asked for.
type stranger struct{ cancelled atomic.Bool }

func (s *stranger) Request(int64)      {}
func (s *stranger) Cancel()            { s.cancelled.Store(true) }
func (s *stranger) wasCancelled() bool { return s.cancelled.Load() }
