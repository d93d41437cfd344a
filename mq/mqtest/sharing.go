package mqtest

import (
	"fmt"
	"slices"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

var sharingTests = []test{
	{name: "Exclusive is taken by one", run: exclusive},
	{name: "types do not mix", run: typesDoNotMix},
	{name: "Shared deals as demand allows", run: sharedByDemand},
	{name: "Shared gives every consumer a share", run: sharedShares},
	{name: "Failover has one active consumer", promised: func(f mq.Features) bool { return f.Failover }, run: failover},
	{name: "types that are not promised are refused", run: unsupportedTypes},
	{name: "subscriptions do not share", run: subscriptionsDoNotShare},
}

func exclusive(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{})
	x.wantBusy(mq.ConsumerConfig{})
	x.subscribe(mq.ConsumerConfig{Subscription: "another"})
	a.p.Request(1)
	x.publish("m0", "m1")
	a.ack(a.wantNext("m0")...)
	a.close()
	b := x.subscribe(mq.ConsumerConfig{})
	b.p.Request(2)
	b.wantNext("m1")
}

func typesDoNotMix(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	x.wantBusy(mq.ConsumerConfig{Type: mq.Exclusive})
	if x.f.Failover {
		x.wantBusy(mq.ConsumerConfig{Type: mq.Failover})
	}
	a.close()
	x.subscribe(mq.ConsumerConfig{Type: mq.Exclusive})
	x.wantBusy(mq.ConsumerConfig{Type: mq.Shared})
}

func sharedByDemand(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	w := x.witness()
	a.p.Request(2)
	b.p.Request(7)
	x.publish(numbered("m", 12)...)
	got := append(payloads(a.next(2)), payloads(b.next(7))...)
	w.sees(12)
	slices.Sort(got)
	if want := numbered("m", 9); !slices.Equal(got, want) {
		x.Errorf("the two got %q, want each of %q once", got, want)
	}
	a.wantCount("consumer that requested 2", 2)
	b.wantCount("consumer that requested 7", 7)
}

// The second consumer has demand as large as the first one's: neither may starve.
func sharedShares(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	b := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	a.p.Request(reactive.Unbounded)
	b.p.Request(reactive.Unbounded)
	x.publish(numbered("m", 100)...)
	a.next(10)
	b.next(10)
}

func failover(x *exam) {
	consumer := func() *client {
		c := x.subscribe(mq.ConsumerConfig{Type: mq.Failover})
		c.p.Request(10)
		return c
	}
	a, b, c := consumer(), consumer(), consumer()
	w := x.witness()
	x.publish("m0", "m1", "m2")
	got := a.wantNext("m0", "m1", "m2")
	w.sees(3)
	b.wantCount("second in line", 0)
	c.wantCount("third in line", 0)

	a.ack(got[0])
	a.close()
	back := b.wantNext("m1", "m2")
	x.wantGivenBack(back...)
	x.publish("m3")
	b.wantNext("m3")
	b.ack(b.p.Values()...)

	c.close() // who waits in line may leave
	x.publish("m4")
	b.wantNext("m4")
	d := consumer()
	b.close()
	d.wantNext("m4")
}

func unsupportedTypes(x *exam) {
	for _, tt := range []struct {
		t        mq.SubscriptionType
		promised bool
	}{{mq.Failover, x.f.Failover}, {mq.KeyShared, x.f.KeyShared}} {
		if tt.promised {
			continue
		}
		_, err := x.b.Subscribe(x.Context(), x.complete(mq.ConsumerConfig{Type: tt.t}))
		wantError(x.T, fmt.Sprintf("Subscribe as %v", tt.t), err, mq.ErrUnsupported)
	}
	if !x.f.AckTimeout {
		_, err := x.b.Subscribe(x.Context(), x.complete(mq.ConsumerConfig{AckTimeout: soon}))
		wantError(x.T, "Subscribe with an ack timeout", err, mq.ErrUnsupported)
	}
	x.subscribe(mq.ConsumerConfig{})
}

func subscriptionsDoNotShare(x *exam) {
	a := x.subscribe(mq.ConsumerConfig{Subscription: "a"})
	b := x.subscribe(mq.ConsumerConfig{Subscription: "b, with a / and ☃"})
	a.p.Request(3)
	b.p.Request(3)
	x.publish("m0", "m1", "m2")
	a.ack(a.wantNext("m0", "m1", "m2")...)
	b.wantNext("m0", "m1", "m2")
	b.close()
	b = x.subscribe(mq.ConsumerConfig{Subscription: "b, with a / and ☃"})
	b.p.Request(3)
	b.wantNext("m0", "m1", "m2")
}
