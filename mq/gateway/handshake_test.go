package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/socket"
)

// What a path or parameter leads to before there is a socket. The rules are those of path_test.go and params_test.go;
// here is what a client gets to see.
func TestHandshake(t *testing.T) {
	const topic = "persistent/public/default/t"
	tests := []struct {
		target string
		status int // 0: a socket
		text   string
	}{
		{"/ws/v2/producer/" + topic, 0, ""},
		{"/ws/v2/producer/" + topic + "/", 0, ""},
		{"/ws/v2/producer/" + topic + "/b", 400, "goes on after the topic"}, // A29
		{"/ws/v2/producer/persistent/public/default/a%2Fb", 400, "contains a slash"},
		{"/ws/v2/producer/persistent/public/default", 400, "want /ws/v2/producer/{domain}/{tenant}/{namespace}/{topic}"},
		{"/ws/v2/producer/bogus/public/default/t", 400, "neither persistent nor non-persistent"},
		{"/ws/v2/producer/persistent/public/def%61ult/t", 400, "def%61ult"},
		{"/ws/v2/producer/non-persistent/public/default/t", 0, ""},
		{"/ws/v2/foo/" + topic, 404, ""},
		{"/ws/pingpong", 404, ""},
		{"/ws/v3/consumer/s?topics=a", 404, ""},
		{"/", 404, ""},
		{"/ws/producer/persistent/public/standalone/default/t", 0, ""},
		{"/ws/consumer/persistent/public/standalone/default/t/s", 0, ""},
		{"/ws/reader/persistent/public/standalone/default/t", 0, ""},
		{"/ws/v2/consumer/" + topic, 400, "names no subscription"},
		{"/ws/v2/consumer/" + topic + "/?subscriptionType=Exclusive", 400, "names no subscription"},
		{"/ws/v2/consumer/persistent/public/default/a/b/s", 400, "goes on after the subscription"},
		{"/ws/v2/consumer/persistent/public/default/a%2Fb/s", 400, "contains a slash"},
		{"/ws/v2/consumer/" + topic + "/s%2Fx", 0, ""},

		{"/ws/v2/consumer/" + topic + "/s?subscriptionType=shared", 400, "Invalid query params: Invalid subscriptionType shared"}, // A26
		{"/ws/v2/consumer/" + topic + "/s?cryptoFailureAction=bogus", 0, ""},
		{"/ws/v2/consumer/" + topic + "/s?receiverQueueSize=abc", 400, "Invalid query params: "},
		{"/ws/v2/reader/" + topic + "?receiverQueueSize=abc", 400, "Invalid query params: "},
		{"/ws/v2/producer/" + topic + "?batchingMaxMessages=abc", 0, ""}, // A27
		{"/ws/v2/producer/" + topic + "?batchingMaxMessages=abc&batchingEnabled=true", 400, "batchingMaxMessages"},
		{"/ws/v2/producer/" + topic + "?encryptionKeys=k1", 400, "does not encrypt"},
		{"/ws/v2/producer/" + topic + "?sendTimeoutMillis=100&sendTimeoutMillis=abc", 0, ""},
		{"/ws/v2/producer/" + topic + "?token=%zz", 400, "malformed escape"},
		{"/ws/v2/consumer/" + topic + "/s?subscriptionType=Key_Shared", 501, "the engine of this server (memory) does not have subscriptionType Key_Shared"},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			bubble(t, gateway.Config{}, func(e *env) {
				if tt.status != 0 {
					e.refused(tt.target, tt.status, tt.text)
				} else {
					e.open(tt.target).close()
				}
				synctest.Wait()
				equal(e.t, "open afterwards", e.broker.open(), 0)
			})
		})
	}
}

// A28: a plus is a blank, in the topic and in the subscription, and %2B is a plus.
func TestHandshakeDecodesOnce(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open("/ws/v2/consumer/persistent/public/default/a+b/s+x")
		p := e.open("/ws/v2/producer/persistent/public/default/a%20b")
		equal(e.t, "delivery", []string{p.publish("aGk=")}, c.deliveries(1))
		e.refused("/ws/v2/consumer/persistent/public/default/a%20b/s%20x", 409, "the subscription is taken")
		e.open("/ws/v2/consumer/persistent/public/default/a%2Bb/s+x")
	})
}

func TestHandshakeConflicts(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL)
		e.refused(consumerURL, 409, "the subscription is taken")
		e.refused(consumerURL+"?subscriptionType=Shared", 409, "the subscription is taken")
		c.close()
		// When a client sees its socket closed, what it held is free.
		e.open(consumerURL + "?subscriptionType=Shared")
		e.open(consumerURL + "?subscriptionType=Shared")

		p := e.open(producerURL + "?producerName=p")
		e.refused(producerURL+"?producerName=p", 409, "the producer name is taken")
		e.open(strings.Replace(producerURL, "/t", "/u", 1) + "?producerName=p")
		p.close()
		e.open(producerURL + "?producerName=p")

		e.open(readerURL + "?readerName=r")
		e.open(readerURL + "?readerName=r")
	})
}

// What asks for no WebSocket gets 405 on an endpoint and 404 elsewhere.
func TestPlainRequests(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		for _, tt := range []struct {
			method, target string
			status         int
		}{
			{"GET", producerURL, 405}, {"POST", producerURL, 405}, {"GET", consumerURL, 405}, {"DELETE", readerURL, 405},
			{"GET", "/ws/v2/producer/persistent", 405}, {"GET", "/ws/v2/foo", 404}, {"GET", "/", 404},
			{"POST", "/admin/v2/proxy-stats/stats", 404},
		} {
			r, err := http.NewRequestWithContext(e.t.Context(), tt.method, "http://192.0.2.2"+tt.target, strings.NewReader("{}"))
			if err != nil {
				e.t.Fatal(err)
			}
			resp, err := e.server.HTTP().Do(r)
			if err != nil {
				e.t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != tt.status || len(body) == 0 {
				e.t.Errorf("%s %s: got %d %q, %v, want %d with a text", tt.method, tt.target, resp.StatusCode, body, err, tt.status)
			}
		}
	})
}

// An offered subprotocol or extension is not negotiated.
func TestNothingIsNegotiated(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		_, r, _ := e.dial(producerURL, http.Header{"Sec-Websocket-Protocol": {"foo"}, "Sec-Websocket-Extensions": {"permessage-deflate"}})
		if r.StatusCode != 101 || r.Header.Get("Sec-WebSocket-Protocol") != "" || r.Header.Get("Sec-WebSocket-Extensions") != "" {
			e.t.Errorf("got %d with %v, want 101 and neither", r.StatusCode, r.Header)
		}
	})
}

func TestNamespaces(t *testing.T) {
	config := gateway.Config{Namespaces: []string{"public/default", "public/standalone/default"}}
	bubble(t, config, func(e *env) {
		for _, target := range []string{producerURL, consumerURL, readerURL, "/ws/producer/persistent/public/standalone/default/t"} {
			e.open(target)
		}
		for _, target := range []string{
			"/ws/v2/producer/persistent/public/nope/t", "/ws/v2/consumer/persistent/nope/default/t/s", "/ws/v2/reader/persistent/public/nope/t",
			"/ws/producer/persistent/public/other/default/t",
			consumerURL + "?maxRedeliverCount=1&deadLetterTopic=public/nope/t",
		} {
			e.refused(target, 404, "Namespace not found")
		}
		// A parameter that is wrong is found first, as in Pulsar.
		e.refused("/ws/v2/consumer/persistent/public/nope/t/s?receiverQueueSize=x", 400, "Invalid query params: ")
	})
	bubble(t, gateway.Config{Namespaces: []string{}}, func(e *env) { e.refused(producerURL, 404, "Namespace not found") })
}

// What the engine does not have is refused with 501.
func TestFeatures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t)
		r.features = func(f *mq.Features) { *f = mq.Features{Engine: "bare"} }
		g, err := gateway.New(r, gateway.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for target, want := range map[string]int{
			producerURL:                                               0,
			consumerURL + "?subscriptionType=Shared":                  0,
			consumerURL + "?ackTimeoutMillis=0":                       0,
			consumerURL + "?ackTimeoutMillis=1000":                    501,
			consumerURL + "2?subscriptionType=Failover":               501,
			consumerURL + "2?subscriptionType=Key_Shared":             501,
			"/ws/v2/reader/non-persistent/public/default/t":           501,
			consumerURL + "?ackTimeoutMillis=1":                       400,
			"/ws/v2/producer/non-persistent/public/default/t?bogus=1": 501,
		} {
			h, err := openURL(t, g, target)
			if got := status(err); got != want {
				t.Errorf("%s: got %v, want status %d", target, err, want)
			}
			if err == nil {
				closeHandler(t, h)
			}
		}
	})
}

// openURL calls Open as a handshake service would.
func openURL(t *testing.T, g *gateway.Gateway, target string) (socket.Handler, error) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g.Open(t.Context(), &socket.Handshake{URL: r.URL})
}

func closeHandler(t *testing.T, h socket.Handler) {
	t.Helper()
	if err := h.(io.Closer).Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// A failure of the engine is a status, and nothing of the engine's words reaches the client.
func TestOpenFailures(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		for _, tt := range []struct {
			err    error
			status int
		}{
			{mq.ErrUnavailable, 503}, {mq.ErrTopicNotFound, 404}, {mq.ErrUnauthorized, 403}, {mq.ErrTooManyTopics, 429},
			{mq.ErrTooManySubscriptions, 429},
			{context.DeadlineExceeded, 504}, {errors.New("secret"), 500},
		} {
			e.broker.openErr = &mq.Error{Op: "open", Topic: "secret", Hint: "secret", Err: tt.err}
			for _, target := range []string{producerURL, consumerURL, readerURL} {
				_, r, body := e.dial(target, nil)
				if r.StatusCode != tt.status || strings.Contains(body, "secret") || !strings.HasPrefix(body, "Failed to create producer/consumer: ") {
					e.t.Errorf("%v: got %d %q, want %d", tt.err, r.StatusCode, body, tt.status)
				}
			}
		}
	})
}

// If the subscription cannot be had, the producer for its dead letters does not stay open.
func TestOpenFailsHalfway(t *testing.T) {
	bubble(t, gateway.Config{}, func(e *env) {
		c := e.open(consumerURL)
		e.refused(consumerURL+"?maxRedeliverCount=1", 409, "the subscription is taken")
		equal(e.t, "open", e.broker.open(), 1)
		c.close()
	})
}

// Everything exists before the handshake is answered: what is published as soon as a consumer is open reaches it.
func TestOpenBeforeTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := gateway.New(newRecorder(t), gateway.Config{})
		if err != nil {
			t.Fatal(err)
		}
		h, err := openURL(t, g, consumerURL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openURL(t, g, consumerURL); status(err) != 409 {
			t.Errorf("got %v, want 409 while the first is open without an answer", err)
		}
		closeHandler(t, h)
		if h, err = openURL(t, g, consumerURL); err != nil {
			t.Errorf("after Close: %v", err)
		}
		closeHandler(t, h)
		// An opener of one's own may be given any path.
		if _, err := openURL(t, g, "/elsewhere"); status(err) != 404 {
			t.Errorf("got %v, want 404", err)
		}
	})
}

func TestConfig(t *testing.T) {
	b := newBroker(t)
	for name, tt := range map[string]struct {
		config gateway.Config
		want   []string
	}{
		"zero":       {gateway.Config{}, nil},
		"namespaces": {gateway.Config{Namespaces: []string{"a/b", "a/c/b"}}, nil},
		"all wrong": {gateway.Config{Namespaces: []string{"a", "a/b/c/d", "a/b c", "", "/"}, MaxReceiverQueueSize: -1, MaxUnacked: -1, Socket: socket.Config{SendWindow: -1}},
			[]string{`"a"`, `"a/b/c/d"`, `"a/b c"`, `""`, `"/"`, "MaxReceiverQueueSize: -1", "MaxUnacked: -1", "SendWindow"}},
	} {
		_, err := gateway.New(b, tt.config)
		if (err != nil) != (tt.want != nil) {
			t.Errorf("%s: got %v, want an error: %t", name, err, tt.want != nil)
		}
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want it to tell of %s", name, err, want)
			}
		}
	}
}
