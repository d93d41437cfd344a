package reactivetest

// At no time has a stream more values than it says it has at most: neither when all are asked for nor when they are asked
// for one by one, and not because its source has more.
func withinLimit(c *trial) {
	most := int64(max(0, c.MaxValues))
	within := func(p *Probe[int], how string) {
		if !c.Endless {
			c.eventually(func() bool { return p.end() != nil || p.count() > most })
		}
		c.settle()
		if got := p.count(); got > most {
			c.fail("limit", "%d values %s, want at most %d (MaxValues is %d)", got, how, most, c.MaxValues)
		}
		c.cancel(p)
	}
	p := c.subscribe(c.stream(120))
	c.request(p, unbounded)
	within(p, "when everything is asked for")
	if c.Once || c.Unicast {
		return
	}
	p = c.subscribe(c.stream(120))
	for n := range most + 2 {
		c.request(p, 1)
		if n < most {
			c.comes(p, int(n+1))
		}
	}
	within(p, "when they are asked for one by one")
	if c.Operator == nil {
		return
	}
	src, p := c.over(c.Operator)
	c.request(p, unbounded)
	for v := range 2*c.needs(12) + 12 {
		if !c.eventually(func() bool { return src.Demand() > 0 || src.Cancelled() || p.end() != nil }) {
			break
		}
		if src.Demand() == 0 || src.Cancelled() || p.end() != nil {
			break
		}
		c.under("2.13", "OnNext", func() { src.Next(v) })
	}
	c.call("2.13", "OnComplete", func() { src.Complete() })
	within(p, "of a source that has more")
}
