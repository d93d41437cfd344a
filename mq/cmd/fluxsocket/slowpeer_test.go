package main

import (
	"bytes"
	"context"
	"net"
	"testing"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// A consumer that does not read costs at most its window of messages, its socket's queue and the kernel's buffers,
// however much is published: far less than maxGrowth, which in turn is far less than what is published.
const maxGrowth = 64 << 10 // KiB

// A consumer stops reading while 100,000 messages of 1 KiB are published: the gateway's memory stays bounded, and a
// consumer of another subscription receives everything meanwhile. What the slow one had not read is not lost.
func TestSlowConsumerHoldsUpNobody(t *testing.T) {
	total := 100_000
	if testing.Short() {
		total = 10_000
	}
	ctx := testContext(t)
	server := start(t, t.TempDir())
	const topic = "slow"
	payload := bytes.Repeat([]byte("0123456789abcdef"), 64)

	// Two that do not read: one in push mode, one that permits everything at once.
	stuck := unread(ctx, t, server.url+consumerPath+topic+"/push?receiverQueueSize=1000")
	pull := unread(ctx, t, server.url+consumerPath+topic+"/pull?pullMode=true")
	permit := frame(struct {
		Type           string `json:"type"`
		PermitMessages int    `json:"permitMessages"`
	}{"permit", 1 << 30})
	if err := ws.WriteFrame(pull, ws.MaskFrame(ws.NewTextFrame(permit.Payload))); err != nil {
		t.Fatal(err)
	}
	subscribe(ctx, t, server.url+consumerPath+topic+"/quick")

	before := server.memory(t, "VmRSS")
	quick := make(chan error, 1)
	go func() {
		quick <- execute(ctx, server.url+consumerPath+topic+"/quick", func(s *socket.Session) reactive.Mono[reactive.Void] {
			return s.Send(acks(deliveries(s).Take(int64(total))))
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
	peak := server.memory(t, "VmHWM")
	t.Logf("%d messages of %d bytes; memory before %d KiB, peak %d KiB", total, len(payload), before, peak)
	if grown := peak - before; grown > maxGrowth {
		t.Errorf("memory grew by %d KiB, want at most %d", grown, maxGrowth)
	}

	// Both wake up: the first window of one, all of the other, are waiting for them.
	for name, c := range map[string]struct {
		conn net.Conn
		want int
	}{"push": {stuck, 1000}, "pull": {pull, total}} {
		for i := range c.want {
			if f, err := ws.ReadFrame(c.conn); err != nil || f.Header.OpCode != ws.OpText {
				t.Fatalf("%s: frame %d of %d: %v %v", name, i, c.want, f.Header, err)
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
