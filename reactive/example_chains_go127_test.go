//go:build go1.27

package reactive_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// From lines to one number: what is read, looked up several at a time, and added up.
func ExampleFlux_FlatMapSequential() {
	price := func(id int) reactive.Mono[float64] {
		return reactive.FromFunc(func(context.Context) (float64, error) { return float64(id) * 1.5, nil })
	}
	total := reactive.Just("2", "4", "6").
		TryMap(strconv.Atoi).
		FlatMapSequential(2, price).
		Reduce(0.0, func(sum, p float64) float64 { return sum + p }).
		Map(func(sum float64) string { return fmt.Sprintf("total %.2f", sum) })
	fmt.Println(total.Block(context.Background()))
	// Output: total 18.00 <nil>
}

// Lines of a session: blank ones are passed over, "quit" ends it, and repetitions are said once.
func ExampleFlux_Handle() {
	command := func(line string) (words []string, ok bool, err error) {
		if line == "quit" {
			return nil, false, io.EOF
		}
		words = strings.Fields(line)
		return words, len(words) > 0, nil
	}
	said := reactive.Just("say hello", "", "say hello", "say bye", "quit", "say more").
		Handle(command).
		Map(func(words []string) string { return words[1] }).
		DistinctUntilChanged(strings.Clone)
	fmt.Println(said.Collect(context.Background()))
	// Output: [hello bye] <nil>
}

// A running count of what is new.
func ExampleFlux_Distinct() {
	visitors := reactive.Just("ann", "bob", "ann", "eve").
		Distinct(1000, strings.Clone).
		Scan(0, func(n int, _ string) int { return n + 1 }).
		Skip(1).
		Map(func(n int) string { return fmt.Sprint(n, " so far") })
	fmt.Println(visitors.Collect(context.Background()))
	// Output: [1 so far 2 so far 3 so far] <nil>
}

// The topic that was chosen last, until the session drains.
func ExampleFlux_SwitchMap() {
	chosen, drain := reactive.NewUnicast[string](4), reactive.NewUnicast[reactive.Void](1)
	messages := chosen.Flux().
		SwitchMap(func(topic string) reactive.Flux[string] {
			return reactive.Concat(reactive.Just(topic+" opened"), reactive.Never[string]())
		}).
		TakeUntilOther(drain.Flux())
	reactive.Run(context.Background(), messages, func(m string) { fmt.Println(m) }, func(err error) {
		fmt.Println("end:", err)
	})
	chosen.Next("news")
	chosen.Next("sport")
	drain.Complete()
	// Output:
	// news opened
	// sport opened
	// end: <nil>
}

func ExampleFlux_CombineLatestWith() {
	price, quantity := reactive.NewUnicast[float64](4), reactive.NewUnicast[int](4)
	total := price.Flux().
		CombineLatestWith(quantity.Flux(), func(p float64, q int) string { return fmt.Sprintf("%d for %.2f", q, p*float64(q)) })
	reactive.Run(context.Background(), total, func(s string) { fmt.Println(s) }, nil)
	price.Next(1.5)
	quantity.Next(2)
	price.Next(1.25)
	// Output:
	// 2 for 3.00
	// 2 for 2.50
}

// One request after the other, and one beside them.
func ExampleMono_FlatMap() {
	login := reactive.FromFunc(func(context.Context) (int, error) { return 7, nil })
	greeting := reactive.JustMono("hello")
	name := func(user int) reactive.Mono[string] { return reactive.JustMono(fmt.Sprint("user ", user)) }
	text := login.
		FlatMap(name).
		ZipWith(greeting, func(name, hello string) string { return hello + ", " + name }).
		Map(func(s string) int { return len(s) })
	fmt.Println(text.Block(context.Background()))
	// Output: 13 <nil>
}
