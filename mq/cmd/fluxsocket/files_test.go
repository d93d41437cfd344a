package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// What is wrong with the user's own files is not reported as something of the socket or the server.
func TestOwnFiles(t *testing.T) {
	url := "--url=" + start(t, t.TempDir()).url
	if got := call(t, "one\ntwo\n", "produce", "t", url, "-q"); got.code != exitOK {
		t.Fatalf("produce: %+v", got)
	}
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, tt := range []struct {
		name string
		std  stdio
		args []string
		want string
	}{
		{"input is a directory", stdio{in: dir, out: new(bytes.Buffer)}, []string{"produce", "t", url}, "standard input: read " + dir.Name()},
		{"ids do not fit", stdio{in: strings.NewReader("one\n"), out: full{}}, []string{"produce", "t", url}, "standard output: no space left"},
		{"messages do not fit", stdio{out: full{}}, []string{"read", "t", url}, "standard output: no space left"},
		{"deliveries do not fit", stdio{out: full{}}, []string{"consume", "t", "-s", "s", "--from=earliest", url}, "standard output: no space left"},
	} {
		var errs bytes.Buffer
		tt.std.err = &errs
		code := run(testContext(t), tt.args, tt.std)
		if got := errs.String(); code != exitFailure || !strings.HasPrefix(got, "fluxsocket: "+tt.want) || strings.Contains(got, "socket:") && strings.Contains(got, "1011") {
			t.Errorf("%s: got status %d and %q, want 1 and %q", tt.name, code, got, tt.want)
		}
	}
}
