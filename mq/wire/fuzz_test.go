package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
)

// oracle is what encoding/json makes of the first value in b: its members by name, the last of each.
func oracle(b []byte) (members map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err = d.Decode(&members)
	return members, err
}

// scalarText is the text that a scalar stands for.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// FuzzDecodePublish compares with encoding/json: what the one accepts as JSON the other does too, and the texts that
// come out are the same.
func FuzzDecodePublish(f *testing.F) {
	for _, s := range []string{
		`{"payload":"aGk=","context":"1"}`, `{"payload":"aGk=","properties":{"a":"b","c":1},"key":"k","eventTime":"2016-08-30T16:45Z"}`,
		`{"payload":"\/\/8=","context":"\ud83d\ude00\ud83d","x":[{"y":[1.5e3,true,null]}]} junk`, `null`, `{`, `[]`, `{"payload":123,"deliverAt":"12"}`,
		`{"payload":"aGk=","sequenceId":1,"disableReplication":false,"compressionType":"LZ4","replicationClusters":["a"]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		got, err := wire.DecodePublish(b)
		if !bytes.Equal(in, b) {
			t.Fatalf("DecodePublish changed its input %q to %q", in, b)
		}
		members, jsonErr := oracle(b)
		e, _ := errors.AsType[*wire.Error](err)
		switch {
		case err != nil && (e == nil || e.Code != wire.CodeDeserialize && e.Code != wire.CodePayloadEncoding || e.Reason == ""):
			t.Fatalf("DecodePublish(%q): error of an unexpected kind: %v", b, err)
		case (err == nil || e.Code == wire.CodePayloadEncoding) && jsonErr != nil:
			// encoding/json has a limit of its own for nesting, far beyond ours.
			t.Fatalf("DecodePublish(%q) = %+v, %v, encoding/json refuses it: %v", b, got, err, jsonErr)
		case err != nil && e.Code == wire.CodeDeserialize && jsonErr == nil && !mayRefuse(members, e.Reason):
			t.Fatalf("DecodePublish(%q): %v, encoding/json reads %v", b, err, members)
		}
		if err != nil {
			return
		}
		check := func(name, got string, has bool) {
			want, wantHas := scalarText(members[name])
			if got != want || has != wantHas {
				t.Errorf("DecodePublish(%q): %s got %q, %t, want %q, %t", b, name, got, has, want, wantHas)
			}
		}
		check("context", got.Context, got.HasContext)
		check("key", got.Key, got.HasKey)
		want, _ := members["properties"].(map[string]any)
		if len(want) != len(got.Properties) {
			t.Errorf("DecodePublish(%q): properties got %v, want %v", b, got.Properties, want)
		}
		for k, v := range want {
			if text, _ := scalarText(v); got.Properties[k] != text {
				t.Errorf("DecodePublish(%q): properties got %v, want %v", b, got.Properties, want)
			}
		}
	})
}

// mayRefuse tells whether reason is one that encoding/json does not have.
func mayRefuse(members map[string]any, reason string) bool {
	if members == nil {
		return true // null, followed by more of a word
	}
	for _, s := range []string{
		"not UTF-8",            // replaced there
		"levels of nesting",    // ten times as many there
		"want an integer",      // there is no type there
		"want a boolean",       //
		"want the name",        //
		"want an array",        //
		"want an object",       // properties
		"of a property is",     //
		"want a text, a",       // object
		"want a value",         // array, or a word that runs on into the next value
		"a comma or a closing", // 1.5x: there the number ends the value
	} {
		if strings.Contains(reason, s) {
			return true
		}
	}
	return false
}

// FuzzDecodeCommand checks that commands are understood as package mq and encoding/json understand their parts.
func FuzzDecodeCommand(f *testing.F) {
	for _, s := range []string{
		`{"messageId":"CAMQADAA"}`, `{"type":"permit","permitMessages":"7"}`, `{"type":"negativeAcknowledge","messageId":"CIkBEAAYADAA"}`,
		`{"type":"isEndOfTopic"}`, `{"type":"unsubscribe"}`, `{}`, `null`, `{"messageId":"C\u0041MQADAA"} x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := wire.DecodeCommand(b)
		typ, readerErr := wire.DecodeReaderCommand(b)
		if err != nil {
			return
		}
		if readerErr != nil || (typ == wire.EndOfTopic) != (got.Type == wire.EndOfTopic) {
			t.Errorf("DecodeCommand(%q) = %+v, a reader: %v, %v", b, got, typ, readerErr)
		}
		members, jsonErr := oracle(b)
		if jsonErr != nil {
			t.Fatalf("DecodeCommand(%q) = %+v, encoding/json refuses it: %v", b, got, jsonErr)
		}
		if name, _ := scalarText(members["type"]); got.Type != wire.Ack && got.Type.String() != name {
			t.Errorf("DecodeCommand(%q): type got %v, want %q", b, got.Type, name)
		}
		if got.Type == wire.Ack || got.Type == wire.NegativeAck {
			text, _ := scalarText(members["messageId"])
			if want, err := mq.ParseMessageID(text); err != nil || got.ID != want {
				t.Errorf("DecodeCommand(%q): id got %+v, want %+v, %v", b, got.ID, want, err)
			}
		}
	})
}
