package reactive_test

import (
	"context"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// The source does not wait. What the loop has not asked for is queued; beyond two values the oldest goes.
func ExampleFlux_OnBackpressureBuffer() {
	readings := reactive.Range(1, 5).OnBackpressureBuffer(2, reactive.OverflowDropOldest)
	for v := range readings.All(context.Background()) {
		fmt.Println(v)
	}
	// Output:
	// 1
	// 4
	// 5
}

// Who looks at a thermometer wants to know how warm it is now.
func ExampleFlux_OnBackpressureLatest() {
	for v := range reactive.Range(1, 5).OnBackpressureLatest().All(context.Background()) {
		fmt.Println(v)
	}
	// Output:
	// 1
	// 5
}

func ExampleFlux_OnBackpressureDrop() {
	readings := reactive.Range(1, 4).OnBackpressureDrop(func(v int) { fmt.Println("dropped", v) })
	for v := range readings.All(context.Background()) {
		fmt.Println("read", v)
	}
	// Output:
	// dropped 2
	// dropped 3
	// dropped 4
	// read 1
}

// The loop asks for one at a time; the source is asked for four ahead, and again when three of them have been taken.
func ExampleFlux_Prefetch() {
	source := reactive.Range(1, 6).DoOnRequest(func(n int64) { fmt.Println("asked for", n) })
	for v := range source.Prefetch(4).All(context.Background()) {
		fmt.Println("read", v)
	}
	// Output:
	// asked for 4
	// read 1
	// read 2
	// asked for 3
	// read 3
	// read 4
	// read 5
	// read 6
}

// Reading and printing take turns on goroutines of their own, two values apart at most; the order stays.
func ExampleFlux_PublishOn() {
	printed := make(chan struct{})
	lines := reactive.Just("a", "b", "c").PublishOn(reactive.Go, 2)
	reactive.Run(context.Background(), lines,
		func(line string) { fmt.Println(line) },
		func(error) { close(printed) })
	<-printed
	// Output:
	// a
	// b
	// c
}

// What is done with the answer may take its time: it runs on a goroutine of its own, not on that of the source.
func ExampleMono_PublishOn() {
	printed := make(chan struct{})
	answer := reactive.JustMono("10.0.0.7").PublishOn(reactive.Go)
	reactive.Run(context.Background(), answer,
		func(address string) { fmt.Println(address) },
		func(error) { close(printed) })
	<-printed
	// Output: 10.0.0.7
}

// A source that blocks whoever asks it blocks a goroutine of the scheduler instead.
func ExampleFlux_SubscribeOn() {
	typed, done := make(chan string), make(chan struct{})
	lines := reactive.FromSeq(func(yield func(string) bool) {
		for line := range typed {
			if !yield(line) {
				return
			}
		}
	}).SubscribeOn(reactive.Go)
	reactive.Run(context.Background(), lines, func(s string) { fmt.Println("read", s) }, func(error) { close(done) })
	fmt.Println("not held up")
	typed <- "hello"
	close(typed)
	<-done
	// Output:
	// not held up
	// read hello
}

// Go gives work a goroutine of its own.
func ExampleGo() {
	answer := reactive.FromFunc(func(context.Context) (int, error) { return 42, nil })
	fmt.Println(answer.SubscribeOn(reactive.Go).Block(context.Background()))
	// Output: 42 <nil>
}

// A scheduler of one's own: an event loop that does everything on the goroutine it runs on.
func ExampleScheduler() {
	loop := make(chan func(), 16)
	onLoop := reactive.Scheduler(func(task func()) { loop <- task })
	running := true
	reactive.Run(context.Background(), reactive.Just("a", "b").PublishOn(onLoop, 8),
		func(s string) { fmt.Println(s) },
		func(error) { running = false })
	for running {
		(<-loop)()
	}
	// Output:
	// a
	// b
}
