package mqtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// Engine is what is tested.
type Engine struct {
	// Open starts an engine that has no topics. The suite closes it. Required.
	Open func(t *testing.T) mq.Broker
	// Reopen closes b, which Open or Reopen returned, and starts the engine again over what b has stored. Required
	// for persistent engines.
	Reopen func(t *testing.T, b mq.Broker) mq.Broker
}

// Run checks the engine, one subtest for each promise.
func Run(t *testing.T, e Engine) {
	t.Helper()
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"Publish", publishTests},
		{"Message", messageTests},
		{"Demand", demandTests},
		{"Window", windowTests},
		{"Sharing", sharingTests},
		{"Redelivery", redeliveryTests},
		{"Subscription", subscriptionTests},
		{"Reader", readerTests},
		{"Topic", topicTests},
		{"Life", lifeTests},
		{"Reopen", reopenTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, tt := range group.tests {
				t.Run(tt.name, func(t *testing.T) { run(t, e, tt) })
			}
		})
	}
}

// test is one promise.
type test struct {
	name string
	// promised leaves the test out if the engine does not promise this; nil is for what every engine promises.
	promised func(mq.Features) bool
	run      func(x *exam)
}

func run(t *testing.T, e Engine, tt test) {
	x := &exam{T: t, engine: e, b: e.Open(t)}
	x.f = x.b.Features()
	x.topic = x.newTopic("topic")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := x.b.Close(ctx); err != nil {
			t.Errorf("Close of the broker: %v", err)
		}
	})
	if tt.promised != nil && !tt.promised(x.f) {
		t.Skipf("engine %q does not promise it", x.f.Engine)
	}
	tt.run(x)
}

// exam is a test on its way, with a broker and a topic of its own.
type exam struct {
	*testing.T
	engine Engine
	b      mq.Broker
	f      mq.Features
	topic  mq.TopicName
}

// topics makes topic names differ when several suites use one server.
var topics atomic.Int64

func (x *exam) newTopic(name string) mq.TopicName {
	return mq.TopicName{
		Persistent: true,
		Tenant:     "public",
		Namespace:  "default",
		Name:       fmt.Sprintf("%s-%d-%d", name, time.Now().UnixNano(), topics.Add(1)),
	}
}

// patience bounds each step. A test that passes does not wait for it.
const patience = 20 * time.Second

// soon is a delay long enough to be noticed and short enough to wait for; late is one that no test waits for.
const (
	soon = 300 * time.Millisecond
	late = 10 * time.Minute
)

// check fails the test at once if err is not nil.
func (x *exam) check(what string, err error) {
	x.Helper()
	if err != nil {
		x.Fatalf("%s: %v", what, err)
	}
}

// done runs a Mono to its end.
func (x *exam) done(what string, m reactive.Mono[reactive.Void]) {
	x.Helper()
	_, err := block(x, m)
	x.check(what, err)
}

func block[T any](x *exam, m reactive.Mono[T]) (T, error) {
	ctx, cancel := context.WithTimeout(x.Context(), patience)
	defer cancel()
	return m.Block(ctx)
}

func (x *exam) producer(c mq.ProducerConfig) mq.Producer {
	x.Helper()
	if c.Topic == (mq.TopicName{}) {
		c.Topic = x.topic
	}
	p, err := x.b.OpenProducer(x.Context(), c)
	x.check("OpenProducer", err)
	return p
}

// publish stores one message for each payload and returns their ids.
func (x *exam) publish(payloads ...string) []mq.MessageID {
	x.Helper()
	return x.publishTo(x.topic, payloads...)
}

func (x *exam) publishTo(topic mq.TopicName, payloads ...string) []mq.MessageID {
	x.Helper()
	var out []mq.OutMessage
	for _, s := range payloads {
		out = append(out, mq.OutMessage{Payload: []byte(s)})
	}
	return x.publishMessages(topic, out...)
}

func (x *exam) publishMessages(topic mq.TopicName, out ...mq.OutMessage) []mq.MessageID {
	x.Helper()
	p := x.producer(mq.ProducerConfig{Topic: topic})
	var ids []mq.MessageID
	for i, m := range out {
		id, err := block(x, p.Send(m))
		x.check(fmt.Sprintf("Send of message %d", i), err)
		ids = append(ids, id)
	}
	x.check("Close of the producer", p.Close(x.Context()))
	return ids
}

// numbered returns prefix0, prefix1 and so on.
func numbered(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s%d", prefix, i))
	}
	return out
}
