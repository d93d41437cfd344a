package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// When nothing more will come, because nothing is acknowledged, the command says so instead of being silent.
func TestConsumeWithoutAckEnds(t *testing.T) {
	for _, tt := range []struct {
		count, shown int64
		lines        int
	}{
		{count: 0, shown: gateway.MaxUnacked - 1, lines: 0},
		{count: 0, shown: gateway.MaxUnacked, lines: 1},
		{count: gateway.MaxUnacked, shown: gateway.MaxUnacked, lines: 0}, // it is at its end anyway
	} {
		var errs strings.Builder
		c := consumeCmd{NoAck: true, printing: printing{Count: tt.count}}
		shown := reactive.Map(reactive.Range(0, int(tt.shown)), func(int) socket.Message { return socket.Message{} })
		if _, err := c.unacked(shown, &errs).Then().Block(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if got := errs.String(); strings.Count(got, "\n") != tt.lines || tt.lines > 0 && !strings.Contains(got, fmt.Sprint(gateway.MaxUnacked)) {
			t.Errorf("-n %d, %d shown: got %q, want %d lines", tt.count, tt.shown, got, tt.lines)
		}
	}
}
