package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// A store that the server has switched off, as it does when it is not permitted to write, shows in Health and ends what is open.
func TestStoreSwitchedOff(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("off")
	c := watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic}).Messages(), 1)
	r := watch(t, openReader(t, b, mq.ReaderConfig{Topic: topic}).Messages(), 1)
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
	send(t, p, mq.OutMessage{})
	c.next()
	r.next()
	if err := b.Health(testContext(t)); err != nil {
		t.Errorf("Health = %v, want nil", err)
	}
	if err := b.server.server.DisableJetStream(); err != nil {
		t.Fatal(err)
	}
	err := b.Health(testContext(t))
	var e *mq.Error
	if !errors.Is(err, mq.ErrUnavailable) || !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("Health = %v, want ErrUnavailable with a hint", err)
	}
	for name, f := range map[string]*probe{"consumer": c, "reader": r} {
		f.up.Request(1)
		if err := f.end(); !errors.Is(err, mq.ErrUnavailable) {
			t.Errorf("%s: the flow ended with %v, want %v", name, err, mq.ErrUnavailable)
		}
	}
	if _, err := p.Send(mq.OutMessage{}).Block(testContext(t)); !errors.Is(err, mq.ErrUnavailable) || !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("Send = %v, want ErrUnavailable with a hint", err)
	}
}

// A delayed message still comes after the topic was terminated, so the end waits for it.
func TestEndWaitsForDelayedMessages(t *testing.T) {
	b := openBroker(t, Config{})
	topic := testTopic("delayed")
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	r := openReader(t, b, mq.ReaderConfig{Topic: topic})
	p := openProducer(t, b, mq.ProducerConfig{Topic: topic})
	due := time.Now().Add(300 * time.Millisecond)
	id := send(t, p, mq.OutMessage{Payload: []byte("later"), Key: "k", HasKey: true, DeliverAt: due})
	if last, err := b.TerminateTopic(testContext(t), topic); err != nil || last != mq.Earliest {
		t.Errorf("TerminateTopic = %v, %v, want %v", last, err, mq.Earliest)
	}
	if block(t, c.EndOfTopic()) || block(t, r.EndOfTopic()) {
		t.Error("the topic is at its end before the delayed message came")
	}
	m := watch(t, c.Messages(), 1).next()
	if early := time.Until(due); early > 0 {
		t.Errorf("the message came %v early", early)
	}
	if string(m.Payload) != "later" || m.Key != "k" || m.ID.Compare(id) <= 0 {
		t.Errorf("got %+v, published as %v", m, id)
	}
	if block(t, c.EndOfTopic()) {
		t.Error("the topic is at its end before the message was acknowledged")
	}
	block(t, c.Ack(m.ID))
	watch(t, r.Messages(), 1).next()
	if !block(t, c.EndOfTopic()) || !block(t, r.EndOfTopic()) {
		t.Error("the topic is not at its end")
	}
}

// Everything that was acknowledged before Close is acknowledged after it, although the server writes that with a delay.
func TestCloseKeepsAcknowledgements(t *testing.T) {
	dir := t.TempDir()
	topic := testTopic("acks")
	b := openBroker(t, Config{StoreDir: dir})
	c := subscribe(t, b, mq.ConsumerConfig{Topic: topic})
	const n = 2000
	publishMany(t, b, topic, n, 16)
	f := watch(t, c.Messages(), n)
	for i := range n {
		if m := f.next(); i%2 == 0 {
			block(t, c.Ack(m.ID))
		}
	}
	closeBroker(t, b)
	if err := f.end(); !errors.Is(err, mq.ErrClosed) {
		t.Errorf("the flow ended with %v, want %v", err, mq.ErrClosed)
	}
	b = openBroker(t, Config{StoreDir: dir})
	f = watch(t, subscribe(t, b, mq.ConsumerConfig{Topic: topic}).Messages(), reactive.Unbounded)
	for i := 1; i < n; i += 2 {
		if got, want := string(f.next().Payload[:8]), fmt.Sprintf("%08d", i); got != want {
			t.Fatalf("got message %s, want %s", got, want)
		}
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	b := openBroker(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Close = %v, want nil or %v", err, context.Canceled)
	}
	closeBroker(t, b) // waits for the end
}

// endsLater is a context that ends when somebody waits for its end, and not before.
type endsLater struct {
	context.Context
	end context.CancelFunc
}

func (c endsLater) Done() <-chan struct{} {
	c.end()
	return c.Context.Done()
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	t.Run("that has ended", func(t *testing.T) {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := Open(ctx, Config{StoreDir: dir}); !errors.Is(err, context.Canceled) {
			t.Errorf("Open = %v, want %v", err, context.Canceled)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("the directory has %v (%v), want nothing", files, err)
		}
	})
	t.Run("that ends while the server starts", func(t *testing.T) {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		b, err := Open(endsLater{ctx, cancel}, Config{StoreDir: dir})
		if err == nil {
			closeBroker(t, b)
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("Open = %v, want %v", err, context.Canceled)
		}
		for ctx := testContext(t); ; { // the store is free as soon as the server has stopped
			b, err := Open(ctx, Config{StoreDir: dir})
			if err == nil {
				closeBroker(t, b)
				return
			}
			if ctx.Err() != nil {
				t.Fatal(err)
			}
		}
	})
}

// What the server has to say is for debugging, unless something is wrong.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo}))
	b := openBroker(t, Config{Logger: log})
	publishMany(t, b, testTopic("log"), 10, 16)
	closeBroker(t, b)
	if out.Len() > 0 {
		t.Errorf("an engine that has no problem logs\n%s", &out)
	}
	l := &serverLog{log: log, heard: func(string) {}}
	l.Warnf("%d", 1)
	l.Noticef("%d", 2)
	if got := out.String(); !strings.Contains(got, "level=WARN") || strings.Count(got, "\n") != 1 {
		t.Errorf("log = %q, want the warning alone", got)
	}
}
