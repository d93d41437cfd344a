package jetstream

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// BenchmarkPublish publishes through one flow with a window of MaxPending messages, one confirmed message per operation.
func BenchmarkPublish(b *testing.B) {
	for _, bm := range []struct {
		name string
		m    mq.OutMessage
	}{
		{name: "128B", m: mq.OutMessage{Payload: make([]byte, 128)}},
		{name: "1KiB", m: mq.OutMessage{Payload: make([]byte, 1024)}},
		{name: "128B+metadata", m: mq.OutMessage{
			Payload: make([]byte, 128), Key: "key", HasKey: true, Properties: map[string]string{"a": "1", "b": "2"},
		}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			p := openProducer(b, openBroker(b, Config{}), mq.ProducerConfig{Topic: testTopic("bench")})
			b.ReportAllocs()
			b.SetBytes(int64(len(bm.m.Payload)))
			b.ResetTimer()
			source := reactive.Map(reactive.Range(0, b.N), func(int) mq.OutMessage { return bm.m })
			failed := 0
			err := p.Publish(source).ForEach(context.Background(), func(r mq.Receipt) {
				if r.Err != nil {
					failed++
				}
			})
			if err != nil || failed > 0 {
				b.Fatal(err, failed)
			}
		})
	}
}

// BenchmarkConsume delivers and acknowledges, with a window of so many open deliveries.
func BenchmarkConsume(b *testing.B) {
	for _, window := range []int64{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			broker := openBroker(b, Config{})
			topic := testTopic("bench")
			m := mq.OutMessage{Payload: make([]byte, 128)}
			source := reactive.Map(reactive.Range(0, b.N), func(int) mq.OutMessage { return m })
			if err := openProducer(b, broker, mq.ProducerConfig{Topic: topic}).Publish(source).ForEach(context.Background(), func(mq.Receipt) {}); err != nil {
				b.Fatal(err)
			}
			c := subscribe(b, broker, mq.ConsumerConfig{Topic: topic, InitialPosition: mq.StartEarliest})
			b.ReportAllocs()
			b.SetBytes(int64(len(m.Payload)))
			b.ResetTimer()
			messages := reactive.Permits[mq.Message](c.Messages(), reactive.Merge(reactive.Just(window), c.Settled()))
			err := messages.Take(int64(b.N)).ForEach(context.Background(), func(m mq.Message) {
				if _, err := c.Ack(m.ID).Block(context.Background()); err != nil {
					b.Error(err)
				}
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkRead reads without acknowledgements, with unbounded demand.
func BenchmarkRead(b *testing.B) {
	broker := openBroker(b, Config{})
	topic := testTopic("bench")
	m := mq.OutMessage{Payload: make([]byte, 128)}
	source := reactive.Map(reactive.Range(0, b.N), func(int) mq.OutMessage { return m })
	if err := openProducer(b, broker, mq.ProducerConfig{Topic: topic}).Publish(source).ForEach(context.Background(), func(mq.Receipt) {}); err != nil {
		b.Fatal(err)
	}
	r := openReader(b, broker, mq.ReaderConfig{Topic: topic, Start: mq.Earliest})
	b.ReportAllocs()
	b.SetBytes(int64(len(m.Payload)))
	b.ResetTimer()
	if err := r.Messages().Take(int64(b.N)).ForEach(context.Background(), func(mq.Message) {}); err != nil {
		b.Fatal(err)
	}
}
