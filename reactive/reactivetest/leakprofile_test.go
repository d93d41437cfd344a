package reactivetest_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// plant in the environment makes TestLeakProfileFindsALeak leave a leak behind.
const plant = "REACTIVETEST_PLANT"

// A goroutine that waits for ever is found, and TestMain fails. That happens in a process of its own.
func TestLeakProfileFindsALeak(t *testing.T) {
	stacks, ok := reactivetest.LeakProfile()
	if !ok {
		t.Skip("the runtime has no profile of leaked goroutines: it takes Go 1.27, or GOEXPERIMENT=goroutineleakprofile")
	}
	if os.Getenv(plant) != "" {
		go waitForEver()
		for stacks == "" {
			runtime.Gosched()
			stacks, _ = reactivetest.LeakProfile()
		}
		return
	}
	if stacks != "" {
		t.Errorf("before there is a leak: got\n%s", stacks)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestLeakProfileFindsALeak$", "-test.timeout=1m")
	child.Env = append(os.Environ(), plant+"=1")
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "waitForEver") || !strings.Contains(string(out), "wait for ever") {
		t.Errorf("with a leak: got %v, want a failure that names waitForEver:\n%s", err, out)
	}
}

func waitForEver() { <-make(chan struct{}) }

// One that waits for something that can still happen is none.
func TestLeakProfileSparesWhoWaits(t *testing.T) {
	release, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		<-release
	}()
	if stacks, ok := reactivetest.LeakProfile(); ok && stacks != "" {
		t.Errorf("got\n%s", stacks)
	}
	close(release)
	<-ended
}
