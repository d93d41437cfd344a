package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// Told to stop before the store is open, the command has nothing to complain about.
func TestStopWhileOpening(t *testing.T) {
	for name, cause := range map[string]error{"cancelled": nil, "signalled": errors.New("terminated signal received")} {
		ctx, cancel := context.WithCancelCause(testContext(t))
		cancel(cause)
		var out, errs bytes.Buffer
		code := run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--store", t.TempDir()}, stdio{in: strings.NewReader(""), out: &out, err: &errs})
		if code != exitOK {
			t.Errorf("%s: got status %d and %q, want 0", name, code, errs.String())
		}
	}
}

// Pages of other origins connect if they are allowed to.
func TestAllowOrigin(t *testing.T) {
	url := start(t, t.TempDir(), "--allow-origin", "https://a.example.com,https://b.example.com").url + producerPath + "t"
	for origin, want := range map[string]bool{"https://a.example.com": true, "https://b.example.com": true, "https://c.example.com": false} {
		c := socket.Client{Header: http.Header{"Origin": {origin}}}
		err := c.Execute(testContext(t), url, socket.HandlerFunc(func(*socket.Session) reactive.Mono[reactive.Void] {
			return reactive.Done()
		}))
		if (err == nil) != want {
			t.Errorf("origin %s: error = %v, want success: %v", origin, err, want)
		}
	}
}

// However little time its sessions get, the store gets enough to close, and only then the server says that it stopped.
func TestStopCloses(t *testing.T) {
	for _, timeout := range []string{"0", "1ns"} {
		store := t.TempDir()
		server := start(t, store, "--drain-timeout="+timeout, "--log-level=debug")
		if got := call(t, "kept\n", "produce", "t", "--url="+server.url, "-q"); got != (output{}) {
			t.Fatalf("produce: %+v", got)
		}
		if code := server.stop(t); code != exitOK {
			t.Errorf("--drain-timeout=%s: exit status %d, want 0\n%s", timeout, code, server.log)
		}
		log := server.log.String()
		if stopped, down := strings.Index(log, "msg=stopped"), strings.LastIndex(log, "embedded NATS server"); stopped < 0 || stopped < down {
			t.Errorf("--drain-timeout=%s: want that the server stopped after its store was closed\n%s", timeout, log)
		}
	}
}
