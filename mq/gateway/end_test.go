package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// However a consumer's socket ends, the commands that had arrived are applied, and what is not acknowledged goes to
// another socket of the subscription at once.
func TestConsumerEnds(t *testing.T) {
	tests := map[string]func(e *env, c *client){
		"close":                 func(e *env, c *client) { c.close() },
		"end of the connection": func(e *env, c *client) { c.conn.Close() },
		"half closed":           func(e *env, c *client) { c.conn.(*sockettest.Conn).CloseWrite() },
		"cut in a frame":        func(e *env, c *client) { c.write([]byte{0x81, 0xfe}); c.conn.Close() },
		"breach of protocol": func(e *env, c *client) {
			c.write(ws.MustCompileFrame(ws.NewTextFrame([]byte("not masked"))))
			c.wantClose(ws.StatusProtocolError)
			c.conn.Close() // the server waits for it, so that its Close frame is not lost in a reset
		},
		"malformed command": func(e *env, c *client) { c.send("{"); c.wantClose(4003) },
		"drain": func(e *env, c *client) {
			go e.gateway.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway})
			c.wantClose(ws.StatusGoingAway)
		},
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				const url = consumerURL + "?subscriptionType=Shared"
				c := e.open(url)
				ids := e.publishN(10)
				equal(e.t, "deliveries", c.deliveries(10), ids)
				other, err := openConsumer(e, "persistent://public/default/t", "s")
				if err != nil {
					e.t.Fatal(err)
				}
				var acks []string
				for _, id := range ids[:7] {
					acks = append(acks, `{"messageId":"`+id+`"}`)
				}
				c.send(acks...)
				end(e, c)
				synctest.Wait()
				if got := other.ids(); len(got) != 3 || got[0] != ids[7] || got[2] != ids[9] {
					e.t.Errorf("got %v elsewhere, want %v", got, ids[7:])
				}
				equal(e.t, "open", e.broker.open(), 1) // the other one
				equal(e.t, "sockets", e.gateway.Len(), 0)
			})
		})
	}
}

// What a producer had sent before the drain is published and answered before its socket is closed.
func TestProducerDrains(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(producerURL)
		synctest.Wait()
		const n = 100
		c.send(slices.Repeat([]string{`{"payload":"aGk="}`}, n)...)
		go e.gateway.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway})
		for range n {
			if v := c.object(); v["result"] != "ok" {
				e.t.Fatalf("got reply %v, want ok", v)
			}
		}
		c.wantClose(ws.StatusGoingAway)
		equal(e.t, "open", e.broker.open(), 0)
	})
}

// The peer is gone while deliveries wait to be written to it: what it had acknowledged counts.
func TestConsumerEndsWhileWriting(t *testing.T) {
	config := gateway.Config{}
	config.Socket.MaxQueuedBytes = 1 << 10
	bubble(t, config, func(e *env) {
		conn, err := e.server.Dial(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		openRaw(e.t, conn, consumerURL)
		ids := e.publishN(1000) // more than the connection holds, and nobody reads
		synctest.Wait()
		_, delivered, _ := e.broker.consumers[0].figures()
		if delivered < 200 || delivered > 800 {
			e.t.Fatalf("got %d delivered, want that writing is stuck midway", delivered)
		}
		var acks []byte
		for _, id := range ids[:100] {
			acks = append(acks, masked(ws.NewTextFrame([]byte(`{"messageId":"`+id+`"}`)))...)
		}
		if _, err := conn.Write(acks); err != nil {
			e.t.Fatal(err)
		}
		conn.Close()
		after(10 * time.Second)
		equal(e.t, "open", e.broker.open(), 0)
		equal(e.t, "the first that was not acknowledged", e.open(consumerURL+"?receiverQueueSize=1").deliveries(1), ids[100:101])
	})
}

// Every kind of socket lets go of what it had when its peer is gone, and when it is drained.
func TestEnds(t *testing.T) {
	for _, target := range []string{
		producerURL, consumerURL, consumerURL + "?pullMode=true", consumerURL + "?maxRedeliverCount=1", readerURL,
	} {
		t.Run(target, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				c := e.open(target)
				if n := e.broker.open(); n == 0 {
					e.t.Fatal("nothing is open")
				}
				c.conn.Close()
				synctest.Wait()
				equal(e.t, "open after the end of the connection", e.broker.open(), 0)

				c = e.open(target)
				drained := make(chan error, 1)
				go func() {
					drained <- e.gateway.Drain(context.Background(), socket.CloseStatus{Code: socket.ServiceRestart, Reason: "upgrade"})
				}()
				if got := c.wantClose(1012); got != "upgrade" {
					e.t.Errorf("got reason %q, want that of Drain", got)
				}
				if err := <-drained; err != nil {
					e.t.Errorf("drain: %v", err)
				}
				equal(e.t, "open after Drain", e.broker.open(), 0)
				e.refused(target, 503, "")
			})
		})
	}
}

// When the engine closes, every socket is closed with 1001.
func TestEngineCloses(t *testing.T) {
	for _, target := range []string{producerURL, consumerURL, readerURL} {
		t.Run(target, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				c := e.open(target)
				synctest.Wait()
				if err := e.broker.Close(context.Background()); err != nil {
					e.t.Fatal(err)
				}
				start := time.Now()
				if got := c.wantClose(ws.StatusGoingAway); !strings.Contains(got, "AlreadyClosedException") {
					e.t.Errorf("got reason %q", got)
				}
				if d := time.Since(start); d > 2*time.Second {
					e.t.Errorf("it took %v", d)
				}
				e.refused(target, 503, "Failed to create producer/consumer: ")
			})
		})
	}
}

// The same over TCP, with an HTTP server and our own client.
func TestOverTCP(t *testing.T) {
	b := newRecorder(t)
	g, err := gateway.New(b, gateway.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g.Handler())
	defer server.Close()
	open := func(target string) *client {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c, r, body := handshake(t, conn, target, nil)
		if c == nil {
			t.Fatalf("%s: got %d %s, want 101", target, r.StatusCode, body)
		}
		return c
	}
	c, r, p := open(consumerURL+"?receiverQueueSize=10"), open(readerURL), open(producerURL)
	var ids []string
	for range 100 {
		ids = append(ids, p.publish("aGk="))
	}
	for _, id := range ids {
		if got, _ := c.delivery(); got != id {
			t.Fatalf("consumer: got %s, want %s", got, id)
		}
		c.ack(id)
		if got, _ := r.delivery(); got != id {
			t.Fatalf("reader: got %s, want %s", got, id)
		}
	}
	for _, s := range []*client{c, r, p} {
		s.close()
	}
	if err := g.Drain(context.Background(), socket.CloseStatus{}); err != nil {
		t.Errorf("drain: %v", err)
	}
	if n := b.open(); n != 0 {
		t.Errorf("%d open after the end, want 0", n)
	}
}

// A question for the end of the topic that the engine cannot answer ends nothing: only the log tells of it.
func TestEndOfTopicFails(t *testing.T) {
	for _, target := range []string{consumerURL, readerURL} {
		for _, tt := range []struct {
			err  error
			logs int
		}{{mq.ErrTimeout, 1}, {mq.ErrClosed, 0}} {
			var log bytes.Buffer
			config := gateway.Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
			bubble(t, config, func(e *env) {
				c := e.open(target)
				e.broker.endErr = tt.err
				c.send(`{"type":"isEndOfTopic"}`)
				c.silent()
				if got := log.String(); strings.Count(got, "\n") != tt.logs || tt.logs > 0 && !strings.Contains(got, tt.err.Error()) {
					e.t.Errorf("%s, %v: log %q, want %d lines", target, tt.err, got, tt.logs)
				}
				e.broker.endErr = nil
				c.send(`{"type":"isEndOfTopic"}`)
				c.want(`{"endOfTopic":false}`)
			})
		}
	}
}
