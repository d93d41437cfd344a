package reactive_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// What nobody hears is gone: there is no queue before there is a subscriber.
func ExampleNewBroadcast() {
	news := reactive.NewBroadcast[string]()
	news.Emit("missed")
	reactive.Run(context.Background(), news.Flux(8, reactive.OverflowError), func(s string) { fmt.Println(s) }, nil)
	news.Emit("heard")
	// Output: heard
}

// Emit never waits. It says how many took the value: delivered to them, or queued for them.
func ExampleBroadcast_Emit() {
	ctx, news := context.Background(), reactive.NewBroadcast[int]()
	asleep := reactive.Never[int64]() // permits nothing
	reactive.Run(ctx, news.Flux(8, reactive.OverflowDropNewest), nil, nil)
	reactive.Run(ctx, reactive.Permits(news.Flux(1, reactive.OverflowDropNewest), asleep), nil, nil)
	fmt.Println(news.Emit(1)) // one reads, one has room
	fmt.Println(news.Emit(2)) // one reads
	// Output:
	// 2
	// 1
}

// Each subscriber says what becomes of it when it falls behind, and nobody else is touched.
func ExampleBroadcast_Flux() {
	ctx, prices, awake := context.Background(), reactive.NewBroadcast[int](), reactive.NewBroadcast[int64]()
	for _, o := range []reactive.Overflow{
		reactive.OverflowError, reactive.OverflowDropNewest, reactive.OverflowDropOldest,
	} {
		asleep := reactive.Permits(prices.Flux(2, o), awake.Flux(1, reactive.OverflowError))
		reactive.Run(ctx, asleep, func(p int) { fmt.Println(o, p) }, func(err error) { fmt.Println(o, err) })
	}
	for p := range 4 {
		prices.Emit(p)
	}
	awake.Emit(reactive.Unbounded)
	// Output:
	// Error 0
	// Error 1
	// Error reactive: more values than demand and buffer allow
	// DropNewest 0
	// DropNewest 1
	// DropOldest 2
	// DropOldest 3
}

// The end comes after what is queued, and to whoever comes later.
func ExampleBroadcast_Complete() {
	ctx, room := context.Background(), reactive.NewBroadcast[string]()
	end := func(err error) { fmt.Println("closed:", err) }
	reactive.Run(ctx, room.Flux(8, reactive.OverflowError), nil, end)
	room.Complete()
	reactive.Run(ctx, room.Flux(8, reactive.OverflowError), nil, end)
	// Output:
	// closed: <nil>
	// closed: <nil>
}

func ExampleBroadcast_Error() {
	room := reactive.NewBroadcast[string]()
	reactive.Run(context.Background(), room.Flux(8, reactive.OverflowError), nil, func(err error) { fmt.Println(err) })
	room.Error(errors.New("broker gone"))
	// Output: broker gone
}

// A subscriber that leaves is forgotten at once.
func ExampleBroadcast_Len() {
	room := reactive.NewBroadcast[string]()
	reactive.Run(context.Background(), room.Flux(8, reactive.OverflowError), nil, nil)
	reactive.Run(context.Background(), room.Flux(8, reactive.OverflowError).Take(1), nil, nil)
	fmt.Println(room.Len())
	room.Emit("enough for the second")
	fmt.Println(room.Len())
	// Output:
	// 2
	// 1
}
