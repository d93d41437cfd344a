package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A stream for code that selects over channels.
func ExampleFlux_ToChan() {
	values, end := reactive.Range(1, 3).ToChan(context.Background(), 1)
	for v := range values {
		fmt.Println(v)
	}
	fmt.Println("end:", end())
	// Output:
	// 1
	// 2
	// 3
	// end: <nil>
}

func TestToChan(t *testing.T) {
	tests := []struct {
		name     string
		src      flux
		capacity int
		want     []int
		err      error
	}{
		{"unbuffered", reactive.Just(1, 2, 3), 0, []int{1, 2, 3}, nil},
		{"buffered", reactive.Just(1, 2, 3), 2, []int{1, 2, 3}, nil},
		{"capacity of less than zero is zero", reactive.Just(1), -1, []int{1}, nil},
		{"empty", reactive.Empty[int](), 1, nil, nil},
		{"failure", failAfter(1, 2), 1, []int{1, 2}, errBoom},
		{"from a goroutine", reactive.Range(0, 3).PublishOn(reactive.Go, 2), 1, []int{0, 1, 2}, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			values, end := tc.src.ToChan(background, tc.capacity)
			var got []int
			for v := range values {
				got = append(got, v)
			}
			if err := end(); !slices.Equal(got, tc.want) || err != tc.err {
				t.Errorf("got %v, %v, want %v, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

// The source is asked for what the reader has taken, and capacity and one more.
func TestToChanDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(background)
		src := reactivetest.NewSource[int](t)
		values, end := reactive.FromPublisher(src).ToChan(ctx, 2)
		for i := range 3 {
			synctest.Wait()
			src.Next(i)
		}
		synctest.Wait()
		if got := src.Requested(); got != 3 {
			t.Errorf("%d asked for while nobody reads, want 3", got)
		}
		if v := <-values; v != 0 {
			t.Errorf("got %d, want 0", v)
		}
		synctest.Wait()
		if got := src.Requested(); got != 4 {
			t.Errorf("%d asked for after a value was read, want 4", got)
		}
		src.Next(3)
		synctest.Wait()
		cancel(errBoom)
		if err := end(); !errors.Is(err, errBoom) {
			t.Errorf("got end %v, want the cause of the context", err)
		}
		if !src.Cancelled() {
			t.Error("the source is not cancelled with the context")
		}
		var rest []int
		for v := range values {
			rest = append(rest, v)
		}
		if !slices.Equal(rest, []int{1, 2}) {
			t.Errorf("left in the channel: got %v, want [1 2]", rest)
		}
	})
}

// A reader that goes away leaves nothing behind once the context has ended.
func TestToChanLeft(t *testing.T) {
	reactivetest.CheckLeaks(t, func() {
		ctx, cancel := context.WithCancel(background)
		values, _ := reactive.Range(0, 1000).ToChan(ctx, 0)
		<-values
		cancel()
	})
}
