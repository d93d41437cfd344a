package reactivetest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// goroutine returns the number of the running goroutine. The runtime offers it in stack traces only; for telling
// recursion from concurrency in a test that is good enough.
func goroutine() uint64 {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	n, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("reactivetest: cannot read the goroutine's number: %v", err))
	}
	return n
}

// inBubble reports whether the running goroutine is in a testing/synctest bubble, which the runtime, too, says in stack
// traces only.
func inBubble() bool {
	var buf [128]byte
	header, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte("]"))
	return bytes.Contains(header, []byte("synctest bubble"))
}

// label marks goroutines in profiles; goroutines inherit it from the one that starts them.
const label = "reactivetest.leak"

var labels atomic.Int64

// CheckLeaks runs f and fails t if goroutines that f started, directly or not, are still there when f has returned and
// they had time to end. Other goroutines of the program, such as those of parallel tests, do not disturb it.
//
// f runs on a goroutine of its own, so it must not end the test.
func CheckLeaks(t TB, f func()) {
	t.Helper()
	if left := leaks(f, patience); left != "" {
		t.Errorf("goroutines left behind:\n%s", left)
	}
}

// leaks runs f and returns the stacks of the goroutines it left behind, or nothing.
func leaks(f func(), patience time.Duration) string {
	value := strconv.FormatInt(labels.Add(1), 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		pprof.Do(context.Background(), pprof.Labels(label, value), func(context.Context) { f() })
	}()
	<-done
	var left string
	for wait := time.Millisecond; wait < patience; wait *= 2 {
		if left = labelled(value); left == "" {
			return ""
		}
		<-time.After(wait)
	}
	return left
}

// labelled returns the stacks of all goroutines that carry the label with this value.
func labelled(value string) string {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return err.Error()
	}
	want := fmt.Sprintf("%q:%q", label, value)
	var found []string
	for group := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(group, want) {
			found = append(found, group)
		}
	}
	return strings.Join(found, "\n\n")
}
