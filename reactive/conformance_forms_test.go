package reactive_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// one makes an operator out of a method of Mono.
func one(f func(mono) mono) func(ints) ints {
	return func(src ints) ints { return f(reactive.MonoFrom(src)) }
}

// TestOperatorForms runs what the other tables do not examine, or in another form, through the rules of Reactive Streams.
func TestOperatorForms(t *testing.T) {
	tests := []struct {
		name string
		subject
	}{
		{"FromPublisher", subject{
			Publisher: func(n int) ints {
				return reactive.FromPublisher(reactive.PublisherFunc[int](reactive.Range(0, n).Subscribe))
			},
			Failing: func(err error) ints {
				return reactive.FromPublisher(reactive.PublisherFunc[int](reactive.Error[int](err).Subscribe))
			},
		}},
		{"Flux.Map", subject{
			Operator:  over(func(f flux) flux { return f.Map(inc) }),
			Panicking: over(func(f flux) flux { return f.Map(burst) }),
		}},
		{"Flux.ConcatMap", subject{
			Operator:  over(func(f flux) flux { return f.ConcatMap(func(v int) flux { return reactive.Range(v, 1) }) }),
			Panicking: over(func(f flux) flux { return f.ConcatMap(func(v int) flux { burst(v); return flux{} }) }),
		}},
		{"Flux.Then", subject{
			Operator:  func(src ints) ints { return ends(reactive.FromPublisher(src).Then()) },
			MaxValues: reactivetest.NoValues,
		}},
		{"Flux.TakeUntil", subject{
			Operator:  over(func(f flux) flux { return f.TakeUntil(func(v int) bool { return v == 1_000_000 }) }),
			Panicking: over(func(f flux) flux { return f.TakeUntil(func(v int) bool { return burst(v) == 0 }) }),
		}},
		{"Flux.TakeWhile", subject{
			Operator:  over(func(f flux) flux { return f.TakeWhile(func(v int) bool { return v < 1_000_000 }) }),
			Panicking: over(func(f flux) flux { return f.TakeWhile(func(v int) bool { return burst(v) == 0 }) }),
		}},
		{"OnDiscard", subject{
			Publisher: func(n int) ints { return reactive.Range(0, n).OnDiscard(func(int) {}) },
			Failing:   func(err error) ints { return reactive.Error[int](err).OnDiscard(func(int) {}) },
		}},
		{"OnDiscard as a function", subject{
			Publisher: func(n int) ints { return reactive.OnDiscard(reactive.Range(0, n), func(string) {}) },
			Failing:   func(err error) ints { return reactive.OnDiscard(reactive.Error[int](err), func(string) {}) },
		}},
		{"FromSlice", subject{
			Publisher: func(n int) ints { return reactive.FromSlice(make([]int, n)) },
		}},
		{"NeverMono", subject{
			Publisher: func(int) ints { return reactive.NeverMono[int]() },
			Endless:   true,
			MaxValues: reactivetest.NoValues,
		}},

		{"OnBackpressureLatest", subject{
			Operator:  over(func(f flux) flux { return f.Take(1).OnBackpressureLatest() }),
			MaxValues: 1,
			ReadAhead: 1,
		}},
		{"MapMono", subject{
			Operator:  func(src ints) ints { return reactive.MapMono(reactive.MonoFrom(src), inc) },
			Panicking: func(src ints) ints { return reactive.MapMono(reactive.MonoFrom(src), burst) },
			MaxValues: 1,
		}},
		{"TryMapMono", subject{
			Operator:  func(src ints) ints { return reactive.TryMapMono(reactive.MonoFrom(src), atMost(1_000_000)) },
			Panicking: func(src ints) ints { return reactive.TryMapMono(reactive.MonoFrom(src), tryBurst) },
			MaxValues: 1,
		}},
		{"HandleMono", subject{
			Operator: func(src ints) ints {
				return reactive.HandleMono(reactive.MonoFrom(src), func(v int) (int, bool, error) { return v, true, nil })
			},
			Panicking: func(src ints) ints {
				return reactive.HandleMono(reactive.MonoFrom(src), func(v int) (int, bool, error) { return burst(v), true, nil })
			},
			MaxValues: 1,
		}},
		{"Mono.Repeat", subject{
			Publisher: func(n int) ints {
				if n == 0 {
					return reactive.EmptyMono[int]().Repeat(2)
				}
				return reactive.JustMono(1).Repeat(n - 1)
			},
			Failing: func(err error) ints { return reactive.ErrorMono[int](err).Repeat(2) },
		}},
		{"Mono.Map", subject{
			Operator:  one(func(m mono) mono { return m.Map(inc) }),
			Panicking: one(func(m mono) mono { return m.Map(burst) }),
			MaxValues: 1,
		}},
		{"Mono.Flux", subject{
			Operator:  func(src ints) ints { return reactive.MonoFrom(src).Flux() },
			MaxValues: 1,
		}},
		{"Mono.Then", subject{
			Operator:  func(src ints) ints { return ends(reactive.MonoFrom(src).Then()) },
			MaxValues: reactivetest.NoValues,
		}},
		{"Mono.Filter", subject{
			Operator:  one(func(m mono) mono { return m.Filter(func(int) bool { return true }) }),
			Panicking: one(func(m mono) mono { return m.Filter(func(v int) bool { return burst(v) == 0 }) }),
			MaxValues: 1,
		}},
		{"Mono.DoOnNext", subject{
			Operator:  one(func(m mono) mono { return m.DoOnNext(func(int) {}) }),
			Panicking: one(func(m mono) mono { return m.DoOnNext(func(v int) { burst(v) }) }),
			MaxValues: 1,
		}},
		{"Mono.DoOnError and Mono.DoOnComplete", subject{
			Operator:  one(func(m mono) mono { return m.DoOnError(func(error) {}).DoOnComplete(func() {}) }),
			MaxValues: 1,
		}},
		{"Mono.DoOnCancel", subject{
			Operator:  one(func(m mono) mono { return m.DoOnCancel(func() {}) }),
			MaxValues: 1,
		}},
		{"Mono.DoFinally", subject{
			Operator:  one(func(m mono) mono { return m.DoFinally(func(reactive.Signal) {}) }),
			MaxValues: 1,
		}},
		{"Mono.DoOnRequest", subject{
			Operator:  one(func(m mono) mono { return m.DoOnRequest(func(int64) {}) }),
			Panicking: one(func(m mono) mono { return m.DoOnRequest(func(int64) { burst(0) }) }),
			MaxValues: 1,
			Virtual:   true, // some checks wait in vain
		}},
		{"Mono.DoOnSubscribe", subject{
			Operator:  one(func(m mono) mono { return m.DoOnSubscribe(func() {}) }),
			MaxValues: 1,
		}},
		{"Mono.OnErrorMap", subject{
			Operator:  one(func(m mono) mono { return m.OnErrorMap(func(err error) error { return err }) }),
			MaxValues: 1,
		}},
		{"Mono.OnErrorResume", subject{
			Operator:  one(func(m mono) mono { return m.OnErrorResume(func(error) mono { return reactive.JustMono(1) }) }),
			Recovers:  true,
			MaxValues: 1,
		}},
		{"Mono.OnErrorReturn", subject{
			Operator:  one(func(m mono) mono { return m.OnErrorReturn(1) }),
			Recovers:  true,
			MaxValues: 1,
		}},
		{"Mono.RetryBackoff", subject{
			Operator:  one(func(m mono) mono { return m.RetryBackoff(2, 0, 0) }),
			Recovers:  true,
			MaxValues: 1,
		}},
		{"Mono.DefaultIfEmpty", subject{
			Operator:  one(func(m mono) mono { return m.DefaultIfEmpty(1) }),
			MaxValues: 1,
			Virtual:   true, // some checks wait in vain
		}},
		{"Mono.SubscribeOn", subject{ // the suite must not call the Take of MonoFrom while a scheduler does
			Publisher: func(n int) ints { return reactive.Range(0, n).First().SubscribeOn(nil) },
			Failing:   func(err error) ints { return reactive.ErrorMono[int](err).SubscribeOn(nil) },
			MaxValues: 1,
		}},
		{"Mono.PublishOn", subject{
			Operator:  one(func(m mono) mono { return m.PublishOn(reactive.Go) }),
			MaxValues: 1,
		}},
		{"Mono.Timeout", subject{
			Operator:  one(func(m mono) mono { return m.Timeout(24 * time.Hour) }),
			MaxValues: 1,
			Virtual:   true,
		}},
		{"Mono.TimeoutTo", subject{
			Operator:  one(func(m mono) mono { return m.TimeoutTo(24*time.Hour, reactive.JustMono(1)) }),
			MaxValues: 1,
			Virtual:   true,
		}},
		{"Mono.DelayEnd", subject{
			Operator:  one(func(m mono) mono { return m.DelayEnd(time.Second) }),
			MaxValues: 1,
			Virtual:   true,
		}},
		{"Mono.Log", subject{
			Operator:  one(func(m mono) mono { return m.Log(plain(io.Discard), "x").Log(nil, "y") }),
			MaxValues: 1,
		}},
		{"Mono.Checkpoint", subject{
			Operator:  one(func(m mono) mono { return m.Checkpoint("x") }),
			MaxValues: 1,
		}},
		{"Mono.OnDiscard", subject{
			Publisher: func(n int) ints { return reactive.Range(0, n).First().OnDiscard(func(int) {}) },
			Failing:   func(err error) ints { return reactive.ErrorMono[int](err).OnDiscard(func(int) {}) },
			MaxValues: 1,
		}},
		{"Mono.WithValue", subject{
			Publisher: func(n int) ints { return reactive.Range(0, n).First().WithValue(contextKey("k"), 1) },
			Failing:   func(err error) ints { return reactive.ErrorMono[int](err).WithValue(contextKey("k"), 1) },
			MaxValues: 1,
		}},
		{"Mono.Cache", subject{
			Operator:  one(func(m mono) mono { return m.Cache() }),
			MaxValues: 1,
			Detached:  true,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}

// TestConformanceIsComplete fails when the package has an operator that no table of conformance tests has a row for.
func TestConformanceIsComplete(t *testing.T) {
	elsewhere := map[string]string{
		"NewUnicast":     `the rows "unicast" of TestPushSourcesConformance`,
		"NewMulticast":   `the rows "multicast" of TestPushSourcesConformance`,
		"NewReplay":      `the rows "replay" of TestPushSourcesConformance`,
		"NewBroadcast":   `the rows "broadcast" of TestPushSourcesConformance`,
		"Broadcast.Flux": `the rows "broadcast" of TestPushSourcesConformance`,
		"Sink.Flux":      "the rows of the sinks in TestPushSourcesConformance",
		"Create":         `the rows "create" of TestPushSourcesConformance`,
		"FromRx":         "the rows of TestFromRxConformance",
		"Empty":          "has ended before anybody can ask, so a bad request finds nothing to end",
		"EmptyMono":      "as Empty",
		"Done":           "as Empty",
		"Error":          "what fails in the rows Just and Range",
		"ErrorMono":      "what fails in the row JustMono",
	}
	rows := conformanceRows(t)
	for _, name := range operators(t) {
		row := strings.TrimPrefix(name, "Flux.")
		covered := slices.Contains(rows, name) || slices.Contains(rows, row)
		switch _, known := elsewhere[name]; {
		case covered && known:
			t.Errorf("%s has a row of its own and is in the list of exceptions", name)
		case !covered && !known:
			t.Errorf("%s: no row in a table of conformance tests begins with its name", name)
		}
		delete(elsewhere, name)
	}
	for name := range elsewhere {
		t.Errorf("%s is in the list of exceptions, but not in the package", name)
	}
}

// operators returns the names of all exported functions and methods that make a stream, or something to make streams of:
// "Map" for a function, "Flux.Filter" for a method. The methods of Go 1.27 are left out, as they are those functions.
func operators(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range parsed(t, func(name string) bool {
		return !strings.HasSuffix(name, "_test.go") && name != "fluent_go127.go"
	}) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || f.Type.Results == nil || !makesStream(f.Type.Results) {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				receiver := typeName(f.Recv.List[0].Type)
				if !ast.IsExported(receiver) {
					continue
				}
				name = receiver + "." + name
			}
			names = append(names, name)
		}
	}
	if len(names) < 100 {
		t.Fatalf("%d operators found, want more than 100: the search is broken", len(names))
	}
	slices.Sort(names)
	return names
}

// makesStream reports whether one of results is a type to subscribe to or to make such types of.
func makesStream(results *ast.FieldList) bool {
	return slices.ContainsFunc(results.List, func(f *ast.Field) bool {
		return slices.Contains([]string{"Flux", "Mono", "Sink", "Broadcast"}, typeName(f.Type))
	})
}

// typeName is the name of a type without its pointer and type arguments.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	}
	return ""
}

// conformanceRows returns the words of the names of all rows in functions that call reactivetest.Conformance.
func conformanceRows(t *testing.T) (words []string) {
	t.Helper()
	for _, file := range parsed(t, func(name string) bool { return strings.HasSuffix(name, "_test.go") }) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && calls(f, "Conformance") {
				words = append(words, rowWords(f)...)
			}
		}
	}
	return words
}

func calls(f *ast.FuncDecl, method string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == method {
			found = true
		}
		return !found
	})
	return found
}

// rowWords returns the words of the strings that come first in a composite literal.
func rowWords(f *ast.FuncDecl) (words []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if !ok || len(c.Elts) == 0 {
			return true
		}
		if lit, ok := c.Elts[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			name, _ := strconv.Unquote(lit.Value)
			words = append(words, strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" ,()", r) })...)
		}
		return true
	})
	return words
}

// parsed returns the syntax of those Go files of the package for whose name want is true.
func parsed(t *testing.T, want func(name string) bool) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, name := range names {
		if !want(name) {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
