package reactive_test

import (
	"context"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// The source is not asked for more than is taken.
func ExampleFlux_Take() {
	rows := reactive.Range(1, 1000).DoOnRequest(func(n int64) { fmt.Println("asked for", n) })
	fmt.Println(rows.Take(3).Collect(context.Background()))
	// Output:
	// asked for 3
	// [1 2 3] <nil>
}

func ExampleFlux_First() {
	hello := reactive.Just("hello", "world").First()
	fmt.Println(hello.Block(context.Background()))
	// Output: hello <nil>
}

func ExampleFlux_Last() {
	versions := reactive.Just("v1", "v2", "v3")
	fmt.Println(versions.Last().Block(context.Background()))
	// Output: v3 <nil>
}

// The first line is the header.
func ExampleFlux_Skip() {
	lines := reactive.Just("id,name", "1,Ann", "2,Bob")
	fmt.Println(lines.Skip(1).Collect(context.Background()))
	// Output: [1,Ann 2,Bob] <nil>
}

// The message that says that it is the last one is wanted too.
func ExampleFlux_TakeUntil() {
	messages := reactive.Just("hello", "bye", "lost")
	fmt.Println(messages.TakeUntil(func(m string) bool { return m == "bye" }).Collect(context.Background()))
	// Output: [hello bye] <nil>
}

// The blank line ends the header and is not part of it.
func ExampleFlux_TakeWhile() {
	lines := reactive.Just("Host: a", "Accept: b", "", "body")
	fmt.Println(lines.TakeWhile(func(line string) bool { return line != "" }).Collect(context.Background()))
	// Output: [Host: a Accept: b] <nil>
}

func ExampleMono_Filter() {
	adult := func(age int) bool { return age >= 18 }
	fmt.Println(reactive.JustMono(17).Filter(adult).DefaultIfEmpty(-1).Block(context.Background()))
	fmt.Println(reactive.JustMono(18).Filter(adult).DefaultIfEmpty(-1).Block(context.Background()))
	// Output:
	// -1 <nil>
	// 18 <nil>
}
