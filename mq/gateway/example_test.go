package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/mq/memory"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// A gateway over the memory engine, a consumer that waits and a producer that publishes. Any client of Pulsar's
// WebSocket API would do in place of this one.
func Example() {
	broker, err := memory.New(memory.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close(context.Background())
	g, err := gateway.New(broker, gateway.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(g.Handler())
	defer server.Close()

	var client socket.Client
	ctx := context.Background()
	const topic = "/persistent/public/default/greetings"
	consumer, err := client.Dial(ctx, server.URL+"/ws/v2/consumer"+topic+"/my-subscription")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer consumer.Close(socket.CloseStatus{})

	publish := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		request := socket.Text(`{"payload":"aGVsbG8=","properties":{"lang":"en"},"context":"1"}`)
		reply := s.Receive().Take(1).DoOnNext(func(m socket.Message) {
			var r struct{ Result, Context string }
			_ = json.Unmarshal(m.Payload, &r)
			fmt.Println("request", r.Context+":", r.Result)
		})
		return reactive.When(s.Send(reactive.Just(request)), reply.Then())
	})
	if err := client.Execute(ctx, server.URL+"/ws/v2/producer"+topic, publish); err != nil {
		fmt.Println(err)
		return
	}
	delivery, err := consumer.Receive().First().Block(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	var m struct {
		Payload    []byte
		Properties map[string]string
	}
	_ = json.Unmarshal(delivery.Payload, &m)
	fmt.Printf("%s %v\n", m.Payload, m.Properties)
	// Output:
	// request 1: ok
	// hello map[lang:en]
}
