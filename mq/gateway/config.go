package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/socket"
)

// MaxReceiverQueueSize is the largest window of a consumer or reader, and its default, as in Pulsar.
const MaxReceiverQueueSize = 1000

// MaxUnacked is how many deliveries a consumer may leave unacknowledged by default, as with Pulsar's brokers
// (maxUnackedMessagesPerConsumer).
const MaxUnacked = 50_000

// Config is what a gateway serves and within which limits. The zero value works; it is copied where it is given.
type Config struct {
	// Namespaces lists those that exist, as "tenant/namespace" or, for the URLs of Pulsar 1.x,
	// "property/cluster/namespace"; a socket of another one is refused with 404. Nil: every namespace exists as soon
	// as somebody names it. Empty: none does.
	Namespaces []string

	// MaxReceiverQueueSize is the largest number of deliveries that one socket can have open, and what it has if it
	// says nothing; a larger receiverQueueSize is cut down to it. 0: [MaxReceiverQueueSize].
	MaxReceiverQueueSize int

	// MaxUnacked is the largest number of deliveries that one consumer can have open in pull mode, whatever it permits:
	// the next ones come when it has acknowledged or refused some. It bounds push mode too, which MaxReceiverQueueSize
	// does before unless it is larger. An open delivery takes about 240 bytes of memory with the jetstream engine, so
	// 12 MB for a consumer that never acknowledges. 0: [MaxUnacked].
	MaxUnacked int

	// Location is the time zone in which dates are printed. Nil: the process's own.
	Location *time.Location

	// Socket is how sessions are opened, limited and kept alive. Its MaxMessageSize bounds a request's text, Base64
	// and all: 1 MiB by default, as in Pulsar, which is 786 kB of payload. Its NotUpgrade is 405 by default.
	Socket socket.Config

	// Logger hears of commands that an engine could not carry out (Warn) or that made no sense to it (Debug); they
	// have no answer. It hears of messages that an engine failed to store, with what can be done about it (Warn): of
	// each producer's first of each kind, and then once a minute how many there were. It is that of Socket too if that
	// has none, which tells of refused handshakes and of the sockets that the gateway closes with a status, a malformed
	// command for instance (Info). Nil: silent.
	Logger *slog.Logger
}

// Validate returns all that is wrong with c, joined, or nil.
func (c Config) Validate() error {
	var errs []error
	for _, n := range c.Namespaces {
		if err := validNamespace(n); err != nil {
			errs = append(errs, err)
		}
	}
	if c.MaxReceiverQueueSize < 0 {
		errs = append(errs, fmt.Errorf("gateway: config: MaxReceiverQueueSize: %d is negative", c.MaxReceiverQueueSize))
	}
	if c.MaxUnacked < 0 {
		errs = append(errs, fmt.Errorf("gateway: config: MaxUnacked: %d is negative", c.MaxUnacked))
	}
	errs = append(errs, c.Socket.Validate())
	return errors.Join(errs...)
}

// validNamespace checks a name by making the name of a topic of it.
func validNamespace(n string) error {
	_, err := mq.ParseTopicName("persistent://" + n + "/topic")
	if slashes := strings.Count(n, "/"); err != nil || slashes < 1 || slashes > 2 {
		return fmt.Errorf("gateway: config: Namespaces: %q: "+
			"want tenant/namespace or property/cluster/namespace, of letters, digits and _=:.-", n)
	}
	return nil
}

// namespaceOf is the name of a topic's namespace, as in Config.
func namespaceOf(t mq.TopicName) string {
	if t.Cluster != "" {
		return t.Tenant + "/" + t.Cluster + "/" + t.Namespace
	}
	return t.Tenant + "/" + t.Namespace
}
