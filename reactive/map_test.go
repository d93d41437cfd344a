package reactive_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

func ExampleMap() {
	lengths := reactive.Map(reactive.Just("a", "bcd"), func(s string) int { return len(s) })
	fmt.Println(lengths.Collect(context.Background()))
	// Output: [1 3] <nil>
}

func ExampleTryMap() {
	numbers := reactive.TryMap(reactive.Just("1", "2", "three", "4"), strconv.Atoi)
	fmt.Println(numbers.Collect(context.Background()))
	// Output: [1 2] strconv.Atoi: parsing "three": invalid syntax
}

func ExampleTryMapMono() {
	port := reactive.TryMapMono(reactive.JustMono("8080"), strconv.Atoi)
	fmt.Println(port.Block(context.Background()))
	// Output: 8080 <nil>
}

func atMost(limit int) func(int) (int, error) {
	return func(v int) (int, error) {
		if v > limit {
			return 0, errBoom
		}
		return v, nil
	}
}

func divide(v int) int { return 6 / (3 - v) }

func tryBurst(v int) (int, error) { return burst(v), nil }

func TestMapping(t *testing.T) {
	runFlows(t, []flow{
		{"Map", reactive.Map(reactive.Just(1, 2), inc), values(2, 3)},
		{"method Map", reactive.Just(1, 2).Map(inc), values(2, 3)},
		{"Map panics", reactive.Map(reactive.Range(1, 5), divide), panics(3, 6)},
		{"Map of a failure", reactive.Map(failAfter(1), inc), fails(2)},
		{"MapMono", reactive.MapMono(reactive.JustMono(1), inc), values(2)},
		{"method Map of Mono", reactive.JustMono(1).Map(inc), values(2)},
		{"TryMap", reactive.TryMap(reactive.Just(1, 2), atMost(2)), values(1, 2)},
		{"TryMap fails", reactive.TryMap(reactive.Just(1, 2, 3), atMost(2)), fails(1, 2)},
		{"TryMap panics", reactive.TryMap(reactive.Just(3), func(v int) (int, error) { return divide(v), nil }), panics()},
		{"TryMapMono", reactive.TryMapMono(reactive.JustMono(1), atMost(1)), values(1)},
		{"TryMapMono fails", reactive.TryMapMono(reactive.JustMono(2), atMost(1)), fails()},
		{"TryMapMono panics", reactive.TryMapMono(reactive.JustMono(3), func(v int) (int, error) { return divide(v), nil }), panics()},
		{"TryMapMono of nothing", reactive.TryMapMono(mono{}, atMost(1)), values()},
		{"TryMapMono of a failure", reactive.TryMapMono(reactive.ErrorMono[int](errBoom), atMost(1)), fails()},
		{"Then", ends(reactive.Just(1, 2).Then()), values()},
		{"Then of a failure", ends(failAfter(1).Then()), fails()},
		{"Then of a Mono", ends(reactive.JustMono(1).Then()), values()},
		{"FlatMapMono", reactive.FlatMapMono(reactive.JustMono(1), func(v int) mono { return reactive.JustMono(v + 1) }), values(2)},
		{"FlatMapMono of nothing", reactive.FlatMapMono(mono{}, reactive.JustMono[int]), values()},
	})
}

// The subscriber's subscription is that of the source: requests and cancellation skip the operator.
func TestMapHandsTheSubscriptionThrough(t *testing.T) {
	var given reactive.Subscription
	src := reactive.PublisherFunc[int](func(_ context.Context, s reactive.Subscriber[int]) {
		given = &mark{}
		s.OnSubscribe(given)
	})
	for name, op := range map[string]ints{
		"Map":      reactive.Map(src, inc),
		"TryMap":   reactive.TryMap(src, atMost(1)),
		"Filter":   reactive.FromPublisher(src).Filter(func(int) bool { return true }),
		"DoOnNext": reactive.FromPublisher(src).DoOnNext(func(int) {}),
		"Skip":     reactive.FromPublisher(src).Skip(1),
	} {
		t.Run(name, func(t *testing.T) {
			var got keeper
			op.Subscribe(background, &got)
			if got.sub != given {
				t.Errorf("got %T, want the subscription of the source", got.sub)
			}
		})
	}
}

type mark struct{ _ int }

func (*mark) Request(int64) {}
func (*mark) Cancel()       {}

// keeper keeps its subscription.
type keeper struct{ sub reactive.Subscription }

func (k *keeper) OnSubscribe(s reactive.Subscription) { k.sub = s }
func (k *keeper) OnNext(int)                          {}
func (k *keeper) OnError(error)                       {}
func (k *keeper) OnComplete()                         {}

// Then asks for everything as soon as it is asked, and not before.
func TestThenAsksForEverything(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.Then(src))
	if got := src.Requested(); got != 0 {
		t.Errorf("%d requested without demand, want 0", got)
	}
	p.Request(1)
	if got := src.Requested(); got != reactive.Unbounded {
		t.Errorf("%d requested, want everything", got)
	}
	src.Next(1, 2, 3).Complete()
	p.ExpectComplete()
}
