package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// printing is how deliveries are shown, and how many.
type printing struct {
	Count int64 `short:"n" help:"End after so many messages; 0 goes on until interrupted." default:"0"`
	JSON  bool  `help:"Print each message as the server's JSON, with id, key, properties and times, instead of its payload."`
}

// validate finds flags that make no sense.
func (p printing) validate() error {
	if p.Count < 0 {
		return &usageError{fmt.Sprintf("-n %d: want a number of messages, or 0", p.Count)}
	}
	return nil
}

// consumeCmd prints and acknowledges.
type consumeCmd struct {
	target       `embed:""`
	Subscription string `short:"s" required:"" help:"Name of the subscription."`
	Type         string `help:"How the subscription is shared: Exclusive, Shared, Failover, Key_Shared." default:"Exclusive" enum:"Exclusive,Shared,Failover,Key_Shared"`
	From         string `help:"Where a new subscription starts: earliest or latest." default:"latest" enum:"earliest,latest"`
	NoAck        bool   `help:"Leave the messages unacknowledged: they are delivered again to the next consumer. The server lets a consumer leave 50000, then nothing more comes."`
	printing     `embed:""`
}

// Run prints what the subscription delivers. A message is acknowledged after it was printed, never before.
func (c *consumeCmd) Run(ctx context.Context, std stdio) error {
	if err := c.printing.validate(); err != nil {
		return err
	}
	if c.NoAck && c.Count > gateway.MaxUnacked {
		return &usageError{fmt.Sprintf("-n %d with --no-ack: the server lets a consumer leave %d messages unacknowledged", c.Count, gateway.MaxUnacked)}
	}
	query := url.Values{
		"subscriptionType":            {c.Type},
		"subscriptionInitialPosition": {map[string]string{"earliest": "Earliest", "latest": "Latest"}[c.From]},
	}
	if n := c.window(); n > 0 {
		query.Set("receiverQueueSize", strconv.FormatInt(n, 10))
	}
	if c.NoAck {
		query.Set("pullMode", "true")
	}
	endpoint, err := c.endpoint("consumer", c.Subscription, query)
	if err != nil {
		return err
	}
	return c.run(ctx, endpoint, func(s *socket.Session) reactive.Mono[reactive.Void] {
		shown := reactive.TryMap(c.take(s.Receive()), func(m socket.Message) (socket.Message, error) {
			return c.show(std.out, m)
		})
		if c.NoAck {
			return reactive.When(s.Send(reactive.Just(permits(c.Count))), c.unacked(shown, std.err).Then())
		}
		return s.Send(shown)
	})
}

// unacked says so when the server will deliver nothing more, because too much of it is not acknowledged.
func (c *consumeCmd) unacked(shown reactive.Flux[socket.Message], out io.Writer) reactive.Flux[socket.Message] {
	n := int64(0)
	return shown.DoOnNext(func(socket.Message) {
		if n++; n == gateway.MaxUnacked && n != c.Count {
			fmt.Fprintf(out, "fluxsocket: %d messages are not acknowledged, and the server delivers no more before some are\n", n)
		}
	})
}

// permits asks a pull consumer's server for n messages, or for as many as a permit can say.
func permits(n int64) socket.Message {
	if n <= 0 || n > maxPermits {
		n = maxPermits
	}
	return frame(struct {
		Type           string `json:"type"`
		PermitMessages int64  `json:"permitMessages"`
	}{"permit", n})
}

// maxPermits is the largest permitMessages of the protocol, a 32-bit number.
const maxPermits = 1<<31 - 1

// take ends the flow after Count messages.
func (p printing) take(in reactive.Flux[socket.Message]) reactive.Flux[socket.Message] {
	if p.Count > 0 {
		return in.Take(p.Count)
	}
	return in
}

// window keeps a short run from holding messages that it will not print; 0 leaves the server's default.
func (p printing) window() int64 {
	if p.Count > 0 && p.Count < 1000 {
		return p.Count
	}
	return 0
}

// show prints one delivery and returns the frame that acknowledges it.
func (p printing) show(out io.Writer, m socket.Message) (socket.Message, error) {
	var d delivery
	if err := json.Unmarshal(m.Payload, &d); err != nil {
		return socket.Message{}, fmt.Errorf("the server's message is not understood: %w", err)
	}
	text := d.Payload
	if p.JSON {
		text = m.Payload
	}
	if _, err := out.Write(append(text, '\n')); err != nil {
		return socket.Message{}, printed(err)
	}
	return frame(ack{d.MessageID}), nil
}
