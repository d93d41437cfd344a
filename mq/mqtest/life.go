package mqtest

import (
	"context"
	"fmt"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var lifeTests = []test{
	{name: "the engine has a name and is healthy", run: healthy},
	{name: "what is not valid is refused", run: invalid},
	{name: "opening gives up with its context", run: contextEnded},
	{name: "Close of a consumer ends its flow", run: closeConsumer},
	{name: "Close of the broker ends everything", run: closeBroker},
	{name: "no goroutine stays behind", run: leaks},
}

func healthy(x *exam) {
	if x.f.Engine == "" {
		x.Error("Features().Engine is empty")
	}
	if got := x.b.Features(); got != x.f {
		x.Errorf("Features() = %+v, want %+v as before", got, x.f)
	}
	x.check("Health", x.b.Health(x.Context()))
}

func invalid(x *exam) {
	bad := x.topic
	bad.Tenant = "no tenant"
	_, err := x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: bad})
	wantError(x.T, "OpenProducer with a bad topic", err, mq.ErrInvalid)
	_, err = x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: x.topic, MaxPending: -1})
	wantError(x.T, "OpenProducer with MaxPending -1", err, mq.ErrInvalid)
	_, err = x.b.Subscribe(x.Context(), mq.ConsumerConfig{Topic: bad, Subscription: "sub"})
	wantError(x.T, "Subscribe with a bad topic", err, mq.ErrInvalid)
	_, err = x.b.Subscribe(x.Context(), mq.ConsumerConfig{Topic: x.topic})
	wantError(x.T, "Subscribe without a subscription", err, mq.ErrInvalid)
	_, err = x.b.OpenReader(x.Context(), mq.ReaderConfig{})
	wantError(x.T, "OpenReader without a topic", err, mq.ErrInvalid)
}

func contextEnded(x *exam) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := x.b.OpenProducer(ctx, mq.ProducerConfig{Topic: x.topic, Name: "p"})
	wantError(x.T, "OpenProducer", err, context.Canceled)
	_, err = x.b.Subscribe(ctx, x.complete(mq.ConsumerConfig{}))
	wantError(x.T, "Subscribe", err, context.Canceled)
	_, err = x.b.OpenReader(ctx, mq.ReaderConfig{Topic: x.topic})
	wantError(x.T, "OpenReader", err, context.Canceled)
	// Nothing was left half open.
	x.producer(mq.ProducerConfig{Name: "p"})
	x.subscribe(mq.ConsumerConfig{})
}

func closeConsumer(x *exam) {
	c := x.subscribe(mq.ConsumerConfig{})
	c.p.Request(10)
	x.publish("m")
	m := c.one()
	c.close()
	c.p.ExpectError(mq.ErrClosed)
	_, err := block(x, c.c.Ack(m.ID))
	wantError(x.T, "Ack after Close", err, mq.ErrClosed)
	_, err = block(x, c.c.Nack(m.ID, 0))
	wantError(x.T, "Nack after Close", err, mq.ErrClosed)
	_, err = block(x, c.c.AckCumulative(m.ID))
	wantError(x.T, "AckCumulative after Close", err, mq.ErrClosed)
	_, err = block(x, c.c.Unsubscribe())
	wantError(x.T, "Unsubscribe after Close", err, mq.ErrClosed)
	_, err = block(x, c.c.EndOfTopic())
	wantError(x.T, "EndOfTopic after Close", err, mq.ErrClosed)
	c.close()

	never := x.attach(mq.ConsumerConfig{})
	x.check("Close", never.Close(x.Context()))
	reactivetest.Subscribe(x.T, never.Messages()).ExpectError(mq.ErrClosed)
}

func closeBroker(x *exam) {
	p := x.producer(mq.ProducerConfig{})
	receipts := x.receipts(p, reactive.Never[mq.OutMessage]()).Request(1)
	c := x.subscribe(mq.ConsumerConfig{})
	c.p.Request(1)
	r := x.reader(mq.Earliest)
	r.p.Request(1)
	x.check("Close of the broker", x.b.Close(x.Context()))
	receipts.ExpectError(mq.ErrClosed)
	c.p.ExpectError(mq.ErrClosed)
	r.p.ExpectError(mq.ErrClosed)

	_, err := block(x, p.Send(mq.OutMessage{}))
	wantError(x.T, "Send", err, mq.ErrClosed)
	_, err = block(x, c.c.EndOfTopic())
	wantError(x.T, "EndOfTopic", err, mq.ErrClosed)
	_, err = x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: x.topic})
	wantError(x.T, "OpenProducer", err, mq.ErrClosed)
	_, err = x.b.Subscribe(x.Context(), x.complete(mq.ConsumerConfig{}))
	wantError(x.T, "Subscribe", err, mq.ErrClosed)
	_, err = x.b.OpenReader(x.Context(), mq.ReaderConfig{Topic: x.topic})
	wantError(x.T, "OpenReader", err, mq.ErrClosed)
	_, err = x.b.TerminateTopic(x.Context(), x.topic)
	wantError(x.T, "TerminateTopic", err, mq.ErrClosed)
	if x.b.Health(x.Context()) == nil {
		x.Error("Health of a closed broker = nil, want an error")
	}
	x.check("Close of what the broker closed", p.Close(x.Context()))
	x.check("Close of what the broker closed", c.c.Close(x.Context()))
	x.check("Close a second time", x.b.Close(x.Context()))
}

// leaks opens and closes a lot; the broker itself keeps what it had.
func leaks(x *exam) {
	x.publish("warm up")
	work := func() error {
		for i := range 20 {
			ctx := context.Background()
			p, err := x.b.OpenProducer(ctx, mq.ProducerConfig{Topic: x.topic})
			if err != nil {
				return err
			}
			c, err := x.b.Subscribe(ctx, mq.ConsumerConfig{Topic: x.topic, Subscription: fmt.Sprint(i), NonDurable: true})
			if err != nil {
				return err
			}
			r, err := x.b.OpenReader(ctx, mq.ReaderConfig{Topic: x.topic})
			if err != nil {
				return err
			}
			flow, cancel := context.WithCancel(ctx)
			got := make(chan mq.Message, 2)
			for _, messages := range []reactive.Flux[mq.Message]{c.Messages(), r.Messages()} {
				reactive.Run(flow, messages.Take(1), func(m mq.Message) { got <- m }, func(error) {})
			}
			if _, err := p.Send(mq.OutMessage{}).Block(ctx); err != nil {
				cancel()
				return err
			}
			<-got
			<-got
			cancel()
			for _, o := range []interface{ Close(context.Context) error }{p, c, r} {
				if err := o.Close(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	}
	x.check("warm up", work())
	reactivetest.CheckLeaks(x.T, func() {
		if err := work(); err != nil {
			x.Errorf("open and close: %v", err)
		}
	})
}
