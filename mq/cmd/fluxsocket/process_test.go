package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childEnv makes the test binary be the command, so that tests can kill a real process.
const childEnv = "FLUXSOCKET_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// process is a running `fluxsocket serve`.
type process struct {
	cmd *exec.Cmd
	url string // ws://host:port
	log *lockedBuffer
	// logged is closed when all that the process says is in log, which comes before Wait.
	logged chan struct{}
}

var readyLine = regexp.MustCompile(`msg=ready url=(ws://[^/ ]+)`)

// command prepares a run of the command in a process of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	return cmd
}

// start runs `fluxsocket serve` over store and waits until it is ready.
func start(t *testing.T, store string, args ...string) *process {
	t.Helper()
	return startCommand(t, command(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--store", store}, args...)...))
}

// startCommand runs a prepared server and waits until it is ready.
func startCommand(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, log: new(lockedBuffer), logged: make(chan struct{})}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	ready := make(chan string, 1)
	go func() {
		defer close(p.logged)
		in := bufio.NewScanner(io.TeeReader(stderr, p.log))
		for in.Scan() {
			if m := readyLine.FindStringSubmatch(in.Text()); m != nil {
				ready <- m[1]
			}
		}
		close(ready)
	}()
	url, ok := <-ready
	if !ok {
		t.Fatalf("the server ended before it was ready:\n%s", p.log)
	}
	p.url = url
	return p
}

// kill ends the process as kill -9 does and waits until it is gone.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		p.cmd.Process.Kill()
		<-p.logged
		p.cmd.Wait()
	}
}

// stop asks for an orderly end and returns the exit status.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.logged
	p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// memory returns a line of the process's memory figures in KiB, such as VmRSS or VmHWM.
func (p *process) memory(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skipf("needs Linux's /proc: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		var kib int
		if n, _ := fmt.Sscanf(line, name+": %d kB", &kib); n == 1 {
			return kib
		}
	}
	t.Fatalf("no %s in /proc/PID/status", name)
	return 0
}

// lockedBuffer collects output that is written and read by different goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
