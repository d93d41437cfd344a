package gateway_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/gateway"
)

// publishN publishes n messages and returns their ids.
func (e *env) publishN(n int) (ids []string) {
	e.t.Helper()
	p := e.open(producerURL)
	var requests []string
	for range n {
		requests = append(requests, `{"payload":"aGk="}`)
	}
	p.send(requests...)
	for range n {
		ids = append(ids, p.object()["messageId"].(string))
	}
	p.close()
	return ids
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// TestConsumerWindow is A18: a window of 2 without acknowledgements is exactly two frames; each acknowledgement makes
// room for one, a second one of the same message for none.
func TestConsumerWindow(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?receiverQueueSize=2")
		ids := e.publishN(6)
		equal(e.t, "the first", c.deliveries(2), ids[:2])
		c.silent()
		c.ack(ids[0])
		equal(e.t, "after an acknowledgement", c.deliveries(1), ids[2:3])
		c.silent()
		c.ack(ids[0])
		c.silent()
		c.ack(ids[5]) // not delivered yet
		c.silent()
		c.send(`{"messageId":"`+ids[1]+`"}`, `{"messageId":"`+ids[2]+`"}`)
		equal(e.t, "after two", c.deliveries(2), ids[3:5])
		c.silent()
		asked, delivered, most := e.broker.consumers[0].figures()
		equal(e.t, "asked of the engine, delivered, most open", []int64{asked, delivered, most}, []int64{5, 5, 2})
	})
}

// The engine is asked for exactly the window, then for one more with each delivery that ends, whatever ends it.
func TestConsumerDemand(t *testing.T) {
	tests := []struct {
		query  string
		window int
	}{
		{"?receiverQueueSize=0", 1},
		{"?receiverQueueSize=1", 1},
		{"?receiverQueueSize=7", 7},
		{"?receiverQueueSize=100", 100}, // more than a Send asks for at a time
		{"", 1000},
		{"?receiverQueueSize=5000", 1000}, // A25
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				c := e.open(consumerURL + tt.query)
				ids := e.publishN(tt.window + 50)
				equal(e.t, "deliveries", c.deliveries(tt.window), ids[:tt.window])
				c.silent()
				for i := range 50 {
					c.ack(ids[i])
					equal(e.t, "delivery", c.deliveries(1), ids[tt.window+i:tt.window+i+1])
				}
				c.silent()
				asked, delivered, most := e.broker.consumers[0].figures()
				equal(e.t, "asked, delivered, most open", []int64{asked, delivered, most},
					[]int64{int64(tt.window) + 50, int64(tt.window) + 50, int64(tt.window)})
			})
		})
	}
}

func TestConsumerWindowLimit(t *testing.T) {
	bubble(t, gateway.Config{MaxReceiverQueueSize: 3}, func(e *env) {
		c, d := e.open(consumerURL), e.open(consumerURL+"2?receiverQueueSize=4")
		ids := e.publishN(5)
		equal(e.t, "without a wish", c.deliveries(3), ids[:3])
		equal(e.t, "with a larger one", d.deliveries(3), ids[:3])
		c.silent()
		d.silent()
	})
}

// Each of these frames acknowledges (A19).
func TestConsumerAcks(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?receiverQueueSize=1")
		frames := []string{
			`{"messageId":"%s"}`, `{"type":"ack","messageId":"%s"}`, `{"type":"nonsense","messageId":"%s"}`, `{"type":5,"messageId":"%s"}`,
			`{"type":null,"messageId":"%s"}`, `{"messageId":"x","messageId":"%s"} junk`, ` { "unknown":[{}], "messageId" : "%s" }`,
		}
		ids := e.publishN(len(frames) + 1)
		equal(e.t, "the first", c.deliveries(1), ids[:1])
		for i, f := range frames {
			c.silent()
			c.send(fmt.Sprintf(f, ids[i]))
			equal(e.t, "after "+f, c.deliveries(1), ids[i+1:i+2])
		}
	})
}

// Each of these frames is no command: the socket is closed with 4003, after what came before was applied (A22 and the
// table of differences).
func TestConsumerMalformedCommands(t *testing.T) {
	for _, frame := range []string{
		`{`, ``, `[]`, `"x"`, `5`, `null`, `{}`, `{"messageId":null}`, `{"messageId":"*"}`, `{"messageId":""}`, `{"messageId":"AAAA"}`, `{"messageId":{}}`,
		`{"type":"negativeAcknowledge"}`, `{"type":"permit"}`, `{"type":"permit","permitMessages":null}`, `{"type":"permit","permitMessages":"x"}`,
		`{"type":"permit","permitMessages":0}`, `{"type":"permit","permitMessages":-3}`, `{"type":"permit","permitMessages":2147483648}`,
	} {
		for _, mode := range []string{"", "?pullMode=true"} {
			t.Run(frame+mode, func(t *testing.T) {
				bubble(t, gateway.Config{}, func(e *env) {
					c := e.open(consumerURL + mode)
					ids := e.publishN(2)
					if mode != "" {
						c.send(`{"type":"permit","permitMessages":1}`)
					}
					c.deliveries(1)
					if mode == "" {
						c.deliveries(1)
					}
					// The acknowledgements around it: what came before counts, what comes after does not.
					c.send(`{"messageId":"`+ids[0]+`"}`, frame, `{"messageId":"`+ids[1]+`"}`)
					if got := c.wantClose(4003); got != "Failed to de-serialize from JSON" {
						e.t.Errorf("got reason %q", got)
					}
					equal(e.t, "still there", e.open(consumerURL).deliveries(1), ids[1:])
				})
			})
		}
	}
}

// A16 and A20: what is legal and does nothing.
func TestConsumerIgnores(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?receiverQueueSize=1")
		ids := e.publishN(2)
		c.deliveries(1)
		c.write(masked(ws.NewBinaryFrame([]byte(`{`))))
		c.write(masked(ws.NewBinaryFrame([]byte(`{"messageId":"` + ids[0] + `"}`))))
		c.send(`{"type":"permit","permitMessages":5}`)
		c.silent()
		c.ack(ids[0])
		equal(e.t, "delivery", c.deliveries(1), ids[1:])
	})
}

// An id of another topic is no reason to end a socket: it acknowledges nothing and makes no room.
func TestConsumerForeignID(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?receiverQueueSize=1")
		other := e.open(strings.Replace(producerURL, "/t", "/other", 1)).publish("aGk=")
		ids := e.publishN(2)
		c.deliveries(1)
		for _, id := range []string{other, "CAMQADAA"} {
			c.send(`{"messageId":"`+id+`"}`, `{"type":"negativeAcknowledge","messageId":"`+id+`"}`)
			c.silent()
		}
		c.ack(ids[0])
		equal(e.t, "delivery", c.deliveries(1), ids[1:])
	})
}

// A command that fails has no answer and ends nothing. The log tells of it, as a warning if the client could not help it.
func TestConsumerCommandFails(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bubble(t, gateway.Config{Logger: logger}, func(e *env) {
		c := e.open(consumerURL + "?receiverQueueSize=1")
		ids := e.publishN(2)
		c.deliveries(1)
		for _, tt := range []struct {
			err  error
			want string
		}{
			{nil, "level=DEBUG"}, // an id of another topic
			{mq.ErrUnavailable, "level=WARN"},
			{mq.ErrClosed, "level=DEBUG"},
			{errors.New("broken"), "level=WARN"},
		} {
			log.Reset()
			e.broker.ackErr = tt.err
			c.ack("CAMQADAA")
			c.silent()
			if got := log.String(); strings.Count(got, "command failed") != 1 || !strings.Contains(got, tt.want) {
				e.t.Errorf("%v: got log %q, want one line with %s", tt.err, got, tt.want)
			}
		}
		e.broker.ackErr = nil
		c.ack(ids[0])
		equal(e.t, "delivery", c.deliveries(1), ids[1:])
	})
}

// In pull mode the engine is asked for what was permitted and for no more.
func TestConsumerPull(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?pullMode=TRUE&receiverQueueSize=1") // the size does not matter here
		ids := e.publishN(20)
		c.silent()
		asked, _, _ := e.broker.consumers[0].figures()
		equal(e.t, "asked without a permit", asked, 0)

		c.send(`{"type":"permit","permitMessages":2}`)
		equal(e.t, "a permit of 2", c.deliveries(2), ids[:2])
		c.silent()
		c.send(`{"type":"permit","permitMessages":1}`, `{"type":"permit","permitMessages":"1"}`, `{"type":"permit","permitMessages":1.9}`)
		equal(e.t, "three permits of 1", c.deliveries(3), ids[2:5])
		c.silent()
		for _, id := range ids[:5] {
			c.ack(id)
		}
		c.send(`{"type":"negativeAcknowledge","messageId":"` + ids[0] + `"}`)
		c.silent() // neither is a permit
		c.send(`{"type":"permit","permitMessages":2147483647}`, `{"type":"permit","permitMessages":2147483647}`)
		equal(e.t, "without end", c.deliveries(15), ids[5:])
		c.silent()
		equal(e.t, "credit that was not used", e.publishN(1), c.deliveries(1))
	})
}

// A client that permits everything and acknowledges nothing has a bounded number of deliveries open. What it permitted
// beyond that counts when deliveries end, and is counted once.
func TestConsumerPullUnacked(t *testing.T) {
	bubble(t, gateway.Config{MaxUnacked: 3}, func(e *env) {
		c := e.open(consumerURL + "?pullMode=true&subscriptionType=Shared&negativeAckRedeliveryDelay=3600000")
		ids := e.publishN(20)
		c.send(`{"type":"permit","permitMessages":8}`)
		equal(e.t, "open", c.deliveries(3), ids[:3])
		c.silent()
		c.send(`{"type":"permit","permitMessages":2}`)
		c.silent()
		c.ack(ids[0])
		c.ack(ids[0])
		equal(e.t, "after an acknowledgement", c.deliveries(1), ids[3:4])
		c.silent()
		c.send(`{"type":"negativeAcknowledge","messageId":"` + ids[1] + `"}`)
		equal(e.t, "after a negative one", c.deliveries(1), ids[4:5])
		for i := 2; i < 7; i++ {
			c.ack(ids[i])
			equal(e.t, "after more", c.deliveries(1), ids[i+3:i+4])
		}
		c.ack(ids[7])
		c.silent() // all 10 permits are used
		c.send(`{"type":"permit","permitMessages":2147483647}`)
		c.deliveries(1)
		c.silent()
		asked, _, most := e.broker.consumers[0].figures()
		equal(e.t, "asked in total", asked, 11)
		equal(e.t, "most asked for or open", most, 3)
	})
}

// The bound holds in push mode too.
func TestConsumerPushUnacked(t *testing.T) {
	bubble(t, gateway.Config{MaxUnacked: 3}, func(e *env) {
		c := e.open(consumerURL + "?receiverQueueSize=10")
		ids := e.publishN(10)
		equal(e.t, "open", c.deliveries(3), ids[:3])
		c.silent()
		c.ack(ids[0])
		equal(e.t, "after an acknowledgement", c.deliveries(1), ids[3:4])
		c.silent()
	})
}

// A permit of 0 or less is malformed (A21); see TestConsumerMalformedCommands. Here: permits of two sockets are each
// socket's own.
func TestConsumerPullShared(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		const url = consumerURL + "?pullMode=true&subscriptionType=Shared"
		c, d := e.open(url), e.open(url)
		e.publishN(20)
		c.silent()
		d.silent()
		c.send(`{"type":"permit","permitMessages":3}`)
		c.deliveries(3)
		d.send(`{"type":"permit","permitMessages":2}`, `{"type":"permit","permitMessages":2}`, `{"type":"permit","permitMessages":2}`)
		d.deliveries(6)
		c.silent()
		d.silent()
	})
}

func TestConsumerNack(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?subscriptionType=Shared&receiverQueueSize=1&negativeAckRedeliveryDelay=1000")
		ids := e.publishN(2)
		c.deliveries(1)
		c.send(`{"type":"negativeAcknowledge","messageId":"` + ids[0] + `"}`)
		equal(e.t, "the room is for the next", c.deliveries(1), ids[1:])
		c.ack(ids[1])
		c.silentUntil(time.Second)
		got := c.object()
		if got["messageId"] != ids[0] || got["redeliveryCount"] != 1.0 {
			e.t.Errorf("got %v, want %s for the second time", got, ids[0])
		}
		c.send(`{"type":"negativeAcknowledge","messageId":"`+ids[0]+`"}`, `{"messageId":"`+ids[0]+`"}`) // an acknowledgement that comes later wins
		after(time.Hour)
		c.silent()
		_, _, most := e.broker.consumers[0].figures()
		equal(e.t, "most open", most, 1)
	})
}

// The default delay is a minute.
func TestConsumerNackDefault(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL)
		id := e.publishN(1)[0]
		c.deliveries(1)
		c.send(`{"type":"negativeAcknowledge","messageId":"` + id + `"}`)
		c.silentUntil(time.Minute)
		equal(e.t, "after a minute", c.deliveries(1), []string{id})
	})
}

// With an ack timeout the window recovers: what times out makes room and comes again.
func TestConsumerAckTimeout(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?subscriptionType=Shared&ackTimeoutMillis=1000&receiverQueueSize=2")
		ids := e.publishN(3)
		equal(e.t, "the first", c.deliveries(2), ids[:2])
		c.silentUntil(time.Second)
		after(100 * time.Millisecond) // the tick of the timeout
		for round := 1; round <= 3; round++ {
			for range 2 {
				if got := c.object()["redeliveryCount"]; got == 0.0 && round > 1 {
					e.t.Errorf("round %d: got a first delivery, want a redelivery", round)
				}
			}
			c.silent()
			after(1100 * time.Millisecond)
		}
		_, _, most := e.broker.consumers[0].figures()
		equal(e.t, "most open", most, 2)
	})
}

func TestConsumerEndOfTopic(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL)
		id := e.publishN(1)[0]
		c.deliveries(1)
		c.send(`{"type":"isEndOfTopic"}`)
		c.want(`{"endOfTopic":false}`)
		if _, err := e.broker.TerminateTopic(e.t.Context(), topicT); err != nil {
			e.t.Fatal(err)
		}
		c.send(`{"type":"isEndOfTopic"}`)
		c.want(`{"endOfTopic":false}`)
		// The acknowledgement is applied before the question is put.
		c.send(`{"messageId":"`+id+`"}`, `{"type":"isEndOfTopic"}`)
		c.want(`{"endOfTopic":true}`)
		c.silent()
		e.refused(producerURL, 503, "TopicTerminatedException: Topic was terminated")
	})
}

// After unsubscribe the subscription is gone and the socket stays open, as in Pulsar: nothing is delivered any more.
func TestConsumerUnsubscribe(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL)
		ids := e.publishN(1)
		c.deliveries(1)
		c.send(`{"type":"unsubscribe"}`)
		c.silent()
		after(time.Minute)
		c.silent()
		c.ack(ids[0]) // of no effect
		c.send(`{"type":"isEndOfTopic"}`)
		c.silent()
		d := e.open(consumerURL) // the name is free: a new subscription at the end of the topic
		d.silent()
		ids = e.publishN(1)
		equal(e.t, "the new subscription", d.deliveries(1), ids)
		c.silent()
		c.close()
	})
}

func TestConsumerUnsubscribeRefused(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		const url = consumerURL + "?subscriptionType=Shared"
		c, d := e.open(url), e.open(url)
		c.send(`{"type":"unsubscribe"}`)
		c.silent()
		d.close()
		ids := e.publishN(1)
		equal(e.t, "still subscribed", c.deliveries(1), ids)
	})
}

// An acknowledgement through another socket of the subscription makes room where the message was delivered, and not
// where it was acknowledged.
func TestConsumerAckElsewhere(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?subscriptionType=Shared&receiverQueueSize=2")
		ids := e.publishN(4)
		equal(e.t, "the first", c.deliveries(2), ids[:2])
		d := e.open(consumerURL + "?subscriptionType=Shared&receiverQueueSize=1")
		equal(e.t, "of the other", d.deliveries(1), ids[2:3])
		d.ack(ids[0])
		d.silent()
		equal(e.t, "room for one", c.deliveries(1), ids[3:])
		c.silent()
	})
}

func TestConsumerFailover(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		const url = consumerURL + "?subscriptionType=Failover"
		c, d := e.open(url), e.open(url)
		ids := e.publishN(2)
		equal(e.t, "the first in line", c.deliveries(2), ids)
		d.silent()
		c.ack(ids[0])
		c.close()
		equal(e.t, "the next in line", d.deliveries(1), ids[1:])
		e.refused(consumerURL, 409, "the subscription is taken")
	})
}

// A message that came again too often goes to the dead letter topic.
func TestConsumerDeadLetter(t *testing.T) {
	for _, mode := range []string{"", "&pullMode=true"} {
		t.Run(mode, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				dead := e.open("/ws/v2/reader/persistent/public/default/t-s-DLQ")
				c := e.open(consumerURL + "?subscriptionType=Shared&maxRedeliverCount=1&negativeAckRedeliveryDelay=500&receiverQueueSize=1" + mode)
				p := e.open(producerURL)
				c.send(`{"type":"permit","permitMessages":3}`)
				p.send(`{"payload":"aGk=","key":"k","properties":{"a":"b"}}`)
				id := p.object()["messageId"]
				for redelivery := range 2 {
					got := c.object()
					if got["messageId"] != id || got["redeliveryCount"] != float64(redelivery) {
						e.t.Errorf("got %v, want redelivery %d of %v", got, redelivery, id)
					}
					c.send(`{"type":"negativeAcknowledge","messageId":"` + id.(string) + `"}`)
				}
				got := dead.object()
				delete(got, "messageId")
				delete(got, "publishTime")
				want := map[string]any{
					"payload": "aGk=", "key": "k", "redeliveryCount": 0.0,
					"properties": map[string]any{"a": "b", "REAL_TOPIC": "persistent://public/default/t", "ORIGIN_MESSAGE_ID": id},
				}
				if g, w := jsonText(got), jsonText(want); g != w {
					e.t.Errorf("dead letter: got %s, want %s", g, w)
				}
				// The message is acknowledged, and neither its slot nor its permit is lost.
				after(time.Hour)
				c.silent()
				equal(e.t, "the next message", []string{p.publish("aGk=")}, c.deliveries(1))
			})
		})
	}
}

// A dead letter that cannot be stored is tried again, and nothing is lost.
func TestConsumerDeadLetterFails(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL + "?subscriptionType=Shared&maxRedeliverCount=1&negativeAckRedeliveryDelay=500&deadLetterTopic=dl")
		id := e.publishN(1)[0]
		dl := topicT
		dl.Name = "dl"
		if _, err := e.broker.TerminateTopic(e.t.Context(), dl); err != nil {
			e.t.Fatal(err)
		}
		for range 2 {
			c.deliveries(1)
			c.send(`{"type":"negativeAcknowledge","messageId":"` + id + `"}`)
		}
		after(10 * time.Second)
		c.silent()
		c.close()
		synctest.Wait()
		equal(e.t, "open", e.broker.open(), 0)
		equal(e.t, "still there", e.open(consumerURL).deliveries(1), []string{id})
	})
}

// Commands that come in the same write as the handshake are applied like all others.
func TestConsumerEarlyCommands(t *testing.T) {
	for range 20 {
		bubble(t, gateway.Config{}, func(e *env) {
			ids := e.publishN(30)
			conn, err := e.server.Dial(e.t.Context())
			if err != nil {
				e.t.Fatal(err)
			}
			const target = consumerURL + "?pullMode=true&subscriptionInitialPosition=Earliest"
			var early []byte
			for range 20 {
				early = append(early, masked(ws.NewTextFrame([]byte(`{"type":"permit","permitMessages":1}`)))...)
			}
			c, _, _ := handshake(e.t, writeMore{conn, early}, target, nil)
			equal(e.t, "deliveries", c.deliveries(20), ids[:20])
			c.silent()
		})
	}
}

// writeMore sends more with each write.
type writeMore struct {
	net.Conn
	more []byte
}

func (c writeMore) Write(b []byte) (int, error) {
	if _, err := c.Conn.Write(append(slices.Clip(b), c.more...)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// The default dead letter topic is a neighbour of the topic, whatever the subscription is called: with a slash there
// is no such topic.
func TestDeadLetterTopicOfSubscriptionWithSlash(t *testing.T) {
	bubble(t, gateway.Config{Namespaces: []string{"public/default"}}, func(e *env) {
		const target = "/ws/v2/consumer/persistent/public/default/t/a%2Fb?maxRedeliverCount=1"
		e.refused(target, 400, "Invalid query params: deadLetterTopic is needed")
		e.open(target + "&deadLetterTopic=dead")
		e.open("/ws/v2/consumer/persistent/public/default/t/a:b?maxRedeliverCount=1")
	})
}
