package gateway_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
)

func TestReaderStart(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		ids := e.publishN(3)
		at := func(id string) string { return readerURL + "?messageId=" + url.QueryEscape(id) }
		equal(e.t, "earliest", e.open(at("earliest")).deliveries(3), ids)
		equal(e.t, "an id is exclusive", e.open(at(ids[0])).deliveries(2), ids[1:])
		unpadded := strings.TrimRight(ids[1], "=")
		equal(e.t, "without padding", e.open(at(unpadded)).deliveries(1), ids[2:])
		end := []*client{e.open(readerURL), e.open(at("")), e.open(at("latest")), e.open(at(ids[2]))}
		for _, c := range end {
			c.silent()
		}
		more := e.publishN(1)
		for _, c := range end {
			equal(e.t, "what comes later", c.deliveries(1), more)
		}

		other := e.open(strings.Replace(producerURL, "/t", "/other", 1)).publish("aGk=")
		e.refused(at(other), 400, "Invalid query params: ")
		e.refused(at("Earliest"), 400, "Invalid messageId")
	})
}

// Each frame of a reader makes room for one message, whatever it says (A23, A24): but only for one that was sent.
func TestReaderWindow(t *testing.T) {
	frames := []string{
		`{}`, `{"type":"unsubscribe"}`, `{"messageId":"CAMQADAA"}`, `{"messageId":"*"}`, `{"type":"permit","permitMessages":100}`,
		`{"type":"permit"}`, `{"type":"negativeAcknowledge"}`, `{"messageId":null}`,
	}
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(readerURL + "?receiverQueueSize=2")
		c.send(`{}`, `{}`, `{}`) // nothing was sent yet
		c.silent()
		ids := e.publishN(len(frames) + 3)
		equal(e.t, "the window", c.deliveries(2), ids[:2])
		c.silent()
		for i, f := range frames {
			c.send(f)
			equal(e.t, "after "+f, c.deliveries(1), ids[i+2:i+3])
			c.silent()
		}
		c.send(`{"type":"isEndOfTopic"}`)
		c.want(`{"endOfTopic":false}`)
		c.silent()
		asked, delivered, most := e.broker.readers[0].figures()
		equal(e.t, "asked, delivered", []int64{asked, delivered}, []int64{int64(len(frames)) + 2, int64(len(frames)) + 2})
		equal(e.t, "most, without what was settled", most, asked)
	})
}

func TestReaderDemand(t *testing.T) {
	for query, window := range map[string]int{"&receiverQueueSize=0": 1, "&receiverQueueSize=3": 3, "": 1000, "&receiverQueueSize=5000": 1000} {
		t.Run(query, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				ids := e.publishN(1002)
				c := e.open(readerURL + "?messageId=earliest" + query)
				equal(e.t, "window", c.deliveries(window), ids[:window])
				c.silent()
				c.send(`{}`)
				equal(e.t, "one more", c.deliveries(1), ids[window:window+1])
				c.silent()
				asked, _, _ := e.broker.readers[0].figures()
				equal(e.t, "asked", asked, window+1)
			})
		})
	}
}

func TestReaderMalformed(t *testing.T) {
	for _, frame := range []string{`{`, ``, `[]`, `null`, `"x"`, `{"permitMessages":"x"}`, `{"type":{}}`} {
		t.Run(frame, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				c := e.open(readerURL + "?receiverQueueSize=1")
				e.publishN(2)
				c.deliveries(1)
				c.send(frame)
				if got := c.wantClose(4003); got != "Failed to de-serialize from JSON" {
					e.t.Errorf("got reason %q", got)
				}
			})
		})
	}
}

func TestReaderEndOfTopic(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		ids := e.publishN(1)
		c := e.open(readerURL + "?messageId=earliest")
		equal(e.t, "delivery", c.deliveries(1), ids)
		if _, err := e.broker.TerminateTopic(e.t.Context(), topicT); err != nil {
			e.t.Fatal(err)
		}
		c.send(`{"type":"isEndOfTopic"}`)
		c.want(`{"endOfTopic":true}`)
		c.silent()
	})
}
