package reactivetest

import (
	"runtime/pprof"
	"strings"
)

// LeakProfile returns the stacks of all goroutines of the program that wait for ever, as the runtime has found them: what
// they wait for, a channel or a lock, cannot be reached from anything that still runs. Where there are none, stacks is
// empty. Ok is false if the runtime has no such profile, which takes Go 1.27, or Go 1.26 with
// GOEXPERIMENT=goroutineleakprofile.
//
// [CheckLeaks] is for one stream, and finds whatever is still there when it should not be. This is for the end of all
// tests of a package, and finds what can never end, however long one waited:
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		if stacks, _ := reactivetest.LeakProfile(); stacks != "" {
//			fmt.Fprintln(os.Stderr, stacks)
//			code = 1
//		}
//		os.Exit(code)
//	}
//
// It collects garbage, and may be called at any time and concurrently.
func LeakProfile() (stacks string, ok bool) {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		return "", false
	}
	var text strings.Builder
	if err := profile.WriteTo(&text, 1); err != nil {
		return err.Error(), true
	}
	if strings.HasPrefix(text.String(), "goroutineleak profile: total 0\n") {
		return "", true
	}
	return text.String(), true
}
