package main

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// patience bounds every wait of these tests: reaching it is a failure, never a measurement.
const patience = 2 * time.Minute

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

const (
	producerPath = "/ws/v2/producer/persistent/public/default/"
	consumerPath = "/ws/v2/consumer/persistent/public/default/"
	readerPath   = "/ws/v2/reader/persistent/public/default/"
)

// execute runs h against url.
func execute(ctx context.Context, url string, h socket.HandlerFunc) error {
	var c socket.Client
	return c.Execute(ctx, url, h)
}

// publishAll publishes text(from) to text(to-1) and hands each reply to replied, in order.
func publishAll(ctx context.Context, url string, from, to int, text func(int) []byte, replied func(reply)) error {
	return execute(ctx, url, func(s *socket.Session) reactive.Mono[reactive.Void] {
		requests := reactive.Map(reactive.Range(from, to-from), func(i int) socket.Message {
			return frame(publication{Payload: text(i), Context: fmt.Sprint(i)})
		})
		replies := reactive.TryMap(s.Receive(), func(m socket.Message) (reply, error) {
			var r reply
			err := json.Unmarshal(m.Payload, &r)
			return r, err
		})
		return reactive.When(s.Send(requests), replies.Take(int64(to-from)).DoOnNext(replied).Then())
	})
}

// deliveries decodes what a consumer or reader socket receives.
func deliveries(s *socket.Session) reactive.Flux[delivery] {
	return reactive.TryMap(s.Receive(), func(m socket.Message) (delivery, error) {
		var d delivery
		err := json.Unmarshal(m.Payload, &d)
		return d, err
	})
}

// acks makes the frames that acknowledge what passes by.
func acks(in reactive.Flux[delivery]) reactive.Flux[socket.Message] {
	return reactive.Map(in, func(d delivery) socket.Message { return frame(ack{d.MessageID}) })
}

// subscribe makes a subscription by opening and closing a consumer.
func subscribe(ctx context.Context, t *testing.T, url string) {
	t.Helper()
	if err := execute(ctx, url, func(*socket.Session) reactive.Mono[reactive.Void] { return reactive.Done() }); err != nil {
		t.Fatalf("subscribe: %v", err)
	}
}
