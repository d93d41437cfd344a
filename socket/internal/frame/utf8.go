package frame

import "unicode/utf8"

// validUTF8 checks text that may end within a sequence because the rest has not arrived. n is the length of the whole
// sequences in b; ok is false once b can no longer become valid, whatever follows: the three bytes ED A0 80 (a
// surrogate) fail at the second.
func validUTF8(b []byte) (n int, ok bool) {
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
	return n, utf8.Valid(b[:n])
}
