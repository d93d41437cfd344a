package reactive_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// notBlank, book and balance are the steps of a flow that is written in both forms; the other one is Example_methods,
// for Go 1.27.
func notBlank(line string) bool { return line != "" }

func book(amount int) reactive.Mono[int] {
	return reactive.FromFunc(func(context.Context) (int, error) { return amount, nil })
}

func balance(sum, amount int) int { return sum + amount }

// A flow made of functions: with Go 1.26 each step that changes the type is one, and has a name.
func Example_functions() {
	lines := reactive.Just("50", "", "-20", "5")

	amounts := reactive.TryMap(lines.Filter(notBlank), strconv.Atoi)
	booked := reactive.ConcatMap(amounts, book)
	balances := reactive.Scan(booked, 100, balance)
	texts := reactive.Map(balances, strconv.Itoa)

	fmt.Println(texts.Collect(context.Background()))
	// Output: [100 150 130 135] <nil>
}
