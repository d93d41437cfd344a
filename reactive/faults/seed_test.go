package faults

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// source is the directory of package reactive.
const source = ".."

// fault is a mistake: whole statements of the source, and what takes their place.
type fault struct {
	name   string
	breaks string // what is promised, and no longer true
	file   string
	old    string // is found once
	new    string
}

// seed returns the text of a file with all its faults, each behind its switch.
func seed(file string, faults []fault) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(source, file))
	if err != nil {
		return nil, err
	}
	for i, f := range faults {
		if f.file != file {
			continue
		}
		if n := bytes.Count(text, []byte(f.old)); n != 1 {
			return nil, fmt.Errorf("%s: %q: this is found %d times, want once:\n%s", f.file, f.name, n, f.old)
		}
		both := fmt.Sprintf("if seededFault == %d {\n%s\n} else {\n%s\n}", i+1, f.new, f.old)
		text = bytes.Replace(text, []byte(f.old), []byte(both), 1)
	}
	return text, nil
}

// files returns the names of the files that have faults, each once.
func files(faults []fault) []string {
	var names []string
	known := map[string]bool{}
	for _, f := range faults {
		if !known[f.file] {
			known[f.file] = true
			names = append(names, f.file)
		}
	}
	return names
}

// The table fits the source: each piece is there once, and what is put in its place is Go.
func TestTable(t *testing.T) {
	names := map[string]bool{}
	for _, f := range table {
		switch {
		case names[f.name]:
			t.Errorf("%q is in the table twice", f.name)
		case strings.TrimSpace(f.old) == "" || f.old == f.new:
			t.Errorf("%q changes nothing", f.name)
		case f.breaks == "":
			t.Errorf("%q breaks no promise", f.name)
		}
		names[f.name] = true
	}
	for _, name := range files(table) {
		text, err := seed(name, table)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
			t.Errorf("with its faults, %s does not parse: %v", name, err)
		}
	}
}

// A table that does not fit is an error, however it does not fit.
func TestSeedRefuses(t *testing.T) {
	tests := []struct {
		name string
		old  string
		want string
	}{
		{"what is not there", "this is nowhere", "found 0 times"},
		{"what is there twice", "return", "times, want once"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := seed("demand.go", []fault{{name: tc.name, file: "demand.go", old: tc.old, new: "panic(0)"}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
	if _, err := seed("nowhere.go", nil); err == nil {
		t.Error("a file that is not there: got no error")
	}
}
