package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/socket"
)

// Gateway serves Pulsar's WebSocket API in front of a broker. It is safe for concurrent use.
//
// It is a [socket.Opener], for a [socket.HandshakeService] of one's own, and has a complete one in [Gateway.Handler].
type Gateway struct {
	broker     mq.Broker
	features   mq.Features
	namespaces map[string]bool // nil: all
	window     int64           // the largest
	unacked    int64           // the most deliveries that a consumer has open
	location   *time.Location
	log        *slog.Logger
	service    *socket.HandshakeService
}

// New returns a gateway in front of broker, which stays the caller's to close, or what [Config.Validate] says is wrong
// with c.
func New(broker mq.Broker, c Config) (*Gateway, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	g := &Gateway{
		broker:   broker,
		features: broker.Features(),
		window:   int64(c.MaxReceiverQueueSize),
		unacked:  int64(c.MaxUnacked),
		location: c.Location,
		log:      c.Logger,
	}
	if g.window == 0 {
		g.window = MaxReceiverQueueSize
	}
	if g.unacked == 0 {
		g.unacked = MaxUnacked
	}
	if g.location == nil {
		g.location = time.Local
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if c.Namespaces != nil {
		g.namespaces = make(map[string]bool, len(c.Namespaces))
		for _, n := range c.Namespaces {
			g.namespaces[n] = true
		}
	}
	if c.Socket.Logger == nil {
		c.Socket.Logger = c.Logger
	}
	if c.Socket.NotUpgrade == nil {
		c.Socket.NotUpgrade = http.HandlerFunc(notUpgrade)
	}
	service, err := socket.NewHandshakeService(c.Socket)
	if err != nil {
		return nil, err
	}
	g.service = service
	return g, nil
}

// notUpgrade answers who asks for no WebSocket as Pulsar does, with the status it has for that. The list of methods that
// the status calls for (RFC 9110, 15.5.6) is empty: no plain request has an answer here.
func notUpgrade(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "")
	http.Error(w, "this is a WebSocket: connect with a WebSocket client", http.StatusMethodNotAllowed)
}

// Handler returns what serves all URLs of the gateway; every other path is 404. It must see the path as the client
// wrote it: put it behind nothing that cleans paths, such as [http.ServeMux].
func (g *Gateway) Handler() http.Handler {
	sockets := g.service.Opener(g)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, _, ok := route(rawPath(r.URL)); !ok {
			http.NotFound(w, r)
			return
		}
		sockets.ServeHTTP(w, r)
	})
}

// Len returns the number of open sockets of Handler.
func (g *Gateway) Len() int { return g.service.Len() }

// Drain ends the sockets of Handler; see [socket.HandshakeService.Drain].
func (g *Gateway) Drain(ctx context.Context, status socket.CloseStatus) error {
	return g.service.Drain(ctx, status)
}

// Open implements [socket.Opener]: it makes the producer, consumer or reader that the URL asks for. The errors are
// [*socket.HandshakeError].
func (g *Gateway) Open(ctx context.Context, h *socket.Handshake) (socket.Handler, error) {
	e, v2, args, ok := route(rawPath(h.URL))
	if !ok {
		return nil, &socket.HandshakeError{Status: http.StatusNotFound}
	}
	t, err := parsePath(e, v2, args)
	if err != nil {
		return nil, err
	}
	q, err := parseQuery(h.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	handler, err := g.open(ctx, t, q)
	if err != nil {
		return nil, refusal(err)
	}
	return handler, nil
}

// open reads the parameters, which every endpoint has its own of, before it asks whether the topic can be served.
func (g *Gateway) open(ctx context.Context, t target, q query) (socket.Handler, error) {
	switch t.endpoint {
	case producerEndpoint:
		return g.openProducer(ctx, t, q)
	case consumerEndpoint:
		return g.openConsumer(ctx, t, q)
	default:
		return g.openReader(ctx, t, q)
	}
}

// admit tells whether the topic is one that this gateway serves.
func (g *Gateway) admit(t mq.TopicName) error {
	if g.namespaces != nil && !g.namespaces[namespaceOf(t)] {
		return &socket.HandshakeError{Status: http.StatusNotFound, Text: "Namespace not found"}
	}
	if !t.Persistent && !g.features.NonPersistentTopics {
		return g.unsupported("non-persistent topics")
	}
	return nil
}

// unsupported refuses what the engine does not have.
func (g *Gateway) unsupported(what string) error {
	return &socket.HandshakeError{
		Status: http.StatusNotImplemented,
		Text:   fmt.Sprintf("the engine of this server (%s) does not have %s", g.features.Engine, what),
	}
}
