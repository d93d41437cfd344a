package handlers

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// mustParse is for patterns that a test knows to be good.
func mustParse(t *testing.T, text string) *pattern {
	t.Helper()
	p, err := parsePattern(text)
	if err != nil {
		t.Fatalf("parsePattern(%q): %v", text, err)
	}
	return p
}

// lookUp matches one pattern; the map is nil when it does not match.
func lookUp(p *pattern, escaped string) map[string]string {
	path, ok := splitPath(nil, escaped)
	if !ok || !p.match(path) {
		return nil
	}
	values := map[string]string{}
	p.capture(path, func(name, value string) { values[name] = value })
	return values
}

func TestPatternMatch(t *testing.T) {
	type vars = map[string]string
	none := vars{}
	for _, c := range []struct {
		pattern, path string
		want          vars // nil: no match
	}{
		// literals
		{"/", "/", none},
		{"/", "", none},
		{"/", "//", nil},
		{"/", "/a", nil},
		{"/foo", "/foo", none},
		{"foo", "/foo", none}, // a missing leading slash is added
		{"/foo", "/Foo", nil},
		{"/foo", "/food", nil},
		{"/food", "/foo", nil},
		{"/foo", "/foo/", nil}, // a trailing slash is significant
		{"/foo/", "/foo/", none},
		{"/foo/", "/foo", nil},
		{"/foo/", "/foo//", nil},
		{"/foo/bar/woo", "/foo/bar/woo", none},
		{"/a//b", "/a//b", none}, // and so is a doubled one
		{"/a//b", "/a/b", nil},
		{"/a/b", "/a//b", nil},
		{"///abc//{def}//////xyz", "///abc//p//////xyz", vars{"def": "p"}},
		{"///abc//{def}//////xyz", "/abc/foo/xyz", nil},
		{"/käse brot", "/k%C3%A4se%20brot", none}, // patterns are written decoded

		// one character
		{"/f?o/bar", "/foo/bar", none},
		{"/f?o/bar", "/f%20o/bar", none},
		{"/f?o/bar", "/f%C3%B6o/bar", none}, // ö is one character of two bytes
		{"/f?o/bar", "/fo/bar", nil},
		{"/f?o", "/f/o", nil},
		{"/f?o", "/f%2Fo", none}, // an escaped slash is a character of its segment
		{"/tes?", "/tes", nil},
		{"/tes?", "/testt", nil},
		{"/?", "/", nil},
		{"/.?.a", "/.a.a", none},

		// any text within a segment
		{"/x/*", "/x/a", none},
		{"/x/*", "/x/", none},
		{"/x/*", "/x", nil},
		{"/x/*", "/x//", nil},
		{"/x/*", "/x/a/b", nil},
		{"/*", "/", none},
		{"/*", "/resource/", nil},
		{"/*/", "/resource/", none},
		{"/*/", "/resource", nil},
		{"/*/bar", "/foo/bar", none},
		{"/*/bar", "//bar", nil},
		{"/*/bar", "/bar", nil},
		{"/f*/bar", "/f/bar", none},
		{"/a*b*c*d/bar", "/abcd/bar", none},
		{"/*a*", "/testa", none},
		{"/*.*", "/test.", none},
		{"/*.*", "/tsttst", nil},
		{"/test*aaa", "/testblaaaa", none},
		{"/test*aaa", "/testblaaab", nil},
		{"/*?a?*", "/bab", none},

		// several segments
		{"/x/**", "/x", none},
		{"/x/**", "/x/", none},
		{"/x/**", "/x/a/b", none},
		{"/x/**", "/xy", nil},
		{"/x/**", "/xy/a", nil},
		{"/**", "/", none},
		{"/**", "//a//b/", none},
		{"/*/**", "/testing/testing", none},
		{"/*/**", "/", nil},
		{"/**/bar", "/bar", none},
		{"/**/bar", "/a/b/bar", none},
		{"/**/bar", "/a/b/baz", nil},
		{"/**/bar/{id}", "/a/bar/bar/7", vars{"id": "7"}},
		{"/**/bar/*", "/a/bar/", none},

		// variables
		{"/x/{v}", "/x/a", vars{"v": "a"}},
		{"/x/{v}", "/x/", nil},
		{"/x/{v}", "/x", nil},
		{"/{a}/{b}", "/f%20o/f%7Co", vars{"a": "f o", "b": "f|o"}},
		{"/{a}", "/a%2Fb", vars{"a": "a/b"}}, // %2F never splits a segment
		{"/{one}/", "//", nil},
		{"/*/hotels/*/{hotel}", "/foo/hotels/bar/1", vars{"hotel": "1"}},
		{"/{with-dash_1}", "/v", vars{"with-dash_1": "v"}},
		{"/{größe}", "/12", vars{"größe": "12"}},

		// variables with a regular expression
		{"/{id:[0-9]+}", "/123", vars{"id": "123"}},
		{"/{id:[0-9]+}", "/12a", nil},
		{"/{id:[0-9]*}", "/", nil}, // at least one character all the same
		{"/{id:f o}", "/f%20o", vars{"id": "f o"}},
		{"/{id:.*}", "/x%0Ay", vars{"id": "x\ny"}},
		{"/*/{foo:....}/**", "/foo/barg/abc/def", vars{"foo": "barg"}},
		{"/{year:[0-9]{4}}", "/2026", vars{"year": "2026"}},
		{`/{x:\{\}}`, "/%7B%7D", vars{"x": "{}"}},
		{`/{x:[^\/]+}`, "/a%2Fb", nil},
		{"/{x:(?i)abc}d", "/ABCd", vars{"x": "ABC"}},
		{"/{x:(?i)abc}d", "/ABCD", nil}, // flags end with their variable

		// variables, wildcards and text in one segment
		{"/{bla}.html", "/testing.html", vars{"bla": "testing"}},
		{"/{bla}.*", "/testing.html", vars{"bla": "testing"}},
		{"/file-{id}.{ext}", "/file-7.txt", vars{"id": "7", "ext": "txt"}},
		{"/A-{B}-C", "/A-b-C", vars{"B": "b"}},
		{"/{a}_{b}", "/1_2_3", vars{"a": "1_2", "b": "3"}},
		{"/{a}_{b}", "/_2", nil},
		{"/{a}*", "/a", vars{"a": "a"}},
		{"/{a}*", "/", nil},
		{"/{a:[a-z][a-z]}{b:[a-z]}", "/abc", vars{"a": "ab", "b": "c"}},
		{`/{name:[\w.]+}-sources-{version:[\d.]+}-{year:\d{4}}{month:\d{2}}.jar`, "/com.example-sources-1.0.0-202611.jar",
			vars{"name": "com.example", "version": "1.0.0", "year": "2026", "month": "11"}},

		// the rest
		{"/x/{*r}", "/x", vars{"r": ""}},
		{"/x/{*r}", "/x/", vars{"r": "/"}},
		{"/x/{*r}", "/x/a/b", vars{"r": "/a/b"}},
		{"/x/{*r}", "/x//////99", vars{"r": "//////99"}},
		{"/x/{*r}", "/xy", nil},
		{"/{*r}", "/", vars{"r": "/"}},
		{"/{*r}", "/f%20o/%7C", vars{"r": "/f o/|"}},
		{"/{id}/{*r}", "/1/a/", vars{"id": "1", "r": "/a/"}},
		{"/{*r}/end", "/a/b/end", vars{"r": "/a/b"}},
		{"/{*r}/end", "/end", vars{"r": ""}},

		// ;parameters belong to no segment
		{"/abc/{v}/d", "/abc/one;two=three;four/d;x", vars{"v": "one"}},
		{"/{a}_{b}", "/123_456;a=b", vars{"a": "123", "b": "456"}},
		{"/{*r}", "/a;x=1/b;y", vars{"r": "/a/b"}},
		{"/{v}", "/;x=1", nil},
		{"/{v}", "/a%3Bb", vars{"v": "a;b"}},

		// dot segments are for the client to resolve
		{"/{v}", "/..", nil},
		{"/{v}", "/%2e%2E", nil},
		{"/**", "/a/../b", nil},
		{"/**", "/a/./b", nil},
		{"/{v}", "/...", vars{"v": "..."}},
	} {
		t.Run(c.pattern+" on "+c.path, func(t *testing.T) {
			if got := lookUp(mustParse(t, c.pattern), c.path); !gocmp.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPatternErrors(t *testing.T) {
	for _, c := range []struct {
		pattern string
		offset  int
		problem string
	}{
		{"", 0, `empty pattern; the root is "/"`},
		{"/{abc", 1, "missing } after this {"},
		{"/{abc/x}", 1, "missing } after this {"},
		{"/{", 1, "missing } after this {"},
		{"/{*", 1, "missing } after this {"},
		{"/{var:abc", 1, "missing } after this {"},
		{`/{var:abc\}`, 1, "missing } after this {"},
		{"/{var:[^/]*}", 1, `missing } after this {; a slash in a regular expression is written \/`},
		{"/}", 1, "missing { before this }"},
		{"/def}", 4, "missing { before this }"},
		{"/{a{b}}", 3, "{ within { }"},
		{"/{{a}}", 2, "{ within { }"},
		{"/{0abc}", 2, `'0' is not possible here in the name of a variable`},
		{"/{-a}", 2, `'-' is not possible here in the name of a variable`},
		{"/{a?b}", 3, `'?' is not possible here in the name of a variable`},
		{"/{f*o}", 3, `'*' is not possible here in the name of a variable`},
		{"/{ }", 2, `' ' is not possible here in the name of a variable`},
		{"/{}", 2, "missing name of the variable"},
		{"/{*}", 3, "missing name of the variable"},
		{"/{:x}", 2, "missing name of the variable"},
		{"/{x:}", 4, "empty regular expression"},
		{"/{x:(a)}", 4, "a group in the regular expression must be written (?: )"},
		{"/{x:a[}", 4, "error parsing regexp: missing closing ]: `[`"},
		{"/{x:a)(b}", 4, "error parsing regexp: unexpected ): `a)(b`"},
		{"/{a}_{a}", 5, `the variable "a" is already in this pattern`},
		{"/{a}/{*a}", 5, `the variable "a" is already in this pattern`},
		{"/{*a}b", 1, "{*name} must be a segment of its own"},
		{"/b{*a}", 2, "{*name} must be a segment of its own"},
		{"/{b}{*a}", 4, "{*name} must be a segment of its own"},
		{"/{*a:.*}", 4, "{*name} takes no regular expression"},
		{"/a**", 2, "** must be a segment of its own; within a segment * matches any text"},
		{"/**.js", 1, "** must be a segment of its own; within a segment * matches any text"},
		{"/***", 1, "** must be a segment of its own; within a segment * matches any text"},
		{"/**/a/**", 6, "only one ** or {*name} is possible in a pattern"},
		{"/{*a}/b/{*c}", 8, "only one ** or {*name} is possible in a pattern"},
		{"/**/**", 4, "only one ** or {*name} is possible in a pattern"},
		{"/a/**/b", 3, "** and {*name} are possible at the end of a pattern or at its start"},
		{"/a/{*r}/", 3, "** and {*name} are possible at the end of a pattern or at its start"},
		{"/**/{id}", 4, "after ** or {*name} at the start the next segment must be plain text"},
		{"/**/*.js", 4, "after ** or {*name} at the start the next segment must be plain text"},
		{"/**/", 4, "after ** or {*name} at the start the next segment must be plain text"},
		{"/a%20b", 2, "patterns are written decoded: put the character itself in place of its % form"},
	} {
		t.Run(c.pattern, func(t *testing.T) {
			_, err := parsePattern(c.pattern)
			got, ok := errors.AsType[*PatternError](err)
			if !ok {
				t.Fatalf("got %v, want a *PatternError", err)
			}
			if got.Offset != c.offset || got.Problem != c.problem {
				t.Errorf("got offset %d: %s\nwant offset %d: %s", got.Offset, got.Problem, c.offset, c.problem)
			}
		})
	}
}

func TestPatternErrorCountsCharacters(t *testing.T) {
	_, err := parsePattern("/käse/{")
	if got, want := err.Error(), `handlers: pattern "/käse/{": column 7: missing } after this {`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPatternSpecificity(t *testing.T) {
	// Each list is in the order in which the patterns are asked.
	for _, want := range [][]string{
		{"/a/b", "/a/{x}", "/a/*", "/a/**"},
		{"/a/{x}/c", "/a/{x}/{y}"},
		{"/{x}", "/*"},
		{"/hotels/new", "/hotels/{hotel}", "/hotels/*", "/hotels/*/**"},
		{"/hotels/{hotel}/booking", "/hotels/{hotel}/bookings/{booking}"},
		{"/hotels/{hotel}/bookings/{booking}/customers/{customer}", "/hotels/**", "/**"},
		{"/hotels/{hotel}", "/hotels/foo/bar/**"}, // several segments go last, however long
		{"/hotels/foo/bar/**", "/hotels/{*rest}"}, // and among themselves by length
		{"/hotels2", "/hotels"},
		{"/hotels/ne*", "/hotels/n*"},
		{"/*/endUser/action/login.*", "/*/login.*"},
		{"/b/aab", "/b/a?b", "/b/{x}"},
		{"/{aLongName}/x", "/{a}"}, // names of variables do not count
	} {
		t.Run(want[0], func(t *testing.T) {
			var got []*pattern
			for _, text := range want {
				got = append(got, mustParse(t, text))
			}
			for i, a := range got {
				for j, b := range got {
					if order := compareSpecificity(a, b); order != cmp.Compare(i, j) {
						t.Errorf("%s against %s: got %d, want %d", a.text, b.text, order, cmp.Compare(i, j))
					}
				}
			}
		})
	}
	equal := [][2]string{{"/{a}", "/{b}"}, {"/{a}", "/{a:[0-9]+}"}, {"/a/*", "/b/*"}}
	for _, c := range equal {
		if order := compareSpecificity(mustParse(t, c[0]), mustParse(t, c[1])); order != 0 {
			t.Errorf("%s against %s: got %d, want 0: the order of registration decides", c[0], c[1], order)
		}
	}
}

func TestPatternShape(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"/a/{x}", "/a/{y}", true},
		{"/a/{x}", "a/{x}", true},
		{"/a/{*x}", "/a/**", true},
		{"/{x:[0-9]+}.{e}", "/{y:[0-9]+}.{f}", true},
		{"/{x:[0-9]+}", "/{x:[0-9]*}", false},
		{"/a/{x}", "/a/*", false},
		{"/a/{x}", "/a/{x}/", false},
	} {
		if got := mustParse(t, c.a).shape == mustParse(t, c.b).shape; got != c.same {
			t.Errorf("%s and %s: got same shape %t, want %t", c.a, c.b, got, c.same)
		}
	}
}

func TestPatternMatchAllocates(t *testing.T) {
	patterns := []*pattern{mustParse(t, "/rooms/{id}"), mustParse(t, "/rooms/**"), mustParse(t, "/files/{n}.txt")}
	buf := make([]string, 0, 8)
	allocs := testing.AllocsPerRun(100, func() {
		path, _ := splitPath(buf, "/rooms/42")
		for _, p := range patterns {
			p.match(path)
		}
	})
	if allocs != 0 {
		t.Errorf("got %v allocations for a path without escapes, want 0", allocs)
	}
}

func FuzzParsePattern(f *testing.F) {
	for _, s := range []string{"/", "/a/{id}", "/{id:[0-9]{2}}-{x}.*", "/**/a/?", "/a/{*rest}", `/{x:\}}`, "/{a", "/%20", "//"} {
		f.Add(s, "/a/b%2Fc;d")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		p, err := parsePattern(text)
		if err != nil {
			e, ok := errors.AsType[*PatternError](err)
			if !ok || e.Offset < 0 || e.Offset > len(e.Pattern) {
				t.Fatalf("got %#v, want a *PatternError with an offset within the pattern", err)
			}
			_ = err.Error()
			return
		}
		values := lookUp(p, path)
		if values == nil {
			return
		}
		names := slices.Sorted(maps.Keys(values))
		for _, name := range names {
			if name == "" {
				t.Errorf("%s on %s: a variable without a name: %v", text, path, values)
			}
		}
		if again := mustParse(t, p.text); again.shape != p.shape || compareSpecificity(again, p) != 0 {
			t.Errorf("%s: parsing its own text gives another pattern", text)
		}
	})
}
