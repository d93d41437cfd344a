package mqtest

import (
	"errors"
	"slices"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

var topicTests = []test{
	{name: "topics do not mix", run: topicsDoNotMix},
	{name: "the non-persistent domain", run: nonPersistent},
	{name: "termination refuses messages and keeps those that are there", run: terminated},
	{name: "termination of an empty topic", run: terminatedEmpty},
	{name: "end of topic for a consumer", run: endForConsumer},
	{name: "end of topic for a reader", run: endForReader},
	{name: "a topic that does not exist is not terminated", run: terminateUnknown},
}

func (x *exam) terminate(t mq.TopicName) mq.MessageID {
	x.Helper()
	id, err := x.b.TerminateTopic(x.Context(), t)
	x.check("TerminateTopic", err)
	return id
}

// Names that an engine might map to one and the same name of its own.
func topicsDoNotMix(x *exam) {
	base := x.topic
	names := []mq.TopicName{base, base, base, base, base, base, base}
	names[1].Name += ".a"
	names[2].Name += " a"
	names[3].Name += "_a"
	names[4].Name += "*>"
	names[5].Namespace = "other"
	names[6].Cluster = "cluster"
	var clients []*client
	for _, n := range names {
		c := x.subscribe(mq.ConsumerConfig{Topic: n})
		c.p.Request(reactive.Unbounded)
		clients = append(clients, c)
	}
	for _, n := range names {
		x.publishTo(n, "first "+n.String(), "last")
	}
	for i, c := range clients {
		for _, m := range c.wantNext("first "+names[i].String(), "last") {
			if m.Topic != names[i] {
				x.Errorf("a message of %v says that its topic is %v", names[i], m.Topic)
			}
		}
		c.wantCount(names[i].String(), 2)
	}
}

func nonPersistent(x *exam) {
	x.topic.Persistent = false
	if !x.f.NonPersistentTopics {
		_, err := x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: x.topic})
		wantError(x.T, "OpenProducer", err, mq.ErrUnsupported)
		_, err = x.b.Subscribe(x.Context(), x.complete(mq.ConsumerConfig{}))
		wantError(x.T, "Subscribe", err, mq.ErrUnsupported)
		_, err = x.b.OpenReader(x.Context(), mq.ReaderConfig{Topic: x.topic})
		wantError(x.T, "OpenReader", err, mq.ErrUnsupported)
		return
	}
	c := x.subscribe(mq.ConsumerConfig{})
	c.p.Request(10)
	published := x.publish("m0", "m1")
	got := ids(c.wantNext("m0", "m1"))
	if !slices.Equal(got, published) {
		x.Errorf("delivered with ids %+v, receipts say %+v", got, published)
	}
	c.ack(c.p.Values()...)
}

func terminated(x *exam) {
	p := x.producer(mq.ProducerConfig{})
	published := x.publish("m0", "m1")
	if got := x.terminate(x.topic); got != published[1] {
		x.Errorf("TerminateTopic = %+v, want the last id %+v", got, published[1])
	}
	if got := x.terminate(x.topic); got != published[1] {
		x.Errorf("TerminateTopic again = %+v, want the last id %+v", got, published[1])
	}
	r := x.receipts(p, reactive.Just(mq.OutMessage{}, mq.OutMessage{}))
	r.Request(2).ExpectCount(2).ExpectComplete()
	for _, receipt := range r.Values() {
		wantError(x.T, "receipt on a terminated topic", receipt.Err, mq.ErrTopicTerminated)
	}
	_, err := block(x, p.Send(mq.OutMessage{}))
	wantError(x.T, "Send on a terminated topic", err, mq.ErrTopicTerminated)
	_, err = x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: x.topic})
	wantError(x.T, "OpenProducer on a terminated topic", err, mq.ErrTopicTerminated)

	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(10)
	c.wantNext("m0", "m1")
	x.witness().wantNext("m0", "m1")
}

func terminatedEmpty(x *exam) {
	x.producer(mq.ProducerConfig{})
	if got := x.terminate(x.topic); got != mq.Earliest {
		x.Errorf("TerminateTopic = %+v, want Earliest", got)
	}
	if !x.atEnd(x.subscribe(mq.ConsumerConfig{}).c) || !x.atEnd(x.reader(mq.Earliest).r) {
		x.Error("EndOfTopic is false on an empty terminated topic")
	}
}

func endForConsumer(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(10)
	if x.atEnd(c.c) {
		x.Error("EndOfTopic of an empty topic that goes on = true, want false")
	}
	x.publish("m0", "m1")
	got := c.wantNext("m0", "m1")
	c.ack(got[0])
	x.terminate(x.topic)
	if x.atEnd(c.c) {
		x.Error("EndOfTopic with an open delivery = true, want false")
	}
	c.nack(got[1], 0)
	got = c.wantNext("m1")
	if x.atEnd(c.c) {
		x.Error("EndOfTopic with a delivery open again = true, want false")
	}
	c.ack(got...)
	if !x.atEnd(c.c) {
		x.Error("EndOfTopic with everything acknowledged = false, want true")
	}
	behind := x.subscribe(mq.ConsumerConfig{Subscription: "behind", InitialPosition: mq.StartEarliest})
	if x.atEnd(behind.c) {
		x.Error("EndOfTopic of a subscription that has messages to come = true, want false")
	}
}

func endForReader(x *exam) {
	r := x.reader(mq.Earliest)
	x.publish("m0", "m1")
	r.p.Request(2)
	r.wantNext("m0", "m1")
	if x.atEnd(r.r) {
		x.Error("EndOfTopic of a topic that goes on = true, want false")
	}
	x.terminate(x.topic)
	if !x.atEnd(r.r) {
		x.Error("EndOfTopic with everything read = false, want true")
	}
	if x.atEnd(x.reader(mq.Earliest).r) {
		x.Error("EndOfTopic of a reader that has messages to come = true, want false")
	}
}

func terminateUnknown(x *exam) {
	_, err := x.b.TerminateTopic(x.Context(), x.newTopic("unknown"))
	if !errors.Is(err, mq.ErrTopicNotFound) {
		x.Errorf("TerminateTopic of an unknown topic: error = %v, want ErrTopicNotFound", err)
	}
}
