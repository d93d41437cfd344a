//go:build faults

package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

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

// TestFaults runs the suite of package reactive without a fault, where it has to pass, and with each of them, where it
// must not.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	suite := build(t, dir)

	began := time.Now()
	if how, passed := run(t, suite, 0, 5*time.Minute); !passed {
		t.Fatalf("without a fault, the suite fails: %s", how)
	}
	took := time.Since(began)
	t.Logf("without a fault, the suite passes in %.1f s", took.Seconds())
	limit := max(30*time.Second, 4*took) // a fault with which the suite takes longer has been caught, too

	var caught atomic.Int64
	report := make([]string, len(table))
	t.Run("seeded", func(t *testing.T) {
		for i, f := range table {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				how, passed := run(t, suite, i+1, limit)
				if passed {
					report[i] = fmt.Sprintf("NOT CAUGHT  %s: %s", f.file, f.name)
					t.Errorf("the suite passes although this no longer holds: %s", f.breaks)
					return
				}
				caught.Add(1)
				report[i] = fmt.Sprintf("%5.1f s  %-22s %-64s by %s", time.Since(began).Seconds(), f.file, f.name, how)
			})
		}
	})
	report = slices.DeleteFunc(report, func(line string) bool { return line == "" }) // not chosen by -run
	fmt.Println(strings.Join(report, "\n"))
	fmt.Printf("seeded faults: %d of %d caught\n", caught.Load(), len(report))
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

// build makes the test binary of package reactive with all faults in it, which are off.
func build(t *testing.T, dir string) string {
	t.Helper()
	list, err := overlay(dir, table)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "suite.test")
	out, err := exec.Command("go", "test", "-c", "-overlay", list, "-ldflags=-s -w", "-o", binary, source).CombinedOutput()
	if err != nil {
		t.Fatalf("package reactive with all faults: %v\n%s", err, out)
	}
	return binary
}

var (
	runLine  = regexp.MustCompile(`^=== (?:RUN|CONT|NAME)\s+(\S+)`)
	failLine = regexp.MustCompile(`^\s*--- FAIL: (\S+)`)
)

// run runs the suite with a fault, or with none if it is 0, up to the first failure, and says which test that was in or
// what else went wrong.
func run(t *testing.T, suite string, fault int, limit time.Duration) (how string, passed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, suite, "-test.short", "-test.v", "-test.failfast")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), variable+"="+strconv.Itoa(fault))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var test, failed, other string
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if failed != "" && !strings.HasPrefix(line, " ") {
			cancel() // one failure is enough, and what comes next, the examples, is run all the same
			break
		}
		// A test is reported before those within it: the last one of the first is where it happened.
		if m := failLine.FindStringSubmatch(line); m != nil && (failed == "" || strings.HasPrefix(m[1], failed+"/")) {
			failed = m[1]
		}
		if m := runLine.FindStringSubmatch(line); m != nil {
			test = m[1]
		}
		for _, sign := range []string{"panic: ", "fatal error: ", "goleak: "} {
			if other == "" && strings.HasPrefix(line, sign) {
				other = line
			}
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case failed != "":
		return failed, false
	case err == nil && test == "":
		t.Fatal("the suite runs no tests")
	case err == nil:
		return "", true
	case ctx.Err() != nil:
		return "not getting on in " + test, false
	case errors.As(err, &exit) && other != "":
		return other + " after " + test, false
	}
	return fmt.Sprintf("%v after %s", err, test), false
}
