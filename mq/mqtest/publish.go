package mqtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var publishTests = []test{
	{name: "receipts come in order with their tags", run: receiptsInOrder},
	{name: "messages that fail keep their place", run: failedInPlace},
	{name: "demand for receipts is demand for messages", run: publishDemand},
	{name: "at most MaxPending messages ahead of the receipts", run: maxPending},
	{name: "the failure of the messages comes after the receipts", run: messagesFail},
	{name: "cancelling the receipts cancels the messages", run: cancelReceipts},
	{name: "ids grow in one topic", run: idsGrow},
	{name: "Send starts when it is subscribed to", run: sendIsLazy},
	{name: "many producers at once", run: manyProducers},
	{name: "a name belongs to one producer", run: producerNames},
	{name: "Close ends running flows", run: closeProducer},
	{name: "payload limit", promised: func(f mq.Features) bool { return f.MaxPayload > 0 }, run: payloadLimit},
}

// receipts subscribes to what Publish answers.
func (x *exam) receipts(p mq.Producer, msgs reactive.Publisher[mq.OutMessage]) *reactivetest.Probe[mq.Receipt] {
	return reactivetest.Subscribe(x.T, p.Publish(msgs))
}

func receiptsInOrder(x *exam) {
	const n = 500
	var out []mq.OutMessage
	for i := range n {
		out = append(out, mq.OutMessage{Payload: fmt.Appendf(nil, "m%d", i), Tag: i})
	}
	r := x.receipts(x.producer(mq.ProducerConfig{}), reactive.FromSlice(out))
	r.Request(reactive.Unbounded).ExpectCount(n).ExpectComplete()
	var ids []mq.MessageID
	for i, receipt := range r.Values() {
		if receipt.Tag != any(i) || receipt.Err != nil {
			x.Fatalf("receipt %d = %+v, want tag %d and no error", i, receipt, i)
		}
		ids = append(ids, receipt.ID)
	}
	w := x.witness()
	w.wantNext(numbered("m", n)...)
	for i, m := range w.p.Values() {
		if m.ID != ids[i] {
			x.Fatalf("message %d was delivered with id %+v, its receipt says %+v", i, m.ID, ids[i])
		}
	}
}

func failedInPlace(x *exam) {
	bad := errors.New("does not decode")
	r := x.receipts(x.producer(mq.ProducerConfig{}), reactive.Just(
		mq.OutMessage{Payload: []byte("a"), Tag: "a"},
		mq.OutMessage{Payload: []byte("b"), Tag: "b", Err: bad},
		mq.OutMessage{Payload: []byte("c"), Tag: "c"},
		mq.OutMessage{Tag: "d", Err: bad},
		mq.OutMessage{Payload: []byte("e"), Tag: "e"},
	))
	r.Request(5).ExpectCount(5).ExpectComplete()
	for i, want := range []struct {
		tag string
		err error
	}{{"a", nil}, {"b", bad}, {"c", nil}, {"d", bad}, {"e", nil}} {
		if got := r.Values()[i]; got.Tag != any(want.tag) || !errors.Is(got.Err, want.err) || (got.Err == nil) != (want.err == nil) {
			x.Errorf("receipt %d = %+v, want tag %s and error %v", i, got, want.tag, want.err)
		}
	}
	x.witness().wantNext("a", "c", "e")

	_, err := block(x, x.producer(mq.ProducerConfig{}).Send(mq.OutMessage{Err: bad}))
	wantError(x.T, "Send of a message with Err", err, bad)
}

func publishDemand(x *exam) {
	src := reactivetest.NewSource[mq.OutMessage](x.T)
	r := x.receipts(x.producer(mq.ProducerConfig{}), src)
	if got := src.Requested(); got != 0 {
		x.Fatalf("without demand %d messages were asked for, want 0", got)
	}
	r.Request(3)
	src.ExpectDemand(3).Next(mq.OutMessage{}, mq.OutMessage{}, mq.OutMessage{})
	r.ExpectCount(3)
	if got := src.Requested(); got != 3 {
		x.Errorf("for 3 receipts %d messages were asked for, want 3", got)
	}
	r.Request(1)
	src.ExpectDemand(1).Next(mq.OutMessage{})
	r.ExpectCount(1)
	if got := src.Requested(); got != 4 {
		x.Errorf("for 4 receipts %d messages were asked for, want 4", got)
	}
	src.Complete()
	r.ExpectComplete()
}

func maxPending(x *exam) {
	const limit = 4
	src := reactivetest.NewSource[mq.OutMessage](x.T)
	var r *reactivetest.Probe[mq.Receipt]
	r = reactivetest.NewProbe[mq.Receipt](x.T).Each(func(mq.Receipt) {
		if ahead := src.Requested() - int64(len(r.Values())) + 1; ahead > limit {
			x.Errorf("%d messages asked for ahead of the receipts, want %d at most", ahead, limit)
		}
	})
	x.producer(mq.ProducerConfig{MaxPending: limit}).Publish(src).Subscribe(context.Background(), r)
	r.Request(reactive.Unbounded)
	src.ExpectDemand(limit)
	if got := src.Requested(); got != limit {
		x.Fatalf("for unbounded demand %d messages were asked for at first, want %d", got, limit)
	}
	for range 20 {
		src.ExpectDemand(1).Next(mq.OutMessage{})
	}
	r.ExpectCount(20)
	src.Complete()
	r.ExpectComplete()
}

func messagesFail(x *exam) {
	bad := errors.New("socket broke")
	src := reactivetest.NewSource[mq.OutMessage](x.T)
	r := x.receipts(x.producer(mq.ProducerConfig{}), src).Request(10)
	src.ExpectDemand(3).Next(mq.OutMessage{}, mq.OutMessage{}, mq.OutMessage{}).Error(bad)
	r.ExpectCount(3).ExpectError(bad)
	for i, receipt := range r.Values() {
		x.check(fmt.Sprintf("receipt %d", i), receipt.Err)
	}
}

func cancelReceipts(x *exam) {
	src := reactivetest.NewSource[mq.OutMessage](x.T)
	r := x.receipts(x.producer(mq.ProducerConfig{}), src).Request(1)
	src.ExpectDemand(1)
	r.Cancel()
	src.ExpectCancelled()
}

func idsGrow(x *exam) {
	got := x.publish(numbered("a", 20)...)
	got = append(got, x.publish(numbered("b", 20)...)...)
	for i := 1; i < len(got); i++ {
		if got[i-1].Compare(got[i]) >= 0 {
			x.Errorf("id %d is %+v, id %d is %+v, want them to grow", i-1, got[i-1], i, got[i])
		}
	}
	for _, id := range got {
		if again, err := mq.ParseMessageID(id.String()); err != nil || again != id {
			x.Errorf("the text %q of id %+v reads as %+v, %v", id, id, again, err)
		}
	}
}

func sendIsLazy(x *exam) {
	w := x.witness()
	p := x.producer(mq.ProducerConfig{})
	_ = p.Send(mq.OutMessage{Payload: []byte("never")})
	_, err := block(x, p.Send(mq.OutMessage{Payload: []byte("sent")}))
	x.check("Send", err)
	w.wantNext("sent")
}

func manyProducers(x *exam) {
	const producers, each = 4, 200
	names := make(map[string]bool)
	var wg sync.WaitGroup
	for i := range producers {
		p := x.producer(mq.ProducerConfig{})
		names[p.Name()] = true
		var out []mq.OutMessage
		for n := range each {
			out = append(out, mq.OutMessage{Payload: fmt.Appendf(nil, "p%d-%d", i, n)})
		}
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			receipts, err := p.Publish(reactive.FromSlice(out)).Collect(ctx)
			if err != nil || len(receipts) != each {
				x.Errorf("producer %d: %d receipts, %v, want %d", i, len(receipts), err, each)
			}
			for n, r := range receipts {
				if r.Err != nil || n > 0 && receipts[n-1].ID.Compare(r.ID) >= 0 {
					x.Errorf("producer %d: receipt %d = %+v, want a growing id and no error", i, n, r)
					return
				}
			}
		})
	}
	wg.Wait()
	if len(names) != producers {
		x.Errorf("%d producers have %d different names", producers, len(names))
	}
	w := x.witness()
	perProducer := make([]int, producers)
	for _, m := range w.next(producers * each) {
		var i, n int
		if _, err := fmt.Sscanf(string(m.Payload), "p%d-%d", &i, &n); err != nil || n != perProducer[i] {
			x.Fatalf("got %q, want message %d of its producer", m.Payload, perProducer[i])
		}
		perProducer[i]++
	}
}

func producerNames(x *exam) {
	p := x.producer(mq.ProducerConfig{Name: "p"})
	if p.Name() != "p" {
		x.Errorf("Name() = %q, want p", p.Name())
	}
	_, err := x.b.OpenProducer(x.Context(), mq.ProducerConfig{Topic: x.topic, Name: "p"})
	wantError(x.T, "OpenProducer with a name in use", err, mq.ErrProducerBusy)
	other := x.producer(mq.ProducerConfig{Topic: x.newTopic("other"), Name: "p"})
	x.check("Close", other.Close(x.Context()))
	x.check("Close", p.Close(x.Context()))
	x.producer(mq.ProducerConfig{Name: "p"})
}

func closeProducer(x *exam) {
	p := x.producer(mq.ProducerConfig{})
	src := reactivetest.NewSource[mq.OutMessage](x.T)
	r := x.receipts(p, src).Request(10)
	src.ExpectDemand(2).Next(mq.OutMessage{}, mq.OutMessage{})
	x.check("Close", p.Close(x.Context()))
	r.ExpectCount(2).ExpectError(mq.ErrClosed)
	for i, receipt := range r.Values() {
		x.check(fmt.Sprintf("receipt %d", i), receipt.Err)
	}
	src.ExpectCancelled()

	_, err := block(x, p.Send(mq.OutMessage{}))
	wantError(x.T, "Send after Close", err, mq.ErrClosed)
	x.receipts(p, reactive.Just(mq.OutMessage{})).Request(1).ExpectError(mq.ErrClosed)
	x.check("Close a second time", p.Close(x.Context()))
}

func payloadLimit(x *exam) {
	w := x.witness()
	full := make([]byte, x.f.MaxPayload)
	for i := range full {
		full[i] = byte(i * 7)
	}
	r := x.receipts(x.producer(mq.ProducerConfig{}), reactive.Just(
		mq.OutMessage{Payload: full},
		mq.OutMessage{Payload: make([]byte, x.f.MaxPayload+1)},
		mq.OutMessage{Payload: []byte("after")},
	)).Request(3).ExpectCount(3).ExpectComplete()
	got := r.Values()
	x.check("message of MaxPayload bytes", got[0].Err)
	wantError(x.T, "message of MaxPayload+1 bytes", got[1].Err, mq.ErrMessageTooLarge)
	x.check("message after it", got[2].Err)
	if m := w.one(); !slices.Equal(m.Payload, full) {
		x.Errorf("a payload of %d bytes came back as other %d bytes", len(full), len(m.Payload))
	}
	w.wantNext("after")
}
