package reactive_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The Go code of README.md is that of the examples in cookbook_test.go and, for Go 1.27, cookbook_go127_test.go: whole
// bodies, but for white space. And all of these examples are shown.
func TestReadme(t *testing.T) {
	examples := make(map[string]string) // body, on one line, to name
	body := regexp.MustCompile(`(?s)\nfunc (Example_\w+)\(\) \{\n(.*?)\n\t// Output:`)
	for _, file := range []string{"cookbook_test.go", "cookbook_go127_test.go"} {
		for _, m := range body.FindAllStringSubmatch(read(t, file), -1) {
			examples[oneLine(m[2])] = m[1]
		}
	}
	blocks := regexp.MustCompile("(?s)\n```go\n(.*?)\n```\n").FindAllStringSubmatch(read(t, "README.md"), -1)
	for _, m := range blocks {
		code := m[1]
		if strings.HasPrefix(code, "package main") {
			code = mainBody(t, code)
		}
		if _, ok := examples[oneLine(code)]; !ok {
			t.Errorf("README.md shows code that no example runs:\n%s", code)
		}
		delete(examples, oneLine(code))
	}
	for _, name := range examples {
		t.Errorf("README.md does not show %s, or not as it is", name)
	}
}

// mainBody is the body of main of a program that would compile if its body does: the imports are those it needs.
func mainBody(t *testing.T, program string) string {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "main.go", program, 0)
	if err != nil {
		t.Fatalf("README.md: %v", err)
	}
	needed := make(map[string]bool)
	for _, id := range f.Unresolved {
		if types.Universe.Lookup(id.Name) == nil {
			needed[id.Name] = true
		}
	}
	for _, spec := range f.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		if !needed[path.Base(p)] {
			t.Errorf("README.md: the program imports %s in vain", p)
		}
		delete(needed, path.Base(p))
	}
	for name := range needed {
		t.Errorf("README.md: the program does not import %s", name)
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "main" {
			return program[files.Position(fn.Body.Lbrace).Offset+1 : files.Position(fn.Body.Rbrace).Offset]
		}
	}
	t.Fatal("README.md: the program has no main")
	return ""
}

func oneLine(code string) string { return strings.Join(strings.Fields(code), " ") }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
