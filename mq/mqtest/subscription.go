package mqtest

import (
	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

var subscriptionTests = []test{
	{name: "starts at the latest by default", run: startLatest},
	{name: "starts at the earliest", run: startEarliest},
	{name: "keeps its place without consumers", run: keepsPlace},
	{name: "non-durable ends with its last consumer", run: nonDurable},
	{name: "Unsubscribe deletes it", run: unsubscribe},
	{name: "Unsubscribe is refused while others are attached", run: unsubscribeBusy},
	{name: "consumers have names", run: consumerNames},
}

func startLatest(x *exam) {
	x.publish("before0", "before1")
	c := x.subscribe(mq.ConsumerConfig{})
	c.p.Request(10)
	x.publish("after")
	c.wantNext("after")
	x.ackAllAndFinish(c)
}

func startEarliest(x *exam) {
	x.publish("before0", "before1")
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(10)
	x.publish("after")
	c.wantNext("before0", "before1", "after")
	x.ackAllAndFinish(c)
}

func keepsPlace(x *exam) {
	x.publish("m0")
	a := x.subscribe(mq.ConsumerConfig{})
	a.p.Request(1)
	x.publish("m1", "m2")
	a.ack(a.wantNext("m1")...)
	a.close()
	x.publish("m3")
	b := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest}) // of no effect: it exists
	b.p.Request(10)
	b.wantNext("m2", "m3")
}

func nonDurable(x *exam) {
	c := mq.ConsumerConfig{Type: mq.Shared, NonDurable: true}
	a, b := x.subscribe(c), x.subscribe(c)
	a.close()
	d := x.subscribe(c) // shares with b, so the subscription is still there
	b.p.Request(1)
	x.publish("m0", "m1")
	b.wantNext("m0")
	d.p.Request(10)
	d.wantNext("m1")
	b.close()
	d.wantNext("m0")
	d.close()
	x.publish("m2")
	again := x.subscribe(c)
	again.p.Request(10)
	x.publish("m3")
	again.wantNext("m3")
}

func unsubscribe(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{})
	a.p.Request(10)
	x.publish("m0", "m1")
	got := a.wantNext("m0", "m1")
	a.ack(got[0])
	x.done("Unsubscribe", a.c.Unsubscribe())
	a.p.ExpectComplete()
	_, err := block(x, a.c.Ack(got[1].ID))
	wantError(x.T, "Ack after Unsubscribe", err, mq.ErrClosed)
	a.close()

	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	b.p.Request(10)
	x.publish("m2")
	b.wantNext("m2")
	x.done("Unsubscribe", b.c.Unsubscribe())
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(10)
	for _, m := range c.wantNext("m0", "m1", "m2") {
		if m.RedeliveryCount != 0 {
			x.Errorf("%q came with RedeliveryCount %d, want 0 on a new subscription", m.Payload, m.RedeliveryCount)
		}
	}
}

func unsubscribeBusy(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	_, err := block(x, a.c.Unsubscribe())
	wantError(x.T, "Unsubscribe beside another consumer", err, mq.ErrConsumerBusy)
	a.p.Request(reactive.Unbounded)
	b.p.Request(reactive.Unbounded)
	x.publish(numbered("m", 50)...)
	a.next(1)
	b.next(1)
	b.close()
	x.done("Unsubscribe", a.c.Unsubscribe())
}

func consumerNames(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared, Name: "a"})
	if a.c.Name() != "a" {
		x.Errorf("Name() = %q, want a", a.c.Name())
	}
	b, c := x.subscribe(mq.ConsumerConfig{Type: mq.Shared}), x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	if b.c.Name() == "" || b.c.Name() == c.c.Name() {
		x.Errorf("names made up: %q and %q, want two different ones", b.c.Name(), c.c.Name())
	}
	if r := x.reader(mq.Latest).r; r.Name() == "" {
		x.Error("a reader's made-up name is empty")
	}
}
