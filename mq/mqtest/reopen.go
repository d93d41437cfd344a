package mqtest

import (
	"slices"

	"github.com/fluxsocket/fluxsocket/mq"
)

var reopenTests = []test{
	{name: "messages and subscriptions survive", promised: promisesPersistence, run: reopen},
	{name: "the end of a topic survives", promised: promisesPersistence, run: reopenTerminated},
}

func promisesPersistence(f mq.Features) bool { return f.Persistent }

func (x *exam) reopen() {
	x.Helper()
	if x.engine.Reopen == nil {
		x.Fatal("the engine promises persistence, so mqtest.Engine needs Reopen")
	}
	x.b = x.engine.Reopen(x.T, x.b)
}

func reopen(x *exam) {
	published := x.publish(numbered("m", 6)...)
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(4)
	got := c.wantNext("m0", "m1", "m2", "m3")
	c.ack(got[0], got[2])
	c.nack(got[3], late)

	x.reopen()
	published = append(published, x.publish("m6")...)
	if !slices.IsSortedFunc(published, mq.MessageID.Compare) {
		x.Errorf("ids before and after: %+v, want them to grow", published)
	}
	r := x.reader(published[2])
	r.p.Request(10)
	after := r.wantNext("m3", "m4", "m5", "m6")
	if !slices.Equal(ids(after), published[3:]) {
		x.Errorf("ids after: %+v, want %+v", ids(after), published[3:])
	}
	c = x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(10)
	// m3 may wait for its delay, or come at once.
	again := c.next(4)
	slices.SortFunc(again, func(a, b mq.Message) int { return a.ID.Compare(b.ID) })
	if got := payloads(again); !contains(got, "m1") || !contains(got, "m4") || contains(got, "m0") || contains(got, "m2") {
		x.Errorf("got %q after the restart, want m1, m4, m5, m6, perhaps m3, but not m0 and m2", got)
	}
	x.done("Ack of an id from before", c.c.Ack(got[1].ID))
}

func reopenTerminated(x *exam) {
	published := x.publish("m0")
	x.terminate(x.topic)
	x.reopen()
	if got := x.terminate(x.topic); got != published[0] {
		x.Errorf("TerminateTopic = %+v, want %+v", got, published[0])
	}
	_, err := x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: x.topic})
	wantError(x.T, "OpenProducer on a terminated topic", err, mq.ErrTopicTerminated)
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(1)
	c.wantNext("m0")
	x.ackAllAndFinish(c)
}
