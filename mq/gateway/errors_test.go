package gateway

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
	"github.com/fluxsocket/fluxsocket/socket"
)

// TestAnswers has a row for each failure that a client can hear of.
func TestAnswers(t *testing.T) {
	const pulsar = "org.apache.pulsar.client.api.PulsarClientException$"
	tests := []struct {
		name   string
		err    error
		status int
		close  socket.StatusCode
		code   wire.Code
		text   string
	}{
		{"ErrUnauthenticated", mq.ErrUnauthenticated, 401, 1008, 5, "Failed to authenticate"},
		{"ErrUnauthorized", mq.ErrUnauthorized, 403, 1008, 6, "Not authorized"},
		{"ErrNotBase64", mq.ErrNotBase64, 400, 1008, 8, "not standard Base64"},
		{"ErrInvalid", mq.ErrInvalid, 400, 1008, 8, "invalid argument"},
		{"ErrUnsupported", mq.ErrUnsupported, 501, 1008, 8, "not supported"},
		{"ErrTopicNotFound", mq.ErrTopicNotFound, 404, 1008, 8, "Topic does not exist"},
		{"ErrConsumerBusy", mq.ErrConsumerBusy, 409, 1008, 8, "the subscription is taken"},
		{"ErrProducerBusy", mq.ErrProducerBusy, 409, 1008, 8, "the producer name is taken"},
		{"ErrMessageTooLarge", mq.ErrMessageTooLarge, 413, 1009, 8, pulsar + "InvalidMessageException: "},
		{"ErrTooManyTopics", mq.ErrTooManyTopics, 429, 1013, 8, "too many topics"},
		{"ErrTooManySubscriptions", mq.ErrTooManySubscriptions, 429, 1013, 8, "the topic has too many subscriptions"},
		{"ErrTopicTerminated", mq.ErrTopicTerminated, 503, 1008, 8, pulsar + "TopicTerminatedException: Topic was terminated"},
		{"ErrQuotaExceeded", mq.ErrQuotaExceeded, 503, 1013, 8, pulsar + "ProducerBlockedQuotaExceededException: "},
		{"ErrUnavailable", mq.ErrUnavailable, 503, 1013, 8, "not available"},
		{"ErrClosed", mq.ErrClosed, 503, 1001, 8, pulsar + "AlreadyClosedException: "},
		{"ErrTimeout", mq.ErrTimeout, 504, 1013, 8, pulsar + "TimeoutException: "},
		{"deadline", context.DeadlineExceeded, 504, 1013, 8, pulsar + "TimeoutException: "},
		{"anything else", errors.New("secret"), 500, 1011, 8, "internal error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := &mq.Error{Op: "subscribe", Topic: "persistent://a/b/c", Hint: "look into /var", Err: fmt.Errorf("engine: %w", tt.err)}
			wantRefusal(t, "handshake", refusal(err), tt.status, tt.text)
			// Without a status of ours the session closes with 1011, and logs why.
			if e, ok := socket.StatusOf(closing(err)); ok != (tt.close != 1011) || ok && e.Code != tt.close || len(e.Reason) > 123 {
				t.Errorf("close: got %v, %t, want %d with a reason that fits", e, ok, tt.close)
			}
			r := failure(err)
			if r.Code != tt.code || !strings.Contains(r.Reason, tt.text) {
				t.Errorf("reply: got %d %q, want %d with %q", r.Code, r.Reason, tt.code, tt.text)
			}
			if leaked := strings.Contains(r.Reason, "secret") || strings.Contains(r.Reason, "/var"); leaked {
				t.Errorf("reply: %q tells what is not the client's business", r.Reason)
			}
			if !errors.Is(refusal(err), tt.err) || !errors.Is(closing(err), tt.err) {
				t.Error("the cause is lost for the log")
			}
		})
	}

	t.Run("every sentinel of package mq has a row", func(t *testing.T) {
		for _, name := range sentinels(t) {
			if !slices.ContainsFunc(tests, func(r struct {
				name   string
				err    error
				status int
				close  socket.StatusCode
				code   wire.Code
				text   string
			}) bool {
				return r.name == name
			}) {
				t.Errorf("mq.%s has no row", name)
			}
		}
	})
	t.Run("every row is reached", func(t *testing.T) {
		for i, a := range answers {
			if got := answerTo(a.err); got != answers[i] {
				t.Errorf("answer to %v: got %+v, want %+v", a.err, got, a)
			}
		}
	})
}

// sentinels returns the names of the error variables in package mq.
func sentinels(t *testing.T) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			for _, n := range s.(*ast.ValueSpec).Names {
				names = append(names, n.Name)
			}
		}
	}
	if len(names) < 10 {
		t.Fatalf("found only %v", names)
	}
	return names
}

func TestFailureOfARequest(t *testing.T) {
	got := failure(fmt.Errorf("publish: %w", &wire.Error{Code: wire.CodePayloadEncoding, Reason: "the message has no payload"}))
	if want := (wire.Reply{Code: 7, Reason: "the message has no payload"}); got != want {
		t.Errorf("failure: got %+v, want %+v", got, want)
	}
}

func TestEndsOfTheSessionStay(t *testing.T) {
	own := &socket.CloseError{Status: socket.CloseStatus{Code: 1006}}
	if got := closing(own); got != error(own) {
		t.Errorf("closing: got %v, want the session's own %v", got, own)
	}
	if status, _ := socket.StatusOf(malformed(errors.New("x"))); status != (socket.CloseStatus{Code: 4003, Reason: "Failed to de-serialize from JSON"}) {
		t.Errorf("malformed: got %v, want 4003", status)
	}
	if got := refusal(&socket.HandshakeError{Status: 404}); got.(*socket.HandshakeError).Status != 404 {
		t.Errorf("refusal: got %v, want the refusal that it is already", got)
	}
}
