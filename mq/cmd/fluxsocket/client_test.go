package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
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

// What the server prints works as --url, and nothing of it is lost.
func TestEndpoint(t *testing.T) {
	query := url.Values{"a": {"1"}, "b": {"2"}}
	for _, tt := range []struct{ url, want, err string }{
		{url: "ws://h:1", want: "ws://h:1/ws/v2/reader/persistent/public/default/t?a=1&b=2"},
		{url: "ws://h:1/", want: "ws://h:1/ws/v2/reader/persistent/public/default/t?a=1&b=2"},
		{url: "ws://h:1/ws", want: "ws://h:1/ws/v2/reader/persistent/public/default/t?a=1&b=2"},
		{url: "ws://h:1/ws/v2", want: "ws://h:1/ws/v2/reader/persistent/public/default/t?a=1&b=2"},
		{url: "wss://h/queue/ws/v2/", want: "wss://h/queue/ws/v2/reader/persistent/public/default/t?a=1&b=2"},
		{url: "wss://h/%2Fq", want: "wss://h/%2Fq/ws/v2/reader/persistent/public/default/t?a=1&b=2"},
		{url: "ws://h?token=x%3D&a=9", want: "ws://h/ws/v2/reader/persistent/public/default/t?a=1&b=2&token=x%3D"},
		{url: "ws://user:secret@h", err: "--url"},
		{url: "ws://h/#f", err: "fragment"},
		{url: "ws://h?%zz", err: "query"},
		{url: "http://h", err: "ws://host:port"},
	} {
		got, err := target{Topic: "t", URL: tt.url}.endpoint("reader", "", query)
		var bad *usageError
		if got != tt.want || (tt.err != "") != errors.As(err, &bad) {
			t.Errorf("%s: got %s, %v, want %s", tt.url, got, err, tt.want)
		}
		if err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: got %v, want %s in it and no password", tt.url, err, tt.err)
		}
	}
}

// A server that has no such path may be another one: the error says what it was asked for.
func TestNotFound(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	got := call(t, "", "read", "t", "--url=ws"+strings.TrimPrefix(server.URL, "http")+"/queue?token=secret")
	if want := "/queue/ws/v2/reader/persistent/public/default/t"; got.code != exitFailure || !strings.Contains(got.err, want) || strings.Contains(got.err, "secret") {
		t.Errorf("got status %d and %q, want 1 and %s, without the query", got.code, got.err, want)
	}
}
