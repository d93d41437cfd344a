package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// A blocking read becomes a stream that reads only what is asked for.
func ExamplePull() {
	words := strings.NewReader("one two three")
	src := reactive.Pull(func(context.Context) (string, error) {
		var word string
		_, err := fmt.Fscan(words, &word)
		return word, err
	})
	fmt.Println(src.Take(2).Collect(context.Background()))
	fmt.Println("left:", words.Len())
	// Output:
	// [one two] <nil>
	// left: 6
}

func TestPullValues(t *testing.T) {
	runFlows(t, []flow{
		{"EOF completes", reactive.Pull(counter(3, io.EOF)), values(1, 2, 3)},
		{"EOF at once", reactive.Pull(counter(0, io.EOF)), values()},
		{"error", reactive.Pull(counter(2, errBoom)), fails(1, 2)},
		{"wrapped EOF is an error", reactive.Pull(counter(1, fmt.Errorf("read: %w", io.EOF))), outcome[int]{values: []int{1}, err: io.EOF}},
		{"panic", reactive.Pull(func(context.Context) (int, error) { panic("pull") }), panics()},
		{"FromFunc", reactive.FromFunc(counter(1, nil)), values(1)},
		{"FromFunc fails", reactive.FromFunc(counter(0, errBoom)), fails()},
		{"FromFunc panics", reactive.FromFunc(func(context.Context) (int, error) { panic("func") }), panics()},
		{"Do", ends(reactive.Do(func(context.Context) error { return nil })), values()},
		{"Do fails", ends(reactive.Do(func(context.Context) error { return errBoom })), fails()},
		{"Do panics", ends(reactive.Do(func(context.Context) error { panic("do") })), panics()},
	})
}

func TestPullReadsUnderDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		p := reactivetest.Subscribe(t, reactive.Pull(func(context.Context) (int, error) {
			reads++
			return reads, nil
		}))
		for asked, n := range []int64{0, 1, 2, 3} {
			if n > 0 {
				p.Request(n)
			}
			synctest.Wait()
			if want := asked * (asked + 1) / 2; reads != want {
				t.Errorf("%d reads, want %d", reads, want)
			}
		}
		p.Cancel()
	})
}

func TestPullGivesUp(t *testing.T) {
	stop := errors.New("stop")
	tests := []struct {
		name string
		do   func(p *reactivetest.Probe[int], end context.CancelCauseFunc)
		want error // nil: no signal
	}{
		{"cancelled", func(p *reactivetest.Probe[int], _ context.CancelCauseFunc) { p.Cancel() }, nil},
		{"context ended", func(_ *reactivetest.Probe[int], end context.CancelCauseFunc) { end(stop) }, stop},
		{"bad request", func(p *reactivetest.Probe[int], _ context.CancelCauseFunc) { p.Request(0) }, reactive.ErrBadRequest},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancelCause(background)
				defer end(nil)
				p := reactivetest.NewProbe[int](t)
				reactive.FromChan(make(chan int)).Subscribe(ctx, p)
				p.Request(1)
				synctest.Wait()
				tc.do(p, end)
				synctest.Wait() // and the bubble would not end with the goroutine still there
				if tc.want == nil {
					p.ExpectNoSignal(0)
				} else {
					p.ExpectError(tc.want)
				}
			})
		})
	}
}

func TestFromChan(t *testing.T) {
	ch := make(chan int, 3)
	ch <- 1
	ch <- 2
	ch <- 3
	p := reactivetest.Subscribe(t, reactive.FromChan(ch))
	p.Request(2).ExpectNext(1, 2)
	if len(ch) != 1 {
		t.Errorf("%d values left in the channel, want 1", len(ch))
	}
	close(ch)
	p.Request(2).ExpectNext(3).ExpectComplete()
}

// The function runs inside the first Request and not before.
func TestFromFuncRunsInRequest(t *testing.T) {
	ran := 0
	p := reactivetest.Subscribe(t, reactive.FromFunc(func(context.Context) (int, error) {
		ran++
		return ran, nil
	}))
	if ran != 0 {
		t.Fatal("it ran without demand")
	}
	p.Request(1).Request(1)
	if ran != 1 {
		t.Errorf("ran %d times, want 1", ran)
	}
	p.ExpectNext(1).ExpectComplete()
}

func TestCallContext(t *testing.T) {
	type key struct{}
	tests := []struct {
		name string
		do   func(t *testing.T, ctx context.Context, p *reactivetest.Probe[int], end context.CancelFunc)
	}{
		{"values of the parent", func(t *testing.T, ctx context.Context, _ *reactivetest.Probe[int], _ context.CancelFunc) {
			if got := ctx.Value(key{}); got != "value" {
				t.Errorf("got value %v, want that of the parent", got)
			}
			if _, ok := ctx.Deadline(); !ok {
				t.Error("no deadline, want that of the parent")
			}
		}},
		{"ends with the subscription", func(t *testing.T, ctx context.Context, p *reactivetest.Probe[int], _ context.CancelFunc) {
			done := ctx.Done()
			p.Cancel()
			<-done
			if err := ctx.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want Canceled", err)
			}
		}},
		{"had ended before somebody looked", func(_ *testing.T, ctx context.Context, p *reactivetest.Probe[int], _ context.CancelFunc) {
			p.Cancel()
			<-ctx.Done()
		}},
		{"ends with the parent", func(_ *testing.T, ctx context.Context, _ *reactivetest.Probe[int], end context.CancelFunc) {
			end()
			<-ctx.Done()
		}},
		{"takes its children along", func(_ *testing.T, ctx context.Context, p *reactivetest.Probe[int], _ context.CancelFunc) {
			child, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			p.Cancel()
			<-child.Done()
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			ctx, end := context.WithTimeout(context.WithValue(background, key{}, "value"), time.Hour)
			defer end()
			p := reactivetest.NewProbe[int](t)
			reactive.FromFunc(func(ctx context.Context) (int, error) {
				tc.do(t, ctx, p, end)
				return 0, nil
			}).Subscribe(ctx, p)
			p.Request(1)
		})
	}
}

// The context ends when the function has returned, so that what the function left behind does too.
func TestCallContextEndsWithTheCall(t *testing.T) {
	var left context.Context
	if _, err := reactive.Do(func(ctx context.Context) error {
		left = ctx
		return ctx.Err()
	}).Block(background); err != nil {
		t.Fatal(err)
	}
	if left.Err() == nil {
		t.Error("the context has not ended with the call")
	}
}
