package gateway

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/socket"
)

var (
	someTopic    = mq.TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: "t"}
	someConsumer = target{consumerEndpoint, someTopic, "s"}
)

func TestParseQuery(t *testing.T) {
	tests := []struct {
		raw  string
		want query
	}{
		{"", query{}},
		{"&&", query{}},
		{"a=1&b=2", query{"a": "1", "b": "2"}},
		{"a=1&a=2", query{"a": "1"}},
		{"a=&a=2", query{"a": ""}},
		{"a", query{"a": ""}},
		{"a=b=c", query{"a": "b=c"}},
		{"a=x+y%2B%26", query{"a": "x y+&"}},
		{"a=1;b=2", query{"a": "1;b=2"}},
		{"%61=1", query{"a": "1"}},
	}
	for _, tt := range tests {
		got, err := parseQuery(tt.raw)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("parseQuery(%q): %v (-want +got):\n%s", tt.raw, err, diff)
		}
	}
	for _, raw := range []string{"a=%zz", "%zz=1", "a=%"} {
		_, err := parseQuery(raw)
		wantRefusal(t, raw, err, 400, "malformed escape")
	}
}

func TestProducerParams(t *testing.T) {
	config := func(change func(c *mq.ProducerConfig)) mq.ProducerConfig {
		c := mq.ProducerConfig{Topic: someTopic, SendTimeout: 30 * time.Second, MaxPending: 1000}
		change(&c)
		return c
	}
	plain := config(func(*mq.ProducerConfig) {})
	tests := []struct {
		query string
		want  mq.ProducerConfig
	}{
		{"", plain},
		{"nobody=knows&token=x", plain},
		{"producerName=p", config(func(c *mq.ProducerConfig) { c.Name = "p" })},
		{"sendTimeoutMillis=100", config(func(c *mq.ProducerConfig) { c.SendTimeout = 100 * time.Millisecond })},
		{"sendTimeoutMillis=%2B100", config(func(c *mq.ProducerConfig) { c.SendTimeout = 100 * time.Millisecond })},
		{"sendTimeoutMillis=100&sendTimeoutMillis=abc", config(func(c *mq.ProducerConfig) { c.SendTimeout = 100 * time.Millisecond })},
		{"sendTimeoutMillis=0", config(func(c *mq.ProducerConfig) { c.SendTimeout = 0 })},
		{"initialSequenceId=-9223372036854775808", plain},
		{"hashingScheme=Murmur3_32Hash&messageRoutingMode=CustomPartition&compressionType=ZSTD", plain},
		{"batchingMaxMessages=abc&batchingMaxPublishDelay=x&maxPendingMessages=-1", plain},
		{"batchingEnabled=yes&batchingMaxMessages=abc", plain},
		{"batchingEnabled=true&batchingMaxMessages=0&batchingMaxPublishDelay=1", plain},
		{"batchingEnabled=TRUE&maxPendingMessages=2", config(func(c *mq.ProducerConfig) { c.MaxPending = 2 })},
		{"batchingEnabled=true&maxPendingMessages=0", plain},
		{"batchingEnabled=true&maxPendingMessages=1000000", plain},
	}
	for _, tt := range tests {
		q, err := parseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := producerParams(q, target{producerEndpoint, someTopic, ""})
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.query, err, diff)
		}
	}
}

func TestConsumerParams(t *testing.T) {
	config := func(change func(c *consumerParams)) consumerParams {
		c := consumerParams{
			ConsumerConfig: mq.ConsumerConfig{Topic: someTopic, Subscription: "s"},
			window:         1000, nackDelay: time.Minute,
		}
		change(&c)
		return c
	}
	window := func(n int64) consumerParams { return config(func(c *consumerParams) { c.window = n }) }
	plain := window(1000)
	dead := func(n int, topic string) consumerParams {
		return config(func(c *consumerParams) {
			c.maxRedeliver = n
			c.deadLetter = someTopic
			c.deadLetter.Name = topic
		})
	}
	tests := []struct {
		query string
		want  consumerParams
	}{
		{"", plain},
		{"subscriptionType=Key_Shared", config(func(c *consumerParams) { c.Type = mq.KeyShared })},
		{"subscriptionType=Failover", config(func(c *consumerParams) { c.Type = mq.Failover })},
		{"subscriptionMode=NonDurable", config(func(c *consumerParams) { c.NonDurable = true })},
		{"subscriptionMode=Durable&subscriptionInitialPosition=Latest&subscriptionType=Exclusive", plain},
		{"subscriptionInitialPosition=Earliest", config(func(c *consumerParams) { c.InitialPosition = mq.StartEarliest })},
		{"consumerName=n", config(func(c *consumerParams) { c.Name = "n" })},
		{"ackTimeoutMillis=0", plain},
		{"ackTimeoutMillis=1000", config(func(c *consumerParams) { c.AckTimeout = time.Second })},
		{"receiverQueueSize=0", window(1)},
		{"receiverQueueSize=1", window(1)},
		{"receiverQueueSize=999", window(999)},
		{"receiverQueueSize=5000", window(1000)},
		{"negativeAckRedeliveryDelay=500", config(func(c *consumerParams) { c.nackDelay = 500 * time.Millisecond })},
		{"negativeAckRedeliveryDelay=0", config(func(c *consumerParams) { c.nackDelay = 0 })},
		{"pullMode=true", config(func(c *consumerParams) { c.pull = true })},
		{"pullMode=tRuE", config(func(c *consumerParams) { c.pull = true })},
		{"pullMode=1", plain},
		{"pullMode=yes", plain},
		{"pullMode=", plain},
		{"priorityLevel=3&cryptoFailureAction=bogus", plain},
		{"maxRedeliverCount=3", dead(3, "t-s-DLQ")},
		{"maxRedeliverCount=3&deadLetterTopic=x", dead(3, "x")},
		{"maxRedeliverCount=1&deadLetterTopic=persistent://public/default/y", dead(1, "y")},
		{"maxRedeliverCount=1&deadLetterTopic=%20y%20", dead(1, "y")},
	}
	for _, tt := range tests {
		q, err := parseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readConsumerParams(q, someConsumer, 1000)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(consumerParams{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tt.query, err, diff)
		}
	}
}

func TestReaderParams(t *testing.T) {
	tests := []struct {
		query  string
		start  mq.MessageID
		window int64
	}{
		{"", mq.Latest, 1000},
		{"messageId=", mq.Latest, 1000},
		{"messageId=latest", mq.Latest, 1000},
		{"messageId=earliest&receiverQueueSize=0", mq.Earliest, 1},
		{"messageId=CAMQADAA&receiverQueueSize=7", mq.NewMessageID(3, 0), 7},
		{"cryptoFailureAction=bogus&receiverQueueSize=1001", mq.Latest, 1000},
	}
	for _, tt := range tests {
		q, err := parseQuery("readerName=r&" + tt.query)
		if err != nil {
			t.Fatal(err)
		}
		got, window, err := readReaderParams(q, target{readerEndpoint, someTopic, ""}, 1000)
		want := mq.ReaderConfig{Topic: someTopic, Name: "r", Start: tt.start}
		if err != nil || got != want || window != tt.window {
			t.Errorf("%s: got %+v, %d, %v, want %+v, %d", tt.query, got, window, err, want, tt.window)
		}
	}
}

func TestParamsRefused(t *testing.T) {
	tests := []struct {
		endpoint endpoint
		query    string
		text     string
	}{
		{producerEndpoint, "producerName=", "producerName cannot be blank"},
		{producerEndpoint, "producerName=%20", "producerName cannot be blank"},
		{producerEndpoint, "sendTimeoutMillis=abc", `sendTimeoutMillis: "abc" is not an integer of 32 bits`},
		{producerEndpoint, "sendTimeoutMillis=", "is not an integer"},
		{producerEndpoint, "sendTimeoutMillis", "is not an integer"},
		{producerEndpoint, "sendTimeoutMillis=%201", "is not an integer"},
		{producerEndpoint, "sendTimeoutMillis=1.0", "is not an integer"},
		{producerEndpoint, "sendTimeoutMillis=1_0", "is not an integer"},
		{producerEndpoint, "sendTimeoutMillis=2147483648", "is not an integer"},
		{producerEndpoint, "sendTimeoutMillis=-1", "sendTimeout needs to be >= 0"},
		{producerEndpoint, "initialSequenceId=abc", "is not an integer of 64 bits"},
		{producerEndpoint, "hashingScheme=Bad", "Invalid hashingScheme Bad"},
		{producerEndpoint, "hashingScheme=", "Invalid hashingScheme"},
		{producerEndpoint, "messageRoutingMode=Bad", "Invalid messageRoutingMode Bad"},
		{producerEndpoint, "messageRoutingMode=singlepartition", "Invalid messageRoutingMode singlepartition"},
		{producerEndpoint, "compressionType=lz4", "Invalid compressionType lz4"},
		{producerEndpoint, "batchingEnabled=true&batchingMaxMessages=abc", "is not an integer"},
		{producerEndpoint, "batchingEnabled=true&batchingMaxPublishDelay=0", "configured value for batch delay must be at least 1ms"},
		{producerEndpoint, "batchingEnabled=true&maxPendingMessages=-1", "maxPendingMessages needs to be >= 0"},
		{producerEndpoint, "encryptionKeys=k1", "does not encrypt"},
		{producerEndpoint, "encryptionKeys=", "does not encrypt"},

		{consumerEndpoint, "ackTimeoutMillis=1", "Ack timeout should be greater than 1000 ms"},
		{consumerEndpoint, "ackTimeoutMillis=999", "Ack timeout should be greater than 1000 ms"},
		{consumerEndpoint, "ackTimeoutMillis=-1", "Ack timeout should be greater than 1000 ms"},
		{consumerEndpoint, "subscriptionType=shared", "Invalid query params: Invalid subscriptionType shared"},
		{consumerEndpoint, "subscriptionType=", "Invalid subscriptionType"},
		{consumerEndpoint, "subscriptionType=a%0Ab", `Invalid subscriptionType "a\nb"`},
		{consumerEndpoint, "subscriptionType=" + strings.Repeat("x", 100), `Invalid subscriptionType "` + strings.Repeat("x", 40) + `"`},
		{consumerEndpoint, "subscriptionMode=durable", "Invalid subscriptionMode durable"},
		{consumerEndpoint, "subscriptionInitialPosition=earliest", "Invalid subscriptionInitialPosition earliest"},
		{consumerEndpoint, "receiverQueueSize=-1", "receiverQueueSize needs to be >= 0"},
		{consumerEndpoint, "receiverQueueSize=abc", "is not an integer"},
		{consumerEndpoint, "consumerName=%20", "consumerName cannot be blank"},
		{consumerEndpoint, "priorityLevel=-1", "priorityLevel needs to be >= 0"},
		{consumerEndpoint, "negativeAckRedeliveryDelay=-1", "redeliveryDelay needs to be >= 0"},
		{consumerEndpoint, "maxRedeliverCount=0", "MaxRedeliverCount must be > 0."},
		{consumerEndpoint, "maxRedeliverCount=-1", "MaxRedeliverCount must be > 0."},
		{consumerEndpoint, "maxRedeliverCount=x", "is not an integer"},
		{consumerEndpoint, "deadLetterTopic=x", "MaxRedeliverCount must be > 0."},
		{consumerEndpoint, "maxRedeliverCount=1&deadLetterTopic=", "deadLetterTopic cannot be blank"},
		{consumerEndpoint, "maxRedeliverCount=1&deadLetterTopic=bogus://a/b/c", "deadLetterTopic: topic name"},

		{readerEndpoint, "receiverQueueSize=abc", "is not an integer"},
		{readerEndpoint, "receiverQueueSize=-1", "receiverQueueSize needs to be >= 0"},
		{readerEndpoint, "messageId=*", "Invalid messageId base64 value"},
		{readerEndpoint, "messageId=AAAA", "Invalid messageId value"},
		{readerEndpoint, "messageId=Earliest", "Invalid messageId value"},
	}
	for _, tt := range tests {
		q, err := parseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		switch tt.endpoint {
		case producerEndpoint:
			_, err = producerParams(q, target{producerEndpoint, someTopic, ""})
		case consumerEndpoint:
			_, err = readConsumerParams(q, someConsumer, 1000)
		case readerEndpoint:
			_, _, err = readReaderParams(q, target{readerEndpoint, someTopic, ""}, 1000)
		}
		wantRefusal(t, string(tt.endpoint)+"?"+tt.query, err, 400, "Invalid query params: ")
		wantRefusal(t, string(tt.endpoint)+"?"+tt.query, err, 400, tt.text)
	}
}

// FuzzParams: every query is refused with 400 or yields a configuration that the port accepts.
func FuzzParams(f *testing.F) {
	for _, s := range []string{
		"receiverQueueSize=5&subscriptionType=Shared&pullMode=TRUE", "maxRedeliverCount=1&deadLetterTopic=x", "messageId=CAMQADAA",
		"sendTimeoutMillis=%2B1&producerName=p", "a=%zz", "batchingEnabled=true&maxPendingMessages=7",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		refused := func(err error) bool {
			if err == nil {
				return false
			}
			e, ok := errors.AsType[*socket.HandshakeError](err)
			if !ok || e.Status != 400 || strings.ContainsAny(e.Text, "\n") {
				t.Errorf("%q: got %v, want a refusal with 400", raw, err)
			}
			return true
		}
		q, err := parseQuery(raw)
		if refused(err) {
			return
		}
		// Names that are not UTF-8 are for the port to refuse.
		if c, err := producerParams(q, target{producerEndpoint, someTopic, ""}); !refused(err) {
			c.Name = ""
			if err := c.Validate(); err != nil {
				t.Errorf("%q: producer %+v: %v", raw, c, err)
			}
		}
		if c, err := readConsumerParams(q, someConsumer, 1000); !refused(err) {
			c.Name = ""
			if err := c.Validate(); err != nil || c.window < 1 || c.window > 1000 || c.nackDelay < 0 || (c.maxRedeliver > 0) != (c.deadLetter.Name != "") {
				t.Errorf("%q: consumer %+v: %v", raw, c, err)
			}
		}
		if c, window, err := readReaderParams(q, target{readerEndpoint, someTopic, ""}, 1000); !refused(err) {
			c.Name = ""
			if err := c.Validate(); err != nil || window < 1 || window > 1000 {
				t.Errorf("%q: reader %+v: %v", raw, c, err)
			}
		}
	})
}
