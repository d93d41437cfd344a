package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
)

func TestAppendReply(t *testing.T) {
	tests := []struct {
		name string
		in   wire.Reply
		want string
	}{
		{"ok", wire.Reply{ID: mq.NewMessageID(3, 0)},
			`{"result":"ok","messageId":"CAMQADAA","errorCode":0,"schemaVersion":0}`},
		{"ok with context", wire.Reply{ID: mq.NewMessageID(3, 0), Context: "1", HasContext: true},
			`{"result":"ok","messageId":"CAMQADAA","context":"1","errorCode":0,"schemaVersion":0}`},
		{"empty context", wire.Reply{ID: mq.NewMessageID(3, 0), HasContext: true},
			`{"result":"ok","messageId":"CAMQADAA","context":"","errorCode":0,"schemaVersion":0}`},
		{"failure", wire.Reply{Code: wire.CodeDeserialize, Reason: `want "x"`},
			`{"result":"send-error:3","errorMsg":"want \"x\"","errorCode":0,"schemaVersion":0}`},
		{"failure with context", wire.Reply{Code: wire.CodeUnknown, Reason: "late", Context: "a", HasContext: true},
			`{"result":"send-error:8","errorMsg":"late","context":"a","errorCode":0,"schemaVersion":0}`},
		{"nothing is escaped that need not be", wire.Reply{ID: mq.NewMessageID(3, 0), Context: "<&>\u2028 é 漢 😀 /\x7f", HasContext: true},
			`{"result":"ok","messageId":"CAMQADAA","context":"<&>` + "\u2028 é 漢 😀 /\x7f" + `","errorCode":0,"schemaVersion":0}`},
		{"everything is escaped that must be", wire.Reply{ID: mq.NewMessageID(3, 0), Context: "\"\\\x00\b\f\n\r\t\x1f", HasContext: true},
			`{"result":"ok","messageId":"CAMQADAA","context":"\"\\\u0000\u0008\u000C\n\r\t\u001F","errorCode":0,"schemaVersion":0}`},
		{"what is not UTF-8 is replaced", wire.Reply{ID: mq.NewMessageID(3, 0), Context: "a\xff\xc0\x80b", HasContext: true},
			`{"result":"ok","messageId":"CAMQADAA","context":"a` + "\ufffd\ufffd\ufffd" + `b","errorCode":0,"schemaVersion":0}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(wire.AppendReply([]byte("head "), tt.in))
			if got != "head "+tt.want {
				t.Errorf("AppendReply(%+v):\n got %s\nwant head %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestAppendMessage(t *testing.T) {
	zone := time.FixedZone("", -7*3600)
	at := time.Date(2021, 10, 29, 16, 1, 38, 967_999_999, zone)
	many := map[string]string{}
	var manyJSON []string
	for c := 'a'; c <= 'z'; c++ {
		many[string(c)] = "1"
		manyJSON = append(manyJSON, `"`+string(c)+`":"1"`)
	}
	message := func(change func(m *mq.Message)) mq.Message {
		m := mq.Message{ID: mq.NewMessageID(3, 0), Payload: []byte("hi"), PublishTime: at}
		change(&m)
		return m
	}
	tests := []struct {
		name string
		in   mq.Message
		want string
	}{
		{"plain", message(func(m *mq.Message) {}),
			`{"messageId":"CAMQADAA","payload":"aGk=","properties":{},"publishTime":"2021-10-29T16:01:38.967-07:00","redeliveryCount":0}`},
		{"everything", message(func(m *mq.Message) {
			m.Properties = map[string]string{"b": "2", "a": "\"1\""}
			m.RedeliveryCount = 3
			m.EventTime = at.Add(time.Second).UTC()
			m.Key, m.HasKey = "k", true
		}), `{"messageId":"CAMQADAA","payload":"aGk=","properties":{"a":"\"1\"","b":"2"},"publishTime":"2021-10-29T16:01:38.967-07:00",` +
			`"redeliveryCount":3,"eventTime":"2021-10-29T23:01:39.967Z","key":"k"}`},
		{"empty payload and key", message(func(m *mq.Message) { m.Payload, m.HasKey = []byte{}, true }),
			`{"messageId":"CAMQADAA","payload":"","properties":{},"publishTime":"2021-10-29T16:01:38.967-07:00","redeliveryCount":0,"key":""}`},
		{"fewest digits", message(func(m *mq.Message) { m.PublishTime = time.UnixMilli(780).UTC() }),
			`{"messageId":"CAMQADAA","payload":"aGk=","properties":{},"publishTime":"1970-01-01T00:00:00.78Z","redeliveryCount":0}`},
		{"no digits", message(func(m *mq.Message) { m.PublishTime = time.Unix(0, 999_999).UTC() }),
			`{"messageId":"CAMQADAA","payload":"aGk=","properties":{},"publishTime":"1970-01-01T00:00:00Z","redeliveryCount":0}`},
		{"more properties than fit the stack", message(func(m *mq.Message) { m.Properties = many }),
			`{"messageId":"CAMQADAA","payload":"aGk=","properties":{` + strings.Join(manyJSON, ",") + `},"publishTime":"2021-10-29T16:01:38.967-07:00","redeliveryCount":0}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(wire.AppendMessage(nil, &tt.in)); got != tt.want {
				t.Errorf("AppendMessage:\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAppendEndOfTopic(t *testing.T) {
	for ended, want := range map[bool]string{true: `{"endOfTopic":true}`, false: `{"endOfTopic":false}`} {
		if got := string(wire.AppendEndOfTopic(nil, ended)); got != want {
			t.Errorf("AppendEndOfTopic(%t): got %s, want %s", ended, got, want)
		}
	}
}

func TestCodeTexts(t *testing.T) {
	want := []string{"Code(0)", "Failed to create producer", "Failed to subscribe", "Failed to de-serialize from JSON", "Failed to serialize to JSON",
		"Failed to authenticate client", "Client is not authorized", "Invalid payload encoding", "Unknown error", "Code(9)"}
	var got []string
	for c := range wire.Code(10) {
		got = append(got, c.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts of the codes (-want +got):\n%s", diff)
	}
}

// FuzzAppendMessage checks that whatever is encoded is JSON that says the same.
func FuzzAppendMessage(f *testing.F) {
	f.Add([]byte("hi"), "k", "a", "1", int64(1472543157785), int64(0), 0)
	f.Add([]byte(strings.Repeat("x", 600)), "\"\\\n\x00", "\u2028<>&", "\xff", int64(780), int64(5), 7)
	f.Fuzz(func(t *testing.T, payload []byte, key, name, value string, published, event int64, redelivered int) {
		const years = 10_000 * 365 * 24 * 3600 * 1000 / 2 // what RFC 3339 has digits for
		m := mq.Message{
			ID: mq.NewMessageID(published, event), Payload: payload, Key: key, HasKey: true,
			Properties: map[string]string{name: value, "z": "é"}, PublishTime: time.UnixMilli(published % years).UTC(),
			EventTime: time.UnixMilli(event % years).UTC(), RedeliveryCount: redelivered,
		}
		frame := wire.AppendMessage(nil, &m)
		var got struct {
			MessageID       string `json:"messageId"`
			Payload         []byte
			Properties      map[string]string
			PublishTime     time.Time
			EventTime       time.Time
			RedeliveryCount int
			Key             string
		}
		if err := json.Unmarshal(frame, &got); err != nil {
			t.Fatalf("%s: %v", frame, err)
		}
		want := m.Properties
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			want = map[string]string{jsonText(name): jsonText(value), "z": "é"}
		}
		if got.MessageID != m.ID.String() || string(got.Payload) != string(payload) || got.Key != jsonText(key) || got.RedeliveryCount != redelivered ||
			!got.PublishTime.Equal(m.PublishTime) || !got.EventTime.Equal(m.EventTime) || !cmp.Equal(got.Properties, want) {
			t.Errorf("frame %s\n got %+v\nwant %+v", frame, got, m)
		}
	})
}

// jsonText is s as encoding/json writes and reads it: each bad byte replaced.
func jsonText(s string) string {
	b, _ := json.Marshal(s)
	var out string
	_ = json.Unmarshal(b, &out)
	return out
}
