package wire

import "strconv"

// Code is an error number of the protocol, as in "send-error:3" (Pulsar's WebSocketError).
type Code uint8

// The numbers and what Pulsar means by them. Only 3, 7 and 8 occur in replies: the others are HTTP statuses of the
// handshake today.
const (
	CodeCreateProducer  Code = 1
	CodeSubscribe       Code = 2
	CodeDeserialize     Code = 3
	CodeSerialize       Code = 4
	CodeUnauthenticated Code = 5
	CodeUnauthorized    Code = 6
	CodePayloadEncoding Code = 7
	CodeUnknown         Code = 8
)

// String returns Pulsar's text for the number.
func (c Code) String() string {
	switch c {
	case CodeCreateProducer:
		return "Failed to create producer"
	case CodeSubscribe:
		return "Failed to subscribe"
	case CodeDeserialize:
		return "Failed to de-serialize from JSON"
	case CodeSerialize:
		return "Failed to serialize to JSON"
	case CodeUnauthenticated:
		return "Failed to authenticate client"
	case CodeUnauthorized:
		return "Client is not authorized"
	case CodePayloadEncoding:
		return "Invalid payload encoding"
	case CodeUnknown:
		return "Unknown error"
	}
	return "Code(" + strconv.Itoa(int(c)) + ")"
}

// Error says why a client's message was not understood. Reason is for the client: it names the field or the place in
// the text and quotes nothing of the content.
type Error struct {
	Code   Code
	Reason string
}

// Error returns the reason, after the name of the package.
func (e *Error) Error() string { return "wire: " + e.Reason }
