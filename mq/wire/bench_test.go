package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
)

var (
	sizes     = []int{64, 1024, 65536}
	published = time.Date(2026, 8, 30, 16, 45, 57, 785_000_000, time.UTC)
)

func request(size int) []byte {
	return []byte(`{"payload":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) +
		`","properties":{"k1":"value1","k2":"value2"},"context":"12345","key":"key-1"}`)
}

func message(size int) mq.Message {
	return mq.Message{
		ID: mq.NewMessageID(137, 100), Payload: make([]byte, size), Key: "key-1", HasKey: true,
		Properties: map[string]string{"k1": "value1", "k2": "value2"}, PublishTime: published,
	}
}

// TestAllocations: encoders allocate nothing, decoders what the result consists of.
func TestAllocations(t *testing.T) {
	buf := make([]byte, 0, 1<<20)
	id := mq.NewMessageID(137, 100)
	simple := []byte(`{"payload":"` + base64.StdEncoding.EncodeToString(make([]byte, 1000)) + `","context":"12345"}`)
	ack, permit, end := []byte(`{"messageId":"`+id.String()+`"}`), []byte(`{"type":"permit","permitMessages":10}`), []byte(`{"type":"isEndOfTopic"}`)
	small, large := message(64), message(65536)
	tests := []struct {
		name string
		want float64
		f    func()
	}{
		{"append reply", 0, func() {
			wire.AppendReply(buf, wire.Reply{ID: id, Context: "12345", HasContext: true})
		}},
		{"append error reply", 0, func() {
			wire.AppendReply(buf, wire.Reply{Code: wire.CodeUnknown, Reason: "reason \"x\"", Context: "12345", HasContext: true})
		}},
		{"append message", 0, func() { wire.AppendMessage(buf, &small) }},
		{"append large message", 0, func() { wire.AppendMessage(buf, &large) }},
		{"append end of topic", 0, func() { wire.AppendEndOfTopic(buf, true) }},
		{"decode ack", 0, func() { _, _ = wire.DecodeCommand(ack) }},
		{"decode permit", 0, func() { _, _ = wire.DecodeCommand(permit) }},
		{"decode end of topic", 0, func() { _, _ = wire.DecodeReaderCommand(end) }},
		{"decode publish: payload and context", 2, func() { _, _ = wire.DecodePublish(simple) }},
	}
	for _, tt := range tests {
		if got := testing.AllocsPerRun(100, tt.f); got != tt.want {
			t.Errorf("%s: got %v allocations, want %v", tt.name, got, tt.want)
		}
	}
}

// The benchmarks stand beside encoding/json on the same values.

func BenchmarkDecodePublish(b *testing.B) {
	for _, size := range sizes {
		in := request(size)
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := wire.DecodePublish(in); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(strconv.Itoa(size)+"/encoding-json", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				var p struct {
					Payload    []byte
					Properties map[string]string
					Context    string
					Key        string
				}
				if err := json.Unmarshal(in, &p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendMessage(b *testing.B) {
	for _, size := range sizes {
		m := message(size)
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			b.ReportAllocs()
			buf := wire.AppendMessage(nil, &m)
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				buf = wire.AppendMessage(buf[:0], &m)
			}
		})
		b.Run(strconv.Itoa(size)+"/encoding-json", func(b *testing.B) {
			type frame struct {
				MessageID       string            `json:"messageId"`
				Payload         []byte            `json:"payload"`
				Properties      map[string]string `json:"properties"`
				PublishTime     time.Time         `json:"publishTime"`
				RedeliveryCount int               `json:"redeliveryCount"`
				Key             string            `json:"key"`
			}
			b.ReportAllocs()
			for b.Loop() {
				out, err := json.Marshal(frame{m.ID.String(), m.Payload, m.Properties, m.PublishTime, m.RedeliveryCount, m.Key})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(out)))
			}
		})
	}
}

func BenchmarkDecodeCommand(b *testing.B) {
	in := []byte(`{"messageId":"` + mq.NewMessageID(137, 100).String() + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.DecodeCommand(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendReply(b *testing.B) {
	r := wire.Reply{ID: mq.NewMessageID(137, 100), Context: "12345", HasContext: true}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = wire.AppendReply(buf[:0], r)
	}
}
