package socket

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzPatternNames: whatever a mux takes for a pattern, the names in it are found without harm.
func FuzzPatternNames(f *testing.F) {
	for _, pattern := range []string{
		"", "/", "GET /a/{id}", "/{a}/{b...}", "/{$}", "/{*rest}", "/{id:[a-z]{2,3}}/{x}", `/{id:\{+}`, "}{", "{", "/{a:{}", "{}",
	} {
		f.Add(pattern)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		for name := range patternNames(pattern) {
			if name == "" || name == "$" || !strings.Contains(pattern, name) {
				t.Errorf("%q: got name %q", pattern, name)
			}
		}
	})
}

func TestPatternNames(t *testing.T) {
	for pattern, want := range map[string][]string{
		"/plain":                    nil,
		"GET example.com/a/{id}":    {"id"},
		"/{a}/{b...}":               {"a", "b"},
		"/exact/{$}":                nil,
		"/{*rest}":                  {"rest"},
		"/{id:[a-z]{2,3}}/{x}":      {"id", "x"},
		"/file-{name}.{ext:[a-z]+}": {"name", "ext"},
		`/{id:\{+}/{x}`:             {"id", "x"},
		"}/{a}":                     {"a"},
	} {
		if got := slices.Collect(patternNames(pattern)); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", pattern, got, want)
		}
	}
}

// FuzzPack: a header that is packed and unpacked is what it was, but for line breaks, which HTTP does not allow.
func FuzzPack(f *testing.F) {
	f.Add("User-Agent", "test/1", "X-Empty", "")
	f.Add("Cookie", "a=1; b=2", "Cookie", "c=3")
	f.Add("X", "line\nbreak", ":protocol", "websocket")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		h := &Handshake{header: make(http.Header)}
		want := make(http.Header)
		for _, field := range [][2]string{{name1, value1}, {name2, value2}} {
			name, value := field[0], field[1]
			if !isToken(strings.TrimPrefix(name, ":")) {
				t.Skip()
			}
			h.header[name] = append(h.header[name], value)
			if !upgradeFields[name] {
				want[name] = append(want[name], strings.ReplaceAll(value, "\n", " "))
			}
		}
		if diff := cmp.Diff(want, h.pack().Header()); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
	})
}

// FuzzElements: a list takes no comma into an element and leaves nothing of one out.
func FuzzElements(f *testing.F) {
	f.Add("a, b", "c")
	f.Add(",,", "\t")
	f.Fuzz(func(t *testing.T, line1, line2 string) {
		joined := strings.Join(slices.Collect(elements([]string{line1, line2})), "")
		remove := func(s string) string {
			return strings.NewReplacer(",", "", " ", "", "\t", "").Replace(s)
		}
		if remove(joined) != remove(line1+line2) || strings.Contains(joined, ",") {
			t.Errorf("%q and %q: got %q", line1, line2, joined)
		}
	})
}
