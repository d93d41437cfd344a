package handlers

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
)

// The reference is a transcript of the rules into one regular expression over the whole path, with the slashes that
// separate segments replaced by a character that no segment contains. It knows nothing of segments, kinds or runs.
const separator = "\uE000"

// reference compiles a pattern that parsePattern accepted and whose constraints hold no braces of their own.
func reference(text string) *regexp.Regexp {
	text = "/" + strings.TrimPrefix(text, "/")
	var expr strings.Builder
	expr.WriteString(`(?s)\A`)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "/**"):
			text = text[3:]
			expr.WriteString("(?:" + separator + "[^" + separator + "]*)*")
		case strings.HasPrefix(text, "/{*"):
			name, rest, _ := strings.Cut(text[3:], "}")
			text = rest
			expr.WriteString("(?P<" + groupName(name) + ">(?:" + separator + "[^" + separator + "]*)*)")
		case text == "/*":
			text = ""
			expr.WriteString(separator + "[^" + separator + "]*")
		case strings.HasPrefix(text, "/*/"):
			text = text[2:]
			expr.WriteString(separator + "[^" + separator + "]+")
		case text[0] == '/':
			text = text[1:]
			expr.WriteString(separator)
		case text[0] == '?':
			text = text[1:]
			expr.WriteString("[^" + separator + "]")
		case text[0] == '*':
			text = text[1:]
			expr.WriteString("[^" + separator + "]*")
		case text[0] == '{':
			inner, rest, _ := strings.Cut(text[1:], "}")
			text = rest
			name, constraint, constrained := strings.Cut(inner, ":")
			if !constrained {
				constraint = "[^" + separator + "]+"
			}
			expr.WriteString("(?P<" + groupName(name) + ">" + constraint + ")")
		default:
			_, size := utf8.DecodeRuneInString(text)
			expr.WriteString(regexp.QuoteMeta(text[:size]))
			text = text[size:]
		}
	}
	expr.WriteString(`\z`)
	return regexp.MustCompile(expr.String())
}

func groupName(name string) string { return "v" + strings.ReplaceAll(name, "-", "__") }

// referenceLookUp decodes the path in its own way; ok is false where the transcript cannot say.
func referenceLookUp(re *regexp.Regexp, escaped string) (values map[string]string, ok bool) {
	if !strings.HasPrefix(escaped, "/") {
		escaped = "/" + escaped
	}
	escaped = regexp.MustCompile(`;[^/]*`).ReplaceAllString(escaped, "")
	if regexp.MustCompile(`(?i)/(\.|%2e){1,2}(/|\z)`).MatchString(escaped) {
		return nil, true
	}
	path, err := url.PathUnescape(strings.ReplaceAll(escaped, "/", separator))
	if err != nil || !utf8.ValidString(path) || strings.Count(path, separator) != strings.Count(escaped, "/") {
		return nil, false
	}
	m := re.FindStringSubmatch(path)
	if m == nil {
		return nil, true
	}
	values = map[string]string{}
	for i, name := range re.SubexpNames() {
		if i > 0 {
			values[name] = strings.ReplaceAll(m[i], separator, "/")
		}
	}
	return values, true
}

// FuzzMatch compares the matcher with the reference. Constraints are left to the table tests, but for a few that the
// transcript can copy: a fuzzed one could match the separator, or nothing at all.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{
		{"/", "/"}, {"/a/{id}", "/a/7"}, {"/a/*", "/a/"}, {"/*/b", "//b"}, {"/**/b/?", "/x/y/b/c"}, {"/a/{*r}", "/a/b//c"},
		{"/{n}.{e}", "/x.tar.gz"}, {"/{n}*", "/x"}, {"/f*o?", "/f%2Foo%20"}, {"/{a}", "/%2e%2e"}, {"/{*r}/x", "/x"},
		{"/{id:[0-9]+}x", "/12x"}, {"/a;b", "/a%3Bb"}, {"//", "//"}, {"/a/", "/a;x=y/"}, {"/*", ""}, {"/k?se", "/k%C3%A4se"},
	} {
		f.Add(s[0], s[1])
	}
	constraints := regexp.MustCompile(`:(\[0-9\]\+|\[a-z\]\+)\}`)
	f.Fuzz(func(t *testing.T, text, path string) {
		if strings.Contains(text, separator) || !utf8.ValidString(text) || strings.Contains(constraints.ReplaceAllString(text, "}"), ":") {
			t.Skip()
		}
		p, err := parsePattern(text)
		if err != nil {
			t.Skip()
		}
		for _, r := range text {
			if r >= utf8.RuneSelf && strings.Contains(text, "{") {
				t.Skip() // not every letter that a variable may have is one that a group may have
			}
		}
		want, ok := referenceLookUp(reference(text), path)
		if !ok {
			t.Skip()
		}
		var got map[string]string
		if values := lookUp(p, path); values != nil {
			got = map[string]string{}
			for name, value := range values {
				got[groupName(name)] = value
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%q on %q (-reference +matcher):\n%s", text, path, diff)
		}
	})
}
