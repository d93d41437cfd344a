package jetstream

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// What is with the server is bounded in bytes too, and a message larger than the bound goes alone.
func TestInFlightBytes(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		name  string
		sizes []int // of payloads, in MiB
		want  uint64
	}{
		{name: "many that fit", sizes: []int{1, 1, 1}, want: 3},
		{name: "as many as fit", sizes: []int{3, 3, 2, 1}, want: 3},
		{name: "one that is larger", sizes: []int{9, 1}, want: 1},
		{name: "a larger one waits for what is before", sizes: []int{1, 9, 1}, want: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := mutedOn(t, openBroker(t, Config{MaxPayload: 16 * mib}), mq.ProducerConfig{})
			var out []mq.OutMessage
			for _, n := range tt.sizes {
				out = append(out, mq.OutMessage{Payload: make([]byte, n*mib)})
			}
			ended := make(chan error, 1)
			reactive.Run(context.Background(), p.Publish(reactive.FromSlice(out)), func(mq.Receipt) {}, func(err error) { ended <- err })
			p.mu.Lock()
			sent, tail := p.sent, p.tail
			p.mu.Unlock()
			if sent != tt.want || tail != uint64(len(out)) {
				t.Errorf("%d of %d messages are with the server, want %d of %d", sent, tail, tt.want, len(out))
			}
			p.interrupted() // gives up what was sent, and sends the next
			p.mu.Lock()
			if p.sent == tt.want && tt.want < tail {
				t.Error("nothing was sent when there was room again")
			}
			p.fail(p.tail, mq.ErrClosed)
			<-ended
			if p.inFlight != 0 {
				t.Errorf("%d bytes in flight at the end, want 0", p.inFlight)
			}
		})
	}
}

// While the server is slow, no more messages are asked for than it can be given soon, of all flows together.
func TestLargeMessagesAreNotAskedFor(t *testing.T) {
	const mib = 1 << 20
	p := mutedOn(t, openBroker(t, Config{}), mq.ProducerConfig{})
	const flows, each = 2, 100
	ends := make(chan error, flows)
	for range flows {
		source := reactive.Map(reactive.Range(0, each), func(int) mq.OutMessage { return mq.OutMessage{Payload: make([]byte, mib)} })
		reactive.Run(context.Background(), p.Publish(source), func(mq.Receipt) {}, func(err error) { ends <- err })
	}
	for settled := 0; settled < flows*each; {
		p.mu.Lock()
		waiting, end := int(p.tail-p.head), p.tail
		p.mu.Unlock()
		if most := maxInFlight/mib + flows*lookahead; waiting == 0 || waiting > most {
			t.Fatalf("%d messages are here when %d have their receipts, want 1 to %d", waiting, settled, most)
		}
		settled += waiting
		p.mu.Lock()
		p.fail(end, mq.ErrUnavailable) // makes room
	}
	for range flows {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	if n := p.held.Load(); n != 0 {
		t.Errorf("%d bytes are held at the end, want 0", n)
	}
}

// More than the server's limits for what a stream has not written yet, through two producers: everything is stored, in
// order.
func TestLargeMessagesPipelined(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 350 MB")
	}
	b := openBroker(t, Config{SyncAlways: true, MaxStore: 1 << 30})
	topic := testTopic("large")
	const each, size = 250, 700_000
	type result struct {
		last mq.MessageID
		err  error
	}
	results := make(chan result, 2)
	for range 2 {
		p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
		payload := make([]byte, size)
		out := make([]mq.OutMessage, each)
		for i := range out {
			out[i] = mq.OutMessage{Payload: payload, Tag: i}
		}
		go func() {
			var r result
			next := 0
			receipts, err := p.Publish(reactive.FromSlice(out)).Collect(context.Background())
			r.err = err
			for _, got := range receipts {
				if r.err == nil && (got.Err != nil || got.Tag != next || got.ID.Compare(r.last) <= 0) {
					r.err = fmt.Errorf("message %d: receipt %+v after %v", next, got, r.last)
				}
				r.last = got.ID
				next++
			}
			if r.err == nil && next != each {
				r.err = fmt.Errorf("%d receipts, want %d", next, each)
			}
			results <- r
		}()
	}
	for range 2 {
		if r := <-results; r.err != nil {
			t.Error(r.err)
		}
	}
}
