package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	asm "github.com/segmentio/asm/base64"
)

// From these sizes on the vector code of segmentio/asm is faster than the standard library; below, its start-up costs
// more than it saves. The benchmarks of this package show the crossing.
const (
	asmEncodeMin = 512 // bytes to encode
	asmDecodeMin = 64  // characters to decode
)

// appendBase64 appends src in padded standard Base64.
func appendBase64(dst, src []byte) []byte {
	if len(src) < asmEncodeMin {
		return base64.StdEncoding.AppendEncode(dst, src)
	}
	n := base64.StdEncoding.EncodedLen(len(src))
	dst = slices.Grow(dst, n)
	asm.StdEncoding.Encode(dst[len(dst):][:n], src)
	return dst[:len(dst)+n]
}

var errBase64 = errors.New("not Base64")

// decodeBase64 decodes into dst, which must have room for [base64.RawStdEncoding.DecodedLen](len(src)) bytes, and
// returns how many it wrote. It accepts what Java's basic decoder accepts: padding complete or absent, no line breaks,
// unused bits of any value.
func decodeBase64(dst, src []byte) (int, error) {
	if len(src) < asmDecodeMin {
		return decodeShort(dst, src)
	}
	src, ok := trimPadding(src)
	n, err := asm.RawStdEncoding.Decode(dst, src)
	if !ok || err != nil || !isDecodedLen(n, len(src)) {
		return 0, errBase64
	}
	return n, nil
}

// decodeShort is decodeBase64 by the standard library alone. dst may live on the stack.
func decodeShort(dst, src []byte) (int, error) {
	src, ok := trimPadding(src)
	n, err := base64.RawStdEncoding.Decode(dst, src)
	if !ok || err != nil || !isDecodedLen(n, len(src)) {
		return 0, errBase64
	}
	return n, nil
}

// isDecodedLen tells whether all characters were used: the decoders skip line breaks, which are then missing.
func isDecodedLen(n, characters int) bool {
	return characters%4 != 1 && n == base64.RawStdEncoding.DecodedLen(characters)
}

// trimPadding takes complete padding off; ok is false if it is not complete. What is left holds a '=' only if it stands
// where none may be.
func trimPadding(src []byte) (_ []byte, ok bool) {
	n := len(src)
	if n == 0 || src[n-1] != '=' {
		return src, true
	}
	if n%4 != 0 {
		return src, false
	}
	if src[n-2] == '=' {
		return src[:n-2], true
	}
	return src[:n-1], true
}

// base64Problem says what is wrong with a text that decodeBase64 refused.
func base64Problem(src []byte) string {
	for i, c := range src {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
			continue
		case c == '=' && len(bytes.TrimRight(src[i:], "=")) == 0:
			if i%4 == 1 {
				break
			}
			return "wrong padding"
		case c == '=':
			return fmt.Sprintf("padding before the end, at character %d", i)
		default:
			return fmt.Sprintf("illegal character 0x%02x at character %d, want the standard alphabet", c, i)
		}
		break
	}
	return "a single character is left over at the end"
}
