package frame

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/gobwas/ws"
)

// NewMask returns a masking key for one frame of a client.
//
// RFC 6455, 10.3 and 5.3: the key must come from a strong source of entropy and the keys seen so far must not tell the
// next one; otherwise whoever chooses the payload chooses the bytes on the wire and can feed a proxy a request of his
// own. math/rand/v2 promises no such thing. The kernel's generator does, needs no state per session, and costs 36 ns
// where getrandom is in the vDSO (Linux 6.11): little beside the write of a frame.
func NewMask() (key [4]byte) {
	rand.Read(key[:]) // never fails, see its documentation
	return key
}

// AppendHeader appends the header of a frame, whose first byte holds Fin, the reserved bits and the opcode, in its
// shortest form. A client passes the frame's key, a server nil.
//
// There is no ws.Header here: to put one together byte by byte and to copy it costs a third of what a message does.
func AppendHeader(dst []byte, first byte, length int, mask *[4]byte) []byte {
	masked := byte(0)
	if mask != nil {
		masked = maskBit
	}
	switch {
	case length < 126:
		dst = append(dst, first, masked|byte(length))
	case length < 1<<16:
		dst = append(dst, first, masked|126, byte(length>>8), byte(length))
	default:
		dst = append(dst, first, masked|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(length))
	}
	if mask != nil {
		dst = append(dst, mask[:]...)
	}
	return dst
}

// AppendFrame appends a whole, unfragmented frame. A client passes the frame's key, a server nil. The payload is copied
// and the copy masked: payload itself is only read.
func AppendFrame(dst []byte, op ws.OpCode, payload []byte, mask *[4]byte) []byte {
	dst = append(AppendHeader(dst, Fin|byte(op), len(payload), mask), payload...)
	if mask != nil {
		ws.Cipher(dst[len(dst)-len(payload):], *mask, 0)
	}
	return dst
}

// AppendClose appends a Close frame. The code must be one that [ValidCode] accepts, or 1005 for a frame without a
// payload, which carries no reason either. A reason that does not fit is cut by [CutReason].
func AppendClose(dst []byte, code uint16, reason string, mask *[4]byte) []byte {
	if code == CodeNoStatus {
		return AppendFrame(dst, ws.OpClose, nil, mask)
	}
	var body [ws.MaxControlFramePayloadSize]byte
	binary.BigEndian.PutUint16(body[:], code)
	n := 2 + copy(body[2:], CutReason(reason))
	return AppendFrame(dst, ws.OpClose, body[:n], mask)
}
