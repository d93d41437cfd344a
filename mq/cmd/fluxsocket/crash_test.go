package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// receipt is what the server promised: this message, under this id.
type receipt struct {
	number int
	id     string
}

// The README's promise: a reply `ok` survives kill -9. The server is killed at random moments of a stream of
// publishes and restarted over the same store; afterwards a reader finds every confirmed message under its id, in
// order.
func TestConfirmedMessagesSurviveKill(t *testing.T) {
	total, kills := 20_000, 8
	if testing.Short() {
		total, kills = 2_000, 2
	}
	ctx := testContext(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	store := t.TempDir()
	server := start(t, store)
	var confirmed []receipt
	for next := 0; next < total; {
		// Somewhere in the next stretch of replies the process dies under the publisher's hands.
		deadline := total + 1
		if kills > 0 {
			deadline = len(confirmed) + 1 + random.IntN(2*total/(kills+1))
			kills--
		}
		err := publishAll(ctx, server.url+producerPath+"crash", next, total, number, func(r reply) {
			if r.Result != "ok" {
				t.Errorf("message %s: %s %s", r.Context, r.Result, r.ErrorMsg)
				return
			}
			var n int
			fmt.Sscan(r.Context, &n)
			confirmed = append(confirmed, receipt{n, r.MessageID})
			if len(confirmed) == deadline {
				server.cmd.Process.Kill()
			}
		})
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("publish from %d: %v", next, err)
		}
		// What was not confirmed is published again: it may be stored twice, never lost.
		if len(confirmed) > 0 {
			next = confirmed[len(confirmed)-1].number + 1
		}
		server.kill()
		server = start(t, store)
	}
	if last := confirmed[len(confirmed)-1].number; last != total-1 {
		t.Fatalf("last confirmed message is %d, want %d", last, total-1)
	}

	// Read until the last confirmed id; every confirmed id must turn up on the way, with its content.
	left := confirmed
	err := execute(ctx, server.url+readerPath+"crash?messageId=earliest", func(s *socket.Session) reactive.Mono[reactive.Void] {
		read := deliveries(s).
			DoOnNext(func(d delivery) {
				if len(left) > 0 && d.MessageID == left[0].id {
					if got, want := string(d.Payload), string(number(left[0].number)); got != want {
						t.Errorf("id %s holds %q, want %q", d.MessageID, got, want)
					}
					left = left[1:]
				}
			}).
			TakeUntil(func(delivery) bool { return len(left) == 0 })
		return s.Send(acks(read))
	})
	if err != nil || len(left) > 0 {
		t.Fatalf("read back: %v; %d of %d confirmed messages missing, first %v", err, len(left), len(confirmed), left[:min(1, len(left))])
	}
	t.Logf("%d confirmed, all read in order", len(confirmed))
}

// What a killed server had delivered and nobody had acknowledged comes again after the restart.
func TestUnackedMessagesComeAgainAfterKill(t *testing.T) {
	ctx := testContext(t)
	store := t.TempDir()
	server := start(t, store)
	path := consumerPath + "again/sub?subscriptionType=Shared&subscriptionInitialPosition=Earliest"
	const total = 500
	if err := publishAll(ctx, server.url+producerPath+"again", 0, total, number, func(reply) {}); err != nil {
		t.Fatal(err)
	}

	// Every third delivery is acknowledged; with the last one received, the process dies.
	unacked := map[string]bool{}
	received := 0
	err := execute(ctx, server.url+path, func(s *socket.Session) reactive.Mono[reactive.Void] {
		acked := deliveries(s).
			Take(total).
			DoOnNext(func(d delivery) {
				if received++; received%3 != 0 {
					unacked[d.MessageID] = true
				}
			}).
			Filter(func(d delivery) bool { return !unacked[d.MessageID] })
		return s.Send(acks(acked).DoFinally(func(reactive.Signal) { server.kill() }))
	})
	if received != total {
		t.Fatalf("received %d of %d before the kill: %v", received, total, err)
	}

	server = start(t, store)
	err = execute(ctx, server.url+path, func(s *socket.Session) reactive.Mono[reactive.Void] {
		again := deliveries(s).
			DoOnNext(func(d delivery) { delete(unacked, d.MessageID) }).
			TakeUntil(func(delivery) bool { return len(unacked) == 0 })
		return s.Send(acks(again))
	})
	if err != nil || len(unacked) > 0 {
		t.Fatalf("after the restart: %v; %d unacknowledged messages did not come again", err, len(unacked))
	}
}

// number is the content of message i: recognisable, and not tiny.
func number(i int) []byte { return []byte(fmt.Sprintf("message %06d %s", i, strings.Repeat("x", 100))) }
