package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
)

func TestDecodeCommand(t *testing.T) {
	id := mq.NewMessageID(3, 0) // CAMQADAA
	ack := wire.Command{Type: wire.Ack, ID: id}
	partition := id
	partition.Partition = 2
	tests := []struct {
		name string
		in   string
		want wire.Command
	}{
		{"ack without type", `{"messageId":"CAMQADAA"}`, ack},
		{"ack by name", `{"type":"ack","messageId":"CAMQADAA"}`, ack},
		{"ack by any other name", `{"type":"nonsense","messageId":"CAMQADAA"}`, ack},
		{"ack, type null", `{"type":null,"messageId":"CAMQADAA"}`, ack},
		{"ack, type number", `{"type":5,"messageId":"CAMQADAA"}`, ack},
		{"type is case-sensitive", `{"type":"Permit","messageId":"CAMQADAA"}`, ack},
		{"id of a partition", `{"messageId":"CAMQABgCMAA="}`, wire.Command{Type: wire.Ack, ID: partition}},
		{"id of a partition, not padded", `{"messageId":"CAMQABgCMAA"}`, wire.Command{Type: wire.Ack, ID: partition}},
		{"id with escapes", `{"messageId":"C\u0041MQADAA"}`, ack},
		{"id that is long", `{"messageId":"CAMQADAA` + strings.Repeat("eAB4AHgA", 12) + `"}`, ack},
		{"negative ack", `{"type":"negativeAcknowledge","messageId":"CAMQADAA"}`, wire.Command{Type: wire.NegativeAck, ID: id}},
		{"type with escapes", `{"type":"\u0070ermit","permitMessages":1}`, wire.Command{Type: wire.Permit, Permits: 1}},
		{"permit", `{"type":"permit","permitMessages":10}`, wire.Command{Type: wire.Permit, Permits: 10}},
		{"permit text", `{"type":"permit","permitMessages":"10"}`, wire.Command{Type: wire.Permit, Permits: 10}},
		{"permit fraction", `{"type":"permit","permitMessages":1.9}`, wire.Command{Type: wire.Permit, Permits: 1}},
		{"permit zero", `{"type":"permit","permitMessages":0}`, wire.Command{Type: wire.Permit}},
		{"permit negative", `{"type":"permit","permitMessages":-3}`, wire.Command{Type: wire.Permit, Permits: -3}},
		{"permit, id not looked at", `{"type":"permit","permitMessages":1,"messageId":"*"}`, wire.Command{Type: wire.Permit, Permits: 1}},
		{"unsubscribe", `{"type":"unsubscribe"}`, wire.Command{Type: wire.Unsubscribe}},
		{"end of topic", `{"type":"isEndOfTopic"}`, wire.Command{Type: wire.EndOfTopic}},
		{"unknown fields, trailing junk", `{"x":[{}],"type":"isEndOfTopic"}}`, wire.Command{Type: wire.EndOfTopic}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.DecodeCommand([]byte(tt.in))
			if err != nil || got != tt.want {
				t.Errorf("DecodeCommand(%s) = %+v, %v, want %+v", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestDecodeCommandRefuses(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string
		// reader tells that a reader takes the same frame.
		reader bool
	}{
		{"brace", `{`, "unexpected end", false},
		{"empty", ``, "unexpected end", false},
		{"array", `[]`, "want an object", false},
		{"null", `null`, "want an object", false},
		{"text", `"ack"`, "want an object", false},
		{"id object", `{"messageId":{}}`, "unexpected '{'", false},
		{"type array", `{"type":[],"messageId":"CAMQADAA"}`, "unexpected '['", false},
		{"permit boolean", `{"type":"permit","permitMessages":true}`, "want an integer of 32 bits", false},
		{"permit word", `{"type":"permit","permitMessages":"x"}`, "want an integer", false},
		{"permit out of range", `{"type":"permit","permitMessages":2147483648}`, "want an integer", false},
		{"permit word beside an ack", `{"messageId":"CAMQADAA","permitMessages":"x"}`, "want an integer", false},
		{"permit without number", `{"type":"permit"}`, "a permit without permitMessages", true},
		{"permit null", `{"type":"permit","permitMessages":null}`, "a permit without permitMessages", true},
		{"permit empty", `{"type":"permit","permitMessages":""}`, "a permit without permitMessages", true},
		{"no id", `{}`, "no messageId", true},
		{"id null", `{"messageId":null}`, "no messageId", true},
		{"negative ack without id", `{"type":"negativeAcknowledge"}`, "no messageId", true},
		{"id empty", `{"messageId":""}`, "messageId is not", true},
		{"id not Base64", `{"messageId":"*"}`, "messageId is not", true},
		{"id not an id", `{"messageId":"AAAA"}`, "messageId is not", true},
		{"id cut", `{"messageId":"CAMQADA"}`, "messageId is not", true},
		{"id long and not an id", `{"messageId":"` + strings.Repeat("A", 100) + `"}`, "messageId is not", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.DecodeCommand([]byte(tt.in))
			e, ok := errors.AsType[*wire.Error](err)
			if !ok || e.Code != wire.CodeDeserialize || !strings.Contains(e.Reason, tt.want) {
				t.Errorf("DecodeCommand(%.60s) = %+v, %v, want code 3 with %q", tt.in, got, err, tt.want)
			}
			if _, err := wire.DecodeReaderCommand([]byte(tt.in)); (err == nil) != tt.reader {
				t.Errorf("DecodeReaderCommand(%.60s): got error %v, want one: %t", tt.in, err, !tt.reader)
			}
		})
	}
}

func TestDecodeReaderCommand(t *testing.T) {
	for in, want := range map[string]wire.CommandType{
		`{}`:                                      wire.Ack,
		`{"messageId":"CAMQADAA"}`:                wire.Ack,
		`{"messageId":5}`:                         wire.Ack,
		`{"type":"unsubscribe"}`:                  wire.Ack,
		`{"type":"negativeAcknowledge"}`:          wire.Ack,
		`{"type":"permit","permitMessages":"7"}`:  wire.Ack,
		`{"type":"isEndOfTopic","messageId":"*"}`: wire.EndOfTopic,
	} {
		if got, err := wire.DecodeReaderCommand([]byte(in)); err != nil || got != want {
			t.Errorf("DecodeReaderCommand(%s) = %v, %v, want %v", in, got, err, want)
		}
	}
}
