package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/internal/hub"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var topicName = mq.TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: "t"}

func newBroker(t *testing.T, c Config) *Broker {
	t.Helper()
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func newPublisher(t *testing.T, b *Broker) mq.Producer {
	t.Helper()
	p, err := b.OpenProducer(context.Background(), mq.ProducerConfig{Topic: topicName})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func subscribe(t *testing.T, b *Broker, c mq.ConsumerConfig) mq.Consumer {
	t.Helper()
	c.Topic, c.Subscription = topicName, "s"
	cons, err := b.Subscribe(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return cons
}

func read(t *testing.T, b *Broker, start mq.MessageID) mq.Reader {
	t.Helper()
	r, err := b.OpenReader(context.Background(), mq.ReaderConfig{Topic: topicName, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func send(t *testing.T, p mq.Producer, payloads ...string) {
	t.Helper()
	for _, s := range payloads {
		if _, err := p.Send(mq.OutMessage{Payload: []byte(s)}).Block(context.Background()); err != nil {
			t.Fatalf("Send(%.20q): %v", s, err)
		}
	}
}

func do(t *testing.T, m reactive.Mono[reactive.Void]) {
	t.Helper()
	if _, err := m.Block(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func payloads(p *reactivetest.Probe[mq.Message]) []string {
	var out []string
	for _, m := range p.Values() {
		out = append(out, string(m.Payload))
	}
	return out
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: want -, got +\n%s", what, diff)
	}
}

// The receipts are an operator on the messages, as far as Reactive Streams are concerned.
func TestPublishConformance(t *testing.T) {
	p := newPublisher(t, newBroker(t, Config{}))
	reactivetest.Conformance(t, reactivetest.Subject{
		Operator: func(src reactive.Publisher[int]) reactive.Publisher[int] {
			out := reactive.Map(src, func(n int) mq.OutMessage { return mq.OutMessage{Tag: n} })
			return reactive.Map(p.Publish(out), func(r mq.Receipt) int { return r.Tag.(int) })
		},
	})
}

// A reader is a publisher of what is in the topic.
func TestMessagesConformance(t *testing.T) {
	b := newBroker(t, Config{})
	topics := 0
	topic := func(n int) mq.TopicName {
		topics++
		name := topicName
		name.Name = strconv.Itoa(topics)
		p, err := b.OpenProducer(context.Background(), mq.ProducerConfig{Topic: name})
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			if _, err := p.Send(mq.OutMessage{}).Block(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		return name
	}
	entry := func(m mq.Message) int { return int(m.ID.Entry) }
	t.Run("reader", func(t *testing.T) {
		reactivetest.Conformance(t, reactivetest.Subject{
			Publisher: func(n int) reactive.Publisher[int] {
				r, err := b.OpenReader(context.Background(), mq.ReaderConfig{Topic: topic(n), Start: mq.Earliest})
				if err != nil {
					t.Error(err)
				}
				return reactive.Map(r.Messages(), entry)
			},
			Unicast: true,
			Endless: true,
		})
	})
	t.Run("consumer", func(t *testing.T) {
		reactivetest.Conformance(t, reactivetest.Subject{
			Publisher: func(n int) reactive.Publisher[int] {
				c, err := b.Subscribe(context.Background(), mq.ConsumerConfig{
					Topic: topic(n), Subscription: "s", InitialPosition: mq.StartEarliest,
				})
				if err != nil {
					t.Error(err)
				}
				return reactive.Map(c.Messages(), entry)
			},
			Unicast: true,
			Endless: true,
		})
	})
}

func TestRoundRobin(t *testing.T) {
	b := newBroker(t, Config{})
	p := newPublisher(t, b)
	var probes []*reactivetest.Probe[mq.Message]
	for _, demand := range []int64{10, 2, 10} {
		c := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared})
		probes = append(probes, reactivetest.Subscribe(t, c.Messages()).Request(demand))
	}
	send(t, p, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	for i, want := range [][]string{{"0", "3", "6", "8"}, {"1", "4"}, {"2", "5", "7", "9"}} {
		wantEqual(t, fmt.Sprintf("consumer %d", i), payloads(probes[i]), want)
	}
}

// Time is exact: neither early nor late, and no timer runs when nobody waits.
func TestDelays(t *testing.T) {
	type arrival struct {
		After   time.Duration
		Payload string
		Count   int
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, Config{})
		p := newPublisher(t, b)
		c := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared, AckTimeout: 10 * time.Second})
		start := time.Now()
		var got []arrival
		probe := reactivetest.NewProbe[mq.Message](t).Each(func(m mq.Message) {
			got = append(got, arrival{time.Since(start), string(m.Payload), m.RedeliveryCount})
			switch string(m.Payload) {
			case "refuse":
				if m.RedeliveryCount < 2 {
					do(t, c.Nack(m.ID, 3*time.Second))
					return
				}
			case "forget":
				if m.RedeliveryCount < 1 {
					return
				}
			}
			do(t, c.Ack(m.ID))
		})
		c.Messages().Subscribe(t.Context(), probe)
		probe.Request(reactive.Unbounded)
		for _, m := range []mq.OutMessage{
			{Payload: []byte("in 7 s"), DeliverAt: start.Add(7 * time.Second)},
			{Payload: []byte("in 5 s"), DeliverAt: start.Add(5 * time.Second)},
			{Payload: []byte("refuse")},
			{Payload: []byte("forget")},
			{Payload: []byte("past"), DeliverAt: start.Add(-time.Second)},
		} {
			if _, err := p.Send(m).Block(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		wantEqual(t, "arrivals", got, []arrival{
			{0, "refuse", 0},
			{0, "forget", 0},
			{0, "past", 0},
			{3 * time.Second, "refuse", 1},
			{5 * time.Second, "in 5 s", 0},
			{6 * time.Second, "refuse", 2},
			{7 * time.Second, "in 7 s", 0},
			{10 * time.Second, "forget", 1},
		})
	})
}

// As in Pulsar, a delayed message is delivered in its place on the other types and to readers.
func TestDelayIsForShared(t *testing.T) {
	b := newBroker(t, Config{})
	p := newPublisher(t, b)
	exclusive := reactivetest.Subscribe(t, subscribe(t, b, mq.ConsumerConfig{}).Messages()).Request(2)
	reader := reactivetest.Subscribe(t, read(t, b, mq.Earliest).Messages()).Request(2)
	later := mq.OutMessage{Payload: []byte("later"), DeliverAt: time.Now().Add(time.Hour)}
	if _, err := p.Send(later).Block(context.Background()); err != nil {
		t.Fatal(err)
	}
	send(t, p, "now")
	wantEqual(t, "exclusive", payloads(exclusive), []string{"later", "now"})
	wantEqual(t, "reader", payloads(reader), []string{"later", "now"})
}

// A delayed message that nobody has been given cannot be acknowledged by guessing its id.
func TestAckOfDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, Config{})
		p := newPublisher(t, b)
		c := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared})
		probe := reactivetest.Subscribe(t, c.Messages()).Request(10)
		id, err := p.Send(mq.OutMessage{Payload: []byte("later"), DeliverAt: time.Now().Add(time.Minute)}).Block(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		send(t, p, "now")
		do(t, c.Ack(id))
		time.Sleep(time.Hour)
		synctest.Wait()
		wantEqual(t, "messages", payloads(probe), []string{"now", "later"})
	})
}

func TestCumulativeAckOfWhatWaits(t *testing.T) {
	b := newBroker(t, Config{})
	p := newPublisher(t, b)
	c := subscribe(t, b, mq.ConsumerConfig{})
	probe := reactivetest.Subscribe(t, c.Messages()).Request(3)
	send(t, p, "0", "1", "2", "3")
	got := probe.Values()
	do(t, c.Nack(got[0].ID, time.Hour))
	do(t, c.Nack(got[1].ID, 0))
	do(t, c.AckCumulative(got[1].ID))
	probe.Request(10)
	wantEqual(t, "messages", payloads(probe), []string{"0", "1", "2", "3"})
	do(t, c.AckCumulative(mq.NewMessageID(got[0].ID.Ledger, 1000))) // no further than what was delivered
	send(t, p, "4")
	wantEqual(t, "messages", payloads(probe), []string{"0", "1", "2", "3", "4"})
}

func TestQuota(t *testing.T) {
	const each = 1000
	size := int64(each + overhead)
	b := newBroker(t, Config{MaxTopicBytes: 3 * size})
	p := newPublisher(t, b)
	body := func(n int) string { return strconv.Itoa(n) + strings.Repeat("x", each-1) }
	first := func(p *reactivetest.Probe[mq.Message]) (out []string) {
		for _, s := range payloads(p) {
			out = append(out, s[:1])
		}
		return out
	}
	slow := read(t, b, mq.Earliest)
	c := subscribe(t, b, mq.ConsumerConfig{})
	probe := reactivetest.Subscribe(t, c.Messages()).Request(10)
	send(t, p, body(0), body(1), body(2))
	_, err := p.Send(mq.OutMessage{Payload: []byte(body(3))}).Block(context.Background())
	if !errors.Is(err, mq.ErrQuotaExceeded) {
		t.Fatalf("Send to a full topic: error = %v, want ErrQuotaExceeded", err)
	}

	got := probe.Values()
	do(t, c.Ack(got[1].ID)) // not the oldest: makes no room
	_, err = p.Send(mq.OutMessage{Payload: []byte(body(3))}).Block(context.Background())
	if !errors.Is(err, mq.ErrQuotaExceeded) {
		t.Fatalf("Send to a full topic: error = %v, want ErrQuotaExceeded", err)
	}
	do(t, c.Ack(got[0].ID))
	send(t, p, body(3), body(4))
	wantEqual(t, "consumer", first(probe), []string{"0", "1", "2", "3", "4"})

	// Only as much goes as must, and a reader that is behind goes on with what there is.
	wantEqual(t, "slow reader", first(reactivetest.Subscribe(t, slow.Messages()).Request(10)), []string{"2", "3", "4"})
	late := reactivetest.Subscribe(t, read(t, b, got[0].ID).Messages()).Request(10)
	wantEqual(t, "reader after an id that is gone", first(late), []string{"2", "3", "4"})

	// Without a subscription everything may go.
	do(t, c.Unsubscribe())
	send(t, p, body(5), body(6), body(7), body(8))
	rest := reactivetest.Subscribe(t, read(t, b, mq.Earliest).Messages()).Request(10)
	wantEqual(t, "reader", first(rest), []string{"6", "7", "8"})
}

// Between the end of a delivery and its return, a cumulative acknowledgement may cover the message and its room be used.
func TestGiveBackOfAcknowledged(t *testing.T) {
	const size = 1000 + overhead
	b := newBroker(t, Config{MaxTopicBytes: 2 * size})
	p := newPublisher(t, b)
	c := subscribe(t, b, mq.ConsumerConfig{}).(*consumer)
	probe := reactivetest.Subscribe(t, c.Messages()).Request(reactive.Unbounded)
	body := strings.Repeat("x", 1000)
	send(t, p, body, body)
	row, ok := c.sub.hub.Take(probe.Values()[0].ID)
	if !ok {
		t.Fatal("the first delivery is not open")
	}
	do(t, c.AckCumulative(probe.Values()[1].ID))
	send(t, p, body)
	c.sub.giveBack([]hub.Row[int]{row}, 1)
	send(t, p, "last")
	wantEqual(t, "messages", len(payloads(probe)), 4)
	do(t, c.AckCumulative(probe.Values()[3].ID))
	wantEqual(t, "entries kept out of order", len(c.sub.acked), 0)
}

// A subscription that was deleted holds no messages, and must not look for them on its consumer's last steps.
func TestDispatchOfDeleted(t *testing.T) {
	const size = 1000 + overhead
	b := newBroker(t, Config{MaxTopicBytes: 2 * size})
	p := newPublisher(t, b)
	c := subscribe(t, b, mq.ConsumerConfig{}).(*consumer)
	probe := reactivetest.Subscribe(t, c.Messages())
	body := strings.Repeat("x", 1000)
	send(t, p, body, body)
	if err := c.sub.delete(c); err != nil {
		t.Fatal(err)
	}
	send(t, p, body, body)
	probe.Request(1) // as if it came beside Unsubscribe
	c.leave(nil)
	probe.ExpectComplete()
}

func TestMaxTopics(t *testing.T) {
	b := newBroker(t, Config{MaxTopics: 1})
	newPublisher(t, b)
	other := topicName
	other.Name = "other"
	_, err := b.OpenProducer(context.Background(), mq.ProducerConfig{Topic: other})
	if !errors.Is(err, mq.ErrTooManyTopics) {
		t.Errorf("OpenProducer on a second topic: error = %v, want ErrTooManyTopics", err)
	}
	newPublisher(t, b)
}

func TestMaxSubscriptions(t *testing.T) {
	b := newBroker(t, Config{MaxSubscriptions: 1})
	subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared})
	subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared}) // to the same
	another := mq.ConsumerConfig{Topic: topicName, Subscription: "another"}
	if _, err := b.Subscribe(context.Background(), another); !errors.Is(err, mq.ErrTooManySubscriptions) {
		t.Errorf("a second subscription: error = %v, want ErrTooManySubscriptions", err)
	}
}

func TestConfigValidate(t *testing.T) {
	_, err := New(Config{MaxPayload: -1, MaxTopics: -1, MaxSubscriptions: -1, MaxTopicBytes: -1})
	if !errors.Is(err, mq.ErrInvalid) {
		t.Fatalf("New with negative bounds: error = %v, want ErrInvalid", err)
	}
	for _, name := range []string{"MaxPayload", "MaxTopics", "MaxSubscriptions", "MaxTopicBytes"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not mention %s: %v", name, err)
		}
	}
}

// A subscriber that panics loses its own flow, and the message goes to somebody else when its consumer is closed.
func TestPanickingSubscriber(t *testing.T) {
	b := newBroker(t, Config{})
	p := newPublisher(t, b)
	bad := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared})
	probe := reactivetest.NewProbe[mq.Message](t).Each(func(mq.Message) { panic("boom") })
	bad.Messages().Subscribe(context.Background(), probe)
	probe.Request(10)
	send(t, p, "0", "1")
	var panicked *reactive.PanicError
	probe.ExpectCount(1)
	probe.ExpectError(nil)
	if err := probe.Signals()[1].Err; !errors.As(err, &panicked) {
		t.Errorf("the flow ended with %v, want a PanicError", err)
	}
	good := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared})
	got := reactivetest.Subscribe(t, good.Messages()).Request(10).ExpectCount(1)
	if err := bad.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	got.ExpectCount(1)
	wantEqual(t, "the other consumer", payloads(got), []string{"1", "0"})

	receipts := reactivetest.NewProbe[mq.Receipt](t).Each(func(mq.Receipt) { panic("boom") })
	src := reactivetest.NewSource[mq.OutMessage](t)
	p.Publish(src).Subscribe(context.Background(), receipts)
	receipts.Request(10)
	src.ExpectDemand(1).Next(mq.OutMessage{})
	receipts.ExpectCount(1).ExpectError(nil)
	src.ExpectCancelled()
	send(t, p, "2")
}

// Everything may be called from inside a delivery.
func TestReentrance(t *testing.T) {
	b := newBroker(t, Config{})
	p := newPublisher(t, b)
	c := subscribe(t, b, mq.ConsumerConfig{})
	const n = 10_000
	var got []string
	probe := reactivetest.NewProbe[mq.Message](t)
	probe.Each(func(m mq.Message) {
		got = append(got, string(m.Payload))
		do(t, c.Ack(m.ID))
		if len(got) == n {
			if err := c.Close(context.Background()); err != nil {
				t.Error(err)
			}
			return
		}
		probe.Request(1)
		send(t, p, strconv.Itoa(len(got)))
	})
	c.Messages().Subscribe(context.Background(), probe)
	probe.Request(1)
	send(t, p, "0")
	probe.ExpectCount(n).ExpectError(mq.ErrClosed)
	for i, s := range got {
		if s != strconv.Itoa(i) {
			t.Fatalf("message %d is %q, want %d", i, s, i)
		}
	}
}

// Ids of another process are foreign.
func TestIDsOfAnEarlierBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		send := func() mq.MessageID {
			id, err := newPublisher(t, newBroker(t, Config{})).Send(mq.OutMessage{}).Block(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		before := send()
		time.Sleep(time.Millisecond)
		if after := send(); after == before {
			t.Errorf("two brokers gave out the same id %+v", after)
		}
	})
}

// Who closes while others open leaves nothing open.
func TestCloseWhileOpening(t *testing.T) {
	for range 50 {
		b, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		opened := make(chan error, 3)
		ctx := context.Background()
		go func() {
			p, err := b.OpenProducer(ctx, mq.ProducerConfig{Topic: topicName})
			if err == nil {
				_, err = p.Publish(reactive.Never[mq.OutMessage]()).Collect(ctx)
			}
			opened <- err
		}()
		go func() {
			c, err := b.Subscribe(ctx, mq.ConsumerConfig{Topic: topicName, Subscription: "s"})
			if err == nil {
				_, err = c.Messages().Collect(ctx)
			}
			opened <- err
		}()
		go func() {
			r, err := b.OpenReader(ctx, mq.ReaderConfig{Topic: topicName})
			if err == nil {
				_, err = r.Messages().Collect(ctx)
			}
			opened <- err
		}()
		if err := b.Close(ctx); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := <-opened; !errors.Is(err, mq.ErrClosed) {
				t.Fatalf("opened and used beside Close: error = %v, want ErrClosed", err)
			}
		}
	}
}

func BenchmarkPublishConsume(b *testing.B) {
	broker, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	p, err := broker.OpenProducer(ctx, mq.ProducerConfig{Topic: topicName})
	if err != nil {
		b.Fatal(err)
	}
	c, err := broker.Subscribe(ctx, mq.ConsumerConfig{Topic: topicName, Subscription: "s", Type: mq.Shared})
	if err != nil {
		b.Fatal(err)
	}
	left := b.N
	done := make(chan struct{})
	window := reactive.Merge(reactive.Just[int64](100), c.Settled())
	reactive.Run(ctx, reactive.Permits[mq.Message](c.Messages(), window), func(m mq.Message) {
		_, _ = c.Ack(m.ID).Block(ctx)
		if left--; left == 0 {
			close(done)
		}
	}, func(error) {})
	payload := slices.Repeat([]byte{'x'}, 128)
	b.ReportAllocs()
	b.ResetTimer()
	reactive.Run(ctx, p.Publish(reactive.Map(reactive.Range(0, b.N), func(int) mq.OutMessage {
		return mq.OutMessage{Payload: payload}
	})), func(mq.Receipt) {}, func(error) {})
	<-done
	b.StopTimer()
	_ = broker.Close(context.Background())
}

// A delivery times out, or its consumer leaves, and is acknowledged before it is back in the line: it does not come again.
func TestAckOnTheWayBack(t *testing.T) {
	for name, end := range map[string]func(c *consumer, back func([]hub.Row[int])){
		"timed out": func(c *consumer, back func([]hub.Row[int])) {
			row, _ := c.sub.hub.Take(mq.NewMessageID(c.sub.topic.ledger, 0))
			back([]hub.Row[int]{row})
		},
		"left": func(c *consumer, back func([]hub.Row[int])) { c.att.Leave(back) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t, Config{})
			c := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared}).(*consumer)
			other := subscribe(t, b, mq.ConsumerConfig{Type: mq.Shared})
			p := reactivetest.Subscribe(t, c.Messages()).Request(1)
			send(t, newPublisher(t, b), "a")
			p.ExpectCount(1)
			end(c, func(rows []hub.Row[int]) {
				do(t, other.Ack(rows[0].ID))
				do(t, other.Ack(rows[0].ID)) // of no effect
				c.sub.giveBack(rows, 0)
			})
			if _, err := b.TerminateTopic(context.Background(), topicName); err != nil {
				t.Fatal(err)
			}
			if ended, err := other.EndOfTopic().Block(context.Background()); err != nil || !ended {
				t.Errorf("EndOfTopic = %v, %v, want true: the message was acknowledged", ended, err)
			}
			again := reactivetest.Subscribe(t, other.Messages()).Request(1)
			if got := payloads(again); len(got) > 0 { // the engine delivers within Request
				t.Errorf("got %q again, want nothing", got)
			}
			again.Cancel()
		})
	}
}
