package jetstream

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
)

// delivery is what the reply subject of a message says: "$JS.ACK.<stream>.<consumer>.<deliveries>.<stream
// sequence>.<consumer sequence>.<time>.<pending>". In the longer form, with domain and account, the last five are the
// same.
type delivery struct {
	deliveries uint64    // how often it was delivered, with this one
	seq        uint64    // in the stream
	consumer   uint64    // in the consumer: the number of this delivery
	stored     time.Time // when the message was stored
}

func parseDelivery(reply string) (d delivery, ok bool) {
	if !strings.HasPrefix(reply, "$JS.ACK.") {
		return d, false
	}
	var field [5]uint64 // deliveries, stream sequence, consumer sequence, time, pending
	end := len(reply)
	for i := len(field) - 1; i >= 0; i-- {
		start := strings.LastIndexByte(reply[:end], '.')
		if start < 0 || start+1 == end {
			return d, false
		}
		for _, c := range []byte(reply[start+1 : end]) {
			if c < '0' || c > '9' {
				return d, false
			}
			field[i] = field[i]*10 + uint64(c-'0')
		}
		end = start
	}
	return delivery{
		deliveries: field[0], seq: field[1], consumer: field[2], stored: time.Unix(0, int64(field[3])),
	}, field[0] > 0
}

// message makes the message out of a delivery. It takes over what m points to.
func (t *topic) message(b *Broker, d delivery, m *nats.Msg) mq.Message {
	out := mq.Message{ID: t.id(d.seq), Topic: t.name, PublishTime: d.stored}
	if err := decodeMessage(&out, m.Header, m.Data); err != nil {
		// It would come again and again, so it is better delivered with what can be read of it than not at all.
		b.config.Logger.Error("stored message", "topic", t.name.String(), "id", out.ID.String(), "error", err)
	}
	return out
}
