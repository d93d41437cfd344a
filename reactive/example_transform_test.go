package reactive_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Where the type stays, the method is enough.
func ExampleFlux_Map_sameType() {
	fmt.Println(reactive.Just(" a", "b ").Map(strings.TrimSpace).Map(strings.ToUpper).Collect(context.Background()))
	// Output: [A B] <nil>
}

func ExampleMono_Map() {
	fmt.Println(reactive.JustMono("hello").Map(strings.ToUpper).Block(context.Background()))
	// Output: HELLO <nil>
}

func ExampleMapMono() {
	size := reactive.MapMono(reactive.JustMono("hello"), func(s string) int { return len(s) })
	fmt.Println(size.Block(context.Background()))
	// Output: 5 <nil>
}

func ExampleFlux_ConcatMap() {
	ends := func(dir string) reactive.Flux[string] { return reactive.Just(dir+"/first", dir+"/last") }
	fmt.Println(reactive.Just("in", "out").ConcatMap(ends).Collect(context.Background()))
	// Output: [in/first in/last out/first out/last] <nil>
}

// One request that needs the answer of another.
func ExampleFlatMapMono() {
	login := reactive.FromFunc(func(context.Context) (int, error) { return 7, nil })
	orders := func(user int) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			return fmt.Sprintf("orders of user %d", user), nil
		})
	}
	fmt.Println(reactive.FlatMapMono(login, orders).Block(context.Background()))
	// Output: orders of user 7 <nil>
}

func ExampleReduce() {
	sizes := reactive.Just(512, 128, 384)
	total := reactive.Reduce(sizes, 0, func(sum, n int) int { return sum + n })
	fmt.Println(total.Block(context.Background()))
	// Output: 1024 <nil>
}

// All of a stream in one piece, as the input of one more step.
func ExampleCollectList() {
	store := func(batch []string) reactive.Mono[reactive.Void] {
		return reactive.Do(func(context.Context) error { fmt.Println("stored", len(batch), "in one go"); return nil })
	}
	_, err := reactive.FlatMapMono(reactive.CollectList(reactive.Just("a", "b", "c")), store).Block(context.Background())
	fmt.Println("end:", err)
	// Output:
	// stored 3 in one go
	// end: <nil>
}

// What was said before, then what is being said.
func ExampleConcat() {
	history, live := reactive.Just("yesterday", "this morning"), reactive.NewUnicast[string](8)
	reactive.Run(context.Background(), reactive.Concat(history, live.Flux()), func(m string) { fmt.Println(m) }, nil)
	live.Next("now")
	// Output:
	// yesterday
	// this morning
	// now
}

func ExampleFlux_StartWith() {
	rows := reactive.Map(reactive.Range(1, 2), strconv.Itoa)
	fmt.Println(rows.StartWith("id").Collect(context.Background()))
	// Output: [id 1 2] <nil>
}

func ExampleMerge() {
	ann, bob := reactive.NewUnicast[string](8), reactive.NewUnicast[string](8)
	reactive.Run(context.Background(), reactive.Merge(ann.Flux(), bob.Flux()), func(m string) { fmt.Println(m) },
		func(err error) { fmt.Println("end:", err) })
	bob.Next("bob: anybody?")
	ann.Next("ann: me")
	bob.Complete() // ann may have more to say
	ann.Next("ann: bye")
	ann.Complete()
	// Output:
	// bob: anybody?
	// ann: me
	// ann: bye
	// end: <nil>
}

func ExampleFlux_MergeWith() {
	prices, alerts := reactive.NewUnicast[string](8), reactive.NewUnicast[string](8)
	feed := prices.Flux().MergeWith(alerts.Flux())
	reactive.Run(context.Background(), feed, func(s string) { fmt.Println(s) }, nil)
	prices.Next("EUR 1.08")
	alerts.Next("market closes")
	prices.Next("EUR 1.09")
	// Output:
	// EUR 1.08
	// market closes
	// EUR 1.09
}

// A slice goes out when it is full, when the stream ends, or when its time has come.
func ExampleBufferTimeout() {
	full := reactive.BufferTimeout(reactive.Range(1, 5), 2, time.Minute)
	fmt.Println(full.Collect(context.Background()))

	lonely := reactive.Concat(reactive.Just("a"), reactive.Never[string]())
	fmt.Println(reactive.BufferTimeout(lonely, 100, time.Millisecond).First().Block(context.Background()))
	// Output:
	// [[1 2] [3 4] [5]] <nil>
	// [a] <nil>
}
