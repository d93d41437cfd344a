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

// serve starts a gateway over the memory engine and returns its URL.
func serve() (url string, stop func()) {
	broker, err := memory.New(memory.Config{})
	if err != nil {
		panic(err)
	}
	g, err := gateway.New(broker, gateway.Config{})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(g.Handler())
	return server.URL, func() {
		_ = g.Drain(context.Background(), socket.CloseStatus{Code: socket.GoingAway})
		server.Close()
		_ = broker.Close(context.Background())
	}
}

// publish publishes texts and prints the replies.
func publish(url string, texts ...string) error {
	var requests []socket.Message
	for i, text := range texts {
		request, err := json.Marshal(map[string]any{"payload": []byte(text), "context": i})
		if err != nil {
			return err
		}
		requests = append(requests, socket.Message{Type: socket.TextMessage, Payload: request})
	}
	var client socket.Client
	producer := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		replies := s.Receive().Take(int64(len(requests))).DoOnNext(func(m socket.Message) {
			var r struct{ Result, Context string }
			_ = json.Unmarshal(m.Payload, &r)
			fmt.Printf("request %s: %s\n", r.Context, r.Result)
		})
		return reactive.When(s.Send(reactive.FromSlice(requests)), replies.Then())
	})
	return client.Execute(context.Background(), url+"/ws/v2/producer/persistent/public/default/greetings", producer)
}

// delivery is what is of interest in a frame of a consumer or reader.
type delivery struct {
	MessageID string `json:"messageId"`
	Payload   []byte `json:"payload"`
}

// A consumer in pull mode permits two messages, prints and acknowledges them. Any client of Pulsar's WebSocket API would
// do in the place of this one.
func Example_consumer() {
	url, stop := serve()
	defer stop()
	if err := publish(url, "hello", "goodbye", "hello again"); err != nil {
		fmt.Println(err)
	}

	var client socket.Client
	const target = "/ws/v2/consumer/persistent/public/default/greetings/my-subscription?subscriptionInitialPosition=Earliest&pullMode=true"
	consumer := socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		acks := reactive.Map(s.Receive().Take(2), func(m socket.Message) socket.Message {
			var d delivery
			_ = json.Unmarshal(m.Payload, &d)
			fmt.Printf("%s\n", d.Payload)
			return socket.Text(`{"messageId":"` + d.MessageID + `"}`)
		})
		return s.Send(acks.StartWith(socket.Text(`{"type":"permit","permitMessages":2}`)))
	})
	if err := client.Execute(context.Background(), url+target, consumer); err != nil {
		fmt.Println(err)
	}
	// Output:
	// request 0: ok
	// request 1: ok
	// request 2: ok
	// hello
	// goodbye
}

// A reader reads a topic from the beginning and leaves no trace.
func Example_reader() {
	url, stop := serve()
	defer stop()
	if err := publish(url, "hello"); err != nil {
		fmt.Println(err)
	}

	var client socket.Client
	reader, err := client.Dial(context.Background(), url+"/ws/v2/reader/persistent/public/default/greetings?messageId=earliest")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close(socket.CloseStatus{})
	m, err := reader.Receive().First().Block(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	var d delivery
	_ = json.Unmarshal(m.Payload, &d)
	fmt.Printf("%s\n", d.Payload)
	// Output:
	// request 0: ok
	// hello
}
