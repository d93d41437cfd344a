package mqtest

import (
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

var redeliveryTests = []test{
	{name: "Close gives back at once", run: closeGivesBack},
	{name: "Close gives back to those attached", run: closeGivesToOthers},
	{name: "nack counts", run: nackCounts},
	{name: "nack waits", run: nackWaits},
	{name: "refused messages survive Close", run: nackThenClose},
	{name: "an ack after the nack still counts", run: lateAck},
	{name: "ack timeout", promised: promisesAckTimeout, run: ackTimeout},
	{name: "cumulative", run: cumulative},
	{name: "cumulative needs an order", run: cumulativeUnsupported},
}

// wantGivenBack checks the counts of messages that a leaving consumer gave back unrefused.
func (x *exam) wantGivenBack(ms ...mq.Message) {
	x.Helper()
	if !x.f.UncountedReturn {
		return
	}
	for _, m := range ms {
		if m.RedeliveryCount != 0 {
			x.Errorf("%q was given back and came again with RedeliveryCount %d, want 0", m.Payload, m.RedeliveryCount)
		}
	}
}

func closeGivesBack(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	x.publish(numbered("m", 8)...)
	a.p.Request(5)
	got := a.wantNext("m0", "m1", "m2", "m3", "m4")
	a.ack(got[1], got[3])
	a.close()
	b := x.subscribe(mq.ConsumerConfig{})
	b.p.Request(10)
	x.wantGivenBack(b.wantNext("m0", "m2", "m4")...)
	b.wantNext("m5", "m6", "m7")
}

func closeGivesToOthers(x *exam) {
	// A long ack timeout, so that what arrives did not wait for it.
	c := mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest}
	if x.f.AckTimeout {
		c.AckTimeout = late
	}
	const n = 200
	a := x.subscribe(c)
	a.p.Request(n)
	x.publish(numbered("m", n)...)
	a.next(n)
	b := x.subscribe(c)
	b.p.Request(reactive.Unbounded)
	a.close()
	got := b.next(n)
	x.wantGivenBack(got...)
	for _, want := range numbered("m", n) {
		if !contains(payloads(got), want) {
			x.Fatalf("%s was not given back", want)
		}
	}
	b.ack(got...)
	x.ackAllAndFinish(b)
}

func nackCounts(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest})
	c.p.Request(reactive.Unbounded)
	published := x.publish("m")
	for count := range 4 {
		m := c.one()
		if m.RedeliveryCount != count || m.ID != published[0] || string(m.Payload) != "m" {
			x.Fatalf("delivery %d = %+v, want id %+v and RedeliveryCount %d", count, m, published[0], count)
		}
		c.nack(m, 0)
	}
	c.one()
	x.ackAllAndFinish(c)
}

func nackWaits(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest})
	c.p.Request(reactive.Unbounded)
	x.publish("m0", "m1")
	got := c.wantNext("m0", "m1")
	start := time.Now()
	c.nack(got[0], soon)
	c.nack(got[1], 2*soon)
	x.publish("m2") // is not held up
	c.wantNext("m2")
	for i, want := range []string{"m0", "m1"} {
		m := c.wantNext(want)[0]
		if d, delay := time.Since(start), time.Duration(i+1)*soon; d < delay {
			x.Errorf("%s came again after %v, want %v at least", want, d, delay)
		}
		if m.RedeliveryCount != 1 {
			x.Errorf("%s came again with RedeliveryCount %d, want 1", want, m.RedeliveryCount)
		}
	}
	x.ackAllAndFinish(c)
}

func nackThenClose(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest})
	x.publish("m0", "m1")
	a.p.Request(2)
	got := a.wantNext("m0", "m1")
	start := time.Now()
	a.nack(got[0], soon)
	a.close()
	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	b.p.Request(10)
	x.wantGivenBack(b.wantNext("m1")...)
	m := b.wantNext("m0")[0]
	if d := time.Since(start); d < soon {
		x.Errorf("m0 came again after %v, want %v at least", d, soon)
	}
	if m.RedeliveryCount != 1 {
		x.Errorf("m0 came again with RedeliveryCount %d, want 1", m.RedeliveryCount)
	}
}

func lateAck(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest})
	c.p.Request(1)
	x.publish("m")
	m := c.one()
	c.nack(m, late)
	c.ack(m)
	x.ackAllAndFinish(c)
}

func ackTimeout(x *exam) {
	const timeout = time.Second
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest, AckTimeout: timeout})
	start := time.Now()
	a.p.Request(3)
	x.publish("m0", "m1", "m2")
	got := a.next(3)
	a.ack(got[0])
	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared}) // a has no demand left
	b.p.Request(10)
	again := b.next(2)
	if d := time.Since(start); d < timeout {
		x.Errorf("redelivered after %v, want %v at least", d, timeout)
	}
	for i, m := range again {
		if m.ID != got[i+1].ID || m.RedeliveryCount != 1 {
			x.Errorf("redelivery %d = %+v, want id %+v and RedeliveryCount 1", i, m, got[i+1].ID)
		}
	}
	b.ack(again...)
	x.ackAllAndFinish(b)
}

func cumulative(x *exam) {
	a := x.windowed(5, mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	w := x.witness()
	x.publish(numbered("m", 9)...)
	w.sees(9)
	got := a.wantNext("m0", "m1", "m2", "m3", "m4")
	a.ack(got[1])
	a.wantNext("m5")
	x.done("AckCumulative", a.c.AckCumulative(got[3].ID)) // m0, m2, m3
	a.wantNext("m6", "m7", "m8")
	x.done("AckCumulative again", a.c.AckCumulative(got[3].ID))
	x.publish("m9")
	w.sees(10)
	a.wantCount("after 4 of 9 deliveries were acknowledged", 9)
	a.close()
	b := x.subscribe(mq.ConsumerConfig{})
	b.p.Request(10)
	b.wantNext("m4", "m5", "m6", "m7", "m8", "m9")
	x.done("AckCumulative", b.c.AckCumulative(b.p.Values()[5].ID))
	x.ackAllAndFinish(b)
}

func cumulativeUnsupported(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	c.p.Request(1)
	x.publish("m")
	_, err := block(x, c.c.AckCumulative(c.one().ID))
	wantError(x.T, "AckCumulative on a Shared subscription", err, mq.ErrUnsupported)
	x.ackAllAndFinish(c)
}
