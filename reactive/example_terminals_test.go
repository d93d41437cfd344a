package reactive_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func ExampleFlux_ForEach() {
	broken := reactive.Concat(reactive.Just("a", "b"), reactive.Error[string](errors.New("connection lost")))
	err := broken.ForEach(context.Background(), func(m string) { fmt.Println("got", m) })
	fmt.Println("end:", err)
	// Output:
	// got a
	// got b
	// end: connection lost
}

// What had come before the failure is there as well.
func ExampleFlux_Collect() {
	fmt.Println(reactive.Range(1, 3).Collect(context.Background()))
	broken := reactive.Concat(reactive.Range(1, 3), reactive.Error[int](errors.New("connection lost")))
	fmt.Println(broken.Collect(context.Background()))
	// Output:
	// [1 2 3] <nil>
	// [1 2 3] connection lost
}

func ExampleMono_Block() {
	answer := reactive.FromFunc(func(context.Context) (int, error) { return 42, nil })
	fmt.Println(answer.Block(context.Background()))

	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("server is closing"))
	fmt.Println(reactive.NeverMono[int]().Block(ctx))
	// Output:
	// 42 <nil>
	// 0 server is closing
}

// inPairs is a subscriber that asks for two values, and for two more when it has them.
type inPairs struct {
	link reactive.Subscription
	got  int
}

func (p *inPairs) OnSubscribe(link reactive.Subscription) {
	p.link = link
	fmt.Println("asking for two")
	link.Request(2)
}

func (p *inPairs) OnNext(v string) {
	fmt.Println("got", v)
	if p.got++; p.got%2 == 0 {
		fmt.Println("asking for two")
		p.link.Request(2)
	}
}

func (p *inPairs) OnError(err error) { fmt.Println("failed:", err) }
func (p *inPairs) OnComplete()       { fmt.Println("complete") }

func ExampleFlux_Subscribe() {
	reactive.Just("a", "b", "c").Subscribe(context.Background(), &inPairs{})
	// Output:
	// asking for two
	// got a
	// got b
	// asking for two
	// got c
	// complete
}

// Only the end matters: when it comes, and whether it is a good one.
func ExampleThen() {
	sent := reactive.Just("a", "b").DoOnNext(func(m string) { fmt.Println("sent", m) })
	_, err := reactive.Then(sent).Block(context.Background())
	fmt.Println("end:", err)
	// Output:
	// sent a
	// sent b
	// end: <nil>
}

// Two uploads, and what is to happen when both are done.
func ExampleFlux_Then() {
	upload := func(name string, parts int) reactive.Mono[reactive.Void] {
		return reactive.Range(1, parts).DoOnNext(func(part int) { fmt.Println(name, "part", part) }).Then()
	}
	_, err := reactive.When(upload("a", 2), upload("b", 1)).Block(context.Background())
	fmt.Println("both done:", err)
	// Output:
	// a part 1
	// a part 2
	// b part 1
	// both done: <nil>
}

// A Mono in front of a Flux.
func ExampleMono_Flux() {
	greeting := reactive.FromFunc(func(context.Context) (string, error) { return "hello Ann", nil })
	news := reactive.Just("rain", "wind")
	fmt.Println(reactive.Concat(greeting.Flux(), news).Collect(context.Background()))
	// Output: [hello Ann rain wind] <nil>
}

// An operator of RxGo that this package has no use for.
func ExampleFlux_Observable() {
	highest, err := reactive.Just(3, 9, 4).Observable().Max(func(a, b any) int { return a.(int) - b.(int) }).Get()
	fmt.Println(highest.V, err)
	// Output: 9 <nil>
}
