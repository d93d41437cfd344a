package jetstream

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Names of streams, consumers and subjects. Whatever a client may name, what the server sees is a hash of it, so no
// name can be too long or contain what subjects reserve. The real names stand in the metadata.

const (
	metaTopic        = "fs.topic"        // on a stream: the topic's full name
	metaLedger       = "fs.ledger"       // on a stream: its incarnation, milliseconds since 1970 at its creation
	metaTerminated   = "fs.terminated"   // on a stream: when the topic was terminated, RFC 3339
	metaSubscription = "fs.subscription" // on a consumer: the subscription's name
)

// hashLen characters of base32 are 130 bits of the hash.
const hashLen = 26

var hashEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

func hashName(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hashEncoding.EncodeToString(sum[:])[:hashLen]
}

func streamName(t mq.TopicName) string        { return "P" + hashName(t.String()) }
func consumerName(subscription string) string { return "S" + hashName(subscription) }

// isSubscription tells the consumer of a subscription from that of a reader.
func isSubscription(consumer string) bool { return strings.HasPrefix(consumer, "S") }

func nextSubject(stream, consumer string) string {
	return "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer
}

// subjects of a topic. A stream has one subject, because the server compares each new one with all others.
type subjects struct {
	all      string // what the stream listens to
	messages string // messages
	delayed  string // prefix of the schedules of delayed messages, one subject each
	ended    string // what the stream of a terminated topic listens to; nobody publishes there
}

func subjectsOf(t mq.TopicName) subjects {
	namespace := t.Tenant + "/" + t.Namespace
	if t.Cluster != "" {
		namespace = t.Tenant + "/" + t.Cluster + "/" + t.Namespace
	}
	topic := hashName(t.String())
	base := "fs." + hashName(namespace) + "." + topic
	return subjects{all: base + ".>", messages: base + ".m", delayed: base + ".d.", ended: "fs-terminated." + topic}
}
