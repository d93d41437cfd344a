package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep values may nest, Jackson's default (StreamReadConstraints).
const maxDepth = 1000

// scanner walks one JSON value from left to right. The first error sticks: after it every method returns its zero
// value, so that a caller looks at err once, at the end.
type scanner struct {
	b   []byte
	i   int
	err *Error
}

// fail records the first error, at offset at.
func (s *scanner) fail(at int, what string) {
	if s.err == nil {
		s.err = &Error{CodeDeserialize, what + " at offset " + strconv.Itoa(at)}
	}
	s.i = len(s.b)
}

// peek skips white space and returns the next byte without taking it, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// unexpected fails with what stands at the current place and what should.
func (s *scanner) unexpected(want string) {
	if s.i >= len(s.b) {
		s.fail(len(s.b), "unexpected end of the message, want "+want)
		return
	}
	c, at := s.b[s.i], s.i
	name := "character 0x" + strconv.FormatUint(uint64(c), 16)
	if c > ' ' && c < 0x7f {
		name = strconv.QuoteRuneToASCII(rune(c))
	}
	s.fail(at, "unexpected "+name+", want "+want)
}

// first takes the opening brace and the name of the first member; more is false if there is none.
func (s *scanner) first() (name []byte, more bool) {
	if s.peek() != '{' {
		s.unexpected("an object")
		return nil, false
	}
	s.i++
	if s.peek() == '}' {
		s.i++
		return nil, false
	}
	return s.name()
}

// next takes the name of the next member, or the closing brace.
func (s *scanner) next() (name []byte, more bool) {
	switch s.peek() {
	case ',':
		s.i++
		return s.name()
	case '}':
		s.i++
		return nil, false
	}
	s.unexpected("a comma or a closing brace")
	return nil, false
}

// name takes a member's name and the colon after it.
func (s *scanner) name() (name []byte, ok bool) {
	if s.peek() != '"' {
		s.unexpected("a name in double quotes")
		return nil, false
	}
	t := s.quoted()
	if s.peek() != ':' {
		s.unexpected("a colon")
		return nil, false
	}
	s.i++
	if t.escaped {
		return appendUnescaped(nil, t.raw), true
	}
	return t.raw, true
}

// elements takes the opening bracket, or the next comma: it tells whether another element follows, and takes the
// closing bracket if not.
func (s *scanner) elements(first bool) bool {
	c := s.peek()
	switch {
	case first && c != '[':
		s.unexpected("an array")
		return false
	case c == ']':
		s.i++
		return false
	case !first && c != ',':
		s.unexpected("a comma or a closing bracket")
		return false
	}
	s.i++
	if first && s.peek() == ']' {
		s.i++
		return false
	}
	return s.err == nil
}

// null takes a null if one is there.
func (s *scanner) null() bool {
	return s.peek() == 'n' && s.literal("null")
}

// literal takes the word w, which must not run on.
func (s *scanner) literal(w string) bool {
	rest := s.b[s.i:]
	if len(rest) < len(w) || string(rest[:len(w)]) != w || len(rest) > len(w) && isWord(rest[len(w)]) {
		s.unexpected("a value")
		return false
	}
	s.i += len(w)
	return true
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// skip takes a value of any shape. depth is that of the value.
func (s *scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail(s.i, "more than "+strconv.Itoa(maxDepth)+" levels of nesting")
		return
	}
	switch s.peek() {
	case '{':
		for _, more := s.first(); more; _, more = s.next() {
			s.skip(depth + 1)
		}
	case '[':
		for more := s.elements(true); more; more = s.elements(false) {
			s.skip(depth + 1)
		}
	default:
		s.scalar()
	}
}

// scalar is a value that is neither object nor array.
type scalar struct {
	kind    kind
	raw     []byte // what stands between the quotes, or the literal itself
	at      int    // the offset of raw
	escaped bool   // raw holds escapes
	// unchecked: see long.
	unchecked bool
}

type kind uint8

const (
	kindNull kind = iota // also: absent
	kindText
	kindInt
	kindFloat
	kindBool
)

// scalar takes a text, number, boolean or null.
func (s *scanner) scalar() scalar {
	c := s.peek()
	at := s.i
	switch {
	case c == '"':
		return s.quoted()
	case c == '-' || '0' <= c && c <= '9':
		k := s.number()
		return scalar{kind: k, raw: s.b[at:s.i], at: at}
	case c == 't' && s.literal("true"), c == 'f' && s.literal("false"):
		return scalar{kind: kindBool, raw: s.b[at:s.i], at: at}
	case c == 'n' && s.literal("null"):
		return scalar{}
	case c == '{':
		s.unexpected("a text, a number or a boolean")
	default:
		s.unexpected("a value")
	}
	return scalar{}
}

// quoted takes a text and checks it: escapes, control characters, UTF-8.
func (s *scanner) quoted() scalar {
	start := s.i + 1
	t := scalar{kind: kindText, at: start}
	for i := start; ; {
		i += plain(s.b[i:])
		if i >= len(s.b) {
			s.fail(len(s.b), "unexpected end of the message inside a text")
			return scalar{}
		}
		switch c := s.b[i]; {
		case c == '"':
			t.raw = s.b[start:i]
			s.i = i + 1
			return t
		case c == '\\':
			n := escapeLen(s.b[i:])
			if n == 0 {
				s.fail(i, "bad escape")
				return scalar{}
			}
			t.escaped = true
			i += n
		case c < ' ':
			s.fail(i, "control character 0x"+strconv.FormatUint(uint64(c), 16)+" inside a text, want an escape")
			return scalar{}
		default:
			_, n := utf8.DecodeRune(s.b[i:])
			if n == 1 { // every valid sequence that starts here is longer
				s.fail(i, "text that is not UTF-8")
				return scalar{}
			}
			i += n
		}
	}
}

// long takes a scalar, as scalar does, but does not look at each byte of a text if it can help it: a result that is
// marked unchecked may hold control characters and what is not UTF-8.
func (s *scanner) long() scalar {
	if s.peek() == '"' {
		rest := s.b[s.i+1:]
		n := bytes.IndexByte(rest, '"')
		if n >= 0 && bytes.IndexByte(rest[:n], '\\') < 0 {
			at := s.i + 1
			s.i = at + n + 1
			return scalar{kind: kindText, raw: rest[:n], at: at, unchecked: true}
		}
	}
	return s.scalar()
}

// check makes up for what long has left out.
func (s *scanner) check(t scalar) {
	if t.unchecked && s.err == nil {
		again := scanner{b: s.b, i: t.at - 1}
		again.quoted()
		s.err = again.err
	}
}

// plain returns how many bytes of b stand for themselves inside a text: ASCII, no control character, neither quote nor
// backslash. It looks at eight at a time.
func plain(b []byte) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; len(b)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		// A subtraction sets the top bit of each byte that it takes below zero, and perhaps of one above that,
		// through the borrow; the lowest one is right.
		m := (w | (w - ' '*ones) | (w ^ '"'*ones - ones) | (w ^ '\\'*ones - ones)) & tops
		if m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}

// escapeLen returns the length of the escape at the start of b, 0 if it is not one.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

// number takes a number; its first character has been seen.
func (s *scanner) number() kind {
	at, k := s.i, kindInt
	if s.b[s.i] == '-' {
		s.i++
	}
	whole := s.i
	ok := s.digits() && (s.b[whole] != '0' || s.i == whole+1)
	if ok && s.i < len(s.b) && s.b[s.i] == '.' {
		s.i++
		k, ok = kindFloat, s.digits()
	}
	if ok && s.i < len(s.b) && (s.b[s.i] == 'e' || s.b[s.i] == 'E') {
		s.i++
		if s.i < len(s.b) && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		k, ok = kindFloat, s.digits()
	}
	if !ok {
		s.fail(at, "malformed number")
		return kindNull
	}
	return k
}

// digits takes a run of digits and tells whether there was one.
func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}
