package examples_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// The longest a file may be, in lines. One idea per file is rarely more than half of it.
const (
	longestFile = 800
	longestTest = 1000
)

func TestFileLength(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			b, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			limit := longestFile
			if strings.HasSuffix(name, "_test.go") {
				limit = longestTest
			}
			if lines := bytes.Count(b, []byte("\n")); lines > limit {
				t.Errorf("%s/%s: %d lines, at most %d: split it", p.path(), name, lines, limit)
			}
		}
	}
}

// TestDocumented wants a comment at every exported name of a package that can be imported, and prints how many there are.
func TestDocumented(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package\texported names")
	for _, p := range listPackages(t) {
		if p.Name == "main" || len(p.GoFiles) == 0 {
			continue
		}
		exported, hasDoc := 0, false
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			hasDoc = hasDoc || f.Doc != nil
			for _, n := range exportedNames(f) {
				exported++
				if !n.documented {
					t.Errorf("%s/%s:%d: %s has no comment", p.path(), name, fset.Position(n.pos).Line, n.name)
				}
			}
		}
		if !hasDoc {
			t.Errorf("%s: the package has no comment", p.path())
		}
		fmt.Fprintf(w, "%s\t%d\n", p.path(), exported)
	}
	w.Flush()
	t.Logf("\n%s", table.String())
}

type exportedName struct {
	name       string
	pos        token.Pos
	documented bool
}

// exportedNames returns a file's exported constants, variables, types, functions, and methods of exported types. One
// comment may stand for a group of constants or variables.
func exportedNames(f *ast.File) []exportedName {
	var all []exportedName
	add := func(id *ast.Ident, prefix string, docs ...*ast.CommentGroup) {
		if !id.IsExported() {
			return
		}
		documented := slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d != nil })
		all = append(all, exportedName{prefix + id.Name, id.Pos(), documented})
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			receiver := receiverType(d)
			if d.Recv == nil || ast.IsExported(receiver) {
				add(d.Name, strings.TrimPrefix(receiver+".", "."), d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name, "", s.Doc, s.Comment, alone(d))
				case *ast.ValueSpec:
					for _, name := range s.Names {
						add(name, "", s.Doc, s.Comment, d.Doc)
					}
				}
			}
		}
	}
	return all
}

// alone returns the comment of a declaration that declares one thing.
func alone(d *ast.GenDecl) *ast.CommentGroup {
	if len(d.Specs) == 1 {
		return d.Doc
	}
	return nil
}

// receiverType returns the name of a method's type, "" for a function.
func receiverType(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}
