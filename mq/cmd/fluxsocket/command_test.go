package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

// output is what one call of the command left behind.
type output struct {
	code     int
	out, err string
}

// call runs the command in this process.
func call(t *testing.T, stdin string, args ...string) output {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(testContext(t), args, stdio{in: strings.NewReader(stdin), out: &out, err: &errs})
	return output{code, out.String(), errs.String()}
}

func TestHelpAndUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
		out  string // part of standard output
		err  string // part of standard error
	}{
		{name: "help", args: []string{"--help"}, code: exitOK, out: "produce"},
		{name: "help of a command", args: []string{"consume", "--help"}, code: exitOK, out: "--subscription"},
		{name: "help of serve names the defaults", args: []string{"serve", "--help"}, code: exitOK, out: "127.0.0.1:8080"},
		{name: "version", args: []string{"version"}, code: exitOK, out: "fluxsocket "},
		{name: "unknown command", args: []string{"prodcue", "t"}, code: exitUsage, err: `no command "prodcue"`},
		{name: "unknown flag", args: []string{"serve", "--port", "1"}, code: exitUsage, err: "Try: fluxsocket serve --help"},
		{name: "topic missing", args: []string{"produce"}, code: exitUsage, err: "Try: fluxsocket produce --help"},
		{name: "subscription missing", args: []string{"consume", "t"}, code: exitUsage, err: "--subscription"},
		{name: "bad origin", args: []string{"serve", "--allow-origin", "app.example.com"}, code: exitUsage, err: "--allow-origin"},
		{name: "negative store", args: []string{"serve", "--max-store=-1"}, code: exitUsage, err: "--max-store=-1"},
		{name: "negative topics", args: []string{"serve", "--max-topics=-1"}, code: exitUsage, err: "--max-topics=-1"},
		{name: "negative subscriptions", args: []string{"serve", "--max-subscriptions=-1"}, code: exitUsage, err: "--max-subscriptions=-1"},
		{name: "negative time", args: []string{"serve", "--drain-timeout=-1s"}, code: exitUsage, err: "--drain-timeout=-1s"},
		{name: "negative count", args: []string{"read", "t", "-n-1"}, code: exitUsage, err: "-n -1"},
		{name: "negative count of a consumer", args: []string{"consume", "t", "-s", "s", "--count=-1"}, code: exitUsage, err: "-n -1"},
		{name: "bad topic", args: []string{"produce", "persistent://only/two"}, code: exitUsage, err: "topic"},
		{name: "bad url", args: []string{"read", "t", "--url", "http://h:1"}, code: exitUsage, err: "ws://host:port"},
		{name: "more than may be left unacknowledged", args: []string{"consume", "t", "-s", "s", "--no-ack", "-n", "50001"}, code: exitUsage, err: "50000"},
		{name: "help says how many may be left", args: []string{"consume", "--help"}, code: exitOK, out: fmt.Sprint(gateway.MaxUnacked)},
		{name: "bad type", args: []string{"consume", "t", "-s", "s", "--type", "shared"}, code: exitUsage, err: "Shared"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := call(t, "", tt.args...)
			if got.code != tt.code {
				t.Errorf("exit status: got %d, want %d", got.code, tt.code)
			}
			if !strings.Contains(got.out, tt.out) {
				t.Errorf("standard output: got %q, want it to contain %q", got.out, tt.out)
			}
			if !strings.Contains(got.err, tt.err) {
				t.Errorf("standard error: got %q, want it to contain %q", got.err, tt.err)
			}
		})
	}
}

// What cannot be served is said in one line, with status 1.
func TestServeRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	inUse := t.TempDir()
	start(t, inUse)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir() // a store in which the engine cannot write
	if err := os.WriteFile(filepath.Join(broken, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{name: "store is damaged", args: []string{"--listen", "127.0.0.1:0", "--store", broken}, want: broken},
		{name: "port in use", args: []string{"--listen", taken.Addr().String(), "--store", t.TempDir()}, want: "in use"},
		{name: "store in use", args: []string{"--listen", "127.0.0.1:0", "--store", inUse}, want: inUse},
		{name: "store is a file", args: []string{"--listen", "127.0.0.1:0", "--store", file}, want: file},
		{name: "store cannot be made", args: []string{"--listen", "127.0.0.1:0", "--store", "/proc/fluxsocket"}, want: "/proc/fluxsocket"},
		{name: "no such address", args: []string{"--listen", "nowhere", "--store", t.TempDir()}, want: "nowhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := call(t, "", append([]string{"serve"}, tt.args...)...)
			if got.code != exitFailure || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, tt.want) {
				t.Errorf("got status %d and %q, want 1 and one line with %q", got.code, got.err, tt.want)
			}
		})
	}
}

// Lines go in, ids come out, and the same ids come with the messages.
func TestProduceConsumeRead(t *testing.T) {
	url := "--url=" + start(t, t.TempDir()).url
	produced := call(t, "one\ntwo\r\n\nlast", "produce", "t", url, "-p", "a=b;c=d", "-p", "e=f,g", "--key", "k")
	if produced.code != exitOK || strings.Count(produced.out, "\n") != 4 {
		t.Fatalf("produce: %+v", produced)
	}
	want := "one\ntwo\n\nlast\n"
	if got := call(t, "", "read", "t", url, "-n", "4"); got.code != exitOK || got.out != want {
		t.Errorf("read: got %+v, want %q", got, want)
	}
	if got := call(t, "", "consume", "t", url, "-s", "s2", "--from", "earliest", "-n", "4", "--no-ack"); got.code != exitOK || got.out != want {
		t.Errorf("consume without ack: got %+v, want %q", got, want)
	}
	if got := call(t, "", "consume", "t", url, "-s", "s2", "-n", "4"); got.code != exitOK || got.out != want {
		t.Errorf("consume: got %+v, want %q", got, want)
	}
	first := strings.SplitN(produced.out, "\n", 2)[0]
	got := call(t, "", "read", "t", url, "--from", first, "-n", "1", "--json")
	for _, part := range []string{`"payload":"dHdv"`, `"key":"k"`, `"a":"b;c=d"`, `"e":"f,g"`} {
		if !strings.Contains(got.out, part) {
			t.Errorf("read after the first id: got %q, want it to contain %s", got.out, part)
		}
	}
	if got := call(t, "", "read", "t", url, "--from", "nonsense"); got.code != exitFailure || !strings.Contains(got.err, "400") {
		t.Errorf("read from nonsense: got %+v, want status 1 and the server's 400", got)
	}
	if got := call(t, "x", "produce", "t", "--url=ws://127.0.0.1:1"); got.code != exitFailure || !strings.Contains(got.err, "fluxsocket serve") {
		t.Errorf("no server: got %+v, want a hint to start one", got)
	}
}

// The largest request that the server accepts can be read and consumed again.
func TestLargestMessage(t *testing.T) {
	url := "--url=" + start(t, t.TempDir()).url
	line := strings.Repeat("x", (1<<20-64)/4*3)
	if got := call(t, line, "produce", "t", url, "-q"); got.code != exitOK {
		t.Fatalf("produce %d bytes: %+v", len(line), got)
	}
	if got := call(t, "", "read", "t", url, "-n", "1"); got.code != exitOK || got.out != line+"\n" {
		t.Errorf("read: status %d, %d bytes, %s", got.code, len(got.out), got.err)
	}
	got := call(t, "before\n"+line+line+"\nafter\n", "produce", "t", url)
	if got.code != exitFailure || strings.Count(got.out, "\n") != 2 {
		t.Errorf("a line of twice as much between others: got status %d and %q, want 1 and two ids", got.code, got.out)
	}
	for _, want := range []string{"line 2: too long", "1048576", "1 of 3 lines were not published"} {
		if !strings.Contains(got.err, want) {
			t.Errorf("a line of twice as much: got %q, want %q in it", got.err, want)
		}
	}
}

// With no arguments the command serves where its help says, over a store in the current directory.
func TestServeIsTheDefault(t *testing.T) {
	cmd := command(t)
	cmd.Dir = t.TempDir()
	if ln, err := net.Listen("tcp", "127.0.0.1:8080"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the default address must be free here: %v", err)
		}
		t.Skipf("the default address is taken: %v", err)
	} else {
		ln.Close()
	}
	server := startCommand(t, cmd)
	if server.url != "ws://127.0.0.1:8080" {
		t.Errorf("got %s, want 127.0.0.1:8080", server.url)
	}
	if got := call(t, "kept\n", "produce", "t", "-q"); got != (output{}) {
		t.Errorf("produce: %+v", got)
	}
	if code := server.stop(t); code != exitOK {
		t.Errorf("exit status: got %d, want 0", code)
	}
	if got := strings.Count(server.log.String(), "msg=ready"); got != 1 {
		t.Errorf("got %d ready lines, want 1:\n%s", got, server.log)
	}
	if _, err := os.Stat(filepath.Join(cmd.Dir, "fluxsocket-data")); err != nil {
		t.Error(err)
	}
}

// SIGTERM: open sockets are closed with 1001, the process exits 0, and what was stored is there again.
func TestSigtermDrains(t *testing.T) {
	ctx := testContext(t)
	store := t.TempDir()
	server := start(t, store)
	if got := health(t, server.url); got != http.StatusOK {
		t.Errorf("/healthz: got %d, want 200", got)
	}
	if got := call(t, "kept\n", "produce", "t", "--url="+server.url, "-q"); got != (output{}) {
		t.Fatalf("produce: %+v", got)
	}
	open := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- execute(ctx, server.url+producerPath+"t", func(s *socket.Session) reactive.Mono[reactive.Void] {
			close(open)
			return s.Receive().Then()
		})
	}()
	<-open
	if code := server.stop(t); code != exitOK {
		t.Errorf("exit status: got %d, want 0\n%s", code, server.log)
	}
	if status, _ := socket.StatusOf(<-ended); status.Code != socket.GoingAway {
		t.Errorf("the open socket was closed with %v, want 1001", status)
	}
	again := start(t, store)
	if got := call(t, "", "read", "t", "--url="+again.url, "-n", "1"); got.out != "kept\n" {
		t.Errorf("after the restart: got %+v, want the stored message", got)
	}
}

// health asks the server at a ws:// URL how it is.
func health(t *testing.T, url string) int {
	t.Helper()
	res, err := http.Get("http" + strings.TrimPrefix(url, "ws") + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
