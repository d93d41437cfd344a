package reactivetest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

var errBoom = errors.New("boom")

// publisherChecks are the experiments with a subject as a publisher.
func publisherChecks(s Subject) []check {
	checks := []check{
		{"1.1 no more than requested", demandInSteps},
		{"1.3 signals are serial", requestsAtOnce},
		{"1.8 cancel stops the values", cancelStops},
		{"1.8 cancel at the last value silences the end", cancelAtLast},
		{"1.9 OnSubscribe comes first", subscribing},
		{"3.2 request from inside signals", requestInside},
		{"3.3 recursion is bounded", flatStack},
		{"3.4, 3.5 Request and Cancel return", returnsPromptly},
		{"3.6, 3.7 nothing follows a cancel", afterCancel},
		{"3.8 requests add up", requestsAddUp},
		{"3.9 request of less than one", badRequest},
		{"3.13 the subscriber is forgotten", forgets},
		{"goroutines end with the subscription", endsGoroutines},
	}
	if s.MaxValues != 0 {
		checks = append(checks, check{"limit of the values", withinLimit})
	}
	if !s.Endless {
		checks = append(checks,
			check{"1.2, 1.5 success is signalled", completesOnce},
			check{"1.6, 1.7 nothing follows the end", afterEnd},
			check{"3.17 demand without bound", saturation},
		)
	}
	if !s.Once && !s.Unicast {
		checks = append(checks,
			check{"1.10 subscribed again", subscribedAgain},
			check{"1.11 several subscribers", severalSubscribers})
	}
	if s.Unicast {
		checks = append(checks, check{"1.11 one subscriber", oneSubscriber})
	}
	if s.Failing != nil || s.Operator != nil && !s.Recovers {
		checks = append(checks, check{"1.4 failure is signalled", failureSignalled})
	}
	return checks
}

// 1.1, 1.2, 3.1: values come under demand, and only that many.
func demandInSteps(c *trial) {
	p := c.subscribe(c.stream(12))
	c.settle()
	if got := p.count(); got > 0 {
		c.fail("1.1", "%d values without any demand", got)
	}
	total := 0
	for _, n := range []int{1, 1, 2, 3} {
		if total+n > c.limit(12) {
			return
		}
		total += n
		c.request(p, int64(n))
		c.exactly(p, total)
	}
	c.cancel(p)
}

// 1.2, 1.5, 1.7: a stream may end below demand; it ends with OnComplete.
func completesOnce(c *trial) {
	for _, n := range []int{0, 12} {
		p := c.subscribe(c.stream(n))
		c.request(p, 1)
		c.request(p, int64(n+30))
		c.completes("1.5", p)
		if got, want := p.count(), int64(c.limit(n)); n > 0 && got != want {
			c.fail("1.5", "the stream of %d values has %d", want, got)
		}
		c.silent("1.7", p, len(p.Signals()), "after OnComplete")
	}
}

// 1.3, 2.11: whoever asks, and however many do so at once, signals do not overlap. Data races are for -race to find.
func requestsAtOnce(c *trial) {
	const requesters, n = 4, 1200
	streams := []reactive.Publisher[int]{c.stream(n)}
	if c.Operator != nil {
		streams = append(streams, c.Operator(numbers{n: c.needs(n), async: true}))
	}
	for _, src := range streams {
		p := c.yielding()
		c.attach(src, p)
		var wg sync.WaitGroup
		for range requesters {
			wg.Go(func() {
				for range n / requesters {
					c.request(p, 1)
				}
			})
		}
		wg.Wait()
		c.values(p, c.limit(n))
		c.cancel(p)
	}
	// The same with a cancel that comes from nowhere: signals stay serial and end at most once.
	for range 20 {
		p := c.yielding()
		c.attach(c.stream(n), p)
		var wg sync.WaitGroup
		wg.Go(func() { c.request(p, n) })
		wg.Go(func() { c.cancel(p) })
		wg.Go(func() { c.cancel(p) })
		wg.Wait()
		if c.Once || c.Unicast {
			return
		}
	}
	// The same with a request from inside OnSubscribe: no value comes before that has returned.
	for range 20 {
		p := c.yielding().RequestFirst(1)
		c.attach(c.stream(n), p)
		c.values(p, c.limit(1))
		c.cancel(p)
	}
}

// yielding makes a probe that is easily met in a signal.
func (c *trial) yielding() *Probe[int] {
	p := c.probe()
	p.yields = true
	return p
}

// 1.4, 4.2: failure is signalled, and needs no demand.
func failureSignalled(c *trial) {
	src := func() reactive.Publisher[int] {
		if c.Failing != nil {
			return c.Failing(errBoom)
		}
		return c.Operator(numbers{err: errBoom})
	}
	p := c.subscribe(src())
	if c.Failing != nil {
		c.request(p, unbounded) // it may have values first
	}
	c.eventually(func() bool { return p.end() != nil })
	if end := p.end(); end == nil || end.Kind != Error || !errors.Is(end.Err, errBoom) {
		c.fail("1.4", "got %v, want OnError(%v)", end, errBoom)
		return
	}
	c.request(p, 1)
	c.cancel(p)
	c.silent("1.7", p, len(p.Signals()), "after OnError")
}

// 1.6, 1.7, 3.6, 3.7: after the end the subscription is as good as cancelled.
func afterEnd(c *trial) {
	p := c.subscribe(c.stream(12))
	c.request(p, 100)
	c.completes("1.5", p)
	n := len(p.Signals())
	c.request(p, 1)
	c.request(p, unbounded)
	p.mu.Lock()
	sub := p.sub
	p.mu.Unlock()
	c.call("3.16", "Request(0) after the end", func() { sub.Request(0) })
	c.cancel(p)
	c.cancel(p)
	c.silent("1.7", p, n, "after OnComplete")
}

// 1.8, 2.8, 3.5, 3.12: values stop soon after a cancel.
func cancelStops(c *trial) {
	if c.MaxValues != 0 {
		return
	}
	const keep = 10
	p := c.probe()
	p.Each(func(int) {
		if p.count() == keep {
			c.cancel(p)
		}
	})
	c.attach(c.stream(manyValues), p)
	// A publisher may have buffered some of them, so it may go on for a while, but not for ever.
	c.request(p, unbounded)
	c.values(p, keep)
	last := int64(-1)
	if !c.eventually(func() bool { c.settle(); n := p.count(); same := n == last; last = n; return same }) {
		c.fail("1.8", "values still come %v after Cancel: %d", c.wait(), p.count())
	}
	if end := p.end(); p.count() >= manyValues || end != nil && end.Kind == Complete {
		c.fail("1.8", "cancelled at value %d, and yet %d values came and then %v", keep, p.count(), end)
	}
}

// 1.8: a subscriber that leaves with the last value hears nothing more, not even the end. The cancel comes from inside
// OnNext, so no other signal can be on its way.
func cancelAtLast(c *trial) {
	leaves := func(src reactive.Publisher[int], last int64) {
		p := c.probe()
		p.Each(func(int) {
			if p.count() == last {
				c.cancel(p)
			}
		})
		c.attach(src, p)
		c.request(p, unbounded)
		c.values(p, int(last))
		if c.Virtual {
			time.Sleep(2 * time.Second) // for an end that a timer brings
		}
		c.silent("1.8", p, int(last), "after Cancel from inside OnNext of the last value")
	}
	if c.Endless && c.MaxValues == 0 {
		return
	}
	if last := c.limit(12); last > 0 {
		leaves(c.stream(12), int64(last))
	}
	if c.Operator == nil || c.Once || c.Endless {
		return
	}
	// Where several values become one, there may be less for the last one, which only the end of the source brings out.
	fewer := numbers{n: max(0, c.needs(12)-1)}
	whole := c.subscribe(c.Operator(fewer))
	c.request(whole, unbounded)
	ended := c.eventually(func() bool { return whole.end() != nil })
	if last := whole.count(); last > 0 && ended && len(whole.Violations()) == 0 {
		leaves(c.Operator(fewer), last)
	}
}

// 1.9: subscribing always begins with OnSubscribe; what else can go wrong the probe notices.
func subscribing(c *trial) {
	p := c.subscribe(c.stream(12))
	c.settle()
	if got := p.count(); got > 0 {
		c.fail("1.1", "%d values without any demand", got)
	}
	c.cancel(p)
	if c.Once || c.Unicast {
		return
	}
	// A subscriber that has no use for the stream may say so at once.
	leaver := c.probe()
	c.call("1.9", "Subscribe", func() { c.stream(12).Subscribe(background, cancelFirst{leaver}) })
	if !c.eventually(leaver.subscribed) {
		c.fail("1.9", "no OnSubscribe")
		return
	}
	c.settle()
	if got := leaver.count(); got > 0 {
		c.fail("1.8", "%d values after Cancel from inside OnSubscribe", got)
	}
}

// cancelFirst is a probe that cancels in OnSubscribe.
type cancelFirst struct{ *Probe[int] }

func (p cancelFirst) OnSubscribe(s reactive.Subscription) {
	p.Probe.OnSubscribe(s)
	s.Cancel()
}

// 1.10: a publisher can be subscribed to as often as one likes.
func subscribedAgain(c *trial) {
	src := c.stream(12)
	for range 2 {
		p := c.subscribe(src)
		c.request(p, 12)
		if !c.comes(p, c.limit(12)) {
			c.fail("1.10", "each subscriber has a stream of its own, but %s", missing(p, c.limit(12)))
		}
		c.cancel(p)
	}
}

// 1.11: subscribers at the same time all get their values.
func severalSubscribers(c *trial) {
	src := c.stream(120)
	var probes []*Probe[int]
	for range 4 {
		probes = append(probes, c.probe())
	}
	var wg sync.WaitGroup
	for _, p := range probes {
		wg.Go(func() {
			c.call("1.9", "Subscribe", func() { src.Subscribe(background, p) })
		})
	}
	wg.Wait()
	// All are waited for together: four that get nothing take no longer than one.
	each := func(ready func(p *Probe[int]) bool) func() bool {
		return func() bool { return !slices.ContainsFunc(probes, func(p *Probe[int]) bool { return !ready(p) }) }
	}
	if !c.eventually(each((*Probe[int]).subscribed)) {
		c.fail("1.9", "one of %d subscribers gets no OnSubscribe", len(probes))
		return
	}
	for _, p := range probes {
		wg.Go(func() { c.request(p, 200) })
	}
	wg.Wait()
	n := c.limit(120)
	c.eventually(each(func(p *Probe[int]) bool { return p.count() >= int64(n) || p.end() != nil }))
	for i, p := range probes {
		if p.count() < int64(n) {
			c.fail("1.11", "subscriber %d: %s", i, missing(p, n))
		}
		c.cancel(p)
	}
}

// 1.9, 1.11: a publisher for one subscriber refuses the others by OnSubscribe and OnError.
func oneSubscriber(c *trial) {
	src := c.stream(12)
	first := c.subscribe(src)
	second := c.subscribe(src)
	c.eventually(func() bool { return second.end() != nil })
	if end := second.end(); end == nil || end.Kind != Error {
		c.fail("1.9", "second subscriber: got %v, want OnError", end)
	}
	c.request(first, 12)
	c.values(first, c.limit(12))
	c.cancel(first)
}
