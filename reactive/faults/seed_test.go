package faults

import (
	"bytes"
	"encoding/json"
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

// variable says in the environment of a seeded build which fault is on: its number, from 1.
const variable = "REACTIVE_FAULT"

// switches is the file that a seeded build has besides.
const switches = `package reactive

import (
	"os"
	"strconv"
)

var seededFault, _ = strconv.Atoi(os.Getenv("` + variable + `"))
`

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

// overlay writes the seeded files to dir and returns the name of the file that the go command wants of them.
func overlay(dir string, faults []fault) (string, error) {
	at, err := filepath.Abs(source)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	write := func(name string, text []byte) error {
		copied := filepath.Join(dir, name)
		replace[filepath.Join(at, name)] = copied
		return os.WriteFile(copied, text, 0o600)
	}
	for _, name := range files(faults) {
		text, err := seed(name, faults)
		if err != nil {
			return "", err
		}
		if err := write(name, text); err != nil {
			return "", err
		}
	}
	if err := write("seeded_fault.go", []byte(switches)); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, list, 0o600)
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
