package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

func TestParseSeq(t *testing.T) {
	const prefix = `{"stream":"S","seq":`
	for _, tt := range []struct {
		name string
		in   string
		seq  uint64
		ok   bool
	}{
		{name: "usual", in: `{"stream":"S","seq":123}`, seq: 123, ok: true},
		{name: "longest", in: `{"stream":"S","seq":9999999999999999999}`, seq: 9999999999999999999, ok: true},
		{name: "too long", in: `{"stream":"S","seq":10000000000000000000}`},
		{name: "empty"},
		{name: "prefix only", in: prefix},
		{name: "no number", in: prefix + "}"},
		{name: "no end", in: prefix + "1"},
		{name: "duplicate", in: `{"stream":"S","seq":1,"duplicate":true}`},
		{name: "another stream", in: `{"stream":"T","seq":1}`},
		{name: "error", in: `{"error":{"code":503,"err_code":10077},"stream":"S","seq":0}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if seq, ok := parseSeq(prefix, []byte(tt.in)); seq != tt.seq || ok != tt.ok {
				t.Errorf("got %d, %v, want %d, %v", seq, ok, tt.seq, tt.ok)
			}
		})
	}
}

// FuzzParseSeq: what is read is the number that stands there, and a number of up to 19 digits is read.
func FuzzParseSeq(f *testing.F) {
	const prefix = `{"stream":"S","seq":`
	for _, s := range []string{prefix + "1}", prefix + "}", prefix + "9999999999999999999}", prefix + "-1}", "", prefix, prefix + "007}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seq, ok := parseSeq(prefix, []byte(s))
		number, found := strings.CutPrefix(s, prefix)
		number, ended := strings.CutSuffix(number, "}")
		digits := len(number) > 0 && len(number) <= 19 && strings.Trim(number, "0123456789") == ""
		want, _ := strconv.ParseUint(number, 10, 64)
		if wantOK := found && ended && digits; ok != wantOK || ok && seq != want {
			t.Errorf("%q: got %d, %v, want %d, %v", s, seq, ok, want, wantOK)
		}
	})
}

func TestParseConfirmation(t *testing.T) {
	p := openProducer(t, openBroker(t, Config{}), mq.ProducerConfig{Topic: testTopic("a")}).(*producer)
	for _, tt := range []struct {
		name, in string
		seq      uint64
		is       error
		hint     string
	}{
		{name: "stored", in: p.stored + "7}", seq: 7},
		{name: "stored in another form", in: `{"seq":7, "stream":"x", "duplicate":true}`, seq: 7},
		{name: "nobody listens", in: "", is: mq.ErrUnavailable},
		{name: "no JSON", in: "x", is: mq.ErrUnavailable},
		{name: "too large", in: `{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}`, is: mq.ErrMessageTooLarge},
		{name: "store full", in: `{"error":{"code":503,"err_code":10023,"description":"insufficient resources"}}`, is: mq.ErrQuotaExceeded, hint: "--max-store"},
		{name: "disk full", in: `{"error":{"code":503,"err_code":10077,"description":"no space"}}`, is: mq.ErrUnavailable, hint: "free space"},
		{name: "another error", in: `{"error":{"code":500,"err_code":1,"description":"d"}}`, is: mq.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seq, err := p.parseConfirmation(&nats.Msg{Data: []byte(tt.in)})
			if seq != tt.seq || !errors.Is(err, tt.is) {
				t.Errorf("got %d, %v, want %d, %v", seq, err, tt.seq, tt.is)
			}
			var e *mq.Error
			if errors.As(err, &e) && !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint = %q, want %q in it", e.Hint, tt.hint)
			}
		})
	}
}

// muted is a producer whose messages the server does not answer.
func muted(t *testing.T, c mq.ProducerConfig) *producer {
	t.Helper()
	return mutedOn(t, openBroker(t, Config{}), c)
}

func mutedOn(t *testing.T, b *Broker, c mq.ProducerConfig) *producer {
	t.Helper()
	c.Topic = testTopic("muted")
	p := openProducer(t, b, c).(*producer)
	other := &topic{name: p.topic.name, stream: p.topic.stream, producers: p.topic.producers}
	other.subjects.messages = "nobody.answers"
	p.topic = other
	if _, err := b.out.SubscribeSync(other.subjects.messages); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSendTimeout(t *testing.T) {
	p := muted(t, mq.ProducerConfig{SendTimeout: 30 * time.Millisecond, MaxPending: 2})
	bad := errors.New("bad")
	begun := time.Now()
	// With a window of two the last ones are not even sent.
	receipts, err := p.Publish(reactive.Just(
		mq.OutMessage{Tag: 0}, mq.OutMessage{Tag: 1}, mq.OutMessage{Tag: 2, Err: bad}, mq.OutMessage{Tag: 3},
	)).Collect(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < p.timeout {
		t.Errorf("took %v, want %v at least", took, p.timeout)
	}
	want := []error{mq.ErrTimeout, mq.ErrTimeout, bad, mq.ErrTimeout}
	for i, r := range receipts {
		if r.Tag != i || !errors.Is(r.Err, want[i]) {
			t.Errorf("receipt %d = %+v, want tag %d and %v", i, r, i, want[i])
		}
	}
	if len(receipts) != len(want) {
		t.Errorf("%d receipts, want %d", len(receipts), len(want))
	}
	if _, err := p.Send(mq.OutMessage{}).Block(testContext(t)); !errors.Is(err, mq.ErrTimeout) {
		t.Errorf("Send: error = %v, want %v", err, mq.ErrTimeout)
	}
}

func TestProducerCloseGivesUpWithItsContext(t *testing.T) {
	p := muted(t, mq.ProducerConfig{})
	result := make(chan error, 1)
	reactive.Run(context.Background(), p.Send(mq.OutMessage{}), func(mq.MessageID) {}, func(err error) { result <- err })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close = %v, want %v", err, context.Canceled)
	}
	if err := <-result; !errors.Is(err, mq.ErrClosed) {
		t.Errorf("Send = %v, want %v", err, mq.ErrClosed)
	}
	if p.topic.producers[p.name] != nil {
		t.Error("the name is still taken")
	}
}

// What several flows and Sends publish at a time is more than MaxPending: it waits, and all of it is published in the
// order in which it came.
func TestProducerIsShared(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("shared")
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic, MaxPending: 3})
	const flows, each = 4, 50
	ends := make(chan error, 2*flows)
	for i := range flows {
		var out []mq.OutMessage
		for n := range each {
			out = append(out, mq.OutMessage{Payload: fmt.Appendf(nil, "%d %d", i, n), Tag: n})
		}
		next := 0
		reactive.Run(context.Background(), p.Publish(reactive.FromSlice(out)), func(r mq.Receipt) {
			if r.Tag != next || r.Err != nil {
				t.Errorf("flow %d: receipt %+v, want tag %d", i, r, next)
			}
			next++
		}, func(err error) { ends <- err })
		one := p.Send(mq.OutMessage{Payload: fmt.Appendf(nil, "%d 0", flows+i)})
		reactive.Run(context.Background(), one, func(mq.MessageID) {}, func(err error) { ends <- err })
	}
	for range 2 * flows {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	next := make([]int, 2*flows)
	r := watch(t, openReader(t, b, mq.ReaderConfig{Topic: topic, Start: mq.Earliest}).Messages(), reactive.Unbounded)
	for range flows * (each + 1) {
		var i, n int
		m := r.next()
		if _, err := fmt.Sscan(string(m.Payload), &i, &n); err != nil || n != next[i] {
			t.Fatalf("got %q, want number %d of its flow", m.Payload, next[i])
		}
		next[i]++
	}
}

func TestPanicOfAReceiptSubscriber(t *testing.T) {
	p := openProducer(t, openBroker(t, Config{}), mq.ProducerConfig{Topic: testTopic("a")})
	s := &panicking[mq.Receipt]{done: make(chan error, 1)}
	p.Publish(reactive.Just(mq.OutMessage{}, mq.OutMessage{})).Subscribe(context.Background(), s)
	var panicked *reactive.PanicError
	if err := <-s.done; !errors.As(err, &panicked) {
		t.Errorf("the flow ended with %v, want a PanicError", err)
	}
	send(t, p, mq.OutMessage{}) // the producer is not harmed
}

// panicking is a subscriber whose OnNext panics.
type panicking[T any] struct{ done chan error }

func (s *panicking[T]) OnSubscribe(up reactive.Subscription) { up.Request(reactive.Unbounded) }
func (s *panicking[T]) OnNext(T)                             { panic("subscriber") }
func (s *panicking[T]) OnError(err error)                    { s.done <- err }
func (s *panicking[T]) OnComplete()                          { s.done <- nil }

// Metadata that is too long for a header takes another way.
func TestLongMetadata(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("long")
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
	r := watch(t, openReader(t, b, mq.ReaderConfig{Topic: topic}).Messages(), reactive.Unbounded)
	for _, size := range []int{1, 24_000, 25_000, 70_000, maxMetadata - 100} {
		m := mq.OutMessage{Payload: []byte("payload"), Properties: map[string]string{"long": strings.Repeat("ü\n", size/3)}}
		id := send(t, p, m)
		got := r.next()
		got.PublishTime = time.Time{}
		want := mq.Message{ID: id, Topic: topic, Payload: m.Payload, Properties: m.Properties}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d bytes: want -, got +\n%.500s", size, d)
		}
	}
	_, err := p.Send(mq.OutMessage{Key: strings.Repeat("k", maxMetadata), HasKey: true}).Block(testContext(t))
	if !errors.Is(err, mq.ErrMessageTooLarge) {
		t.Errorf("more than a message may have: error = %v, want %v", err, mq.ErrMessageTooLarge)
	}
	full := mq.OutMessage{
		Payload:   make([]byte, b.Features().MaxPayload),
		Key:       strings.Repeat("k", maxMetadata-20),
		HasKey:    true,
		DeliverAt: time.Now().Add(20 * time.Millisecond),
	}
	send(t, p, full)
	if got := r.next(); len(got.Payload) != len(full.Payload) || got.Key != full.Key {
		t.Errorf("the largest message came with %d bytes and a key of %d", len(got.Payload), len(got.Key))
	}
}

// Publishing costs what it costs in the client and the server; the engine's own part must not grow.
func TestSendAllocs(t *testing.T) {
	p := openProducer(t, openBroker(t, Config{}), mq.ProducerConfig{Topic: testTopic("a")}).(*producer)
	m := mq.OutMessage{Payload: make([]byte, 128)}
	answer := []byte(p.stored + "123456}")
	for _, tt := range []struct {
		name string
		f    func()
		want float64
	}{
		{name: "parse the confirmation", f: func() { parseSeq(p.stored, answer) }, want: 0},
		{name: "metadata of a plain message", f: func() { appendMetadata(nil, &m) }, want: 0},
		{name: "send a plain message", f: func() { p.send(1<<40, &m) }, want: 1}, // the reply subject
	} {
		if got := testing.AllocsPerRun(100, tt.f); got != tt.want {
			t.Errorf("%s: %v allocations, want %v", tt.name, got, tt.want)
		}
	}
}
