package mqtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var windowTests = []test{
	{name: "n deliveries without ack, one more for each", run: windowAck},
	{name: "a duplicate ack frees nothing", run: duplicateAck},
	{name: "an ack of what was not delivered does nothing", run: undeliveredAck},
	{name: "an ack through another consumer frees the owner's slot", run: ackElsewhere},
	{name: "a nack frees a slot", run: windowNack},
	{name: "an ack timeout frees a slot", promised: promisesAckTimeout, run: windowTimeout},
	{name: "Settled adds up what nobody asked for", run: settledAddsUp},
	{name: "never more than n open, whatever happens", run: windowBound},
}

func promisesAckTimeout(f mq.Features) bool { return f.AckTimeout }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func windowAck(x *exam) {
	c := x.windowed(3, mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	w := x.witness()
	x.publish(numbered("m", 10)...)
	w.sees(10)
	got := c.wantNext("m0", "m1", "m2")
	x.publish("m10")
	w.sees(11)
	c.wantCount("3 open deliveries", 3)
	c.ack(got[1])
	got = append(got, c.wantNext("m3")...)
	c.ack(got[0], got[2])
	got = append(got, c.wantNext("m4", "m5")...)
	x.publish("m11")
	w.sees(12)
	c.wantCount("after 3 acks", 6)
	c.ack(got[3:]...)
	c.wantNext("m6", "m7", "m8")
}

func duplicateAck(x *exam) {
	c := x.windowed(2, mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	w := x.witness()
	x.publish(numbered("m", 8)...)
	got := c.wantNext("m0", "m1")
	c.ack(got[0], got[0])
	c.wantNext("m2")
	for range 3 {
		c.ack(got[0])
	}
	c.nack(got[0], 0)
	x.publish("m8")
	w.sees(9)
	c.wantCount("one delivery acknowledged five times and refused", 3)
	c.ack(got[1])
	c.wantNext("m3")
}

func undeliveredAck(x *exam) {
	c := x.windowed(2, mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	w := x.witness()
	published := x.publish(numbered("m", 5)...)
	w.sees(5)
	got := c.wantNext("m0", "m1")

	x.done("Ack of a message that was not delivered", c.c.Ack(published[4]))
	x.done("Nack of a message that was not delivered", c.c.Nack(published[3], 0))
	beyond := published[4]
	beyond.Entry += 1000
	x.done("Ack of a message that does not exist", c.c.Ack(beyond))
	foreign := x.publishTo(x.newTopic("other"), "foreign")
	_, err := block(x, c.c.Ack(foreign...))
	wantError(x.T, "Ack of a message of another topic", err, mq.ErrInvalid)
	_, err = block(x, c.c.Nack(foreign[0], 0))
	wantError(x.T, "Nack of a message of another topic", err, mq.ErrInvalid)

	for what, id := range map[string]mq.MessageID{"in a partition": withPartition(got[0].ID), "in a batch": withBatchIndex(got[0].ID)} {
		if id == got[0].ID { // an engine that has these
			continue
		}
		_, err = block(x, c.c.Ack(id))
		wantError(x.T, "Ack of an open message, but "+what, err, mq.ErrInvalid)
		_, err = block(x, c.c.Nack(id, 0))
		wantError(x.T, "Nack of an open message, but "+what, err, mq.ErrInvalid)
	}

	x.publish("m5")
	w.sees(6)
	c.wantCount("after foreign acks", 2)
	_, err = block(x, c.c.Ack(foreign[0], got[0].ID))
	wantError(x.T, "Ack of a foreign and an open message", err, mq.ErrInvalid)
	c.ack(got[1])
	c.ack(c.wantNext("m2", "m3")...)
	c.ack(c.wantNext("m4", "m5")[1])
	x.terminate(x.topic)
	if x.atEnd(c.c) {
		x.Error("m4 was acknowledged before its delivery only, but EndOfTopic is true")
	}
}

func withPartition(id mq.MessageID) mq.MessageID {
	id.Partition = 0
	return id
}

func withBatchIndex(id mq.MessageID) mq.MessageID {
	id.BatchIndex = 0
	return id
}

func ackElsewhere(x *exam) {
	a := x.windowed(1, mq.ConsumerConfig{Type: mq.Shared})
	b := x.windowed(1, mq.ConsumerConfig{Type: mq.Shared})
	w := x.witness()
	x.publish(numbered("m", 6)...)
	w.sees(6)
	first := a.one()
	b.one()
	b.ack(first)
	a.one()
	x.publish("m6")
	w.sees(7)
	a.wantCount("owner of the message", 2)
	b.wantCount("consumer that acknowledged it", 1)
	a.ack(first)
	x.publish("m7")
	w.sees(8)
	a.wantCount("owner, after another ack", 2)
	b.wantCount("other consumer, after another ack", 1)
}

func windowNack(x *exam) {
	c := x.windowed(2, mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest})
	w := x.witness()
	x.publish(numbered("m", 6)...)
	w.sees(6)
	got := c.wantNext("m0", "m1")
	c.nack(got[0], late)
	c.wantNext("m2")
	c.nack(got[0], late) // no longer open
	x.publish("m6")
	w.sees(7)
	c.wantCount("one delivery refused twice", 3)
}

func windowTimeout(x *exam) {
	const timeout = time.Second
	start := time.Now()
	c := x.windowed(2, mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest, AckTimeout: timeout})
	x.publish("m0", "m1")
	c.next(2)
	again := c.next(2) // Pulsar's proxy stalls here: apache/pulsar#2731
	if d := time.Since(start); d < timeout {
		x.Errorf("redelivered after %v, want %v at least", d, timeout)
	}
	for _, m := range again {
		if m.RedeliveryCount != 1 {
			x.Errorf("%q came again with RedeliveryCount %d, want 1", m.Payload, m.RedeliveryCount)
		}
	}
	c.ack(again...)
	x.publish("m2", "m3")
	c.wantNext("m2", "m3")
}

func settledAddsUp(x *exam) {
	cons := x.attach(mq.ConsumerConfig{InitialPosition: mq.StartEarliest})
	in := newInbox(x, cons.Messages())
	in.p.Request(reactive.Unbounded)
	x.publish(numbered("m", 10)...)
	got := in.next(10)
	x.done("Ack", cons.Ack(ids(got[:6])...))
	s := reactivetest.Subscribe(x.T, cons.Settled())
	x.done("Ack", cons.Ack(ids(got[6:9])...))
	s.Request(1).ExpectNext(9)
	s.Request(2)
	x.done("Ack", cons.Ack(got[9].ID))
	s.ExpectNext(1)
	reactivetest.Subscribe(x.T, cons.Settled()).ExpectError(reactive.ErrSubscribed)
	x.check("Close", cons.Close(x.Context()))
	s.ExpectComplete()
}

// Several consumers acknowledge, refuse and forget at random, each on a goroutine of its own, through each other. No
// window is ever exceeded, no slot is lost, and each message is acknowledged in the end.
func windowBound(x *exam) {
	const consumers, window, messages = 3, 5, 300
	type delivery struct {
		m     mq.Message
		owner int
	}
	var clients [consumers]mq.Consumer
	var open, worst [consumers]atomic.Int64
	work := make(chan delivery, consumers*window)
	finished := make(chan struct{})
	var acked atomic.Int64
	for i := range consumers {
		c := x.attach(mq.ConsumerConfig{Type: mq.Shared, InitialPosition: mq.StartEarliest, Name: fmt.Sprintf("c%d", i)})
		clients[i] = c
		// A slot is freed where the engine says so, so that what is counted here can only be too low.
		settled := c.Settled().DoOnNext(func(n int64) { open[i].Add(-n) })
		flow := reactive.Permits[mq.Message](c.Messages(), reactive.Merge(reactive.Just[int64](window), settled))
		p := reactivetest.NewProbe[mq.Message](x.T).Each(func(m mq.Message) {
			if n := open[i].Add(1); n > worst[i].Load() {
				worst[i].Store(n)
			}
			work <- delivery{m, i} // has room for all windows
		})
		flow.Subscribe(x.Context(), p)
		p.Request(reactive.Unbounded)
	}
	for i := range consumers {
		rnd := rand.New(rand.NewPCG(uint64(i), 3))
		go func() {
			for {
				var d delivery
				select {
				case d = <-work:
				case <-finished:
					return
				}
				c := clients[rnd.IntN(consumers)] // through whichever consumer
				switch rnd.IntN(4) {
				case 0:
					_, _ = block(x, c.Nack(d.m.ID, 0))
				default:
					_, _ = block(x, c.Ack(d.m.ID))
					_, _ = block(x, c.Ack(d.m.ID))
					if acked.Add(1) == messages {
						close(finished)
					}
				}
			}
		}()
	}
	x.publish(numbered("m", messages)...)
	select {
	case <-finished:
	case <-time.After(patience):
		x.Fatalf("%d of %d messages were acknowledged after %v", acked.Load(), messages, patience)
	}
	for i := range worst {
		if n := worst[i].Load(); n > window {
			x.Errorf("consumer %d had %d open deliveries, want %d at most", i, n, window)
		}
	}
	x.terminate(x.topic)
	if !x.atEnd(clients[0]) {
		x.Error("all messages were acknowledged and the topic terminated, but EndOfTopic is false")
	}
}
