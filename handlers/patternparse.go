package handlers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PatternError says what is wrong with a path pattern, and where.
type PatternError struct {
	Pattern string // as it was written, with a leading slash
	Offset  int    // in bytes, of the character that is wrong
	Problem string
}

// Error names the pattern, the column (counted in characters from 1) and the problem.
func (e *PatternError) Error() string {
	column := utf8.RuneCountInString(e.Pattern[:e.Offset]) + 1
	return fmt.Sprintf("handlers: pattern %q: column %d: %s", e.Pattern, column, e.Problem)
}

// patternParser walks over the text of one pattern. A method that finds a mistake sets err, and the walk ends.
type patternParser struct {
	text  string
	pos   int
	names []string
	shape strings.Builder
	p     pattern
	err   *PatternError
}

// part is a piece of a segment.
type part struct {
	kind       partKind
	text       string // literal: the text; capture: the name
	constraint string // capture: the regular expression, or empty
}

type partKind uint8

const (
	partLiteral partKind = iota
	partOne              // ?
	partMany             // *
	partCapture          // {name} or {name:regex}
	partSeveral          // ** or {*name}: stands alone in its segment
)

func parsePattern(text string) (*pattern, error) {
	if text == "" {
		return nil, &PatternError{Problem: `empty pattern; the root is "/"`}
	}
	if text[0] != '/' {
		text = "/" + text
	}
	ps := &patternParser{text: text, p: pattern{text: text}}
	var last []part // the parts of the segment that was read last
	for ps.pos < len(text) && ps.err == nil {
		start := ps.pos
		ps.pos++ // the slash
		ps.shape.WriteByte('/')
		parts := ps.segment()
		if ps.err != nil {
			break
		}
		ps.add(parts, last, start)
		last = parts
	}
	if ps.err != nil {
		return nil, ps.err
	}
	ps.p.shape = ps.shape.String()
	if segments := ps.p.segments(); len(segments) > 0 {
		segments[len(segments)-1].empty = true
	}
	return &ps.p, nil
}

// segments returns the run of segments that the parser is adding to.
func (p *pattern) segments() []segment {
	if p.multi {
		return p.after
	}
	return p.before
}

// add appends the segment that starts at the slash at start to the pattern.
func (ps *patternParser) add(parts, last []part, start int) {
	p := &ps.p
	several := isSeveral(parts)
	switch {
	case several && p.multi:
		ps.fail(start+1, "only one ** or {*name} is possible in a pattern")
		return
	case several && start > 0 && ps.pos < len(ps.text):
		ps.fail(start+1, "** and {*name} are possible at the end of a pattern or at its start")
		return
	case isSeveral(last) && !isLiteral(parts):
		ps.fail(start+1, "after ** or {*name} at the start the next segment must be plain text")
		return
	}
	p.length++
	for _, part := range parts {
		switch part.kind {
		case partLiteral:
			p.length += utf8.RuneCountInString(part.text)
		case partSeveral: // counts as one character together with its slash
		case partMany:
			p.length++
			p.score += 100
		default:
			p.length++
			p.score++
		}
	}
	switch {
	case several:
		p.multi, p.rest = true, parts[0].text
	case p.multi:
		p.after = append(p.after, ps.compile(parts, start))
	default:
		p.before = append(p.before, ps.compile(parts, start))
	}
}

func isSeveral(parts []part) bool { return len(parts) == 1 && parts[0].kind == partSeveral }
func isLiteral(parts []part) bool { return len(parts) == 1 && parts[0].kind == partLiteral }

// compile makes the matcher of one segment out of its parts.
func (ps *patternParser) compile(parts []part, start int) segment {
	if len(parts) == 0 {
		return segment{kind: literal}
	}
	if len(parts) == 1 {
		switch part := parts[0]; {
		case part.kind == partLiteral:
			return segment{kind: literal, text: part.text}
		case part.kind == partMany:
			return segment{kind: anything}
		case part.kind == partCapture && part.constraint == "":
			return segment{kind: variable, names: []string{part.text}}
		}
	}
	var names []string
	var expr strings.Builder
	expr.WriteString(`(?s)\A`)
	for _, part := range parts {
		switch part.kind {
		case partLiteral:
			expr.WriteString(regexp.QuoteMeta(part.text))
		case partOne:
			expr.WriteByte('.')
		case partMany:
			expr.WriteString(".*")
		case partCapture:
			names = append(names, part.text)
			if part.constraint == "" {
				expr.WriteString("(.+)")
			} else {
				expr.WriteString("(" + part.constraint + ")")
			}
		}
	}
	expr.WriteString(`\z`)
	re, err := regexp.Compile(expr.String())
	if err != nil { // each constraint compiled alone; together they can still be too large
		ps.fail(start+1, err.Error())
	}
	return segment{kind: mixed, names: names, re: re}
}

// segment reads up to the next slash or the end.
func (ps *patternParser) segment() []part {
	var parts []part
	start := ps.pos
	flush := func() {
		if start < ps.pos {
			parts = append(parts, part{kind: partLiteral, text: ps.text[start:ps.pos]})
			ps.shape.WriteString(ps.text[start:ps.pos])
		}
	}
	for ps.pos < len(ps.text) && ps.text[ps.pos] != '/' && ps.err == nil {
		switch c := ps.text[ps.pos]; c {
		case '?', '*', '{':
			flush()
			parts = append(parts, ps.special(c, len(parts) == 0))
			start = ps.pos
		case '}':
			ps.fail(ps.pos, "missing { before this }")
		case '%':
			if isEscape(ps.text[ps.pos:]) {
				ps.fail(ps.pos, "patterns are written decoded: put the character itself in place of its % form")
			}
			ps.pos++
		default:
			ps.pos++
		}
	}
	if ps.err == nil {
		flush()
	}
	return parts
}

// special reads a part that begins with the wildcard or brace c.
func (ps *patternParser) special(c byte, first bool) part {
	switch {
	case c == '?':
		ps.pos++
		ps.shape.WriteByte('?')
		return part{kind: partOne}
	case c == '{':
		return ps.capture(first)
	case !strings.HasPrefix(ps.text[ps.pos:], "**"):
		ps.pos++
		ps.shape.WriteByte('*')
		return part{kind: partMany}
	}
	if ps.pos += 2; !first || !ps.atSegmentEnd() {
		ps.fail(ps.pos-2, "** must be a segment of its own; within a segment * matches any text")
	}
	ps.shape.WriteString("**")
	return part{kind: partSeveral}
}

// capture reads {name}, {name:regex} or {*name}.
func (ps *patternParser) capture(first bool) part {
	open := ps.pos
	ps.pos++
	several := strings.HasPrefix(ps.text[ps.pos:], "*")
	if several {
		ps.pos++
	}
	name := ps.name(open)
	result := part{kind: partCapture, text: name}
	if ps.err != nil {
		return result
	}
	if slices.Contains(ps.names, name) {
		ps.fail(open, fmt.Sprintf("the variable %q is already in this pattern", name))
		return result
	}
	ps.names = append(ps.names, name)
	switch {
	case several && ps.text[ps.pos] == ':':
		ps.fail(ps.pos, "{*name} takes no regular expression")
	case several:
		if ps.pos++; !first || !ps.atSegmentEnd() {
			ps.fail(open, "{*name} must be a segment of its own")
		}
		result.kind = partSeveral
		ps.shape.WriteString("**")
	case ps.text[ps.pos] == ':':
		result.constraint = ps.constraint(open)
		ps.shape.WriteString("{:" + result.constraint + "}")
	default:
		ps.pos++
		ps.shape.WriteString("{}")
	}
	return result
}

// name reads the name of a variable and stops at the } or : behind it. A name is letters, digits, _ and -, and begins
// with a letter or _.
func (ps *patternParser) name(open int) string {
	start := ps.pos
	for i, r := range ps.text[start:] {
		ps.pos = start + i
		switch {
		case r == '}' || r == ':':
			if i == 0 {
				ps.fail(ps.pos, "missing name of the variable")
			}
			return ps.text[start:ps.pos]
		case r == '/':
			ps.fail(open, "missing } after this {")
			return ""
		case r == '{':
			ps.fail(ps.pos, "{ within { }")
			return ""
		case r == '_' || unicode.IsLetter(r):
		case i > 0 && (r == '-' || unicode.IsDigit(r)):
		default:
			ps.fail(ps.pos, fmt.Sprintf("%q is not possible here in the name of a variable", r))
			return ""
		}
	}
	ps.fail(open, "missing } after this {")
	return ""
}

// constraint reads the :regex} of a variable. Braces within it are counted, unless a backslash stands before them.
func (ps *patternParser) constraint(open int) string {
	ps.pos++ // the colon
	start, depth := ps.pos, 1
	for ; ps.pos < len(ps.text); ps.pos++ {
		switch ps.text[ps.pos] {
		case '\\':
			ps.pos++
		case '/':
			ps.fail(open, `missing } after this {; a slash in a regular expression is written \/`)
			return ""
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if depth > 0 {
		ps.fail(open, "missing } after this {")
		return ""
	}
	text := ps.text[start:ps.pos]
	ps.pos++
	re, err := regexp.Compile(text)
	switch {
	case text == "":
		ps.fail(start, "empty regular expression")
	case err != nil:
		ps.fail(start, err.Error())
	case re.NumSubexp() > 0:
		ps.fail(start, "a group in the regular expression must be written (?: )")
	}
	return text
}

func (ps *patternParser) atSegmentEnd() bool {
	return ps.pos == len(ps.text) || ps.text[ps.pos] == '/'
}

func (ps *patternParser) fail(offset int, problem string) {
	if ps.err == nil {
		ps.err = &PatternError{Pattern: ps.text, Offset: offset, Problem: problem}
	}
}

func isEscape(s string) bool {
	return len(s) >= 3 && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
