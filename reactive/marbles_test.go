package reactive_test

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// TestMarbles performs the diagrams of the documentation, a second for each column, and compares what comes out, and what
// the sources are told, with what is drawn.
func TestMarbles(t *testing.T) {
	found := diagrams(t, func(file string) bool { return !strings.HasPrefix(file, "fluent_") })
	for name, d := range found {
		perform := marbleTable[name]
		if perform == nil {
			if notPerformed[name] == "" {
				t.Errorf("%s: its diagram is not performed", name)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &marbleStage{begin: time.Now(), do: d.do}
				for i := range d.sources {
					st.sources = append(st.sources, &actor{marbleStage: st, line: d.sources[i]})
				}
				for _, problem := range st.differences(perform(st), d.results) {
					t.Error(problem)
				}
			})
		})
	}
	for name := range marbleTable {
		if _, ok := found[name]; !ok {
			t.Errorf("%s has no diagram", name)
		}
	}
}

// TestMarblesOfMethods compares the diagrams of the methods that are functions too with those of the functions.
func TestMarblesOfMethods(t *testing.T) {
	all := diagrams(t, func(string) bool { return true })
	methods := diagrams(t, func(file string) bool { return strings.HasPrefix(file, "fluent_") })
	for name, got := range methods {
		_, function, _ := strings.Cut(name, ".")
		want, ok := all[function]
		if !ok {
			want, ok = all[strings.TrimSuffix(function, "With")]
		}
		if !ok || !slices.EqualFunc(got.sources, want.sources, drawnLine.same) || !slices.EqualFunc(got.results, want.results, drawnLine.same) {
			t.Errorf("the diagram of %s is not that of the function", name)
		}
	}
}

// notPerformed are the diagrams that cannot be, and why.
var notPerformed = map[string]string{
	"Flux.RetryBackoff": "how long it waits is left to chance",
}

// TestMarblesFind checks the check: diagrams that are wrong are told from one that is right.
func TestMarblesFind(t *testing.T) {
	tests := []struct {
		name, source, result string
		want                 int // differences
	}{
		{"right", "--1--(2!)", "--1--(2|)", 0},
		{"a wrong value", "--1--(2!)", "--1--(3|)", 1},
		{"a value too late", "--1--(2!)", "---1-(2|)", 1},
		{"one too many", "--1--(2!)", "--1--(2|)-3", 1},
		{"a wrong end", "--1--(2!)", "--1--(2x)", 1},
		{"a source that is not cancelled", "--1--2--|", "--1--(2|)", 1},
		{"a source that is cancelled earlier", "--1--2-!", "--1--(2|)", 1},
		{"a source that begins earlier", "  --1--(2!)", "--1--(2|)", 2},
		{"another demand", "^-1-^-(2!)     each ^ asks for 1", "--1---(2|)", 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &marbleStage{begin: time.Now()}
				src := &actor{marbleStage: st, line: parseLine(tc.source)}
				st.sources = append(st.sources, src)
				got := 0
				for _, problem := range st.differences(acted{result: src.flux().Take(2)}, []drawnLine{parseLine(tc.result)}) {
					t.Log(problem)
					got++
				}
				if got != tc.want {
					t.Errorf("got %d differences, want %d", got, tc.want)
				}
			})
		})
	}
}

// diagram is the lines in the comment of a function.
type diagram struct {
	sources []drawnLine
	do      string
	results []drawnLine
}

// drawnLine is one stream in a diagram.
type drawnLine struct {
	text    string
	start   int // the column in which it begins
	marbles []marble
	demand  []int64 // what each ^ asks for
	remark  string
	endless bool // nothing is drawn behind the last value
}

// marble is a value, |, x, ^ or !. Early is the column of the ^ that stands right before it: it may have come with that.
type marble struct {
	at, early int
	c         byte
}

// diagrams returns those in the comments of some files that have a line of their own for what is done. The others, of Monos
// and terminals, are no more than a sentence.
func diagrams(t *testing.T, in func(file string) bool) map[string]diagram {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]diagram{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || !in(name) {
			continue
		}
		for _, d := range parseGo(t, token.NewFileSet(), name).Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Doc == nil || !fn.Name.IsExported() {
				continue
			}
			name := fn.Name.Name
			if of := receiver(fn); of != "" {
				name = of + "." + name
			}
			if d, ok := diagramIn(fn.Doc); ok {
				found[name] = d
			}
		}
	}
	return found
}

// doing is the line in a diagram that says what is done.
var doing = regexp.MustCompile(`^  [a-z]`)

// diagramIn looks for a block of code in which such a line stands before another one.
func diagramIn(doc *ast.CommentGroup) (d diagram, ok bool) {
	var block []string
	for i, c := range doc.List {
		text, code := strings.CutPrefix(c.Text, "//\t")
		if code {
			block = append(block, text)
		}
		if code && i < len(doc.List)-1 {
			continue
		}
		if do := slices.IndexFunc(block, doing.MatchString); do >= 0 && do < len(block)-1 {
			return diagram{parseLines(block[:do]), block[do], parseLines(block[do+1:])}, true
		}
		block = nil
	}
	return d, false
}

func parseLines(text []string) (lines []drawnLine) {
	for _, l := range text {
		lines = append(lines, parseLine(l))
	}
	return lines
}

func parseLine(text string) drawnLine {
	l := drawnLine{text: text, start: len(text) - len(strings.TrimLeft(text, " "))}
	drawn := text
	if gap := strings.Index(text[l.start:], "  "); gap >= 0 {
		drawn, l.remark = text[:l.start+gap], strings.TrimSpace(text[l.start+gap:])
	}
	together, early := -1, -1
	for i := l.start; i < len(drawn); i++ {
		c := drawn[i]
		at := i
		if together >= 0 {
			at = together
		}
		switch c {
		case '(':
			together = i
			continue
		case ')':
			together = -1
			continue
		case '-':
			early = -1
			continue
		case '^':
			early = i
		}
		l.marbles = append(l.marbles, marble{at: at, early: early, c: c})
	}
	l.endless = len(l.marbles) == 0 || !strings.ContainsRune("|x!", rune(l.marbles[len(l.marbles)-1].c))
	if _, asks, ok := strings.Cut(l.remark, "asks for "); ok {
		for _, n := range regexp.MustCompile(`\d+`).FindAllString(asks, -1) {
			v, _ := strconv.ParseInt(n, 10, 64)
			l.demand = append(l.demand, v)
		}
	}
	return l
}

// same compares what two lines say.
func (l drawnLine) same(other drawnLine) bool { return l.text == other.text }

// asked returns what the i-th ^ asks for.
func (l *drawnLine) asked(i int) int64 {
	if len(l.demand) == 0 {
		return reactive.Unbounded
	}
	return l.demand[min(i, len(l.demand)-1)]
}

// columns returns where c is.
func (l *drawnLine) columns(c byte) (at []int) {
	for _, m := range l.marbles {
		if m.c == c {
			at = append(at, m.at)
		}
	}
	return at
}
