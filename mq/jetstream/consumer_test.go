package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// What is on its way to a consumer that cancels goes to the others, in order, and none of it is lost or counted.
func TestCancelReturnsWhatIsOnItsWay(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("cancel")
	first := subscribe(t, b, mq.ConsumerConfig{Topic: topic, Type: mq.Shared})
	const n, taken = 5000, 10
	publishMany(t, b, topic, n, 16)
	got := make(map[string]bool)
	s := &canceller{after: taken, done: make(chan struct{})}
	first.Messages().Subscribe(context.Background(), s)
	<-s.done
	for _, m := range s.got {
		got[string(m.Payload)] = true
	}
	f := watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic, Type: mq.Shared}).Messages(), reactive.Unbounded)
	for len(got) < n {
		m := f.next()
		if got[string(m.Payload)] {
			t.Fatalf("%s came twice", m.Payload[:8])
		}
		got[string(m.Payload)] = true
		if m.RedeliveryCount != 0 {
			t.Fatalf("%s: redelivery count = %d, want 0", m.Payload[:8], m.RedeliveryCount)
		}
	}
}

// canceller takes some messages, with unbounded demand, and cancels.
type canceller struct {
	after int
	up    reactive.Subscription
	got   []mq.Message
	done  chan struct{}
}

func (s *canceller) OnSubscribe(up reactive.Subscription) {
	s.up = up
	up.Request(reactive.Unbounded)
}

func (s *canceller) OnNext(m mq.Message) {
	if s.got = append(s.got, m); len(s.got) == s.after {
		s.up.Cancel()
		close(s.done)
	}
}
func (s *canceller) OnError(error) {}
func (s *canceller) OnComplete()   {}

// What a consumer leaves comes to the next one in order, with what was on its way and what the last one left, and in the
// redelivery count that it had.
func TestCloseReturnsInOrder(t *testing.T) {
	for _, typ := range []mq.SubscriptionType{mq.Exclusive, mq.Failover} {
		t.Run(typ.String(), func(t *testing.T) {
			dir := t.TempDir()
			b := openBroker(t, Config{StoreDir: dir})
			topic := testTopic("order")
			const n = 2000
			config := mq.ConsumerConfig{Topic: topic, Type: typ}
			wantOrder := func(f *probe, round, n int) {
				t.Helper()
				// What was given back before the restart, which comes in round 4, counts after it.
				for i := range n {
					m := f.next()
					if got, want := string(m.Payload[:8]), fmt.Sprintf("%08d", i); got != want || m.RedeliveryCount != 0 && round < 5 {
						t.Fatalf("round %d: message %d is %s with redelivery count %d", round, i, got, m.RedeliveryCount)
					}
				}
			}
			for round, demand := range []int64{7, 600, 300, 1, n, 50, 800} {
				c := subscribe(t, b, config)
				if round == 0 {
					publishMany(t, b, topic, n, 16)
				}
				f := watch(t, c.Messages(), demand)
				wantOrder(f, round, int(min(demand, 5)))
				if round == 4 {
					closeBroker(t, b)
					b = openBroker(t, Config{StoreDir: dir})
					continue
				}
				if round%3 == 2 {
					f.up.Cancel()
				}
				if err := c.Close(testContext(t)); err != nil {
					t.Fatal(err)
				}
				if round%3 == 2 {
					continue
				}
				if err := f.end(); !errors.Is(err, mq.ErrClosed) {
					t.Fatalf("the flow ended with %v, want %v", err, mq.ErrClosed)
				}
			}
			wantOrder(watch(t, subscribe(t, b, config).Messages(), reactive.Unbounded), 7, n)
		})
	}
}

// Closing from within a signal is a mistake, because it waits; here it does no harm.
func TestCloseFromWithinASignal(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("within")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	publishMany(t, b, topic, 3, 16)
	closed := make(chan error, 1)
	reactive.Run(context.Background(), c.Messages(), func(mq.Message) { closed <- c.Close(context.Background()) }, func(error) {})
	if err := <-closed; err != nil {
		t.Error(err)
	}
	f := watch(t, eventually(t, b, mq.ConsumerConfig{Topic: topic, Subscription: "sub"}).Messages(), 3)
	if d := cmp.Diff(3, len(f.texts(3))); d != "" {
		t.Error(d)
	}
}

// eventually subscribes as soon as the subscription is free.
func eventually(t *testing.T, b *Broker, c mq.ConsumerConfig) mq.Consumer {
	t.Helper()
	for ctx := testContext(t); ; {
		out, err := b.Subscribe(ctx, c)
		if err == nil {
			return out
		}
		if !errors.Is(err, mq.ErrConsumerBusy) {
			t.Fatal(err)
		}
	}
}

func TestRedeliveryCount(t *testing.T) {
	dir := t.TempDir()
	b := openBroker(t, Config{StoreDir: dir})
	topic := testTopic("count")
	config := mq.ConsumerConfig{Topic: topic, Subscription: "sub", Type: mq.Shared}
	c := subscribe(t, b, config)
	publishMany(t, b, topic, 1, 16)
	f := watch(t, c.Messages(), reactive.Unbounded)
	m := f.next()
	want := func(what string, n int) {
		t.Helper()
		if m.RedeliveryCount != n {
			t.Fatalf("%s: redelivery count = %d, want %d", what, m.RedeliveryCount, n)
		}
	}
	reattach := func() {
		t.Helper()
		if err := c.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
		c = subscribe(t, b, config)
		f = watch(t, c.Messages(), reactive.Unbounded)
		m = f.next()
	}
	want("first delivery", 0)
	reattach()
	want("given back", 0)
	block(t, c.Nack(m.ID, 0))
	m = f.next()
	want("refused", 1)
	reattach()
	want("given back after that", 1)
	block(t, c.Nack(m.ID, 20*time.Millisecond))
	m = f.next()
	want("refused with a delay", 2)

	closeBroker(t, b)
	b = openBroker(t, Config{StoreDir: dir})
	c = subscribe(t, b, config)
	f = watch(t, c.Messages(), reactive.Unbounded)
	m = f.next()
	// That two deliveries were given back is forgotten with the process.
	want("after a restart", 4)
	block(t, c.Nack(m.ID, 0))
	m = f.next()
	want("refused after a restart", 5)
	block(t, c.Ack(m.ID))
	if s := c.(*consumer).subscription; len(s.refused) != 0 {
		t.Errorf("%d messages are still remembered after they were acknowledged", len(s.refused))
	}
}

// An acknowledgement that races with the refusal or the redelivery of its message leaves nothing that stays.
func TestAckRaces(t *testing.T) {
	for _, tt := range []struct {
		name string
		race func(c *consumer, m mq.Message)
	}{
		{
			name: "while it is being refused",
			race: func(c *consumer, m mq.Message) {
				row, _ := c.subscription.hub.Take(m.ID) // as Nack begins
				block(t, c.Ack(m.ID))
				if err := c.subscription.refuse(uint64(m.ID.Entry), row.Data, 0); err != nil { // as it ends
					t.Fatal(err)
				}
			},
		},
		{
			name: "while it comes again and goes back",
			race: func(c *consumer, m mq.Message) {
				block(t, c.Nack(m.ID, time.Hour))
				block(t, c.Ack(m.ID))
				c.giveBack(delivery{seq: uint64(m.ID.Entry), deliveries: 2})
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBroker(t, Config{})
			topic := testTopic("races")
			c := subscribe(t, b, mq.ConsumerConfig{Topic: topic, Type: mq.Shared}).(*consumer)
			publishMany(t, b, topic, 2, 16)
			f := watch(t, c.Messages(), 2)
			tt.race(c, f.next())
			open := f.next()
			block(t, c.Nack(open.ID, time.Hour))
			s := c.subscription
			if err := s.sync(testContext(t)); err != nil {
				t.Fatal(err)
			}
			b.sweep()
			b.work.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			seq := uint64(open.ID.Entry)
			if len(s.back) != 1 || len(s.refused) != 1 || s.back[seq].IsZero() || s.refused[seq] != 1 {
				t.Errorf("remembered are %v and %v, want nothing but message %d", s.back, s.refused, seq)
			}
		})
	}
}

func TestPanicOfAMessageSubscriber(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("panic")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	publishMany(t, b, topic, 2, 16)
	s := &panicking[mq.Message]{done: make(chan error, 1)}
	c.Messages().Subscribe(context.Background(), s)
	var panicked *reactive.PanicError
	if err := <-s.done; !errors.As(err, &panicked) {
		t.Errorf("the flow ended with %v, want a PanicError", err)
	}
	if err := c.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
	watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic}).Messages(), 2).texts(2) // nothing is lost
}

// A message whose metadata cannot be read is delivered with what can: otherwise it would stand in the way for ever.
func TestDamagedMessage(t *testing.T) {
	var log bytes.Buffer
	b := openBroker(t, Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	topic := testTopic("damaged")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	m := &nats.Msg{Subject: subjectsOf(topic).messages, Header: nats.Header{headerMetadata: {"?"}}, Data: []byte("payload")}
	if err := b.out.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	got := watch(t, c.Messages(), 1).next()
	if string(got.Payload) != "payload" {
		t.Errorf("payload = %q", got.Payload)
	}
	closeBroker(t, b)
	if !strings.Contains(log.String(), "metadata of a stored message is damaged") {
		t.Errorf("log = %q, want the damage in it", &log)
	}
}

func TestNackDelay(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("nack")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	publishMany(t, b, topic, 1, 16)
	f := watch(t, c.Messages(), reactive.Unbounded)
	const delay = 200 * time.Millisecond
	m := f.next()
	begun := time.Now()
	block(t, c.Nack(m.ID, delay))
	f.next()
	if took := time.Since(begun); took < delay {
		t.Errorf("came after %v, want %v at least", took, delay)
	}
}

func TestAckTimeout(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("timeout")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic, AckTimeout: 50 * time.Millisecond})
	publishMany(t, b, topic, 2, 16)
	window := reactive.Merge(reactive.Just[int64](2), c.Settled())
	f := watch(t, reactive.Permits[mq.Message](c.Messages(), window), reactive.Unbounded)
	counts := make(map[string]int)
	for range 6 {
		m := f.next()
		if m.RedeliveryCount != counts[string(m.Payload)] {
			t.Errorf("%s: redelivery count = %d, want %d", m.Payload[:8], m.RedeliveryCount, counts[string(m.Payload)])
		}
		counts[string(m.Payload)]++
	}
}

func TestNonDurableLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	b := openBroker(t, Config{StoreDir: dir})
	topic := testTopic("transient")
	consumers := func(b *Broker) (names []string) {
		t.Helper()
		s, err := b.js.Stream(testContext(t), streamName(topic))
		if err != nil {
			t.Fatal(err)
		}
		for name := range s.ConsumerNames(testContext(t)).Name() {
			names = append(names, name)
		}
		return names
	}
	config := mq.ConsumerConfig{Topic: topic, Subscription: "transient", Type: mq.Shared, NonDurable: true}
	one, two := subscribe(t, b, config), subscribe(t, b, config)
	r := openReader(t, b, mq.ReaderConfig{Topic: topic})
	if got := len(consumers(b)); got != 2 {
		t.Fatalf("%d consumers at the server, want 2", got)
	}
	for _, c := range []interface{ Close(context.Context) error }{one, r, two} {
		if err := c.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	if got := consumers(b); len(got) != 0 {
		t.Errorf("consumers %q are left at the server, want none", got)
	}
	subscribe(t, b, config)
	openReader(t, b, mq.ReaderConfig{Topic: topic})
	closeBroker(t, b)
	if got := consumers(openBroker(t, Config{StoreDir: dir})); len(got) != 0 {
		t.Errorf("after a restart consumers %q are left at the server, want none", got)
	}
}
