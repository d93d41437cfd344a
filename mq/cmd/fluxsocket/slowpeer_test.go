package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// maxCost is what two consumers that do not read may add to the server's peak memory, in KiB. By the bounds of a
// session (package gateway) they cost less than 4 MiB; the rest is room for the timing of the garbage collector. Kept in
// memory, what they do not read would be more than 250 MiB.
const maxCost = 32 << 10

// A consumer stops reading while 100,000 messages of 1 KiB are published: the gateway's memory stays bounded, and a
// consumer of another subscription receives everything meanwhile. What the slow one had not read is not lost.
func TestSlowConsumerHoldsUpNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("publishes 200,000 messages")
	}
	const total = 100_000
	ctx := testContext(t)
	const topic = "slow"
	payload := bytes.Repeat([]byte("0123456789abcdef"), 64)

	// load publishes total messages while a quick consumer receives them all, and returns the peak of memory.
	load := func(server *process) int {
		quick := make(chan error, 1)
		subscribe(ctx, t, server.url+consumerPath+topic+"/quick")
		go func() {
			quick <- execute(ctx, server.url+consumerPath+topic+"/quick", func(s *socket.Session) reactive.Mono[reactive.Void] {
				return s.Send(acks(deliveries(s).Take(total)))
			})
		}()
		refused := 0
		err := publishAll(ctx, server.url+producerPath+topic, 0, total, func(int) []byte { return payload }, func(r reply) {
			if r.Result != "ok" {
				refused++
			}
		})
		if err != nil || refused > 0 {
			t.Fatalf("publish: %v, %d refused", err, refused)
		}
		if err := <-quick; err != nil {
			t.Fatalf("the quick consumer: %v", err)
		}
		return server.memory(t, "VmHWM")
	}
	control := start(t, t.TempDir())
	alone := load(control)
	control.kill()

	// Two that do not read: one in push mode, one that permits everything at once.
	server := start(t, t.TempDir())
	push := unread(ctx, t, server.url+consumerPath+topic+"/push?receiverQueueSize=1000")
	pull := unread(ctx, t, server.url+consumerPath+topic+"/pull?pullMode=true")
	if err := ws.WriteFrame(pull, ws.MaskFrame(ws.NewTextFrame(permits(maxPermits).Payload))); err != nil {
		t.Fatal(err)
	}
	beside := load(server)
	t.Logf("%d messages of %d bytes; peak memory %d KiB without, %d KiB with the slow consumers", total, len(payload), alone, beside)
	if cost := beside - alone; cost > maxCost {
		t.Errorf("the slow consumers cost %d KiB, want at most %d", cost, maxCost)
	}

	// Both wake up: the window of one, and as much as may be open without an acknowledgement, have waited for them.
	for name, c := range map[string]struct {
		conn net.Conn
		want int
	}{"push": {push, 1000}, "pull": {pull, gateway.MaxUnacked}} {
		for i := range c.want {
			header, err := ws.ReadHeader(c.conn)
			if err != nil || header.OpCode != ws.OpText {
				t.Fatalf("%s: frame %d of %d: %v %v", name, i, c.want, header, err)
			}
			if _, err := io.CopyN(io.Discard, c.conn, header.Length); err != nil {
				t.Fatalf("%s: frame %d of %d: %v", name, i, c.want, err)
			}
		}
	}
}

// unread opens a socket that nobody reads.
func unread(ctx context.Context, t *testing.T, url string) net.Conn {
	t.Helper()
	conn, early, _, err := ws.Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	if early != nil {
		t.Fatal("the server sent frames with its handshake response")
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
