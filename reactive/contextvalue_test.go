package reactive_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

type contextKey string

// What is above sees the value; in between nobody has to hand it on.
func ExampleFlux_WithValue() {
	type tenant struct{}
	topic := reactive.FromFunc(func(ctx context.Context) (string, error) {
		return fmt.Sprint(ctx.Value(tenant{}), "/orders"), nil
	})
	fmt.Println(topic.WithValue(tenant{}, "acme").Block(context.Background()))
	// Output: acme/orders <nil>
}

func ExampleDeferContext() {
	type principal struct{}
	greeting := reactive.DeferContext(func(ctx context.Context) reactive.Mono[string] {
		return reactive.JustMono(fmt.Sprint("hello ", ctx.Value(principal{})))
	})
	ctx := context.WithValue(context.Background(), principal{}, "Ann")
	fmt.Println(greeting.Collect(ctx))
	// Output: [hello Ann] <nil>
}

func TestWithValue(t *testing.T) {
	read := func(keys ...any) reactive.Flux[any] {
		return reactive.DeferContext(func(ctx context.Context) reactive.Flux[any] {
			var found []any
			for _, k := range keys {
				found = append(found, ctx.Value(k))
			}
			return reactive.Just(found...)
		})
	}
	const a, b = contextKey("a"), contextKey("b")
	tests := []struct {
		name string
		src  reactive.Publisher[any]
		want outcome[any]
	}{
		{"one", read(a).WithValue(a, 1), outcome[any]{values: []any{1}}},
		{"none", read(a), outcome[any]{values: []any{nil}}},
		{"two", read(a, b).WithValue(a, 1).WithValue(b, 2), outcome[any]{values: []any{1, 2}}},
		{"the nearest counts", read(a).WithValue(a, 1).WithValue(a, 2), outcome[any]{values: []any{1}}},
		{"not below", reactive.Concat(read(a).WithValue(a, 1), read(a)), outcome[any]{values: []any{1, nil}}},
		{"through operators", reactive.FlatMap(reactive.Just(1), 1, func(int) reactive.Flux[any] { return read(a) }).WithValue(a, 1), outcome[any]{values: []any{1}}},
		{"Mono", reactive.MonoFrom(read(a)).WithValue(a, 1), outcome[any]{values: []any{1}}},
		{"a key that cannot be compared", read(a).WithValue([]int{}, 1), outcome[any]{panics: true}},
		{"panic", reactive.DeferContext(func(context.Context) reactive.Mono[any] { panic("no") }), outcome[any]{panics: true}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { wantOutcome(t, tc.src, tc.want) })
	}
}

// The subscriber's own context is under it.
func TestWithValueKeepsTheContext(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	ctx, cancel := context.WithCancel(background)
	reactive.FromPublisher(src).WithValue(contextKey("a"), 1).Subscribe(ctx, reactivetest.NewProbe[int](t))
	cancel()
	if src.Context().Err() == nil {
		t.Error("the source's context does not end with that of the subscriber")
	}
}
