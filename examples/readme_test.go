package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadme compiles the Go programs of README.md, in the place of a package that is not there. The programs in other
// languages are run by .ci/clients/run.
func TestReadme(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	programs := 0
	for _, block := range strings.Split(string(readme), "\n```go\n")[1:] {
		code, _, closed := strings.Cut(block, "\n```\n")
		if !closed || !strings.HasPrefix(code, "package main\n") {
			t.Errorf("README.md: a block of Go that is no program:\n%s", code)
			continue
		}
		programs++
		dir := t.TempDir()
		source, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
		instead, err := json.Marshal(map[string]any{
			"Replace": map[string]string{filepath.Join(root, "examples", "readme", "main.go"): source},
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{source: []byte(code + "\n"), overlay: instead} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", filepath.Join(dir, "program"), "./examples/readme")
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("README.md: %v\n%s\n%s", err, out, code)
		}
		if formatted, err := exec.CommandContext(t.Context(), "gofmt", "-l", source).CombinedOutput(); err != nil || len(formatted) > 0 {
			t.Errorf("README.md: gofmt: %v, %s", err, formatted)
		}
	}
	if programs == 0 {
		t.Error("README.md has no program in Go")
	}
}
