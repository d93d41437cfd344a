package main

import (
	"context"
	"net/url"
	"strconv"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// readCmd prints without a subscription.
type readCmd struct {
	target   `embed:""`
	From     string `help:"Where to start: earliest, latest, or after the message with this id." default:"earliest" placeholder:"earliest|latest|ID"`
	printing `embed:""`
}

// Run prints the topic from the given position on and goes on with what is published meanwhile.
func (c *readCmd) Run(ctx context.Context, std stdio) error {
	if err := c.printing.validate(); err != nil {
		return err
	}
	query := url.Values{"messageId": {c.From}}
	if n := c.window(); n > 0 {
		query.Set("receiverQueueSize", strconv.FormatInt(n, 10))
	}
	endpoint, err := c.endpoint("reader", "", query)
	if err != nil {
		return err
	}
	return c.run(ctx, endpoint, func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Send(reactive.TryMap(c.take(s.Receive()), func(m socket.Message) (socket.Message, error) {
			return c.show(std.out, m)
		}))
	})
}
