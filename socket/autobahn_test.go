package socket_test

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// TestAutobahnClient runs all cases that a fuzzing server of the Autobahn test suite has, as its client. The server is
// at AUTOBAHN_URL and keeps its reports under the name AUTOBAHN_AGENT; it is for its reports to judge what it saw.
func TestAutobahnClient(t *testing.T) {
	server := os.Getenv("AUTOBAHN_URL")
	if server == "" {
		t.Skip("AUTOBAHN_URL is not set")
	}
	c := socket.Client{Config: socket.Config{MaxMessageSize: 16 << 20}}
	agent := url.QueryEscape(os.Getenv("AUTOBAHN_AGENT"))
	ctx := t.Context()

	session, err := c.Dial(ctx, server+"/getCaseCount")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := session.Receive().First().Block(ctx)
	session.Close(socket.CloseStatus{})
	if err != nil {
		t.Fatal(err)
	}
	count, err := strconv.Atoi(answer.Text())
	if err != nil || count == 0 {
		t.Fatalf("got %q cases", answer.Text())
	}
	t.Logf("%d cases", count)

	echo := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(s.ReceiveBorrowed())
	})
	for n := 1; n <= count; n++ {
		// How a case ends is part of it; that a session came about is not.
		err := c.Execute(ctx, server+"/runCase?case="+strconv.Itoa(n)+"&agent="+agent, echo)
		if _, closed := socket.StatusOf(err); err != nil && !closed {
			t.Errorf("case %d: %v", n, err)
		}
	}
	if err := c.Execute(context.WithoutCancel(ctx), server+"/updateReports?agent="+agent, echo); err != nil {
		t.Error(err)
	}
}
