package jetstream

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// The ways of giving back what an earlier process left open must agree.
func TestRecovery(t *testing.T) {
	for _, tt := range []struct {
		name    string
		recover func(t *testing.T, s *subscription, i *natsjs.ConsumerInfo)
	}{
		{name: "one by one", recover: func(t *testing.T, s *subscription, i *natsjs.ConsumerInfo) {
			if err := s.recover(testContext(t), i); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "by the server", recover: func(t *testing.T, s *subscription, i *natsjs.ConsumerInfo) {
			if err := s.lowerAckWait(testContext(t), i.Config); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBroker(t, Config{})
			topic := testTopic("recovery")
			c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
			const n = 3000
			publishMany(t, b, topic, n, 16)
			f := watch(t, c.Messages(), n)
			var want []string
			for i := range n {
				m := f.next()
				if i%3 == 1 {
					block(t, c.Ack(m.ID))
				} else {
					want = append(want, string(m.Payload))
				}
			}
			s := c.(*consumer).subscription
			if err := s.sync(testContext(t)); err != nil {
				t.Fatal(err)
			}
			at, err := b.js.Consumer(testContext(t), s.topic.stream, s.consumer)
			if err != nil {
				t.Fatal(err)
			}
			before := at.CachedInfo()
			if before.NumAckPending != len(want) {
				t.Fatalf("%d open at the server, want %d", before.NumAckPending, len(want))
			}
			tt.recover(t, s, before)
			f.up.Request(int64(len(want)))
			if d := cmp.Diff(want, f.texts(len(want))); d != "" {
				t.Errorf("want -, got +\n%.500s", d)
			}
			after, err := at.Info(testContext(t))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(before.Config, after.Config); d != "" {
				t.Errorf("the configuration changed: want -, got +\n%s", d)
			}
		})
	}
}

// A refusal with a delay gets lost with the connection if that breaks at the wrong moment. The message comes all the same,
// and not before it is due.
func TestLostRefusal(t *testing.T) {
	for _, tt := range []struct {
		name string
		span uint64 // added to the range in which messages may be open
	}{
		{name: "one by one"},
		{name: "by the server", span: maxReturn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBroker(t, Config{})
			topic := testTopic("lost-refusal")
			c := subscribe(t, b, mq.ConsumerConfig{Topic: topic, Type: mq.Shared})
			publishMany(t, b, topic, 2, 16)
			f := watch(t, c.Messages(), 2) // an open pull would have been lost too
			lost, told := f.next(), f.next()
			s := c.(*consumer).subscription

			const delay = time.Second
			due := time.Now().Add(delay)
			block(t, c.Nack(told.ID, delay))
			if _, open := s.hub.Take(lost.ID); !open {
				t.Fatal("the message is not open")
			}
			s.mu.Lock()
			s.back[uint64(lost.ID.Entry)] = due // all that is left of the refusal
			s.mu.Unlock()

			at, err := b.js.Consumer(testContext(t), s.topic.stream, s.consumer)
			if err != nil {
				t.Fatal(err)
			}
			info := at.CachedInfo()
			info.Delivered.Stream += tt.span
			if err := s.recover(testContext(t), info); err != nil {
				t.Fatal(err)
			}
			f.up.Request(2)
			got := map[mq.MessageID]bool{f.next().ID: true, f.next().ID: true}
			if early := time.Until(due); early > 0 {
				t.Errorf("delivered %v before it is due", early)
			}
			if want := map[mq.MessageID]bool{lost.ID: true, told.ID: true}; !cmp.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// A process that ends while it gives messages back leaves the server's consumer as it should not stay.
func TestRepair(t *testing.T) {
	dir := t.TempDir()
	b := openBroker(t, Config{StoreDir: dir})
	topic := testTopic("repair")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	publishMany(t, b, topic, 3, 16)
	watch(t, c.Messages(), 3).texts(3)
	s := c.(*consumer).subscription
	at, err := b.js.Consumer(testContext(t), s.topic.stream, s.consumer)
	if err != nil {
		t.Fatal(err)
	}
	low := at.CachedInfo().Config
	low.AckWait = time.Minute
	if _, err := b.js.UpdateConsumer(testContext(t), s.topic.stream, low); err != nil {
		t.Fatal(err)
	}
	if _, err := b.js.PauseConsumer(testContext(t), s.topic.stream, s.consumer, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	closeBroker(t, b)
	b = openBroker(t, Config{StoreDir: dir})
	watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic}).Messages(), 3).texts(3)
	at, err = b.js.Consumer(testContext(t), s.topic.stream, s.consumer)
	if err != nil {
		t.Fatal(err)
	}
	if i := at.CachedInfo(); i.Config.AckWait != forever || i.Paused {
		t.Errorf("ack wait = %v, paused = %v, want %v, false", i.Config.AckWait, i.Paused, forever)
	}
}

// A delivery that got lost with the connection comes again, although everything before it was acknowledged.
func TestLostDelivery(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("lost-delivery")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
	f := watch(t, c.Messages(), 1)
	sendText(t, p, "acknowledged")
	block(t, c.Ack(f.next().ID))
	s := c.(*consumer).subscription
	if err := s.sync(testContext(t)); err != nil {
		t.Fatal(err)
	}

	sendText(t, p, "lost")
	lost, err := b.in.RequestWithContext(testContext(t), nextSubject(s.topic.stream, s.consumer), []byte(`{"batch":1}`))
	if err != nil || string(lost.Data) != "lost" {
		t.Fatalf("got %v, %v, want the message", lost, err)
	}
	if err := b.in.ForceReconnect(); err != nil {
		t.Fatal(err)
	}
	f.up.Request(1)
	if got := f.next(); string(got.Payload) != "lost" {
		t.Errorf("got %q, want the lost message", got.Payload)
	}
}

// Nobody has asked, so nothing is asked of the server after an interruption either.
func TestNoDemandAfterInterruption(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("no-demand")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic}).(*consumer)
	r := openReader(t, b, mq.ReaderConfig{Topic: topic}).(*reader)
	watch(t, c.Messages(), 0)
	watch(t, r.Messages(), 0)
	if err := c.subscription.restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.replace(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if got := [...]int64{c.puller.demand(), r.puller.demand()}; got != [2]int64{} {
		t.Errorf("demand of consumer and reader is %v, want none", got)
	}
}

func TestInterruptedConnections(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("interrupted")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic, Type: mq.Shared})
	r := openReader(t, b, mq.ReaderConfig{Topic: topic})
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
	consumed, read := watch(t, c.Messages(), reactive.Unbounded), watch(t, r.Messages(), reactive.Unbounded)
	const rounds, each = 5, 300
	want := make(map[string]bool)
	for round := range rounds {
		for i := range each {
			text := fmt.Sprintf("%d %d", round, i)
			m := mq.OutMessage{Payload: []byte(text)}
			if i == each/2 {
				if err := b.in.ForceReconnect(); err != nil {
					t.Fatal(err)
				}
			}
			if i == each/3 {
				if err := b.out.ForceReconnect(); err != nil {
					t.Fatal(err)
				}
			}
			// What was in flight may be stored or not, so it is published until it is known to be.
			for {
				_, err := p.Send(m).Block(testContext(t))
				if err == nil {
					break
				}
				if !errors.Is(err, mq.ErrUnavailable) {
					t.Fatal(err)
				}
			}
			want[text] = true
		}
	}
	got := make(map[string]bool)
	for len(got) < len(want) {
		m := consumed.next()
		got[string(m.Payload)] = true
		block(t, c.Ack(m.ID))
	}
	got = make(map[string]bool)
	last := mq.Earliest
	for len(got) < len(want) {
		m := read.next()
		got[string(m.Payload)] = true
		if m.ID.Compare(last) <= 0 {
			t.Fatalf("the reader got %v after %v", m.ID, last)
		}
		last = m.ID
	}
}
