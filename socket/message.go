package socket

import (
	"bytes"
	"strconv"
)

// MessageType is the type of a [Message]. The values are the opcodes of RFC 6455, 5.2.
type MessageType uint8

// The types of messages. There is none for the Close frame: closing is an end, not a message (see [Session.Close]).
const (
	TextMessage   MessageType = 0x1 // valid UTF-8, which is checked on the way in only
	BinaryMessage MessageType = 0x2
	PingMessage   MessageType = 0x9 // at most 125 bytes
	PongMessage   MessageType = 0xa // at most 125 bytes
)

// String returns "text", "binary", "ping" or "pong".
func (t MessageType) String() string {
	switch t {
	case TextMessage:
		return "text"
	case BinaryMessage:
		return "binary"
	case PingMessage:
		return "ping"
	case PongMessage:
		return "pong"
	default:
		return "type " + strconv.Itoa(int(t))
	}
}

// Message is one message of the application, fragments joined, or a ping or pong to send.
//
// [Session.Receive] delivers text and binary messages. Pings of the peer are answered by the session, and neither they
// nor pongs are delivered.
//
// A text message to send must be valid UTF-8. The session does not check that, since it would cost every message a pass
// over its payload: a peer that gets anything else fails the connection with 1007 (RFC 6455, 8.1). What may be something
// else goes out as a binary message.
type Message struct {
	Type     MessageType
	borrowed bool // Payload is the session's memory; here, where it costs no space

	// Payload of a message from [Session.Receive] belongs to the receiver. That of [Session.ReceiveBorrowed] lies in
	// the session's read buffer and is valid until OnNext returns; [Message.Clone] keeps it. A payload that was given
	// to [Session.Send] must not be changed any more: it may wait in a queue and be shared by many sessions.
	Payload []byte
}

// Text returns a text message. s must be valid UTF-8 (RFC 6455, 5.6), which is not checked: see [Message].
func Text(s string) Message { return Message{Type: TextMessage, Payload: []byte(s)} }

// Binary returns a binary message with b as its payload; b is not copied.
func Binary(b []byte) Message { return Message{Type: BinaryMessage, Payload: b} }

// Text returns the payload as a string. That of a received text message is valid UTF-8.
func (m Message) Text() string { return string(m.Payload) }

// Clone returns the message with a payload of its own, which may be kept.
func (m Message) Clone() Message {
	return Message{Type: m.Type, Payload: bytes.Clone(m.Payload)}
}

// String returns the type and the size, for logs; never the content.
func (m Message) String() string {
	return m.Type.String() + " message, " + strconv.Itoa(len(m.Payload)) + " bytes"
}
