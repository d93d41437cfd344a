package examples_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/fluxsocket/fluxsocket"
	rxgo   = "github.com/reactivex/rxgo/v2" // wherever a rule allows it, only in files called rx.go
)

// arrows say what a package may import beside the standard library: packages of this module by their path in it, others
// by a prefix of their path. The first rule whose pattern matches counts, /... standing for everything below. A package
// without a rule is a mistake: whoever adds it decides where it stands.
//
// They point from the streams up to the programs. Within mq no engine knows another, nor sockets, and the gateway knows
// no engine; only the command joins them.
var arrows = []struct {
	packages string
	imports  []string
}{
	{"reactive", []string{rxgo}},
	{"reactive/reactivetest", []string{"reactive"}},
	{"reactive/faults", nil},
	{"socket", []string{"reactive", "socket/internal/...", "github.com/gobwas/ws", "golang.org/x/sys", rxgo}},
	{"socket/internal/...", []string{"socket/internal/...", "github.com/gobwas/ws"}},
	{"socket/sockettest", []string{"socket", "socket/internal/...", "reactive", "github.com/gobwas/ws"}},
	{"handlers", []string{"socket", "reactive", "github.com/rs/cors"}},
	{"mq", []string{"reactive"}},
	{"mq/internal/...", []string{"mq", "mq/internal/...", "reactive"}},
	{"mq/mqtest", []string{"mq", "reactive", "reactive/reactivetest", "github.com/google/go-cmp/"}},
	{"mq/memory", []string{"mq", "mq/internal/...", "reactive"}},
	{"mq/jetstream", []string{"mq", "mq/internal/...", "reactive", "github.com/nats-io/", "golang.org/x/sys"}},
	{"mq/wire", []string{"mq", "github.com/segmentio/asm"}},
	{"mq/gateway", []string{"mq", "mq/wire", "handlers", "socket", "reactive"}},
	{"mq/cmd/...", []string{"mq", "mq/gateway", "mq/jetstream", "mq/memory", "mq/wire", "handlers", "socket", "reactive", "github.com/alecthomas/kong"}},
	{"examples/...", []string{"mq", "mq/gateway", "mq/jetstream", "mq/memory", "handlers", "socket", "reactive", rxgo}},
}

// sources is what go list says of one package of this module.
type sources struct {
	Dir            string
	ImportPath     string
	Name           string
	GoFiles        []string
	IgnoredGoFiles []string
	TestGoFiles    []string
	XTestGoFiles   []string
}

// path returns the package's path within the module.
func (s sources) path() string { return strings.TrimPrefix(s.ImportPath, module+"/") }

func listPackages(t *testing.T) []sources {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=Dir,ImportPath,Name,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = ".." // the root of the module
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	var all []sources
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var s sources
		switch err := dec.Decode(&s); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, s)
	}
}

// covers tells whether pkg is what a pattern of arrows means.
func covers(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(pkg, below+"/")
	}
	return pkg == pattern
}

// allowed tells whether a rule lets an import pass.
func allowed(imports []string, imported string) bool {
	own, ours := strings.CutPrefix(imported, module+"/")
	for _, pattern := range imports {
		if ours && covers(pattern, own) || !ours && strings.HasPrefix(imported, pattern) {
			return true
		}
	}
	return false
}

func TestArrows(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		rule := slices.IndexFunc(arrows, func(a struct {
			packages string
			imports  []string
		}) bool {
			return covers(a.packages, p.path())
		})
		if rule < 0 {
			t.Errorf("%s: no rule says what it may import", p.path())
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, imported := range imports(t, filepath.Join(p.Dir, name)) {
				first, _, _ := strings.Cut(imported, "/")
				switch {
				case !strings.Contains(first, "."): // the standard library
				case !allowed(arrows[rule].imports, imported):
					t.Errorf("%s/%s: must not import %s", p.path(), name, imported)
				case imported == rxgo && name != "rx.go":
					t.Errorf("%s/%s: only rx.go may import %s", p.path(), name, imported)
				}
			}
		}
	}
}

func imports(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, spec := range f.Imports {
		all = append(all, strings.Trim(spec.Path.Value, `"`))
	}
	return all
}

// TestTopLevel keeps the root of the repository as short as it is. What git ignores may lie there.
func TestTopLevel(t *testing.T) {
	want := []string{"LICENSE", "README.md", "examples", "go.mod", "go.sum", "handlers", "mq", "reactive", "socket"}
	ignored := []string{}
	if b, err := os.ReadFile("../.gitignore"); err == nil {
		for line := range strings.Lines(string(b)) {
			ignored = append(ignored, strings.TrimSuffix(strings.TrimSpace(line), "/"))
		}
	}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		skip := strings.HasPrefix(e.Name(), ".") || slices.ContainsFunc(ignored, func(pattern string) bool {
			ok, _ := path.Match(pattern, e.Name())
			return ok
		})
		if !skip {
			got = append(got, e.Name())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
