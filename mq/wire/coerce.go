package wire

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// present tells whether the value is there and not null.
func (t scalar) present() bool { return t.kind != kindNull }

// text returns the value as a text of its own: a number or boolean as it was written.
func (t scalar) text() string {
	if t.escaped {
		return string(appendUnescaped(nil, t.raw))
	}
	return string(t.raw)
}

// optional returns the value as text does, and tells whether it is there.
func (t scalar) optional() (string, bool) { return t.text(), t.present() }

// integer takes an integer of at most size bits; ok is false for null and the empty text.
func (s *scanner) integer(size int) (v int64, ok bool) {
	t := s.scalar()
	var err error
	switch t.kind {
	case kindNull:
		return 0, false
	case kindText:
		if len(t.raw) == 0 {
			return 0, false
		}
		v, err = strconv.ParseInt(string(bytes.TrimSpace(t.raw)), 10, size)
	case kindInt:
		v, err = strconv.ParseInt(string(t.raw), 10, size)
	case kindFloat:
		v, err = truncate(string(t.raw), size)
	default:
		err = strconv.ErrSyntax
	}
	if err != nil {
		s.fail(t.at, "want an integer of "+strconv.Itoa(size)+" bits")
		return 0, false
	}
	return v, true
}

// truncate cuts the fraction off a number that was written with fraction or exponent.
func truncate(number string, size int) (int64, error) {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, err
	}
	limit := math.Ldexp(1, size-1)
	if f < -limit || f >= limit {
		return 0, strconv.ErrRange
	}
	return int64(f), nil
}

// boolean checks that a boolean could be made of the next value, which has no effect in this protocol: a boolean, an
// integer, null, or one of the spellings that Jackson knows.
func (s *scanner) boolean() {
	t := s.scalar()
	switch t.kind {
	case kindNull, kindBool, kindInt:
		return
	case kindText:
		switch string(bytes.TrimSpace(t.raw)) {
		case "", "true", "True", "TRUE", "false", "False", "FALSE":
			return
		}
	}
	s.fail(t.at, "want a boolean")
}

// enum checks that an enum constant could be made of the next value, which has no effect in this protocol: any text
// (an unknown one counts as absent), an integer (its ordinal) or null.
func (s *scanner) enum() {
	if t := s.scalar(); t.kind == kindFloat || t.kind == kindBool {
		s.fail(t.at, "want the name of a constant")
	}
}

// appendUnescaped appends what a text whose escapes have been checked stands for. Half a surrogate pair becomes U+FFFD.
func appendUnescaped(dst, raw []byte) []byte {
	for len(raw) > 0 {
		n := bytes.IndexByte(raw, '\\')
		if n < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:n]...)
		c := raw[n+1]
		raw = raw[n+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r, _ := hex4(raw)
			raw = raw[4:]
			if utf16.IsSurrogate(r) {
				r2 := rune(0)
				if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
					r2, _ = hex4(raw[2:])
				}
				if r = utf16.DecodeRune(r, r2); r != utf8.RuneError {
					raw = raw[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // quote, backslash, slash
			dst = append(dst, c)
		}
	}
	return dst
}

// hex4 reads the four hexadecimal digits of an escape.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
