package reactive_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Of many alarms at once, the first is enough.
func ExampleFlux_Throttle() {
	alarms := reactive.Just("disk full", "disk full", "disk full")
	fmt.Println(alarms.Throttle(time.Minute).Collect(context.Background()))
	// Output: [disk full] <nil>
}

func TestThrottle(t *testing.T) {
	const s = time.Second
	runTimed(t, 2, func(f flux) flux { return f.Throttle(10 * s) }, []timed{
		{"the first of a burst", func(src *intSource, _ *intProbe) {
			wantAsked(t, "demand passes", src, 2)
			src.Next(1, 2)
			sleep(10*s - 1)
			src.Next(3)
			sleep(1)
			src.Next(4)
			wantAsked(t, "for each dropped value one", src, 2, 1, 1)
		}, []moment{{0, 1}, {10 * s, 4}}, nil},
		{"the time begins with the value that passed", func(src *intSource, _ *intProbe) {
			src.Next(1)
			sleep(19 * s)
			src.Next(2)
			sleep(0)
		}, []moment{{0, 1}, {19 * s, 2}}, nil},
		{"completion", func(src *intSource, _ *intProbe) { src.Next(1).Complete() }, []moment{{0, 1}}, errCompleted},
		{"failure", func(src *intSource, _ *intProbe) { src.Error(errBoom) }, nil, errBoom},
	})
	runFlows(t, []flow{
		{"without time", reactive.Just(1, 2).Throttle(0), values(1, 2)},
	})
}
