//go:build go1.27

package reactive_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// From Go 1.27 on, a chain reads as one even where the type changes.
func ExampleFlux_Map() {
	lengths := reactive.Just("1", "22", "x").
		TryMap(strconv.Atoi).
		OnErrorReturn(333).
		Map(strconv.Itoa).
		ConcatMap(func(s string) reactive.Mono[int] { return reactive.JustMono(len(s)) }).
		FlatMap(2, func(n int) reactive.Flux[string] { return reactive.Just(fmt.Sprint("length ", n)) })
	fmt.Println(lengths.Collect(context.Background()))

	answer := reactive.JustMono("42").
		FlatMap(func(s string) reactive.Mono[int] {
			return reactive.FromFunc(func(context.Context) (int, error) { return strconv.Atoi(s) })
		}).
		Map(func(n int) float64 { return float64(n) / 4 })
	fmt.Println(answer.Block(context.Background()))
	// Output:
	// [length 1 length 2 length 3] <nil>
	// 10.5 <nil>
}
