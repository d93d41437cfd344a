package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/gateway"
)

// TestProducer sends one request after the other on one socket and wants their replies.
func TestProducer(t *testing.T) {
	tests := []struct {
		name     string
		send     string
		result   string
		context  any    // nil: absent
		errorMsg string // beginning of the text
	}{
		{"A1 number as context", `{"payload":"aGk=","context":5}`, "ok", "5", ""},
		{"A2 brace", `{`, "send-error:3", nil, "unexpected end"},
		{"A2 empty", ``, "send-error:3", nil, "unexpected end"},
		{"A2 array", `[]`, "send-error:3", nil, "unexpected '['"},
		{"A2 text", `"x"`, "send-error:3", nil, "unexpected"},
		{"A2 number", `5`, "send-error:3", nil, "unexpected '5'"},
		{"A3 null", `null`, "send-error:7", nil, "the message is null"},
		{"A4 no payload", `{"context":"a"}`, "send-error:7", "a", "the message has no payload"},
		{"A4 payload null", `{"payload":null,"context":"a"}`, "send-error:7", "a", "the message has no payload"},
		{"A5 no padding", `{"payload":"SGVsbG8"}`, "ok", nil, ""},
		{"A6 URL alphabet", `{"payload":"-_8=","context":"c"}`, "send-error:7", "c", "Invalid Base64 message-payload error="},
		{"A6 line break", `{"payload":"SGVs\nbG8="}`, "send-error:7", nil, "Invalid Base64 message-payload error="},
		{"A6 one character", `{"payload":"A"}`, "send-error:7", nil, "Invalid Base64 message-payload error="},
		{"A6 short padding", `{"payload":"AB="}`, "send-error:7", nil, "Invalid Base64 message-payload error="},
		{"A6 two texts", `{"payload":"AA==AA=="}`, "send-error:7", nil, "Invalid Base64 message-payload error="},
		{"A7 empty payload", `{"payload":"","context":""}`, "ok", "", ""},
		{"A8 number as payload", `{"payload":123}`, "ok", nil, ""},
		{"A9 scalars as properties", `{"payload":"aGk=","properties":{"a":1,"c":false}}`, "ok", nil, ""},
		{"A10 object as property", `{"payload":"aGk=","properties":{"a":{}},"context":"c"}`, "send-error:3", nil, "unexpected '{'"},
		{"A10 array as properties", `{"payload":"aGk=","properties":[]}`, "send-error:3", nil, "unexpected '['"},
		{"A10 text as properties", `{"payload":"aGk=","properties":""}`, "send-error:3", nil, "unexpected"},
		{"A11 null as property", `{"payload":"aGk=","properties":{"a":null},"context":"c"}`, "send-error:3", "c", "the value of a property is null"},
		{"A12 text as clusters", `{"payload":"aGk=","replicationClusters":"x"}`, "send-error:3", nil, "unexpected"},
		{"A13 event time", `{"payload":"aGk=","eventTime":"2016-08-30T16:45:57.785+09:00"}`, "ok", nil, ""},
		{"A13 old form", `{"payload":"aGk=","eventTime":"2016-08-30 16:45:57.785"}`, "send-error:7", nil, "eventTime: "},
		{"A14 text", `{"payload":"aGk=","deliverAt":"12"}`, "ok", nil, ""},
		{"A14 fraction", `{"payload":"aGk=","deliverAt":1.9}`, "ok", nil, ""},
		{"A14 empty", `{"payload":"aGk=","deliverAt":""}`, "ok", nil, ""},
		{"A14 null", `{"payload":"aGk=","deliverAt":null}`, "ok", nil, ""},
		{"A14 boolean", `{"payload":"aGk=","deliverAt":true}`, "send-error:3", nil, "want an integer"},
		{"A14 word", `{"payload":"aGk=","deliverAt":"x"}`, "send-error:3", nil, "want an integer"},
		{"A14 beyond the year 9999", `{"payload":"aGk=","deliverAt":9007199254740991}`, "send-error:8", nil, "it is to be delivered in the year 287396"},
		{"A15 unknown, other case, repeated, trailing", `{"x":[{}],"Payload":"*","payload":"*","payload":"aGk=","context":"1","context":"2"} junk`, "ok", "2", ""},
	}
	bubble(t, gateway.Config{}, func(e *env) {
		p := e.open(producerURL)
		for _, tt := range tests {
			p.send(tt.send)
			got := p.object()
			id, hasID := got["messageId"]
			msg, _ := got["errorMsg"].(string)
			_, hasMsg := got["errorMsg"]
			if got["result"] != tt.result || got["context"] != tt.context || !strings.HasPrefix(msg, tt.errorMsg) ||
				hasID != (tt.result == "ok") || hasMsg == hasID || hasID && id == "" ||
				got["errorCode"] != 0.0 || got["schemaVersion"] != 0.0 {
				e.t.Errorf("%s: %s: got %v, want %s, context %v, errorMsg %q", tt.name, tt.send, got, tt.result, tt.context, tt.errorMsg)
			}
		}
		// A16: binary frames are nobody's.
		p.write(masked(ws.NewBinaryFrame([]byte(`{"payload":"aGk="}`))))
		p.silent()
	})
}

// A bad request takes its place among the good ones, and all of them leave in the order of the requests.
func TestProducerRepliesInOrder(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		p := e.open(producerURL)
		var requests, want []string
		for i := range 200 {
			switch i % 4 {
			case 1:
				requests = append(requests, fmt.Sprintf(`{"payload":"*","context":"%d"}`, i))
				want = append(want, fmt.Sprintf("send-error:7 %d", i))
			case 2:
				requests = append(requests, `{`)
				want = append(want, "send-error:3 <nil>")
			default:
				requests = append(requests, fmt.Sprintf(`{"payload":"aGk=","context":"%d"}`, i))
				want = append(want, fmt.Sprintf("ok %d", i))
			}
		}
		p.send(requests...)
		for i := range want {
			v := p.object()
			if got := fmt.Sprint(v["result"], " ", v["context"]); got != want[i] {
				e.t.Fatalf("reply %d: got %s, want %s", i, got, want[i])
			}
		}
		p.silent()
	})
}

// What is published arrives as it was published.
func TestProducedMessages(t *testing.T) {
	tests := []struct {
		name, send string
		want       map[string]any // beside messageId and publishTime
	}{
		{"plain", `{"payload":"aGk="}`, map[string]any{"payload": "aGk=", "properties": map[string]any{}, "redeliveryCount": 0.0}},
		{"A5", `{"payload":"SGVsbG8"}`, map[string]any{"payload": "SGVsbG8=", "properties": map[string]any{}, "redeliveryCount": 0.0}},
		{"A7", `{"payload":""}`, map[string]any{"payload": "", "properties": map[string]any{}, "redeliveryCount": 0.0}},
		{"A8", `{"payload":123}`, map[string]any{"payload": "120=", "properties": map[string]any{}, "redeliveryCount": 0.0}},
		{"A9", `{"payload":"aGk=","properties":{"a":1,"c":false}}`,
			map[string]any{"payload": "aGk=", "properties": map[string]any{"a": "1", "c": "false"}, "redeliveryCount": 0.0}},
		{"key and event time", `{"payload":"aGk=","key":"k1","eventTime":"2016-08-30T16:45:57.780+09:00"}`,
			map[string]any{"payload": "aGk=", "properties": map[string]any{}, "redeliveryCount": 0.0, "key": "k1", "eventTime": "2016-08-30T08:45:57.78+01:00"}},
		{"empty key", `{"payload":"aGk=","key":""}`,
			map[string]any{"payload": "aGk=", "properties": map[string]any{}, "redeliveryCount": 0.0, "key": ""}},
	}
	zone := time.FixedZone("", 3600)
	bubble(t, gateway.Config{Location: zone}, func(e *env) {
		c, r, p := e.open(consumerURL), e.open(readerURL), e.open(producerURL)
		for _, tt := range tests {
			after(250 * time.Millisecond)
			p.send(tt.send)
			reply := p.object()
			tt.want["messageId"] = reply["messageId"]
			tt.want["publishTime"] = time.Now().In(zone).Format(time.RFC3339Nano)
			for name, s := range map[string]*client{"consumer": c, "reader": r} {
				got := s.object()
				if g, w := jsonText(got), jsonText(tt.want); g != w {
					e.t.Errorf("%s: %s: got %s, want %s", tt.name, name, g, w)
				}
			}
		}
	})
}

// jsonText is v as JSON with sorted names.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestProducerDelays(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c, p := e.open(consumerURL+"?subscriptionType=Shared"), e.open(producerURL)
		in := func(d time.Duration) int64 { return time.Now().Add(d).UnixMilli() }
		p.send(fmt.Sprintf(`{"payload":"AAA=","deliverAt":%d}`, in(3*time.Second)),
			fmt.Sprintf(`{"payload":"BBA=","deliverAt":%d,"deliverAfterMs":1000}`, in(time.Hour)), // the second wins
			`{"payload":"CCA=","deliverAt":-5,"deliverAfterMs":0}`)
		for _, want := range []struct {
			after   time.Duration
			payload string
		}{{0, "CCA="}, {time.Second, "BBA="}, {2 * time.Second, "AAA="}} {
			c.silentUntil(want.after)
			if _, got := c.delivery(); got != want.payload {
				e.t.Errorf("after %v: got %s, want %s", want.after, got, want.payload)
			}
		}
		c.silent()
	})
}

// silentUntil wants silence until shortly before d has passed, and lets d pass.
func (c *client) silentUntil(d time.Duration) {
	c.t.Helper()
	if d > 0 {
		after(d - time.Millisecond)
		c.silent()
		after(time.Millisecond)
	}
}

// A message that is larger than the limit closes the socket with 1009 (A17); one of exactly the limit passes.
func TestProducerLimit(t *testing.T) {
	config := gateway.Config{}
	config.Socket.MaxMessageSize = 1000
	bubble(t, config, func(e *env) {
		request := func(n int) string {
			const frame = len(`{"payload":""}`)
			return `{"payload":"` + strings.Repeat("A", n-frame) + `"}`
		}
		p := e.open(producerURL)
		p.send(request(998)) // 984 characters of Base64
		if got := p.object(); got["result"] != "ok" {
			e.t.Errorf("got %v, want ok", got)
		}
		p.send(request(1001))
		p.wantClose(ws.StatusMessageTooBig)
		synctest.Wait()
		if n := e.broker.open(); n != 0 {
			e.t.Errorf("%d open after the end, want 0", n)
		}
	})
}

// A client that does not read its replies is not read from: what is in flight stays bounded.
func TestProducerSlowClient(t *testing.T) {
	config := gateway.Config{}
	config.Socket.MaxQueuedBytes = 4096
	bubble(t, config, func(e *env) {
		conn, err := e.server.Dial(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		openRaw(e.t, conn, producerURL+"?batchingEnabled=true&maxPendingMessages=100")
		request := masked(ws.NewTextFrame([]byte(`{"payload":"aGk=","context":"` + strings.Repeat("c", 500) + `"}`)))
		written := make(chan int)
		go func() {
			n := 0
			for range 100_000 {
				if _, err := conn.Write(request); err != nil {
					break
				}
				n++
			}
			written <- n
		}()
		synctest.Wait()
		requests, _ := e.broker.producers[0].figures()
		synctest.Wait()
		again, _ := e.broker.producers[0].figures()
		// 64 KiB of replies fit the connection and 4 KiB the queue, some 120; a window of a Send and 100 pending beside.
		if requests != again || requests > 400 || requests < 100 {
			e.t.Errorf("got %d requests read, later %d, want a bounded number that stays", requests, again)
		}
		conn.Close()
		<-written
	})
}

// A client that does not read is not read from either when its requests are large, long before there are many of them.
func TestProducerSlowClientWithLargeContexts(t *testing.T) {
	config := gateway.Config{}
	config.Socket.MaxQueuedBytes, config.Socket.SendWindow = 4096, 1
	bubble(t, config, func(e *env) {
		conn, err := e.server.Dial(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		openRaw(e.t, conn, producerURL)
		const size = 512 << 10
		request := masked(ws.NewTextFrame([]byte(`{"payload":"","context":"` + strings.Repeat("c", size) + `"}`)))
		written := make(chan struct{})
		go func() {
			defer close(written)
			for range 200 {
				if _, err := conn.Write(request); err != nil {
					break
				}
			}
		}()
		synctest.Wait()
		// 8 MiB are 16 requests, or 15 that are a little larger; some replies are in the queue and in the connection.
		if requests, _ := e.broker.producers[0].figures(); requests < 10 || requests > 20 {
			e.t.Errorf("got %d requests of %d bytes read, want about 8 MiB", requests, size)
		}
		conn.Close()
		<-written
	})
}

// What is answered makes room, and a request that is larger than all the room is answered too.
func TestProducerLargeRequests(t *testing.T) {
	config := gateway.Config{}
	config.Socket.MaxMessageSize = 16 << 20
	bubble(t, config, func(e *env) {
		p := e.open(producerURL)
		for _, mib := range []int{3, 9, 9, 0, 3, 3, 3, 9} {
			context := strings.Repeat("c", mib<<20)
			p.send(`{"payload":"aGk=","context":"` + context + `"}`)
			if got := p.object(); got["result"] != "ok" || got["context"] != context {
				e.t.Fatalf("context of %d MiB: got result %v", mib, got["result"])
			}
		}
	})
}

// The log is told why messages are not stored: once for each kind of failure, and then once a minute.
func TestProducerLogsFailures(t *testing.T) {
	var log bytes.Buffer
	config := gateway.Config{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	bubble(t, config, func(e *env) {
		failure := func(err error) { // the one of the next requests
			e.broker.publishErr = func() error {
				return &mq.Error{Op: "publish", Topic: topicT.String(), Hint: "buy a disk", Err: err}
			}
		}
		p := e.open(producerURL)
		for _, step := range []struct {
			err      error
			requests int
			after    time.Duration
			want     []string // lines of the log
		}{
			{mq.ErrUnavailable, 3, 0, []string{"messages=1"}},
			{mq.ErrInvalid, 3, 0, nil},
			{mq.ErrClosed, 3, 0, nil},
			{mq.ErrQuotaExceeded, 1, 0, []string{"messages=1"}},
			{mq.ErrUnavailable, 1, 59 * time.Second, nil},
			{mq.ErrUnavailable, 2, time.Second, []string{"messages=4"}},
		} {
			after(step.after)
			failure(step.err)
			log.Reset()
			for range step.requests {
				p.send(`{"payload":"aGk="}`)
				if got := p.object(); got["result"] == "ok" || strings.Contains(got["errorMsg"].(string), "disk") {
					e.t.Errorf("got reply %v, want a failure without the hint", got)
				}
			}
			synctest.Wait()
			lines := slices.Collect(strings.Lines(log.String()))
			if len(lines) != len(step.want) {
				e.t.Fatalf("%v: log %q, want %d lines", step.err, lines, len(step.want))
			}
			for i, want := range step.want {
				for _, part := range []string{"topic=" + topicT.String(), "producer=", step.err.Error(), "buy a disk", want} {
					if !strings.Contains(lines[i], part) {
						e.t.Errorf("%v: log %q, want %q in it", step.err, lines[i], part)
					}
				}
			}
		}
		p.send(`{`)
		p.object()
	})
}
