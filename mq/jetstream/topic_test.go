package jetstream

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
)

func TestNames(t *testing.T) {
	topic := mq.TopicName{Persistent: true, Tenant: "t", Namespace: "n", Name: "a. > */\\ \r\nü"}
	other := topic
	other.Namespace = "m"
	v1 := topic
	v1.Cluster = "c"
	// What is on disk is found by these names: they must not change.
	want := subjects{
		all:      "fs.1A8MKRVPK4OAEOPU47BLC0DF6G.ADIHNPGCI9ON22OKF7RNV94JTM.>",
		messages: "fs.1A8MKRVPK4OAEOPU47BLC0DF6G.ADIHNPGCI9ON22OKF7RNV94JTM.m",
		delayed:  "fs.1A8MKRVPK4OAEOPU47BLC0DF6G.ADIHNPGCI9ON22OKF7RNV94JTM.d.",
		ended:    "fs-terminated.ADIHNPGCI9ON22OKF7RNV94JTM",
	}
	if d := cmp.Diff(want, subjectsOf(topic), cmp.AllowUnexported(subjects{})); d != "" {
		t.Errorf("subjects: want -, got +\n%s", d)
	}
	if got, want := streamName(topic), "PADIHNPGCI9ON22OKF7RNV94JTM"; got != want {
		t.Errorf("stream = %s, want %s", got, want)
	}
	if got, want := consumerName("sub"), "SRN3E5CH4Q3UO45J940H5GE396R"; got != want {
		t.Errorf("consumer = %s, want %s", got, want)
	}
	if subjectsOf(topic).messages == subjectsOf(other).messages || subjectsOf(topic).messages == subjectsOf(v1).messages {
		t.Error("two topics share a subject")
	}
}

// Topics that are made in the same millisecond, or while the clock goes back, do not take each other's ids for their own.
func TestLedgersDiffer(t *testing.T) {
	b := openBroker(t, Config{})
	b.ledger = time.Now().Add(time.Hour).UnixMilli()
	ledgers := make(map[int64]mq.TopicName)
	for i := range 3 {
		name := testTopic(strconv.Itoa(i))
		topic, err := b.openTopic(testContext(t), name, true)
		if err != nil {
			t.Fatal(err)
		}
		if other, same := ledgers[topic.ledger]; same {
			t.Errorf("topics %v and %v have the same ledger", other, name)
		}
		ledgers[topic.ledger] = name
	}
}

func TestTopicLimit(t *testing.T) {
	dir := t.TempDir()
	b := openBroker(t, Config{StoreDir: dir, MaxTopics: 2})
	openProducer(t, b, mq.ProducerConfig{Topic: testTopic("a")})
	openProducer(t, b, mq.ProducerConfig{Topic: testTopic("b")})
	refused := func(b *Broker) {
		t.Helper()
		_, err := b.OpenProducer(testContext(t), mq.ProducerConfig{Topic: testTopic("c")})
		var e *mq.Error
		if !errors.Is(err, mq.ErrTooManyTopics) || !errors.As(err, &e) || e.Hint == "" {
			t.Errorf("third topic: error = %v, want ErrTooManyTopics with a hint", err)
		}
	}
	refused(b)
	closeBroker(t, b)
	b = openBroker(t, Config{StoreDir: dir, MaxTopics: 2})
	refused(b)
	openProducer(t, b, mq.ProducerConfig{Topic: testTopic("a")})
}

// Readers and subscriptions that exist already are not held up by the limit, and one that was deleted makes room.
func TestSubscriptionLimit(t *testing.T) {
	dir := t.TempDir()
	config := Config{StoreDir: dir, MaxSubscriptions: 2}
	b := openBroker(t, config)
	topic := testTopic("limit")
	openReader(t, b, mq.ReaderConfig{Topic: topic})
	subscribe(t, b, mq.ConsumerConfig{Topic: topic, Subscription: "a"})
	second := subscribe(t, b, mq.ConsumerConfig{Topic: topic, Subscription: "b", NonDurable: true})
	refused := func() {
		t.Helper()
		_, err := b.Subscribe(testContext(t), mq.ConsumerConfig{Topic: topic, Subscription: "c"})
		var e *mq.Error
		if !errors.Is(err, mq.ErrTooManySubscriptions) || !errors.As(err, &e) || e.Hint == "" {
			t.Errorf("third subscription: error = %v, want ErrTooManySubscriptions with a hint", err)
		}
	}
	refused()
	subscribe(t, b, mq.ConsumerConfig{Topic: testTopic("other"), Subscription: "c"})
	block(t, second.Unsubscribe())
	subscribe(t, b, mq.ConsumerConfig{Topic: topic, Subscription: "b"})
	refused()
	closeBroker(t, b)
	b = openBroker(t, config)
	refused()
	subscribe(t, b, mq.ConsumerConfig{Topic: topic, Subscription: "a"})
}

func TestTopicIsMadeOnce(t *testing.T) {
	b := openBroker(t, Config{})
	got := make([]*topic, 20)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = b.openTopic(testContext(t), testTopic("a"), i%2 == 0); err != nil && i%2 == 0 {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, topic := range got {
		if i%2 == 0 && topic != got[0] {
			t.Fatalf("caller %d got another topic", i)
		}
	}
	if b.streams != 1 {
		t.Errorf("%d streams, want 1", b.streams)
	}
}

// A caller that gives up does not take the topic from the others.
func TestOpeningOutlivesItsCaller(t *testing.T) {
	b := openBroker(t, Config{})
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.openTopic(ended, testTopic("a"), true); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want none or %v", err, context.Canceled)
	}
	if _, err := b.openTopic(testContext(t), testTopic("a"), true); err != nil {
		t.Error(err)
	}
}

func TestForeignIDs(t *testing.T) {
	b := openBroker(t, Config{})
	p := openProducer(t, b, mq.ProducerConfig{Topic: testTopic("a")})
	id := send(t, p, mq.OutMessage{})
	c := subscribe(t, b, mq.ConsumerConfig{Topic: testTopic("a")})
	change := func(f func(id *mq.MessageID)) mq.MessageID {
		other := id
		f(&other)
		return other
	}
	for _, tt := range []struct {
		name string
		id   mq.MessageID
		is   error
	}{
		{name: "its own", id: id},
		{name: "another incarnation", id: change(func(id *mq.MessageID) { id.Ledger-- }), is: mq.ErrInvalid},
		{name: "entry 0", id: change(func(id *mq.MessageID) { id.Entry = 0 }), is: mq.ErrInvalid},
		{name: "a partition", id: change(func(id *mq.MessageID) { id.Partition = 1 }), is: mq.ErrInvalid},
		{name: "a place in a batch", id: change(func(id *mq.MessageID) { id.BatchIndex = 1 }), is: mq.ErrInvalid},
		{name: "earliest", id: mq.Earliest, is: mq.ErrInvalid},
		{name: "latest", id: mq.Latest, is: mq.ErrInvalid},
		{name: "zero", is: mq.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for op, m := range map[string]interface {
				Block(context.Context) (struct{}, error)
			}{"Ack": c.Ack(tt.id), "Nack": c.Nack(tt.id, 0), "AckCumulative": c.AckCumulative(tt.id)} {
				if _, err := m.Block(testContext(t)); !errors.Is(err, tt.is) {
					t.Errorf("%s: error = %v, want %v", op, err, tt.is)
				}
			}
		})
	}
}

// A stream that has the name of a topic's stream and is not it, as after a restore of something else, is not touched.
func TestForeignStream(t *testing.T) {
	b := openBroker(t, Config{})
	c := (&topic{name: testTopic("a"), stream: streamName(testTopic("a")), subjects: subjectsOf(testTopic("a"))}).config(1)
	for i, meta := range []map[string]string{nil, {metaTopic: "other"}, {metaTopic: testTopic("a").String(), metaLedger: "x"}} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			c.Metadata = meta
			if _, err := b.js.CreateOrUpdateStream(testContext(t), c); err != nil {
				t.Fatal(err)
			}
			if _, err := b.OpenProducer(testContext(t), mq.ProducerConfig{Topic: testTopic("a")}); !errors.Is(err, mq.ErrUnavailable) {
				t.Errorf("error = %v, want %v", err, mq.ErrUnavailable)
			}
		})
	}
}
