package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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
	URL   string        `help:"Server, as ws://host:port or wss://host:port; a path before /ws and a query, such as ?token=..., are kept." default:"ws://127.0.0.1:8080" env:"FLUXSOCKET_URL" placeholder:"URL"`
	Wait  time.Duration `help:"How long to wait for the connection." default:"10s"`
}

// endpoint builds the URL of an endpoint. Each name is escaped the way the server unescapes it: form encoding, one path
// segment per name.
func (t target) endpoint(kind, subscription string, query url.Values) (string, error) {
	base, err := url.Parse(t.URL)
	switch {
	case err == nil && base.User != nil: // it is not shown: there may be a password in it
		return "", &usageError{"--url: user and password are not sent; the query may have a token: ?token=..."}
	case err != nil || base.Host == "" || (base.Scheme != "ws" && base.Scheme != "wss"):
		return "", &usageError{fmt.Sprintf("--url %s: want ws://host:port or wss://host:port", t.URL)}
	case base.Fragment != "":
		return "", &usageError{fmt.Sprintf("--url %s: a URL of a WebSocket has no fragment", t.URL)}
	}
	given, err := url.ParseQuery(base.RawQuery)
	if err != nil {
		return "", &usageError{fmt.Sprintf("--url: query: %v", err)}
	}
	for name, values := range query {
		given[name] = values
	}
	topic, err := mq.ParseTopicName(t.Topic)
	if err != nil {
		return "", &usageError{strings.TrimPrefix(err.Error(), mq.ErrInvalid.Error()+": ")} // it names the topic
	}
	domain := "persistent"
	if !topic.Persistent {
		domain = "non-persistent"
	}
	path := []string{prefix(base.EscapedPath()), "ws"}
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
	if len(given) > 0 {
		u += "?" + given.Encode()
	}
	return u, nil
}

// prefix is what stands before /ws in the paths of a server whose URL has this path: with /ws/v2 or without, as it
// prints it itself.
func prefix(path string) string {
	path = strings.TrimSuffix(path, "/")
	for _, tail := range []string{"/ws/v2", "/ws"} {
		if before, found := strings.CutSuffix(path, tail); found {
			return before
		}
	}
	return path
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
	var own *fileError
	switch {
	case errors.As(err, &own): // the session ended because of it, and how it did says nothing
		return own
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound: // also of another server than ours
		return fmt.Errorf("%s: 404 %s", refused.URL, strings.TrimSpace(string(refused.Body)))
	case errors.As(err, &refused) && refused.Status != 0:
		return fmt.Errorf("%s refused: %d %s", refused.URL, refused.Status, strings.TrimSpace(string(refused.Body)))
	case errors.Is(err, syscall.ECONNREFUSED):
		server, _, _ := strings.Cut(t.URL, "?") // there may be a token in the query
		return fmt.Errorf("nothing listens on %s; start the queue with: fluxsocket serve", server)
	}
	return err
}

// fileError is a failure of what the user has the command read or write, which ends a session that is all right.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return e.name + ": " + e.err.Error() }

func (e *fileError) Unwrap() error { return e.err }

// printed wraps a failure to write what the command prints.
func printed(err error) error {
	if err == nil {
		return nil
	}
	return &fileError{"standard output", err}
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
