package reactive_test

import (
	"errors"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// undocumented are the exported functions that need not have an example or a marble line, and why.
var undocumented = map[string]string{
	"NewBroadcast": "has no values; what is emitted is drawn at Broadcast.Flux",
	"Sink.Flux":    "is drawn at NewUnicast, NewMulticast and NewReplay",
}

// TestDocumented wants an example with checked output and a marble line of every source, operator and terminal.
func TestDocumented(t *testing.T) {
	fset := token.NewFileSet()
	var sources, tests []*ast.File
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if f := parseGo(t, fset, name); strings.HasSuffix(name, "_test.go") {
			tests = append(tests, f)
		} else {
			sources = append(sources, f)
		}
	}
	used := map[string]bool{}
	for _, problem := range missingDocs(sources, tests) {
		if undocumented[problem.name] != "" {
			used[problem.name] = true
			continue
		}
		t.Errorf("%s: %s %s", fset.Position(problem.pos), problem.name, problem.what)
	}
	for name := range undocumented {
		if !used[name] {
			t.Errorf("%s is an exception without need", name)
		}
	}
}

// parseGo reads a file of the package. The parser of Go 1.26 complains of generic methods, but reads them.
func parseGo(t *testing.T, fset *token.FileSet, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.AllErrors)
	if err != nil && name != "fluent_go127.go" {
		t.Fatal(err)
	}
	return f
}

// TestDocumentedFinds checks the check.
func TestDocumentedFinds(t *testing.T) {
	const example = `package reactive_test
func ExampleFlux_Good() {
	// Output: 1
}
func ExampleFlux_Good_again() {
	// Output: 1
}
func ExampleNoOutput() {}
`
	tests := []struct {
		name string
		decl string
		want []string
	}{
		{"good", "// Good is.\n//\n//\t--1|  ->  --2|\nfunc (f Flux[T]) Good() Flux[T]", nil},
		{"covered by the example of Flux", "// Good is.\n//\n//\t--x\nfunc (m Mono[T]) Good() Mono[T]", nil},
		{"a source", "// Good is.\n//\n//\t  good\n//\t^(12|)\nfunc Good[T any]() Flux[T]", nil},
		{"no marbles", "// Good is --1|.\nfunc (f Flux[T]) Good() Flux[T]", []string{"Flux.Good has no marble line"}},
		{"code is no marbles", "// Good is.\n//\n//\tx := f(-1)\nfunc (f Flux[T]) Good() Flux[T]", []string{"Flux.Good has no marble line"}},
		{"no comment", "func (f Flux[T]) Good() error", []string{"Flux.Good has no marble line"}},
		{"no example", "// Bad is.\n//\n//\t--1|\nfunc Bad[T any](src Publisher[T]) error", []string{"Bad has no example"}},
		{"an example of a longer name", "// Goo is.\n//\n//\t--1|\nfunc Goo() Mono[int]", []string{"Goo has no example"}},
		{"an example without output", "// NoOutput is.\n//\n//\t--1|\nfunc NoOutput() Mono[int]", []string{"NoOutput has no example"}},
		{"a function about no stream", "func Other(n int) error", nil},
		{"a method of a sink", "// Good is.\n//\n//\t--1|\nfunc (s *Sink[T]) Good() Flux[T]", []string{"Sink.Good has no example"}},
		{"a method of another type", "func (s *other) Flux() Flux[int]", nil},
		{"a sink", "func NewOther[T any]() *Sink[T]", []string{"NewOther has no example", "NewOther has no marble line"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			fset := token.NewFileSet()
			parse := func(name, src string) []*ast.File {
				f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
				if err != nil {
					t.Fatal(err)
				}
				return []*ast.File{f}
			}
			var got []string
			for _, p := range missingDocs(parse("a.go", "package reactive\n"+tc.decl+"\n"), parse("a_test.go", example)) {
				got = append(got, p.name+" "+p.what)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

type missingDoc struct {
	pos        token.Pos
	name, what string
}

// missingDocs looks for functions about streams that lack something.
func missingDocs(sources, tests []*ast.File) (missing []missingDoc) {
	examples := map[string]bool{} // what they are of
	for _, ex := range doc.Examples(tests...) {
		if ex.Output != "" || ex.EmptyOutput {
			examples[exampleSuffix.ReplaceAllString(ex.Name, "")] = true
		}
	}
	for _, f := range sources {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || !aboutStreams(fn) {
				continue
			}
			name, of := fn.Name.Name, receiver(fn)
			shown := []string{name, "Flux_" + name, "Mono_" + name}
			if of != "" && of != "Flux" && of != "Mono" {
				shown = []string{of, of + "_" + name}
			}
			if of != "" {
				name = of + "." + name
			}
			if !slices.ContainsFunc(shown, func(s string) bool { return examples[s] }) {
				missing = append(missing, missingDoc{fn.Pos(), name, "has no example"})
			}
			if !hasMarbles(fn.Doc) {
				missing = append(missing, missingDoc{fn.Pos(), name, "has no marble line"})
			}
		}
	}
	return missing
}

// exampleSuffix is what distinguishes several examples of one function.
var exampleSuffix = regexp.MustCompile(`_[a-z]\w*$`)

// aboutStreams reports whether fn is a method of a stream, or a function or method of an exported type that takes a
// stream or makes one.
func aboutStreams(fn *ast.FuncDecl) bool {
	switch of := receiver(fn); {
	case of == "Flux" || of == "Mono":
		return true
	case of != "" && !ast.IsExported(of):
		return false
	}
	var about bool
	look := func(list *ast.FieldList) {
		ast.Inspect(list, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			about = about || ok && slices.Contains([]string{"Flux", "Mono", "Publisher", "Sink", "Broadcast"}, id.Name)
			return !about
		})
	}
	look(fn.Type.Params)
	if fn.Type.Results != nil {
		look(fn.Type.Results)
	}
	return about
}

// receiver is the name of the type that fn is a method of.
func receiver(fn *ast.FuncDecl) (name string) {
	if fn.Recv == nil {
		return ""
	}
	ast.Inspect(fn.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// marbleLine is a line of a diagram, up to a remark or an arrow: marks of which at least one is not a value.
var marbleLine = regexp.MustCompile(`^//\t *[-^!|()0-9A-Za-z]*(--|[|!]|\bx)[-^!|()0-9A-Za-z]*(  .*)?$`)

func hasMarbles(c *ast.CommentGroup) bool {
	return c != nil && slices.ContainsFunc(c.List, func(l *ast.Comment) bool { return marbleLine.MatchString(l.Text) })
}

// TestFormsInDoc holds the flow in the package documentation to the examples that it is taken from.
func TestFormsInDoc(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"example_forms_test.go", "example_forms_go127_test.go"} {
		flow, err := flowIn(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range flow {
			if !strings.Contains(string(text), line) {
				t.Errorf("doc.go lacks the line %q of %s", line, name)
			}
		}
	}
}

// flowIn returns the lines of an example between its input and its output.
func flowIn(name string) (lines []string, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	_, rest, ok := strings.Cut(string(text), "\tlines := ")
	flow, _, end := strings.Cut(rest, "\tfmt.Println")
	if !ok || !end {
		return nil, errors.New(name + ": no flow between lines and fmt.Println")
	}
	for line := range strings.Lines(flow) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "reactive.Just(") {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
