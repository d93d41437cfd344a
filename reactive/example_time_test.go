package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Something that is done later, unless its subscriber cancels before.
func ExampleTimer() {
	reminder := reactive.MapMono(reactive.Timer(time.Millisecond), func(int64) string { return "stand up" })
	fmt.Println(reminder.Block(context.Background()))
	// Output: stand up <nil>
}

// A ping every so often. Nobody hangs up here, so it is cut off after the third.
func ExampleInterval() {
	pings := reactive.Map(reactive.Interval(time.Millisecond), func(int64) string { return "ping" })
	fmt.Println(pings.Take(3).Collect(context.Background()))
	// Output: [ping ping ping] <nil>
}

// The last word is out at once; the line stays open a little for whoever is slow to read it.
func ExampleFlux_DelayEnd() {
	bye := reactive.Just("server restarts").DelayEnd(time.Millisecond).
		DoOnNext(func(m string) { fmt.Println("sent:", m) }).
		DoOnComplete(func() { fmt.Println("closed") })
	_ = bye.ForEach(context.Background(), nil)
	// Output:
	// sent: server restarts
	// closed
}

// A peer that says nothing is gone. The read behind the stream ends with it.
func ExampleFlux_Timeout() {
	silent := reactive.Never[string]().DoOnCancel(func() { fmt.Println("read cancelled") })
	_, err := silent.Timeout(time.Millisecond).Collect(context.Background())
	fmt.Println(err, errors.Is(err, reactive.ErrTimeout))
	// Output:
	// read cancelled
	// reactive: no value in time true
}

// The feed that does not answer is replaced by the one that may be late.
func ExampleFlux_TimeoutTo() {
	live := reactive.Never[string]()
	delayed := reactive.Just("101.5, 15 minutes ago", "101.7, 15 minutes ago")
	_ = live.TimeoutTo(time.Millisecond, delayed).ForEach(context.Background(), func(price string) {
		fmt.Println(price)
	})
	// Output:
	// 101.5, 15 minutes ago
	// 101.7, 15 minutes ago
}
