package socket

import (
	"iter"
	"strings"
)

// isToken reports whether s is a token (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	default:
		return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	}
}

// elements yields the elements of a comma-separated header field over all its lines (RFC 9110, 5.6.1), without the white
// space around them; empty ones are left out.
func elements(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for e := range strings.SplitSeq(line, ",") {
				if e = strings.Trim(e, " \t"); e != "" && !yield(e) {
					return
				}
			}
		}
	}
}

// hasToken reports whether a comma-separated header field has the token, which is compared without regard to case.
func hasToken(lines []string, token string) bool {
	for e := range elements(lines) {
		if strings.EqualFold(e, token) {
			return true
		}
	}
	return false
}
