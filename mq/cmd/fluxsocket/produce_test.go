package main

import (
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// A server that ends the session while there may be more lines makes the command fail, however politely it does.
func TestProduceServerEnds(t *testing.T) {
	service, err := socket.NewHandshakeService(socket.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service.Handler(socket.HandlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] {
		return reactive.Done() // closes with 1000
	})))
	defer server.Close()
	in, more := io.Pipe()
	defer more.Close()
	var out, errs lockedBuffer
	code := run(testContext(t), []string{"produce", "t", "--url=ws" + strings.TrimPrefix(server.URL, "http")}, stdio{in: in, out: &out, err: &errs})
	if code != exitFailure || !strings.Contains(errs.String(), "the server ended the session") {
		t.Errorf("got status %d and %q, want 1 and that the server ended the session", code, errs.String())
	}
}

func TestProduceOutcome(t *testing.T) {
	for _, tt := range []struct {
		name        string
		state       progress
		sent, long  int64
		err         error
		interrupted bool
		want        string // part of the error; empty: none
	}{
		{name: "all confirmed", state: progress{sent: 2, answered: 2, ended: true}, sent: 2},
		{name: "refused", state: progress{sent: 2, answered: 2, refused: 1, ended: true}, sent: 2, want: "1 of 2 lines were not published"},
		{name: "interrupted with all confirmed", state: progress{answered: 2}, sent: 2, interrupted: true},
		{name: "interrupted", state: progress{answered: 1}, sent: 2, interrupted: true, want: "interrupted: 1 of 2"},
		{name: "one too long", state: progress{sent: 2, answered: 2, refused: 1, ended: true}, sent: 2, long: 1, want: "1 of 2 lines were not published"},
		{name: "cut off", state: progress{answered: 5, refused: 1}, sent: 10, long: 2, err: io.ErrUnexpectedEOF,
			want: "unexpected EOF; of 10 lines 4 were confirmed, 3 were refused, and 3 may be published or not"},
		{name: "not connected", err: io.ErrUnexpectedEOF, want: "unexpected EOF"},
		{name: "ended by the server", state: progress{answered: 2}, sent: 2, want: "the server ended the session"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &production{state: tt.state}
			p.sent.Store(tt.sent)
			p.long.Store(tt.long)
			err := p.outcome(tt.err, tt.interrupted)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", errors.Join(err), tt.want)
			}
		})
	}
}
