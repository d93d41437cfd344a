package jetstream

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
)

func TestMetadataRoundTrip(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    mq.OutMessage
	}{
		{name: "nothing"},
		{name: "payload only", m: mq.OutMessage{Payload: []byte("x")}},
		{name: "key", m: mq.OutMessage{Key: "k", HasKey: true}},
		{name: "empty key", m: mq.OutMessage{HasKey: true}},
		{name: "event time", m: mq.OutMessage{EventTime: time.UnixMilli(1700000000123)}},
		{name: "event time before 1970", m: mq.OutMessage{EventTime: time.Date(1, 2, 3, 4, 5, 6, 7, time.UTC)}},
		{name: "event time far away", m: mq.OutMessage{EventTime: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)}},
		{name: "properties", m: mq.OutMessage{Properties: map[string]string{"a": "1", "b": ""}}},
		{name: "empty property name", m: mq.OutMessage{Properties: map[string]string{"": "v"}}},
		{name: "bytes that headers refuse", m: mq.OutMessage{
			Key: "\r\nNats-Msg-Id: x\x00", HasKey: true,
			Properties: map[string]string{"a:\r\n b": "\xff\xfe\r\n\r\n", "ключ": " значение "},
		}},
		{name: "all", m: mq.OutMessage{
			Payload: []byte("p"), Key: "k", HasKey: true, EventTime: time.Unix(1, 2), Properties: map[string]string{"a": "b"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := mq.Message{
				Payload: append([]byte{}, tt.m.Payload...), Key: tt.m.Key, HasKey: tt.m.HasKey,
				Properties: tt.m.Properties, EventTime: tt.m.EventTime,
			}
			meta := appendMetadata(nil, &tt.m)
			header := nats.Header{}
			if len(meta) > 0 {
				header[headerMetadata] = []string{metadataEncoding.EncodeToString(meta)}
			}
			var got mq.Message
			if err := decodeMessage(&got, header, tt.m.Payload); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("from the header: want -, got +\n%s", d)
			}

			prefixed := nats.Header{headerMetadataPrefix: {strconv.Itoa(len(meta))}}
			got = mq.Message{}
			err := decodeMessage(&got, prefixed, append(meta, tt.m.Payload...))
			if len(meta) == 0 {
				if !errors.Is(err, errMetadata) {
					t.Errorf("empty metadata: error = %v, want %v", err, errMetadata)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("from the body: want -, got +\n%s", d)
			}
		})
	}
}

// What is on disk must stay readable: these bytes may never change their meaning.
func TestMetadataFormat(t *testing.T) {
	m := mq.OutMessage{Key: "k1", HasKey: true, EventTime: time.UnixMilli(1700000000123), Properties: map[string]string{"n": "v1"}}
	const want = "07" + "026b31" + "80c49fd50c" + "c0a9d33a" + "01" + "016e" + "027631"
	if got := hex.EncodeToString(appendMetadata(nil, &m)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDamagedMetadata(t *testing.T) {
	for _, tt := range []struct{ name, header, value string }{
		{name: "not base64", header: headerMetadata, value: "a b"},
		{name: "empty", header: headerMetadata, value: ""},
		{name: "unknown flag", header: headerMetadata, value: metadataEncoding.EncodeToString([]byte{8})},
		{name: "key too long", header: headerMetadata, value: metadataEncoding.EncodeToString([]byte{hasKey, 5, 'a'})},
		{name: "more properties than bytes", header: headerMetadata, value: metadataEncoding.EncodeToString([]byte{hasProperties, 0xff, 0xff, 0xff, 0x7f, 0})},
		{name: "bytes left", header: headerMetadata, value: metadataEncoding.EncodeToString([]byte{hasKey, 0, 0})},
		{name: "prefix longer than the body", header: headerMetadataPrefix, value: "10"},
		{name: "prefix no number", header: headerMetadataPrefix, value: "x"},
		{name: "prefix negative", header: headerMetadataPrefix, value: "-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m mq.Message
			err := decodeMessage(&m, nats.Header{tt.header: {tt.value}}, []byte("body"))
			if !errors.Is(err, errMetadata) {
				t.Errorf("error = %v, want %v", err, errMetadata)
			}
			if !strings.Contains(string(m.Payload), "body") {
				t.Errorf("payload = %q, want the whole body", m.Payload)
			}
		})
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendMetadata(nil, &mq.OutMessage{
		Key: "k", HasKey: true, EventTime: time.Unix(1, 2), Properties: map[string]string{"a": "b"},
	}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m mq.Message
		if decodeMetadata(&m, b) != nil {
			return
		}
		out := mq.OutMessage{Key: m.Key, HasKey: m.HasKey, EventTime: m.EventTime, Properties: m.Properties}
		again := appendMetadata(nil, &out)
		if len(again) == 0 {
			return
		}
		var got mq.Message
		if err := decodeMetadata(&got, again); err != nil {
			t.Fatalf("%x decodes to %+v, encodes to %x, then: %v", b, m, again, err)
		}
		if len(m.Properties) == 0 {
			m.Properties = nil
		}
		if d := cmp.Diff(m, got); d != "" {
			t.Errorf("%x: want -, got +\n%s", b, d)
		}
	})
}
