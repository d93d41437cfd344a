package jetstream

import (
	"context"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// noConsumers checks that the topic's stream has none, when all that goes on in the background is done.
func noConsumers(t *testing.T, b *Broker, stream string) {
	t.Helper()
	b.work.Wait()
	s, err := b.js.Stream(testContext(t), stream)
	if err != nil {
		t.Fatal(err)
	}
	names := s.ConsumerNames(testContext(t))
	for name := range names.Name() {
		t.Errorf("consumer %s is left on the server", name)
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
}

// Whoever asked leaves when the server has just made the consumer: it does not stay there.
func TestNoConsumerIsLeftOfACanceledOpening(t *testing.T) {
	for _, tt := range []struct {
		name string
		open func(ctx context.Context, b *Broker, topic mq.TopicName) (interface{ Close(context.Context) error }, error)
	}{
		{"reader", func(ctx context.Context, b *Broker, topic mq.TopicName) (interface{ Close(context.Context) error }, error) {
			return b.OpenReader(ctx, mq.ReaderConfig{Topic: topic})
		}},
		{"subscription", func(ctx context.Context, b *Broker, topic mq.TopicName) (interface{ Close(context.Context) error }, error) {
			return b.Subscribe(ctx, mq.ConsumerConfig{Topic: topic, Subscription: "s", NonDurable: true})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBroker(t, Config{})
			topic := testTopic("a")
			p := openProducer(t, b, mq.ProducerConfig{Topic: topic}).(*producer)
			var cancel context.CancelFunc
			sub, err := b.out.Subscribe("$JS.EVENT.ADVISORY.CONSUMER.CREATED.>", func(*nats.Msg) { cancel() })
			if err != nil {
				t.Fatal(err)
			}
			for range 30 {
				ctx, leave := context.WithCancel(testContext(t))
				cancel = leave
				if err := b.out.Flush(); err != nil {
					t.Fatal(err)
				}
				made, err := tt.open(ctx, b, topic)
				<-ctx.Done()
				switch {
				case err == nil:
					if err := made.Close(testContext(t)); err != nil {
						t.Error(err)
					}
				case !errors.Is(err, context.Canceled):
					t.Fatalf("error = %v, want %v", err, context.Canceled)
				}
				b.work.Wait()
			}
			if err := sub.Unsubscribe(); err != nil {
				t.Fatal(err)
			}
			noConsumers(t, b, p.topic.stream)
		})
	}
}

// A reader is closed while another consumer is being made for it.
func TestNoConsumerIsLeftOfAClosedReader(t *testing.T) {
	b := openBroker(t, Config{})
	r := openReader(t, b, mq.ReaderConfig{Topic: testTopic("a")}).(*reader)
	watch(t, r.Messages(), reactive.Unbounded)
	if err := r.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.attach(testContext(t), natsjs.ConsumerConfig{DeliverPolicy: natsjs.DeliverAllPolicy}); err != nil {
		t.Fatal(err)
	}
	noConsumers(t, b, r.topic.stream)
}
