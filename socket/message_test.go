package socket

import (
	"strings"
	"testing"
)

func TestMessage(t *testing.T) {
	tests := []struct {
		name    string
		message Message
		typ     MessageType
		text    string
		log     string
	}{
		{name: "text", message: Text("grüß dich"), typ: TextMessage, text: "grüß dich", log: "text message, 11 bytes"},
		{name: "binary", message: Binary([]byte("ab")), typ: BinaryMessage, text: "ab", log: "binary message, 2 bytes"},
		{name: "ping", message: Message{Type: PingMessage}, typ: PingMessage, log: "ping message, 0 bytes"},
		{name: "pong", message: Message{Type: PongMessage}, typ: PongMessage, log: "pong message, 0 bytes"},
		{name: "none", message: Message{}, log: "type 0 message, 0 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.message.Type; got != tt.typ {
				t.Errorf("got type %v, want %v", got, tt.typ)
			}
			if got := tt.message.Text(); got != tt.text {
				t.Errorf("got text %q, want %q", got, tt.text)
			}
			got := tt.message.String()
			if got != tt.log {
				t.Errorf("got %q, want %q", got, tt.log)
			}
			if tt.text != "" && strings.Contains(got, tt.text) {
				t.Errorf("got %q, want nothing of the payload in it", got)
			}
		})
	}
}

func TestMessageClone(t *testing.T) {
	buf := []byte("borrowed")
	m := Message{Type: BinaryMessage, Payload: buf, borrowed: true}
	c := m.Clone()
	clear(buf)
	if c.Text() != "borrowed" || c.Type != BinaryMessage || c.borrowed {
		t.Errorf("got %q, type %v, borrowed %t, want %q, %v, false", c.Text(), c.Type, c.borrowed, "borrowed", BinaryMessage)
	}
}
