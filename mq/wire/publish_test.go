package wire_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq/wire"
)

// publish is what a request with the payload "aGk=" and the given members decodes to.
func publish(change func(p *wire.Publish)) wire.Publish {
	p := wire.Publish{Payload: []byte("hi")}
	change(&p)
	return p
}

// TestDecodePublish has one case for each leniency and each refusal of Pulsar's JSON mapper.
func TestDecodePublish(t *testing.T) {
	hi := wire.Publish{Payload: []byte("hi")}
	context := func(s string) wire.Publish {
		return publish(func(p *wire.Publish) { p.Context, p.HasContext = s, true })
	}
	tests := []struct {
		name string
		in   string
		want wire.Publish
	}{
		{"payload alone", `{"payload":"aGk="}`, hi},
		{"white space", " \t\r\n{ \"payload\" : \"aGk=\" } \n", hi},
		{"unknown fields of any shape", `{"a":1,"b":"x","c":[1,[],{"d":null}],"e":{"f":[true,false]},"payload":"aGk=","g":{},"h":-1.5e+3}`, hi},
		{"names are case-sensitive", `{"Payload":"AAAA","payload":"aGk=","CONTEXT":"x"}`, hi},
		{"escaped name", `{"pay\u006Coad":"aGk="}`, hi},
		{"duplicate payload", `{"payload":"*","payload":"aGk="}`, hi},
		{"duplicate context", `{"payload":"aGk=","context":"a","context":"b"}`, context("b")},
		{"duplicate, null last", `{"payload":"aGk=","context":"a","context":null}`, hi},
		{"trailing junk", `{"payload":"aGk="} junk {`, hi},
		{"trailing junk, close by", `{"payload":"aGk="}}`, hi},

		{"payload without padding", `{"payload":"SGVsbG8"}`, wire.Publish{Payload: []byte("Hello")}},
		{"payload empty", `{"payload":""}`, wire.Publish{Payload: []byte{}}},
		{"payload number", `{"payload":123}`, wire.Publish{Payload: []byte{0xd7, 0x6d}}},
		{"payload boolean", `{"payload":true}`, wire.Publish{Payload: []byte{0xb6, 0xbb, 0x9e}}},
		{"payload with escaped slash", `{"payload":"\/\/\/\/"}`, wire.Publish{Payload: []byte{0xff, 0xff, 0xff}}},
		{"payload with other escapes", `{"payload":"\u0061Gk="}`, hi},
		{"payload with unused bits", `{"payload":"QR=="}`, wire.Publish{Payload: []byte("A")}},

		{"context number", `{"payload":"aGk=","context":5}`, context("5")},
		{"context fraction as written", `{"payload":"aGk=","context":1.50}`, context("1.50")},
		{"context exponent as written", `{"payload":"aGk=","context":1e3}`, context("1e3")},
		{"context negative", `{"payload":"aGk=","context":-0}`, context("-0")},
		{"context boolean", `{"payload":"aGk=","context":true}`, context("true")},
		{"context null", `{"payload":"aGk=","context":null}`, hi},
		{"context empty", `{"payload":"aGk=","context":""}`, context("")},
		{"context escapes", `{"payload":"aGk=","context":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"}`, context("\"\\/\b\f\n\r\té😀")},
		{"context half a pair", `{"payload":"aGk=","context":"a\ud83db\ude00\ud83d\u0041"}`, context("a\ufffdb\ufffd\ufffdA")},
		{"context raw UTF-8", `{"payload":"aGk=","context":"grüße 漢字 😀"}`, context("grüße 漢字 😀")},

		{"key", `{"payload":"aGk=","key":"k"}`, publish(func(p *wire.Publish) { p.Key, p.HasKey = "k", true })},
		{"key empty", `{"payload":"aGk=","key":""}`, publish(func(p *wire.Publish) { p.HasKey = true })},
		{"key number", `{"payload":"aGk=","key":7}`, publish(func(p *wire.Publish) { p.Key, p.HasKey = "7", true })},
		{"key null", `{"payload":"aGk=","key":null}`, hi},

		{"properties", `{"payload":"aGk=","properties":{"a":1,"b":"x","c":false,"a":2}}`,
			publish(func(p *wire.Publish) { p.Properties = map[string]string{"a": "2", "b": "x", "c": "false"} })},
		{"properties null", `{"payload":"aGk=","properties":null}`, hi},
		{"properties empty", `{"payload":"aGk=","properties":{}}`, hi},
		{"properties twice", `{"payload":"aGk=","properties":{"a":"1"},"properties":{"b":"2"}}`,
			publish(func(p *wire.Publish) { p.Properties = map[string]string{"b": "2"} })},
		{"properties null value, replaced", `{"payload":"aGk=","properties":{"a":null},"properties":{"b":"2"}}`,
			publish(func(p *wire.Publish) { p.Properties = map[string]string{"b": "2"} })},

		{"replicationClusters", `{"payload":"aGk=","replicationClusters":["a",1,null,true]}`, hi},
		{"replicationClusters empty", `{"payload":"aGk=","replicationClusters":[]}`, hi},
		{"replicationClusters null", `{"payload":"aGk=","replicationClusters":null}`, hi},

		{"deliverAt text", `{"payload":"aGk=","deliverAt":"12"}`, publish(func(p *wire.Publish) { p.DeliverAt = time.UnixMilli(12) })},
		{"deliverAt text with blanks and sign", `{"payload":"aGk=","deliverAt":" +12 "}`, publish(func(p *wire.Publish) { p.DeliverAt = time.UnixMilli(12) })},
		{"deliverAt fraction", `{"payload":"aGk=","deliverAt":1.9}`, publish(func(p *wire.Publish) { p.DeliverAt = time.UnixMilli(1) })},
		{"deliverAt exponent", `{"payload":"aGk=","deliverAt":2e3}`, publish(func(p *wire.Publish) { p.DeliverAt = time.UnixMilli(2000) })},
		{"deliverAt empty", `{"payload":"aGk=","deliverAt":""}`, hi},
		{"deliverAt null", `{"payload":"aGk=","deliverAt":null}`, hi},
		{"deliverAt zero", `{"payload":"aGk=","deliverAt":0}`, hi},
		{"deliverAt negative", `{"payload":"aGk=","deliverAt":-5}`, hi},
		{"deliverAt largest", `{"payload":"aGk=","deliverAt":9223372036854775807}`,
			publish(func(p *wire.Publish) { p.DeliverAt = time.UnixMilli(9223372036854775807) })},
		{"deliverAfterMs", `{"payload":"aGk=","deliverAfterMs":1500}`, publish(func(p *wire.Publish) { p.DeliverAfter = 1500 * time.Millisecond })},
		{"deliverAfterMs negative", `{"payload":"aGk=","deliverAfterMs":-1}`, hi},
		{"deliverAfterMs beyond a duration", `{"payload":"aGk=","deliverAfterMs":9223372036854775807}`,
			publish(func(p *wire.Publish) { p.DeliverAfter = 1<<63 - 1 })},

		{"eventTime", `{"payload":"aGk=","eventTime":"2016-08-30T16:45:57.785+09:00"}`,
			publish(func(p *wire.Publish) { p.EventTime = time.UnixMilli(1472543157785) })},
		{"eventTime null", `{"payload":"aGk=","eventTime":null}`, hi},

		{"fields without effect", `{"payload":"aGk=","sequenceId":7,"disableReplication":true,"schemaVersion":"3","keySchema":"x","valueSchema":1,` +
			`"encryptionParam":"*","compressionType":"LZ5","uncompressedMessageSize":""}`, hi},
		{"disableReplication number", `{"payload":"aGk=","disableReplication":2}`, hi},
		{"disableReplication text", `{"payload":"aGk=","disableReplication":"False"}`, hi},
		{"disableReplication empty", `{"payload":"aGk=","disableReplication":""}`, hi},
		{"disableReplication null", `{"payload":"aGk=","disableReplication":null}`, hi},
		{"compressionType ordinal", `{"payload":"aGk=","compressionType":2}`, hi},
		{"compressionType null", `{"payload":"aGk=","compressionType":null}`, hi},

		{"nested as deep as allowed", `{"x":` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + `,"payload":"aGk="}`, hi},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := []byte(tt.in)
			got, err := wire.DecodePublish(in)
			if err != nil {
				t.Fatalf("DecodePublish(%s): %v", tt.in, err)
			}
			for i := range in { // what was decoded must not live in the input
				in[i] = '#'
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("DecodePublish(%s) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestDecodePublishRefuses(t *testing.T) {
	tests := []struct {
		name    string
		in      string
		code    wire.Code
		reason  string // what the text must contain
		context string // what the reply echoes
	}{
		{"empty", ``, 3, "unexpected end of the message, want an object at offset 0", ""},
		{"blank", "  \n", 3, "unexpected end", ""},
		{"only a brace", `{`, 3, "unexpected end of the message, want a name", ""},
		{"array", `[]`, 3, "unexpected '[', want an object at offset 0", ""},
		{"text", `"x"`, 3, "want an object", ""},
		{"empty text", `""`, 3, "want an object", ""},
		{"number", `5`, 3, "want an object", ""},
		{"boolean", `true`, 3, "want an object", ""},
		{"null, run on", `nullx`, 3, "want a value", ""},
		{"trailing comma", `{"payload":"aGk=",}`, 3, "unexpected '}', want a name in double quotes at offset 18", ""},
		{"two commas", `{"payload":"aGk=",,"a":1}`, 3, "want a name", ""},
		{"missing comma", `{"payload":"aGk=" "a":1}`, 3, "want a comma or a closing brace", ""},
		{"missing colon", `{"payload" "aGk="}`, 3, "want a colon", ""},
		{"missing value", `{"payload":}`, 3, "unexpected '}', want a value", ""},
		{"comment", `{/* */"payload":"aGk="}`, 3, "want a name", ""},
		{"single quotes", `{'payload':'aGk='}`, 3, "want a name", ""},
		{"single quoted value", `{"payload":'aGk='}`, 3, `unexpected '\'', want a value`, ""},
		{"unquoted name", `{payload:"aGk="}`, 3, "want a name", ""},
		{"byte order mark", "\ufeff{\"payload\":\"aGk=\"}", 3, "unexpected character 0xef", ""},
		{"zero byte", "\x00{}", 3, "unexpected character 0x0", ""},
		{"raw control character in context", "{\"payload\":\"aGk=\",\"context\":\"a\nb\"}", 3, "control character 0xa inside a text", ""},
		{"raw control character in payload", "{\"payload\":\"aG\nk=\"}", 3, "control character 0xa inside a text, want an escape at offset 14", ""},
		{"raw control character in a name", "{\"pay\tload\":\"aGk=\"}", 3, "control character 0x9", ""},
		{"raw control character in an unknown field", "{\"payload\":\"aGk=\",\"x\":[\"\x01\"]}", 3, "control character 0x1", ""},
		{"raw control character in a payload that loses", "{\"payload\":\"\n\",\"payload\":\"aGk=\"}", 3, "control character 0xa", ""},
		{"not UTF-8 in context", "{\"payload\":\"aGk=\",\"context\":\"\xff\"}", 3, "text that is not UTF-8 at offset 29", ""},
		{"overlong UTF-8", "{\"payload\":\"aGk=\",\"context\":\"\xc0\x80\"}", 3, "not UTF-8", ""},
		{"surrogate in UTF-8", "{\"payload\":\"aGk=\",\"context\":\"\xed\xa0\x80\"}", 3, "not UTF-8", ""},
		{"not UTF-8 in payload", "{\"payload\":\"\xff\"}", 3, "not UTF-8 at offset 12", ""},
		{"unknown escape", `{"payload":"aGk=","context":"\x"}`, 3, "bad escape at offset 29", ""},
		{"short escape", `{"payload":"aGk=","context":"\u12"}`, 3, "bad escape", ""},
		{"escape at the end", `{"payload":"aGk=","context":"\`, 3, "bad escape", ""},
		{"open text", `{"payload":"aGk=`, 3, "unexpected end of the message inside a text", ""},
		{"leading zero", `{"payload":"aGk=","x":01}`, 3, "malformed number", ""},
		{"leading plus", `{"payload":"aGk=","x":+1}`, 3, "want a value", ""},
		{"lone minus", `{"payload":"aGk=","x":-}`, 3, "malformed number", ""},
		{"no digit after the point", `{"payload":"aGk=","x":1.}`, 3, "malformed number", ""},
		{"no digit in the exponent", `{"payload":"aGk=","x":1e}`, 3, "malformed number", ""},
		{"NaN", `{"payload":"aGk=","x":NaN}`, 3, "want a value", ""},
		{"word runs on", `{"payload":"aGk=","x":truely}`, 3, "want a value", ""},
		{"too deep", `{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, 3, "more than 1000 levels of nesting", ""},
		{"array trailing comma", `{"x":[1,]}`, 3, "unexpected ']', want a value", ""},
		{"array missing comma", `{"x":[1 2]}`, 3, "want a comma or a closing bracket", ""},
		{"array open", `{"x":[1`, 3, "unexpected end", ""},

		{"context object", `{"payload":"aGk=","context":{}}`, 3, "unexpected '{', want a text, a number or a boolean", ""},
		{"context array", `{"payload":"aGk=","context":["a"]}`, 3, "unexpected '['", ""},
		{"payload object", `{"payload":{}}`, 3, "unexpected '{'", ""},
		{"key array", `{"payload":"aGk=","key":[]}`, 3, "unexpected '['", ""},
		{"properties array", `{"payload":"aGk=","context":"k","properties":[]}`, 3, "want an object", ""},
		{"properties text", `{"payload":"aGk=","context":"k","properties":""}`, 3, "want an object", ""},
		{"properties nested", `{"payload":"aGk=","properties":{"a":{}}}`, 3, "unexpected '{'", ""},
		{"properties null value", `{"payload":"aGk=","context":"k","properties":{"a":null}}`, 3, "the value of a property is null", "k"},
		{"replicationClusters text", `{"payload":"aGk=","replicationClusters":"x"}`, 3, "want an array", ""},
		{"replicationClusters of objects", `{"payload":"aGk=","replicationClusters":[{}]}`, 3, "unexpected '{'", ""},
		{"deliverAt boolean", `{"payload":"aGk=","deliverAt":true}`, 3, "want an integer of 64 bits", ""},
		{"deliverAt word", `{"payload":"aGk=","deliverAt":"x"}`, 3, "want an integer", ""},
		{"deliverAt blank text", `{"payload":"aGk=","deliverAt":" "}`, 3, "want an integer", ""},
		{"deliverAt fraction as text", `{"payload":"aGk=","deliverAt":"1.9"}`, 3, "want an integer", ""},
		{"deliverAt too large", `{"payload":"aGk=","deliverAt":9223372036854775808}`, 3, "want an integer", ""},
		{"deliverAt too large as fraction", `{"payload":"aGk=","deliverAt":9.3e18}`, 3, "want an integer", ""},
		{"deliverAt beyond a double", `{"payload":"aGk=","deliverAt":1e999}`, 3, "want an integer", ""},
		{"deliverAt array", `{"payload":"aGk=","deliverAt":[1]}`, 3, "unexpected '['", ""},
		{"sequenceId word", `{"payload":"aGk=","sequenceId":"x"}`, 3, "want an integer", ""},
		{"schemaVersion boolean", `{"payload":"aGk=","schemaVersion":false}`, 3, "want an integer", ""},
		{"uncompressedMessageSize too large", `{"payload":"aGk=","uncompressedMessageSize":2147483648}`, 3, "want an integer of 32 bits", ""},
		{"disableReplication word", `{"payload":"aGk=","disableReplication":"yes"}`, 3, "want a boolean", ""},
		{"disableReplication fraction", `{"payload":"aGk=","disableReplication":1.0}`, 3, "want a boolean", ""},
		{"compressionType boolean", `{"payload":"aGk=","compressionType":true}`, 3, "want the name of a constant", ""},
		{"keySchema object", `{"payload":"aGk=","keySchema":{}}`, 3, "unexpected '{'", ""},
		{"JSON error behind a bad payload", `{"payload":"*","context":"c"`, 3, "unexpected end", ""},

		{"null", `null`, 7, "the message is null", ""},
		{"null and junk", ` null x`, 7, "the message is null", ""},
		{"no payload", `{"context":"a"}`, 7, "no payload", "a"},
		{"payload null", `{"payload":null,"context":"b"}`, 7, "no payload", "b"},
		{"payload lost to a null", `{"payload":"aGk=","payload":null,"context":"b"}`, 7, "no payload", "b"},
		{"payload URL alphabet", `{"payload":"-_8=","context":"c"}`, 7, "Invalid Base64 message-payload error=illegal character 0x2d at character 0", "c"},
		{"payload line break", `{"payload":"SGVs\nbG8=","context":"c"}`, 7, "illegal character 0x0a at character 4", "c"},
		{"payload space", `{"payload":"SGVs bG8=","context":"c"}`, 7, "illegal character 0x20", "c"},
		{"payload one character", `{"payload":"A","context":"c"}`, 7, "Invalid Base64 message-payload error=a single character is left over", "c"},
		{"payload short padding", `{"payload":"AB=","context":"c"}`, 7, "wrong padding", "c"},
		{"payload two texts", `{"payload":"AA==AA==","context":"c"}`, 7, "padding before the end", "c"},
		{"payload negative number", `{"payload":-5,"context":"c"}`, 7, "illegal character 0x2d", "c"},
		{"payload not ASCII", `{"payload":"é","context":"c"}`, 7, "illegal character 0xc3", "c"},
		{"eventTime old form", `{"payload":"aGk=","context":"c","eventTime":"2016-08-30 16:45:57.785"}`, 7, "eventTime: want a date", "c"},
		{"eventTime empty", `{"payload":"aGk=","context":"c","eventTime":""}`, 7, "eventTime", "c"},
		{"eventTime number", `{"payload":"aGk=","context":"c","eventTime":1472543157785}`, 7, "eventTime", "c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := wire.DecodePublish([]byte(tt.in))
			e, ok := errors.AsType[*wire.Error](err)
			if !ok {
				t.Fatalf("DecodePublish(%.60s) = %+v, %v, want a *wire.Error", tt.in, got, err)
			}
			if e.Code != tt.code || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("DecodePublish(%.60s): got %d %q, want %d with %q", tt.in, e.Code, e.Reason, tt.code, tt.reason)
			}
			want := wire.Publish{Context: tt.context, HasContext: tt.context != ""}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("DecodePublish(%.60s) beside the error (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}
