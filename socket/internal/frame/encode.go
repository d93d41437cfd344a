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

// AppendHeader appends the header of a frame in its shortest form.
func AppendHeader(dst []byte, h ws.Header) []byte {
	b0, b1 := h.Rsv<<4|byte(h.OpCode), byte(0)
	if h.Fin {
		b0 |= finBit
	}
	if h.Masked {
		b1 = maskBit
	}
	switch n := h.Length; {
	case n < 126:
		dst = append(dst, b0, b1|byte(n))
	case n < 1<<16:
		dst = append(dst, b0, b1|126, byte(n>>8), byte(n))
	default:
		dst = append(dst, b0, b1|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	if h.Masked {
		dst = append(dst, h.Mask[:]...)
	}
	return dst
}

// AppendFrame appends a whole, unfragmented frame. A client passes the frame's key, a server nil. The payload is copied
// and the copy masked: payload itself is only read.
func AppendFrame(dst []byte, op ws.OpCode, payload []byte, mask *[4]byte) []byte {
	h := ws.Header{Fin: true, OpCode: op, Length: int64(len(payload))}
	if mask == nil {
		return append(AppendHeader(dst, h), payload...)
	}
	h.Masked, h.Mask = true, *mask
	dst = AppendHeader(dst, h)
	n := len(dst)
	dst = append(dst, payload...)
	ws.Cipher(dst[n:], *mask, 0)
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
