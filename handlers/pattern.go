package handlers

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
)

// pattern is a parsed path pattern. A pattern has at most one element that takes several segments, so it is a run of
// segments, that element, and another run: matching never has to try twice.
type pattern struct {
	text  string // as it was written, with a leading slash
	shape string // text without the names of variables: two patterns of one shape match the same paths

	before []segment
	multi  bool      // ** or {*name} stands between before and after
	rest   string    // the name in {*name}; empty for **
	after  []segment // only behind an element that takes several segments

	score  int // captures and ? count 1, * counts 100
	length int // in characters, a variable counting as one
}

type segmentKind uint8

const (
	literal  segmentKind = iota // text
	anything                    // *
	variable                    // {name}
	mixed                       // all else: one anchored regular expression with a group per variable
)

// segment matches one decoded path segment.
type segment struct {
	kind  segmentKind
	text  string   // literal
	names []string // variable: one; mixed: one per group of re
	re    *regexp.Regexp
	empty bool // anything: the empty segment too, because this is the last one of the pattern
}

func (s *segment) match(text string) bool {
	switch s.kind {
	case literal:
		return text == s.text
	case anything:
		return text != "" || s.empty
	case variable:
		return text != ""
	default:
		return (text != "" || len(s.names) == 0) && s.re.MatchString(text)
	}
}

// capture reports the variables of a segment that matched text.
func (s *segment) capture(text string, set func(name, value string)) {
	switch s.kind {
	case variable:
		set(s.names[0], text)
	case mixed:
		if len(s.names) == 0 {
			return
		}
		for i, value := range s.re.FindStringSubmatch(text)[1:] {
			set(s.names[i], value)
		}
	}
}

// match tells whether p covers a path that splitPath has taken apart.
func (p *pattern) match(path []string) bool {
	if len(path) < len(p.before)+len(p.after) || !p.multi && len(path) > len(p.before) {
		return false
	}
	for i := range p.before {
		if !p.before[i].match(path[i]) {
			return false
		}
	}
	tail := path[len(path)-len(p.after):]
	for i := range p.after {
		if !p.after[i].match(tail[i]) {
			return false
		}
	}
	return true
}

// capture reports the variables of a path that p matches.
func (p *pattern) capture(path []string, set func(name, value string)) {
	for i := range p.before {
		p.before[i].capture(path[i], set)
	}
	first, last := len(p.before), len(path)-len(p.after)
	for i := range p.after {
		p.after[i].capture(path[last+i], set)
	}
	if p.rest == "" {
		return
	}
	var rest strings.Builder
	for _, s := range path[first:last] {
		rest.WriteByte('/')
		rest.WriteString(s)
	}
	set(p.rest, rest.String())
}

// compareSpecificity orders patterns by who is asked first: those that take a fixed number of segments before those
// that take several, fewer variables and wildcards before more, longer before shorter. Among patterns that take several
// segments the longer one is asked first whatever it contains. Zero means that the order of registration decides.
func compareSpecificity(a, b *pattern) int {
	if a.multi != b.multi {
		if b.multi {
			return -1
		}
		return 1
	}
	if longer := cmp.Compare(b.length, a.length); a.multi && longer != 0 {
		return longer
	}
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(b.length, a.length))
}

// splitPath appends the segments of an escaped path to dst, each without its ;parameters and then decoded, so that
// neither %2F nor %3B splits anything. It reports false for a path with a segment . or .. in any spelling: a client
// resolves those before it sends, and a pattern must not hand them to a handler as the value of a variable.
func splitPath(dst []string, escaped string) ([]string, bool) {
	rest := strings.TrimPrefix(escaped, "/")
	for more := true; more; {
		var s string
		s, rest, more = strings.Cut(rest, "/")
		s, _, _ = strings.Cut(s, ";")
		if strings.IndexByte(s, '%') >= 0 {
			decoded, err := url.PathUnescape(s)
			if err != nil {
				return nil, false
			}
			s = decoded
		}
		if s == "." || s == ".." {
			return nil, false
		}
		dst = append(dst, s)
	}
	return dst, true
}
