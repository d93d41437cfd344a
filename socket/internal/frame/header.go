package frame

import (
	"encoding/binary"

	"github.com/gobwas/ws"
)

// Fin is the bit of a header's first byte that says that the frame is the last one of its message (RFC 6455, 5.2).
const Fin = 0x80

// The other bits of a header's first two bytes.
const (
	rsvBits = 0x70
	opBits  = 0x0f
	maskBit = 0x80
)

// header is what the parser keeps of a frame's header. That the frame is masked follows from the role of the parser.
type header struct {
	length int64
	mask   uint32 // the masking key, little-endian
	first  byte   // FIN, RSV and opcode
}

func (h *header) fin() bool     { return h.first&Fin != 0 }
func (h *header) op() ws.OpCode { return ws.OpCode(h.first & opBits) }

// key returns the masking key in the form that ws.Cipher takes.
func (h *header) key() (key [4]byte) {
	binary.LittleEndian.PutUint32(key[:], h.mask)
	return key
}

// readHeader reads the header at the beginning of b and checks it against the rules for a connection in the given
// state. n is the header's size; 0 means that b ends before the header does.
//
// All rules but those for the longer forms of the length hang on the first two bytes, so a violation is found as soon
// as these have arrived.
func readHeader(b []byte, state ws.State) (h header, n int, fail *Error) {
	if len(b) < ws.MinHeaderSize {
		return h, 0, nil
	}
	if fail := checkHeader(b[0], b[1], state); fail != nil {
		return h, 0, fail
	}
	h.first = b[0]
	h.length = int64(b[1] &^ maskBit)
	n = ws.MinHeaderSize
	if h.length > ws.MaxControlFramePayloadSize {
		if n, h.length, fail = readLength(b); n == 0 {
			return h, 0, fail
		}
	}
	if state.ServerSide() {
		if len(b) < n+4 {
			return h, 0, nil
		}
		h.mask = binary.LittleEndian.Uint32(b[n:])
		n += 4
	}
	return h, n, nil
}

// checkHeader applies ws.CheckHeader to the first two bytes of a header. Most frames are whole messages, for which the
// answer is plain; asking is left to the others, as it costs more than the rest of the header.
func checkHeader(b0, b1 byte, state ws.State) *Error {
	masked := b1&maskBit != 0
	if (b0 == Fin|byte(ws.OpText) || b0 == Fin|byte(ws.OpBinary)) &&
		!state.Fragmented() && masked == state.ServerSide() {
		return nil
	}
	err := ws.CheckHeader(ws.Header{
		Fin:    b0&Fin != 0,
		Rsv:    b0 & rsvBits >> 4,
		OpCode: ws.OpCode(b0 & opBits),
		Masked: masked,
		// 126 and 127 announce a longer form. Both stand for lengths that a control frame may not have.
		Length: int64(b1 &^ maskBit),
	}, state)
	if err != nil {
		return &Error{CodeProtocolError, err.Error()}
	}
	return nil
}

// readLength reads the two longer forms of the payload length; n is the size of the header up to there, or 0 if b ends
// before. RFC 6455, 5.2: "in all cases, the minimal number of bytes MUST be used to encode the length". Like Netty and
// Autobahn, and unlike many, this parser insists on it.
func readLength(b []byte) (n int, length int64, fail *Error) {
	if b[1]&^maskBit == 126 {
		if len(b) < 4 {
			return 0, 0, nil
		}
		if length = int64(binary.BigEndian.Uint16(b[2:])); length < 126 {
			return 0, 0, errLengthForm
		}
		return 4, length, nil
	}
	if len(b) < 10 {
		return 0, 0, nil
	}
	switch length = int64(binary.BigEndian.Uint64(b[2:])); {
	case length < 0:
		return 0, 0, errLengthMSB
	case length < 1<<16:
		return 0, 0, errLengthForm
	}
	return 10, length, nil
}
