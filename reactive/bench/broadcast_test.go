package bench

import (
	"context"
	"testing"

	"github.com/samber/ro"

	"github.com/fluxsocket/fluxsocket/reactive"
)

const members = 100

// One value to each of 100 subscribers.
func BenchmarkBroadcast100(b *testing.B) {
	viaBroadcast := func(b *testing.B, ctx context.Context) {
		room := reactive.NewBroadcast[int]()
		got := 0
		for range members {
			reactive.Run(ctx, room.Flux(16, reactive.OverflowError), func(int) { got++ }, nil)
		}
		measure(b, func(n int) {
			for v := range n {
				room.Emit(v)
			}
		})
		if got != members*b.N {
			b.Fatalf("got %d deliveries, want %d", got, members*b.N)
		}
		room.Complete()
	}
	b.Run("reactive", func(b *testing.B) { viaBroadcast(b, context.Background()) })
	b.Run("reactive-ctx", func(b *testing.B) { viaBroadcast(b, b.Context()) })
	b.Run("ro", func(b *testing.B) {
		room := ro.NewPublishSubject[int]()
		got := 0
		for range members {
			room.Subscribe(ro.OnNext(func(int) { got++ }))
		}
		measure(b, func(n int) {
			for v := range n {
				room.Next(v)
			}
		})
		if got != members*b.N {
			b.Fatalf("got %d deliveries, want %d", got, members*b.N)
		}
	})
	b.Run("channels-16", func(b *testing.B) {
		ctx, cancel := context.WithCancel(b.Context())
		defer cancel()
		all := make([]chan int, members)
		done := make(chan int, members)
		for i := range all {
			all[i] = make(chan int, 16)
			go func() {
				got := 0
				for range all[i] {
					got++
				}
				select {
				case done <- got:
				case <-ctx.Done():
				}
			}()
		}
		got := 0
		measure(b, func(n int) {
			for v := range n {
				for _, c := range all {
					c <- v
				}
			}
			for _, c := range all {
				close(c)
			}
			for range all {
				got += <-done
			}
		})
		if got != members*b.N {
			b.Fatalf("got %d deliveries, want %d", got, members*b.N)
		}
	})
}
