package jetstream

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// wire listens to the pull requests that reach the server.
type wire struct {
	t  testing.TB
	nc *nats.Conn

	mu    sync.Mutex
	pulls []int64
	news  chan struct{} // has one if something came since it was looked at
}

func listen(t testing.TB, b *Broker) *wire {
	t.Helper()
	nc, err := b.server.connect("test", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	w := &wire{t: t, nc: nc, news: make(chan struct{}, 1)}
	if _, err := nc.Subscribe("$JS.API.CONSUMER.MSG.NEXT.>", w.pull); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *wire) pull(m *nats.Msg) {
	var request struct {
		Batch int64 `json:"batch"`
	}
	if err := json.Unmarshal(m.Data, &request); err != nil || request.Batch < 1 {
		w.t.Errorf("pull request %s: %v", m.Data, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pulls = append(w.pulls, request.Batch)
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// await waits until so many pull requests have come.
func (w *wire) await(pulls int) {
	w.t.Helper()
	patience := time.After(10 * time.Second)
	for {
		w.mu.Lock()
		n := len(w.pulls)
		w.mu.Unlock()
		if n >= pulls {
			return
		}
		select {
		case <-w.news:
		case <-patience:
			w.t.Fatalf("%d pull requests have come, want %d", n, pulls)
		}
	}
}

// asked returns how many messages the server was asked for, and in how many requests, by all that was published on b's
// connections before the call.
func (w *wire) asked(b *Broker) (messages int64, pulls int) {
	w.t.Helper()
	for _, nc := range []*nats.Conn{b.in, w.nc} {
		if err := nc.Flush(); err != nil {
			w.t.Fatal(err)
		}
	}
	// What was flushed was received; a message to itself tells when it was handled.
	handled := make(chan struct{})
	if err := w.nc.Barrier(func() { close(handled) }); err != nil {
		w.t.Fatal(err)
	}
	<-handled
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.pulls {
		messages += n
	}
	return messages, len(w.pulls)
}

// The server is never asked for more than was requested and not delivered, and all that was requested reaches it.
func TestDemandIsExact(t *testing.T) {
	type flow interface {
		Messages() reactive.Flux[mq.Message]
	}
	topic := testTopic("demand")
	for _, tt := range []struct {
		name string
		open func(t *testing.T, b *Broker) flow
	}{
		{name: "consumer", open: func(t *testing.T, b *Broker) flow {
			return subscribe(t, b, mq.ConsumerConfig{Topic: topic})
		}},
		{name: "reader", open: func(t *testing.T, b *Broker) flow {
			return openReader(t, b, mq.ReaderConfig{Topic: topic})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBroker(t, Config{})
			w := listen(t, b)
			f := watch(t, tt.open(t, b).Messages(), 0)
			p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
			var requested, delivered int64
			check := func(when string, pulls int) {
				t.Helper()
				asked, n := w.asked(b)
				if asked > requested || n != pulls {
					t.Fatalf("%s: the server was asked for %d messages in %d pulls, want %d at most in %d", when, asked, n, requested, pulls)
				}
			}
			request := func(n int64) {
				requested += n
				f.up.Request(n)
			}
			deliver := func(n int64) {
				t.Helper()
				for range n {
					send(t, p, mq.OutMessage{})
					f.next()
				}
				delivered += n
			}
			check("without demand", 0)
			request(5)
			check("one request", 1)
			for range 600 {
				request(1)
			}
			check("many requests while a pull is open", 1)
			deliver(5)
			w.await(2) // who delivers asks anew after that
			check("after the first pull was served", 2)
			deliver(600)
			if asked, _ := w.asked(b); asked != requested {
				t.Errorf("the server was asked for %d messages, want %d", asked, requested)
			}
			send(t, p, mq.OutMessage{})
			check("a message that nobody asked for", 2)
			request(1)
			f.next()
			if got := len(f.got); got != 0 {
				t.Errorf("%d messages came that nobody asked for", got)
			}
		})
	}
}

func TestUnboundedDemand(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("unbounded")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	f := watch(t, c.Messages(), reactive.Unbounded)
	const n = maxBatch + 100
	publishMany(t, b, topic, n, 16)
	for i := range n {
		if got, want := string(f.next().Payload[:8]), fmt.Sprintf("%08d", i); got != want {
			t.Fatalf("message %d is %s", i, got)
		}
	}
}

// Messages that are larger than what a pull may bring come all the same, and in order.
func TestLargeMessages(t *testing.T) {
	b := openBroker(t, Config{MaxPayload: 1 << 20})
	topic := testTopic("large")
	w := listen(t, b)
	f := watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic}).Messages(), 100)
	const n = 40
	publishMany(t, b, topic, n, 1<<20)
	for i := range n {
		m := f.next()
		if got, want := string(m.Payload[:8]), fmt.Sprintf("%08d", i); got != want || len(m.Payload) != 1<<20 {
			t.Fatalf("message %d is %s, %d bytes", i, got, len(m.Payload))
		}
	}
	if _, pulls := w.asked(b); pulls < n/(2*pullMessages+1) {
		t.Errorf("%d messages of the largest size came in %d pulls, want their bytes bounded", n, pulls)
	}
}

// publishMany publishes n messages of the given size that begin with their number.
func publishMany(t testing.TB, b *Broker, topic mq.TopicName, n, size int) {
	t.Helper()
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
	source := reactive.Map(reactive.Range(0, n), func(i int) mq.OutMessage {
		payload := make([]byte, size)
		copy(payload, fmt.Sprintf("%08d", i))
		return mq.OutMessage{Payload: payload}
	})
	err := p.Publish(source).ForEach(testContext(t), func(r mq.Receipt) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

// A puller by itself, without a server at the other end, is asked what it does about each status.
func TestPullStatus(t *testing.T) {
	for _, tt := range []struct {
		name, code, text string
		token            string // of the reply subject; "": that of the open pull
		left, credit     int64  // afterwards
		lost             bool
		waits            bool // for a retry
		stopped          bool // before
	}{
		{name: "heartbeat", code: "100", text: "Idle Heartbeat", left: 10},
		{name: "expired", code: "408", text: "Request Timeout", left: 10},
		{name: "byte limit", code: "409", text: "Message Size Exceeds MaxBytes", left: 10},
		{name: "about an earlier pull", code: "408", text: "Request Timeout", token: "0", left: 10},
		{name: "deleted", code: "409", text: "Consumer Deleted", credit: 10, lost: true},
		{name: "server shutdown", code: "409", text: "Server Shutdown", credit: 10, lost: true},
		{name: "no responders", code: "503", credit: 10, lost: true},
		{name: "deleted after the stop", code: "409", text: "Consumer Deleted", stopped: true, left: 10},
		{name: "leadership change", code: "409", text: "Leadership Change", credit: 10, waits: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBroker(t, Config{})
			p := b.newPuller(&topic{stream: "S"}, "C")
			p.pause = time.Hour
			var lost atomic.Bool
			p.lost = func(error) { lost.Store(true) }
			if err := p.start(); err != nil {
				t.Fatal(err)
			}
			// Nobody listens to the request of this puller; what the server says about that must not disturb.
			if err := p.sub.Unsubscribe(); err != nil {
				t.Fatal(err)
			}
			p.run(true)
			p.request(10)
			if tt.stopped {
				p.stop()
			}
			token := tt.token
			if token == "" {
				token = fmt.Sprint(p.number)
			}
			p.received(&nats.Msg{Subject: p.inbox + token, Header: nats.Header{"Status": {tt.code}, "Description": {tt.text}}})
			if p.left != tt.left || p.credit != tt.credit || lost.Load() != tt.lost || p.waiting != tt.waits {
				t.Errorf("left %d, credit %d, lost %v, waiting %v, want %d, %d, %v, %v",
					p.left, p.credit, lost.Load(), p.waiting, tt.left, tt.credit, tt.lost, tt.waits)
			}
			p.abandon()
		})
	}
}

// The fence of a reader that is about to be replaced may be lost with the connection, like everything else.
func TestLostFence(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("lost-fence")
	r := openReader(t, b, mq.ReaderConfig{Topic: topic}).(*reader)
	f := watch(t, r.Messages(), 1)
	r.puller.halt()
	if err := r.puller.sub.Drain(); err != nil { // stop without its fence
		t.Fatal(err)
	}
	r.recover()
	publishMany(t, b, topic, 1, 16)
	f.next()
}

// A pull that got lost on its way is noticed by its silence and made again.
func TestLostPull(t *testing.T) {
	for _, kind := range []string{"consumer", "reader"} {
		t.Run(kind, func(t *testing.T) {
			b := openBroker(t, Config{})
			topic := testTopic("lost")
			var f *probe
			var p *puller
			if kind == "consumer" {
				c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
				f, p = watch(t, c.Messages(), 0), c.(*consumer).puller
			} else {
				r := openReader(t, b, mq.ReaderConfig{Topic: topic})
				f, p = watch(t, r.Messages(), 0), r.(*reader).puller
			}
			if _, err := b.in.SubscribeSync("nowhere"); err != nil {
				t.Fatal(err)
			}
			next := p.next
			p.next = "nowhere"
			f.up.Request(2)
			p.next = next
			publishMany(t, b, topic, 3, 16)
			b.sweep() // the pull was young
			b.sweep()
			for i := range 2 {
				if got, want := string(f.next().Payload[:8]), fmt.Sprintf("%08d", i); got != want {
					t.Errorf("got message %s, want %s", got, want)
				}
			}
			b.sweep()
			b.sweep()
			if n := len(f.got); n != 0 {
				t.Errorf("%d messages came that nobody asked for", n)
			}
		})
	}
}

func TestParseDelivery(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		ok       bool
	}{
		{name: "usual", in: "$JS.ACK.S.C.3.12.34.1700000000123456789.5", ok: true},
		{name: "with domain and account", in: "$JS.ACK.dom.hash.S.C.3.12.34.1700000000123456789.5", ok: true},
		{name: "empty"},
		{name: "another subject", in: "_INBOX.x.3.12.34.1700000000123456789.5"},
		{name: "too short", in: "$JS.ACK.3.12.34.5"},
		{name: "not a number", in: "$JS.ACK.S.C.3.12.x.1700000000123456789.5"},
		{name: "empty number", in: "$JS.ACK.S.C.3..34.1700000000123456789.5"},
		{name: "no delivery", in: "$JS.ACK.S.C.0.12.34.1700000000123456789.5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, ok := parseDelivery(tt.in)
			if ok != tt.ok {
				t.Fatalf("ok = %v, want %v", ok, tt.ok)
			}
			if ok && (d.deliveries != 3 || d.seq != 12 || d.consumer != 34 || d.stored.UnixNano() != 1700000000123456789) {
				t.Errorf("got %+v", d)
			}
		})
	}
	const reply = "$JS.ACK.S.C.3.12.34.1700000000123456789.5"
	if got := testing.AllocsPerRun(100, func() { parseDelivery(reply) }); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}

func FuzzParseDelivery(f *testing.F) {
	f.Add("$JS.ACK.S.C.3.12.34.1700000000123456789.5")
	f.Add("$JS.ACK.....")
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := parseDelivery(s); ok && (d.deliveries == 0 || strings.Count(s, ".") < 6) {
			t.Errorf("%q is taken for %+v", s, d)
		}
	})
}
