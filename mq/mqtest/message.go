package mqtest

import (
	"fmt"
	"maps"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var messageTests = []test{
	{name: "everything arrives as it was published", run: roundTrip},
	{name: "receiver and publisher own what they hold", run: ownership},
	{name: "delayed on a Shared subscription", run: delayed},
	{name: "delayed for thousands of years", promised: func(f mq.Features) bool { return f.Delayed }, run: delayedTooLong},
}

func roundTrip(x *exam) {
	event := time.Date(2016, 8, 30, 16, 45, 57, 785e6, time.UTC)
	tests := []struct {
		name string
		out  mq.OutMessage
	}{
		{name: "nothing", out: mq.OutMessage{}},
		{name: "empty payload", out: mq.OutMessage{Payload: []byte{}}},
		{name: "bytes that are no text", out: mq.OutMessage{Payload: []byte{0, 0xff, '\r', '\n', 0x80}}},
		{name: "key", out: mq.OutMessage{Payload: []byte("a"), Key: "grüße", HasKey: true}},
		{name: "empty key", out: mq.OutMessage{Payload: []byte("a"), HasKey: true}},
		{name: "event time", out: mq.OutMessage{Payload: []byte("a"), EventTime: event}},
		{name: "properties", out: mq.OutMessage{Payload: []byte("a"), Properties: map[string]string{"a": "1", "b": ""}}},
		{
			name: "properties with names and values that a header would not carry",
			out: mq.OutMessage{Payload: []byte("a"), Properties: map[string]string{
				"":                "empty name",
				"Nats-Msg-Id":     "1",
				"with: colon":     "line\r\nbreak",
				"schlüssel ☃ 世界 ": " 🚀\x00 ",
			}},
		},
	}
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(reactive.Unbounded)
	r := x.witness()
	for _, tt := range tests {
		id := x.publishMessages(x.topic, tt.out)[0]
		for who, got := range map[string]mq.Message{"consumer": c.one(), "reader": r.one()} {
			if got.Payload == nil {
				x.Errorf("%s, %s: the payload is nil", tt.name, who)
			}
			if age := time.Since(got.PublishTime); age < -time.Minute || age > time.Minute {
				x.Errorf("%s, %s: published %v ago, want about now", tt.name, who, age)
			}
			want := mq.Message{
				ID:          id,
				Topic:       x.topic,
				Payload:     append([]byte{}, tt.out.Payload...),
				Key:         tt.out.Key,
				HasKey:      tt.out.HasKey,
				Properties:  tt.out.Properties,
				PublishTime: got.PublishTime,
				EventTime:   tt.out.EventTime,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				x.Errorf("%s, %s: want -, got +\n%s", tt.name, who, diff)
			}
		}
	}
}

// A publisher may use its buffers again after the receipt, a receiver may change what it got.
func ownership(x *exam) {
	payload, properties := []byte("payload"), map[string]string{"a": "1"}
	x.publishMessages(x.topic, mq.OutMessage{Payload: payload, Properties: maps.Clone(properties)})
	c := x.subscribe(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	c.p.Request(2)
	w := x.witness()
	buffer := []byte("payload")
	x.publishMessages(x.topic, mq.OutMessage{Payload: buffer, Properties: properties})
	copy(buffer, "PAYLOAD")
	properties["a"] = "2"
	for range 2 {
		for _, in := range []*inbox{&c.inbox, &w.inbox} {
			m := in.one()
			if string(m.Payload) != "payload" || m.Properties["a"] != "1" {
				x.Errorf("got %q, %v, want %q, a=1", m.Payload, m.Properties, payload)
			}
			copy(m.Payload, "changed")
			m.Properties["a"] = "changed"
		}
	}
	again := x.witness()
	for _, m := range again.next(2) {
		if string(m.Payload) != "payload" || m.Properties["a"] != "1" {
			x.Errorf("after a receiver changed its own message, another got %q, %v", m.Payload, m.Properties)
		}
	}
}

func delayed(x *exam) {
	due := time.Now().Add(soon)
	out := mq.OutMessage{Payload: []byte("later"), DeliverAt: due}
	if !x.f.Delayed {
		r := reactivetest.Subscribe(x.T, x.producer(mq.ProducerConfig{}).Publish(reactive.Just(out)))
		r.Request(1).ExpectCount(1).ExpectComplete()
		wantError(x.T, "receipt of a delayed message", r.Values()[0].Err, mq.ErrUnsupported)
		return
	}
	c := x.subscribe(mq.ConsumerConfig{Type: mq.Shared})
	c.p.Request(reactive.Unbounded)
	past := mq.OutMessage{Payload: []byte("past"), DeliverAt: due.Add(-time.Hour)}
	x.publishMessages(x.topic, out, mq.OutMessage{Payload: []byte("now")}, past)
	c.wantNext("now", "past", "later")
	if early := time.Until(due); early > 0 {
		x.Errorf("the delayed message came %v early", early)
	}
	x.ackAllAndFinish(c)
}

// ackAllAndFinish acknowledges everything that c got, ends the topic, and wants it to be at its end.
func (x *exam) ackAllAndFinish(c *client) {
	x.Helper()
	c.ack(c.p.Values()...)
	x.terminate(x.topic)
	if !x.atEnd(c.c) {
		x.Error("everything was acknowledged and the topic terminated, but EndOfTopic is false")
	}
}

func delayedTooLong(x *exam) {
	p := x.producer(mq.ProducerConfig{})
	for _, year := range []int{10_000, 292_000_000} {
		_, err := block(x, p.Send(mq.OutMessage{DeliverAt: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}))
		wantError(x.T, fmt.Sprintf("Send of a message for the year %d", year), err, mq.ErrInvalid)
	}
	_, err := block(x, p.Send(mq.OutMessage{DeliverAt: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}))
	x.check("Send of a message for the year 9999", err)
}
