package reactive_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// One read of the feed, however many look at it: it is opened for the first and closed after the last.
func ExampleFlux_Share() {
	feed := reactive.NewUnicast[string](4) // allows one subscriber
	prices := feed.Flux().
		DoOnSubscribe(func() { fmt.Println("feed opened") }).
		DoOnCancel(func() { fmt.Println("feed closed") }).
		Share(4)
	ctx := context.Background()
	reactive.Run(ctx, prices.Take(1), func(p string) { fmt.Println("ann sees", p) }, nil)
	reactive.Run(ctx, prices.Take(2), func(p string) { fmt.Println("bob sees", p) }, nil)
	feed.Next("101.5")
	feed.Next("101.7")
	// Output:
	// feed opened
	// ann sees 101.5
	// bob sees 101.5
	// feed closed
	// bob sees 101.7
}

// The game starts with the second player and is over when both have left.
func ExampleFlux_RefCount() {
	board := reactive.NewUnicast[string](4)
	moves := board.Flux().
		DoOnSubscribe(func() { fmt.Println("game on") }).
		DoOnCancel(func() { fmt.Println("game over") }).
		RefCount(2, 16, 0)
	ctx := context.Background()
	reactive.Run(ctx, moves.Take(1), func(m string) { fmt.Println("ann sees", m) }, nil)
	fmt.Println("ann waits")
	reactive.Run(ctx, moves.Take(2), func(m string) { fmt.Println("bob sees", m) }, nil)
	board.Next("e4")
	board.Next("e5")
	// Output:
	// ann waits
	// game on
	// ann sees e4
	// bob sees e4
	// game over
	// bob sees e5
}

// Whoever comes late gets the last two lines first, even after the end.
func ExampleFlux_Replay() {
	history := reactive.Just("hello", "how are you?", "bye").Replay(2)
	fmt.Println(history.Collect(context.Background()))
	fmt.Println(history.Collect(context.Background()))
	// Output:
	// [hello how are you? bye] <nil>
	// [how are you? bye] <nil>
}

// What comes before the subscriber is kept for it. There is only one: a second would miss what the first has got.
func ExampleNewUnicast() {
	jobs := reactive.NewUnicast[string](16)
	fmt.Println(jobs.Next("print"), jobs.Next("staple"), jobs.Complete())
	fmt.Println(jobs.Flux().Collect(context.Background()))
	fmt.Println(jobs.Flux().Collect(context.Background()))
	// Output:
	// OK OK OK
	// [print staple] <nil>
	// [] reactive: source allows one subscriber
}

// The slowest subscriber sets the pace: while it is full, nobody gets the next value, and the emitter is told.
func ExampleNewMulticast() {
	ctx, line := context.Background(), reactive.NewMulticast[string](1)
	credit := reactive.NewUnicast[int64](8)
	reactive.Run(ctx, line.Flux(), func(s string) { fmt.Println("quick one gets", s) }, nil)
	slow := reactive.Permits(line.Flux(), credit.Flux())
	reactive.Run(ctx, slow, func(s string) { fmt.Println("slow one gets", s) }, nil)
	fmt.Println(line.Next("a"))
	fmt.Println(line.Next("b"))
	credit.Next(1)
	fmt.Println(line.Next("b"))
	// Output:
	// quick one gets a
	// OK
	// Overflow
	// slow one gets a
	// quick one gets b
	// OK
}

// The result says whose turn it is: the subscriber's, the emitter's, or nobody's any more.
func ExampleSink_Next() {
	sink := reactive.NewUnicast[int](1)
	fmt.Println(sink.Next(1), sink.Next(2)) // room for one
	reactive.Run(context.Background(), sink.Flux().Take(2), func(v int) { fmt.Println("got", v) }, nil)
	fmt.Println(sink.Next(2), sink.Next(3)) // two were enough
	// Output:
	// OK Overflow
	// got 1
	// got 2
	// OK Cancelled
}

func ExampleSink_Complete() {
	sink := reactive.NewUnicast[string](4)
	sink.Next("last words")
	fmt.Println(sink.Complete(), sink.Next("one more"), sink.Complete())
	fmt.Println(sink.Flux().Collect(context.Background())) // the end does not overtake the value
	// Output:
	// OK Terminated Terminated
	// [last words] <nil>
}

func ExampleSink_Error() {
	sink := reactive.NewUnicast[string](4)
	sink.Next("half a")
	sink.Error(errors.New("cable cut"))
	fmt.Println(sink.Flux().Collect(context.Background()))
	// Output: [half a] cable cut
}

// The stream may be handed out, and worked on, before there is anything to push.
func ExampleSink_Flux() {
	sink := reactive.NewMulticast[int](4)
	squares := reactive.Map(sink.Flux(), func(v int) int { return v * v })
	reactive.Run(context.Background(), squares, func(v int) { fmt.Println(v) }, nil)
	sink.Next(3)
	sink.Next(4)
	// Output:
	// 9
	// 16
}

// Work that nobody looks at need not be done.
func ExampleSink_Subscribers() {
	sink := reactive.NewMulticast[string](4)
	fmt.Println(sink.Subscribers())
	reactive.Run(context.Background(), sink.Flux().Take(1), nil, nil)
	fmt.Println(sink.Subscribers())
	sink.Next("enough")
	fmt.Println(sink.Subscribers())
	// Output:
	// 0
	// 1
	// 0
}

func ExampleEmitResult() {
	sink := reactive.NewMulticast[string](1)
	for _, v := range []string{"kept for the first subscriber", "no room"} {
		if r := sink.Next(v); r != reactive.EmitOK {
			fmt.Printf("%s: %v\n", v, r)
		}
	}
	// Output: no room: ZeroSubscribers
}
