package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// A panic in a callback is the failure of its stream and of nothing else.
func ExamplePanicError() {
	shares := reactive.Map(reactive.Just(2, 1, 0), func(heirs int) int { return 100 / heirs })
	got, err := shares.Collect(context.Background())
	fmt.Println(got, err)

	failure, ok := errors.AsType[*reactive.PanicError](err)
	fmt.Println(ok, failure.Value, len(failure.Stack) > 0)
	_, ok = errors.AsType[runtime.Error](err) // what was given to panic is in the chain, if it was an error
	fmt.Println(ok)
	// Output:
	// [50 100] reactive: panic in callback: runtime error: integer divide by zero
	// true runtime error: integer divide by zero true
	// true
}

// The second source goes on where the first broke down.
func ExampleFlux_OnErrorResume() {
	primary := reactive.Concat(reactive.Just("a", "b"), reactive.Error[string](errors.New("link down")))
	lines := primary.OnErrorResume(func(err error) reactive.Flux[string] {
		fmt.Println("after", err)
		return reactive.Just("c", "d")
	})
	fmt.Println(lines.Collect(context.Background()))
	// Output:
	// after link down
	// [a b c d] <nil>
}

// The failure is a last value; what would have come after it is lost.
func ExampleFlux_OnErrorReturn() {
	numbers := reactive.TryMap(reactive.Just("1", "2", "three", "4"), strconv.Atoi)
	fmt.Println(numbers.OnErrorReturn(-1).Collect(context.Background()))
	// Output: [1 2 -1] <nil>
}

// What the layer below says, in words of this one; errors.Is still finds it.
func ExampleFlux_OnErrorMap() {
	settings := reactive.Error[string](os.ErrNotExist).OnErrorMap(func(err error) error {
		return fmt.Errorf("settings: %w", err)
	})
	_, err := settings.Collect(context.Background())
	fmt.Println(err, errors.Is(err, os.ErrNotExist))
	// Output: settings: file does not exist true
}

func ExampleFlux_DefaultIfEmpty() {
	hits := reactive.Just("apple", "pear").Filter(func(s string) bool { return s == "plum" })
	fmt.Println(hits.DefaultIfEmpty("nothing found").Collect(context.Background()))
	// Output: [nothing found] <nil>
}

// Each attempt is a subscription of its own, and waits longer than the one before could.
func ExampleFlux_RetryBackoff() {
	attempts := 0
	lines := reactive.Defer(func() reactive.Flux[string] {
		if attempts++; attempts < 3 {
			fmt.Println("attempt", attempts, "refused")
			return reactive.Error[string](errors.New("refused"))
		}
		return reactive.Just("welcome")
	})
	fmt.Println(lines.RetryBackoff(5, time.Microsecond, time.Millisecond).Collect(context.Background()))
	// Output:
	// attempt 1 refused
	// attempt 2 refused
	// [welcome] <nil>
}

// When it has failed too often, the last failure is wrapped in how often that was.
func ExampleMono_RetryBackoff() {
	dial := reactive.ErrorMono[string](os.ErrDeadlineExceeded)
	_, err := dial.RetryBackoff(2, time.Microsecond, time.Millisecond).Block(context.Background())
	fmt.Println(err)
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))
	// Output:
	// reactive: retry: failed 3 times: i/o timeout
	// true
}
