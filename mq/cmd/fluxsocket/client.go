package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/socket"
)

// target is what every client command needs to know: which topic, on which server.
type target struct {
	Topic string        `arg:"" help:"Topic: persistent://tenant/namespace/name, or name alone for public/default."`
	URL   string        `help:"Server, as ws://host:port or wss://host:port." default:"ws://127.0.0.1:8080" env:"FLUXSOCKET_URL" placeholder:"URL"`
	Wait  time.Duration `help:"How long to wait for the connection." default:"10s"`
}

// endpoint builds the URL of an endpoint. Each name is escaped the way the server unescapes it: form encoding, one path
// segment per name.
func (t target) endpoint(kind, subscription string, query url.Values) (string, error) {
	base, err := url.Parse(t.URL)
	if err != nil || base.Host == "" || (base.Scheme != "ws" && base.Scheme != "wss") {
		return "", &usageError{fmt.Sprintf("--url %s: want ws://host:port or wss://host:port", t.URL)}
	}
	topic, err := mq.ParseTopicName(t.Topic)
	if err != nil {
		return "", &usageError{fmt.Sprintf("topic %q: %v", t.Topic, err)}
	}
	domain := "persistent"
	if !topic.Persistent {
		domain = "non-persistent"
	}
	path := []string{strings.TrimSuffix(base.EscapedPath(), "/"), "ws"}
	if topic.Cluster == "" {
		path = append(path, "v2", kind, domain, topic.Tenant, topic.Namespace)
	} else {
		path = append(path, kind, domain, topic.Tenant, topic.Cluster, topic.Namespace)
	}
	path = append(path, url.QueryEscape(topic.Name))
	if subscription != "" {
		path = append(path, url.QueryEscape(subscription))
	}
	u := base.Scheme + "://" + base.Host + strings.Join(path, "/")
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u, nil
}

// run opens the endpoint and gives the session to h until it ends, the server ends it, or ctx does. An end that the
// user asked for is no failure.
func (t target) run(ctx context.Context, endpoint string, h socket.HandlerFunc) error {
	client := socket.Client{Config: socket.Config{HandshakeTimeout: t.Wait, MaxMessageSize: maxDelivery}}
	err := client.Execute(ctx, endpoint, h)
	if err != nil && ctx.Err() != nil {
		return nil
	}
	var refused *socket.DialError
	switch {
	case errors.As(err, &refused) && refused.Status != 0:
		return fmt.Errorf("%s refused: %d %s", t.URL, refused.Status, strings.TrimSpace(string(refused.Body)))
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing listens on %s; start the queue with: fluxsocket serve", t.URL)
	}
	return err
}

// maxDelivery is the largest message accepted from a server: what was published through a socket comes back somewhat
// longer, and what was published otherwise may be much longer.
const maxDelivery = 64 << 20

// The types below say what the protocol's documentation says, apart from the server's own codec, so that each checks the
// other.

// publication is one message on its way to the server.
type publication struct {
	Payload    []byte            `json:"payload"`
	Key        string            `json:"key,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
	Context    string            `json:"context"`
}

// reply is the server's answer to a publication.
type reply struct {
	Result    string `json:"result"`
	MessageID string `json:"messageId"`
	ErrorMsg  string `json:"errorMsg"`
	Context   string `json:"context"`
}

// delivery is one message on its way from the server.
type delivery struct {
	MessageID string `json:"messageId"`
	Payload   []byte `json:"payload"`
}

// ack confirms a delivery, or asks a reader's server for the next.
type ack struct {
	MessageID string `json:"messageId"`
}

// frame writes v as a text message. The types above cannot fail to encode.
func frame(v any) socket.Message {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return socket.Text(string(b))
}
