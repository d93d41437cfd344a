package frame

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

const bit7 = 0x80

// readHeader reads the header at the beginning of b and checks it against the rules for a connection in the given
// state. n is the header's size; 0 means that b ends before the header does.
//
// All rules but those of the long length forms hang on the first two bytes, so a violation is found as soon as these
// have arrived.
func readHeader(b []byte, state ws.State) (h ws.Header, n int, err *Error) {
	if len(b) < ws.MinHeaderSize {
		return h, 0, nil
	}
	h.Fin = b[0]&bit7 != 0
	h.Rsv = b[0] >> 4 & 0x7
	h.OpCode = ws.OpCode(b[0] & 0xf)
	h.Masked = b[1]&bit7 != 0
	// 126 and 127 announce a longer form. They stand for lengths that a control frame may not have, so the check below
	// decides right before it is known what the length is.
	h.Length = int64(b[1] &^ bit7)
	if e := ws.CheckHeader(h, state); e != nil {
		return h, 0, &Error{CodeProtocolError, e.Error()}
	}

	n = ws.MinHeaderSize
	switch h.Length {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if h.Masked {
		n += len(h.Mask)
	}
	if len(b) < n {
		return h, 0, nil
	}
	// RFC 6455, 5.2: "in all cases, the minimal number of bytes MUST be used to encode the length".
	switch h.Length {
	case 126:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < 126 {
			return h, 0, errLengthForm
		}
	case 127:
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		switch {
		case h.Length < 0:
			return h, 0, errLengthMSB
		case h.Length < 1<<16:
			return h, 0, errLengthForm
		}
	}
	if h.Masked {
		h.Mask = [4]byte(b[n-4 : n])
	}
	return h, n, nil
}
