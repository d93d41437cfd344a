package frame

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// maxReason is what is left for the reason of a Close frame behind the status code, in bytes.
const maxReason = ws.MaxControlFramePayloadSize - 2

// ValidCode reports whether a Close frame may carry the code: the codes of the IANA registry that are meant for the
// wire, and the ranges of libraries and applications, 3000 to 4999 (RFC 6455, 7.4). 1004, 1005, 1006, 1015 and what is
// not assigned below 3000 are not valid.
//
// ws.CheckCloseFrameData is not used since it refuses 1012, 1013 and 1014, which were registered after the RFC.
func ValidCode(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}

// parseClose takes the payload of a Close frame apart. Without a payload the code is 1005 (RFC 6455, 7.1.5).
func parseClose(p []byte) (code uint16, reason []byte, err *Error) {
	switch len(p) {
	case 0:
		return CodeNoStatus, nil, nil
	case 1:
		return 0, nil, errCloseLength
	}
	code, reason = binary.BigEndian.Uint16(p), p[2:]
	switch {
	case !ValidCode(code):
		return 0, nil, errCloseCode
	case !utf8.Valid(reason):
		return 0, nil, errCloseReason
	}
	return code, reason, nil
}

// CutReason shortens a reason to the 123 bytes that fit into a Close frame, at the end of a character.
func CutReason(reason string) string {
	if len(reason) <= maxReason {
		return reason
	}
	n := maxReason
	for n > 0 && !utf8.RuneStart(reason[n]) {
		n--
	}
	return reason[:n]
}
