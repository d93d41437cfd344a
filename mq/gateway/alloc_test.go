package gateway

import (
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/socket"
)

// TestAllocations: a message costs what it consists of, and its frame.
func TestAllocations(t *testing.T) {
	plain := socket.Text(`{"payload":"aGVsbG8="}`)
	tagged := socket.Text(`{"payload":"aGVsbG8=","context":"12345"}`)
	receipt := mq.Receipt{ID: mq.NewMessageID(137, 100), Tag: &question{context: "12345", hasContext: true}}
	message := mq.Message{
		ID: mq.NewMessageID(137, 100), Payload: []byte("hello"), PublishTime: time.Now(),
		Properties: map[string]string{"a": "1", "b": "2"},
	}
	zone := time.FixedZone("", 3600)
	for _, tt := range []struct {
		name string
		want float64
		f    func()
	}{
		{"request: the payload, and what its reply needs", 2, func() { request(plain) }},
		{"request with context: that too", 3, func() { request(tagged) }},
		{"reply: the frame", 1, func() { reply(receipt) }},
		{"delivery: the frame", 1, func() { delivery(message, zone) }},
	} {
		if got := testing.AllocsPerRun(100, tt.f); got != tt.want {
			t.Errorf("%s: got %v allocations, want %v", tt.name, got, tt.want)
		}
	}
}
