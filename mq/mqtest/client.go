package mqtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// inbox is a probe of messages that hands them out in the order of arrival.
type inbox struct {
	x    *exam
	p    *reactivetest.Probe[mq.Message]
	read int
}

func newInbox(x *exam, messages reactive.Publisher[mq.Message]) inbox {
	return inbox{x: x, p: reactivetest.Subscribe(x.T, messages)}
}

// next waits for n more messages.
func (in *inbox) next(n int) []mq.Message {
	in.x.Helper()
	in.p.ExpectCount(n)
	in.read += n
	return in.p.Values()[in.read-n : in.read]
}

// one waits for the next message.
func (in *inbox) one() mq.Message {
	in.x.Helper()
	return in.next(1)[0]
}

// wantNext waits for as many messages as there are payloads and compares.
func (in *inbox) wantNext(want ...string) []mq.Message {
	in.x.Helper()
	got := in.next(len(want))
	if g := payloads(got); !slices.Equal(g, want) {
		in.x.Fatalf("got messages %q, want %q", g, want)
	}
	return got
}

// count is how many messages arrived so far.
func (in *inbox) count() int { return len(in.p.Values()) }

// wantCount fails if not exactly n messages have arrived so far. It is worth something only after a witness has seen
// what could have been delivered instead.
func (in *inbox) wantCount(when string, n int) {
	in.x.Helper()
	if got := in.count(); got != n {
		in.x.Fatalf("%s: got %d messages (%q), want %d", when, got, payloads(in.p.Values()), n)
	}
}

func payloads(ms []mq.Message) []string {
	var out []string
	for _, m := range ms {
		out = append(out, string(m.Payload))
	}
	return out
}

func ids(ms []mq.Message) []mq.MessageID {
	var out []mq.MessageID
	for _, m := range ms {
		out = append(out, m.ID)
	}
	return out
}

// client is a consumer with its inbox.
type client struct {
	inbox
	c mq.Consumer
}

// subscribe attaches a consumer; its inbox has no demand yet. The subscription is called "sub" unless c says otherwise.
func (x *exam) subscribe(c mq.ConsumerConfig) *client {
	x.Helper()
	cons := x.attach(c)
	return &client{inbox: newInbox(x, cons.Messages()), c: cons}
}

// windowed attaches a consumer whose demand is a window of n open deliveries.
func (x *exam) windowed(n int64, c mq.ConsumerConfig) *client {
	x.Helper()
	cons := x.attach(c)
	window := reactive.Merge(reactive.Just(n), cons.Settled())
	cl := &client{inbox: newInbox(x, reactive.Permits[mq.Message](cons.Messages(), window)), c: cons}
	cl.p.Request(reactive.Unbounded)
	return cl
}

func (x *exam) attach(c mq.ConsumerConfig) mq.Consumer {
	x.Helper()
	cons, err := x.b.Subscribe(x.Context(), x.complete(c))
	x.check("Subscribe", err)
	return cons
}

func (x *exam) complete(c mq.ConsumerConfig) mq.ConsumerConfig {
	if c.Topic == (mq.TopicName{}) {
		c.Topic = x.topic
	}
	if c.Subscription == "" {
		c.Subscription = "sub"
	}
	return c
}

// wantBusy fails unless attaching is refused.
func (x *exam) wantBusy(c mq.ConsumerConfig) {
	x.Helper()
	cons, err := x.b.Subscribe(x.Context(), x.complete(c))
	if !errors.Is(err, mq.ErrConsumerBusy) {
		x.Fatalf("Subscribe as %v = %v, %v, want ErrConsumerBusy", c.Type, cons, err)
	}
}

func (cl *client) ack(ms ...mq.Message) {
	cl.x.Helper()
	cl.x.done("Ack", cl.c.Ack(ids(ms)...))
}

func (cl *client) nack(m mq.Message, delay time.Duration) {
	cl.x.Helper()
	cl.x.done("Nack", cl.c.Nack(m.ID, delay))
}

func (cl *client) close() {
	cl.x.Helper()
	cl.x.check("Close of the consumer", cl.c.Close(cl.x.Context()))
}

// atEnd asks a consumer or reader for the end of the topic.
func (x *exam) atEnd(c interface{ EndOfTopic() reactive.Mono[bool] }) bool {
	x.Helper()
	end, err := block(x, c.EndOfTopic())
	x.check("EndOfTopic", err)
	return end
}

// reading is a reader with its inbox.
type reading struct {
	inbox
	r mq.Reader
}

func (x *exam) reader(start mq.MessageID) *reading {
	x.Helper()
	r, err := x.b.OpenReader(x.Context(), mq.ReaderConfig{Topic: x.topic, Start: start})
	x.check("OpenReader", err)
	return &reading{inbox: newInbox(x, r.Messages()), r: r}
}

// witness returns a reader that gets everything in the topic.
func (x *exam) witness() *reading {
	x.Helper()
	w := x.reader(mq.Earliest)
	w.p.Request(reactive.Unbounded)
	return w
}

// sees waits until the witness has got n messages in all.
func (w *reading) sees(n int) {
	w.x.Helper()
	w.next(n - w.read)
}

// wantError fails unless err wraps target.
func wantError(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: error = %v, want %v", what, err, target)
	}
}
