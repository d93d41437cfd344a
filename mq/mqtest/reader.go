package mqtest

import (
	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

var readerTests = []test{
	{name: "from the earliest", run: readEarliest},
	{name: "from the latest", run: readLatest},
	{name: "after an id", run: readAfter},
	{name: "not after an id of another topic", run: readForeign},
	{name: "readers and subscriptions do not share", run: readersDoNotShare},
	{name: "Close ends the flow", run: closeReader},
}

func readEarliest(x *exam) {
	x.publish("m0", "m1")
	r := x.reader(mq.Earliest)
	r.p.Request(10)
	r.wantNext("m0", "m1")
	x.publish("m2")
	m := r.wantNext("m2")[0]
	if m.RedeliveryCount != 0 {
		x.Errorf("RedeliveryCount = %d, want 0 for a reader", m.RedeliveryCount)
	}
}

func readLatest(x *exam) {
	x.publish("m0", "m1")
	zero := x.reader(mq.MessageID{})
	latest := x.reader(mq.Latest)
	zero.p.Request(10)
	latest.p.Request(10)
	x.publish("m2")
	zero.wantNext("m2")
	latest.wantNext("m2")
}

func readAfter(x *exam) {
	published := x.publish("m0", "m1", "m2")
	for i, id := range published {
		// An id comes from a client, so as text.
		id, err := mq.ParseMessageID(id.String())
		x.check("ParseMessageID", err)
		r := x.reader(id)
		r.p.Request(10)
		x.publish("more")
		want := numbered("m", 3)[i+1:]
		for range i + 1 {
			want = append(want, "more")
		}
		r.wantNext(want...)
	}
}

func readForeign(x *exam) {
	x.publish("m0", "m1")
	foreign := x.publishTo(x.newTopic("other"), "foreign")
	_, err := x.b.OpenReader(x.Context(), mq.ReaderConfig{Topic: x.topic, Start: foreign[0]})
	wantError(x.T, "OpenReader after an id of another topic", err, mq.ErrInvalid)
}

func readersDoNotShare(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	a, b := x.reader(mq.Earliest), x.reader(mq.Earliest)
	x.publish("m0", "m1")
	for _, in := range []*inbox{&a.inbox, &c.inbox, &b.inbox} {
		in.p.Request(reactive.Unbounded)
		in.wantNext("m0", "m1")
	}
	x.ackAllAndFinish(c)
	x.witness().wantNext("m0", "m1") // acknowledged is not gone
}

func closeReader(x *exam) {
	r := x.reader(mq.Earliest)
	r.p.Request(10)
	x.publish("m0")
	r.wantNext("m0")
	x.check("Close", r.r.Close(x.Context()))
	r.p.ExpectError(mq.ErrClosed)
	_, err := block(x, r.r.EndOfTopic())
	wantError(x.T, "EndOfTopic after Close", err, mq.ErrClosed)
	x.check("Close a second time", r.r.Close(x.Context()))
	x.publish("m1")
	x.witness().wantNext("m0", "m1")
	r.wantCount("after Close", 1)
}
