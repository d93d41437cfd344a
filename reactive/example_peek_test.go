package reactive_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func ExampleFlux_DoOnNext() {
	bytes := 0
	messages := reactive.Just("hello", "world!").DoOnNext(func(m string) { bytes += len(m) })
	_, err := messages.Then().Block(context.Background())
	fmt.Println(bytes, "bytes", err)
	// Output: 11 bytes <nil>
}

// The failure is seen in passing; it is not handled.
func ExampleFlux_DoOnError() {
	_, err := reactive.Error[int](errors.New("disk full")).
		DoOnError(func(err error) { fmt.Println("alarm:", err) }).
		Collect(context.Background())
	fmt.Println("end:", err)
	// Output:
	// alarm: disk full
	// end: disk full
}

func ExampleFlux_DoOnComplete() {
	upload := reactive.Just("part 1", "part 2").DoOnComplete(func() { fmt.Println("all parts sent") })
	_ = upload.ForEach(context.Background(), func(part string) { fmt.Println(part) })
	// Output:
	// part 1
	// part 2
	// all parts sent
}

// Whoever has enough leaves, and the source hears of it.
func ExampleFlux_DoOnCancel() {
	ticks := reactive.Range(1, 100).DoOnCancel(func() { fmt.Println("nobody listens any more") })
	for v := range ticks.All(context.Background()) {
		fmt.Println("tick", v)
		if v == 2 {
			break
		}
	}
	// Output:
	// tick 1
	// tick 2
	// nobody listens any more
}

// A range loop asks for one value in each turn.
func ExampleFlux_DoOnRequest() {
	rows := reactive.Just("a", "b").DoOnRequest(func(n int64) { fmt.Println("asked for", n) })
	for row := range rows.All(context.Background()) {
		fmt.Println("row", row)
	}
	// Output:
	// asked for 1
	// row a
	// asked for 1
	// row b
}

func ExampleFlux_DoOnSubscribe() {
	feed := reactive.Just("news").DoOnSubscribe(func() { fmt.Println("one more reader") })
	for range 2 {
		_ = feed.ForEach(context.Background(), func(m string) { fmt.Println(m) })
	}
	// Output:
	// one more reader
	// news
	// one more reader
	// news
}
