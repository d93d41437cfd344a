package mqtest

import (
	"math/rand/v2"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var demandTests = []test{
	{name: "a consumer delivers what was requested", run: consumerDemand},
	{name: "a reader delivers what was requested", run: readerDemand},
	{name: "demand waits for messages", run: demandFirst},
	{name: "requests of many sizes add up", run: requestsAddUp},
	{name: "a request of less than one fails", run: badRequest},
	{name: "Messages allows one subscriber", run: oneSubscriber},
	{name: "cancelling leaves the messages to others", run: cancelMessages},
}

func consumerDemand(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	w := x.witness()
	x.publish(numbered("m", 10)...)
	w.sees(10)
	c.wantCount("without demand", 0)
	c.p.Request(3)
	c.wantNext("m0", "m1", "m2")
	x.publish("m10")
	w.sees(11)
	c.wantCount("after 3 were requested", 3)
	c.p.Request(1)
	c.wantNext("m3")
	c.p.Request(2).Request(2)
	c.wantNext("m4", "m5", "m6", "m7")
	x.publish("m11")
	w.sees(12)
	c.wantCount("after 8 were requested", 8)
}

func readerDemand(x *exam) {
	r := x.reader(mq.Earliest)
	w := x.witness()
	x.publish(numbered("m", 10)...)
	w.sees(10)
	r.wantCount("without demand", 0)
	r.p.Request(3)
	r.wantNext("m0", "m1", "m2")
	x.publish("m10")
	w.sees(11)
	r.wantCount("after 3 were requested", 3)
	r.p.Request(2).Request(2)
	r.wantNext("m3", "m4", "m5", "m6")
	x.publish("m11")
	w.sees(12)
	r.wantCount("after 7 were requested", 7)
}

func demandFirst(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{})
	r := x.reader(mq.Latest)
	c.p.Request(2)
	r.p.Request(2)
	w := x.witness()
	x.publish("m0", "m1", "m2", "m3")
	w.sees(4)
	c.wantNext("m0", "m1")
	r.wantNext("m0", "m1")
	x.publish("m4")
	w.sees(5)
	c.wantCount("consumer that requested 2", 2)
	r.wantCount("reader that requested 2", 2)
}

func requestsAddUp(x *exam) {
	const n = 600
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	r := x.reader(mq.Earliest)
	rnd := rand.New(rand.NewPCG(1, 2))
	go func() { // requests run beside publishing
		for left := int64(n); left > 0; {
			k := min(left, 1+rnd.Int64N(7))
			c.p.Request(k)
			r.p.Request(k)
			left -= k
		}
	}()
	x.publish(numbered("m", n+10)...)
	c.wantNext(numbered("m", n)...)
	r.wantNext(numbered("m", n)...)
	w := x.witness()
	w.sees(n + 10)
	c.wantCount("consumer", n)
	r.wantCount("reader", n)
}

func badRequest(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{})
	c.p.Request(0).ExpectError(reactive.ErrBadRequest)
	r := x.reader(mq.Earliest)
	r.p.Request(-1).ExpectError(reactive.ErrBadRequest)
}

func oneSubscriber(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{})
	reactivetest.Subscribe(x.T, c.c.Messages()).ExpectError(reactive.ErrSubscribed)
	r := x.reader(mq.Earliest)
	reactivetest.Subscribe(x.T, r.r.Messages()).ExpectError(reactive.ErrSubscribed)
	c.p.Request(1)
	r.p.Request(1)
	x.publish("m")
	c.wantNext("m")
	r.wantNext("m")
}

func cancelMessages(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	a.p.Request(100)
	x.publish("open")
	open := a.one()
	a.p.Cancel()
	x.publish(numbered("m", 10)...)
	b.p.Request(100)
	got := payloads(b.next(10))
	for _, want := range numbered("m", 10) {
		if !contains(got, want) {
			x.Errorf("the other consumer got %q, want %q among them", got, want)
		}
	}
	a.wantCount("after Cancel", 1)
	// What was delivered before is still open, and a may still acknowledge it.
	a.ack(open)
	b.ack(b.p.Values()...)
	x.ackAllAndFinish(b)
}
