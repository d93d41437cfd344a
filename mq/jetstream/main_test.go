package jetstream

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

func TestMain(m *testing.M) {
	for _, run := range children {
		if run() {
			return
		}
	}
	// The server keeps one clock for all servers of a process, and its goroutine for good.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/nats-io/nats-server/v2/server/ats.init.0.func1"))
}

// children are what the test binary is instead when a test starts it as another process; each returns whether it was
// the one.
var children = []func() bool{runChild}

// patience bounds each step; a test that passes does not wait for it.
const patience = 20 * time.Second

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// openBroker starts an engine in a directory of its own, or in the given one.
func openBroker(t testing.TB, c Config) *Broker {
	t.Helper()
	if c.StoreDir == "" {
		c.StoreDir = t.TempDir()
	}
	b, err := Open(testContext(t), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBroker(t, b) })
	return b
}

func closeBroker(t testing.TB, b *Broker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func testTopic(name string) mq.TopicName {
	return mq.TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: name}
}

func openProducer(t testing.TB, b *Broker, c mq.ProducerConfig) mq.Producer {
	t.Helper()
	p, err := b.OpenProducer(testContext(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func subscribe(t testing.TB, b *Broker, c mq.ConsumerConfig) mq.Consumer {
	t.Helper()
	if c.Subscription == "" {
		c.Subscription = "sub"
	}
	out, err := b.Subscribe(testContext(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func openReader(t testing.TB, b *Broker, c mq.ReaderConfig) mq.Reader {
	t.Helper()
	r, err := b.OpenReader(testContext(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func block[T any](t testing.TB, m reactive.Mono[T]) T {
	t.Helper()
	v, err := m.Block(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// send publishes one message and returns its id.
func send(t testing.TB, p mq.Producer, m mq.OutMessage) mq.MessageID {
	t.Helper()
	return block(t, p.Send(m))
}

func sendText(t testing.TB, p mq.Producer, texts ...string) []mq.MessageID {
	t.Helper()
	var ids []mq.MessageID
	for _, s := range texts {
		ids = append(ids, send(t, p, mq.OutMessage{Payload: []byte(s)}))
	}
	return ids
}

// probe is a subscriber of messages that a test looks at.
type probe struct {
	t    testing.TB
	up   reactive.Subscription
	got  chan mq.Message
	done chan error
}

func watch(t testing.TB, messages reactive.Publisher[mq.Message], n int64) *probe {
	p := &probe{t: t, got: make(chan mq.Message, 100_000), done: make(chan error, 1)}
	messages.Subscribe(context.Background(), p)
	if n > 0 {
		p.up.Request(n)
	}
	return p
}

func (p *probe) OnSubscribe(s reactive.Subscription) { p.up = s }
func (p *probe) OnNext(m mq.Message)                 { p.got <- m }
func (p *probe) OnError(err error)                   { p.done <- err }
func (p *probe) OnComplete()                         { p.done <- nil }

// next waits for a message.
func (p *probe) next() mq.Message {
	p.t.Helper()
	select {
	case m := <-p.got:
		return m
	case err := <-p.done:
		p.t.Fatalf("the flow ended: %v", err)
	case <-time.After(patience):
		p.t.Fatal("no message came")
	}
	panic("unreachable")
}

func (p *probe) texts(n int) []string {
	p.t.Helper()
	var out []string
	for range n {
		out = append(out, string(p.next().Payload))
	}
	return out
}

// end waits for the end of the flow.
func (p *probe) end() error {
	p.t.Helper()
	select {
	case err := <-p.done:
		return err
	case <-time.After(patience):
		p.t.Fatal("the flow did not end")
	}
	panic("unreachable")
}
