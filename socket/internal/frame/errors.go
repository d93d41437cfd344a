package frame

import "strconv"

// Status codes that this package itself produces (RFC 6455, 7.4.1).
const (
	CodeProtocolError  uint16 = 1002
	CodeNoStatus       uint16 = 1005
	CodeInvalidPayload uint16 = 1007
	CodeMessageTooBig  uint16 = 1009
)

// Error is a violation of the protocol by the peer. Code is what the Close frame that answers it should carry: 1002,
// 1007 or 1009. Reason is fixed text, fit for that frame: it never contains bytes of the peer.
type Error struct {
	Code   uint16
	Reason string
}

// Error returns the code and the reason.
func (e *Error) Error() string { return "frame: " + strconv.Itoa(int(e.Code)) + ": " + e.Reason }

// The violations that ws.CheckHeader does not know.
var (
	errLengthMSB     = &Error{CodeProtocolError, "most significant bit of the payload length is set"}
	errLengthForm    = &Error{CodeProtocolError, "payload length is not in its shortest form"}
	errCloseLength   = &Error{CodeProtocolError, "close frame with a payload of one byte"}
	errCloseCode     = &Error{CodeProtocolError, "close frame with an invalid status code"}
	errCloseReason   = &Error{CodeInvalidPayload, "close reason is not valid UTF-8"}
	errText          = &Error{CodeInvalidPayload, "text message is not valid UTF-8"}
	errMessageTooBig = &Error{CodeMessageTooBig, "message is larger than the limit"}
)
