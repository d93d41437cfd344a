package reactive_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// The flows of README.md, which shows the bodies of these examples as they stand here; see TestReadme.

func Example_program() {
	numbers := reactive.Range(1, 1_000_000).
		DoOnNext(func(n int) { fmt.Println("made", n) }).
		DoOnCancel(func() { fmt.Println("source cancelled") })
	squares := reactive.Map(numbers, func(n int) int { return n * n })
	for square, err := range squares.All(context.Background()) {
		if err != nil || square > 4 {
			break // nothing was made beyond it
		}
		fmt.Println("read", square)
	}
	// Output:
	// made 1
	// read 1
	// made 2
	// read 4
	// made 3
	// source cancelled
}

func Example_searchBox() {
	typed := reactive.Just("f", "fl", "flux") // what the keyboard says
	search := func(query string) reactive.Mono[string] {
		pages := reactive.FromFunc(func(ctx context.Context) (string, error) {
			return "pages about " + query, ctx.Err() // ctx ends if the query is overtaken
		})
		return pages.SubscribeOn(reactive.Go).
			Timeout(2 * time.Second).
			OnErrorResume(func(err error) reactive.Mono[string] {
				return reactive.JustMono("no pages: " + err.Error())
			})
	}
	pages := reactive.SwitchMap(typed.Debounce(300*time.Millisecond), search)
	err := pages.ForEach(context.Background(), func(page string) { fmt.Println(page) })
	fmt.Println("end:", err)
	// Output:
	// pages about flux
	// end: <nil>
}

// What README.md says of the search box: one search fails, and the next query is answered.
func TestSearchBoxGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typed := reactive.NewUnicast[string](8)
		search := func(query string) reactive.Mono[string] {
			pages := reactive.FromFunc(func(ctx context.Context) (string, error) {
				switch query {
				case "hang":
					<-ctx.Done()
					return "", ctx.Err()
				case "fail":
					return "", errors.New("503")
				}
				return "pages about " + query, nil
			})
			return pages.SubscribeOn(reactive.Go).
				Timeout(2 * time.Second).
				OnErrorResume(func(err error) reactive.Mono[string] {
					return reactive.JustMono("no pages: " + err.Error())
				})
		}
		pages := reactive.SwitchMap(typed.Flux().Debounce(300*time.Millisecond), search)
		probe := reactivetest.Subscribe(t, pages).Request(reactive.Unbounded)
		for _, tc := range []struct{ query, page string }{
			{"fail", "no pages: 503"},
			{"hang", "no pages: " + reactive.ErrTimeout.Error()},
			{"flux", "pages about flux"},
		} {
			typed.Next(tc.query)
			probe.ExpectNext(tc.page)
		}
		typed.Complete()
		probe.ExpectComplete()
	})
}

func Example_retry() {
	attempts := 0
	fetch := reactive.FromFunc(func(context.Context) (string, error) {
		if attempts++; attempts < 3 {
			return "", errors.New("503 service unavailable")
		}
		return "settings", nil
	})
	settings := fetch.Timeout(2*time.Second).RetryBackoff(5, 10*time.Millisecond, 5*time.Second)
	v, err := settings.Block(context.Background())
	fmt.Println(v, err, "after", attempts, "attempts")
	// Output: settings <nil> after 3 attempts
}

func Example_fanOut() {
	ctx, room := context.Background(), reactive.NewBroadcast[string]()
	reactive.Run(ctx, room.Flux(64, reactive.OverflowError), func(m string) { fmt.Println("ann:", m) }, nil)

	acks := reactive.NewUnicast[int64](64) // bob's client says how many more it can take
	bob := reactive.Permits(room.Flux(1, reactive.OverflowDropOldest), acks.Flux())
	reactive.Run(ctx, bob, func(m string) { fmt.Println("bob:", m) }, nil)

	for _, m := range []string{"one", "two", "three"} {
		room.Emit(m)
	}
	acks.Next(1)
	// Output:
	// ann: one
	// ann: two
	// ann: three
	// bob: three
}

func Example_batches() {
	rows := reactive.Range(1, 5)
	insert := func(batch []int) reactive.Mono[reactive.Void] {
		return reactive.Do(func(context.Context) error {
			fmt.Println("insert", batch)
			return nil
		})
	}
	batches := reactive.BufferTimeout(rows, 2, time.Second)
	_, err := reactive.ConcatMap(batches, insert).Then().Block(context.Background())
	fmt.Println("end:", err)
	// Output:
	// insert [1 2]
	// insert [3 4]
	// insert [5]
	// end: <nil>
}

func Example_inOrder() {
	workers := reactive.Pool(4)
	shrink := func(photo string) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			return "small " + photo, nil
		}).SubscribeOn(workers)
	}
	photos := reactive.Just("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")
	for photo, err := range reactive.FlatMapSequential(photos, 4, shrink).All(context.Background()) {
		fmt.Println(photo, err)
	}
	// Output:
	// small a.jpg <nil>
	// small b.jpg <nil>
	// small c.jpg <nil>
	// small d.jpg <nil>
	// small e.jpg <nil>
}

func Example_priority() {
	byPriority := func(urgent, bulk <-chan string) reactive.Flux[string] {
		return reactive.Pull(func(ctx context.Context) (string, error) {
			for urgent != nil || bulk != nil {
				select {
				case job, ok := <-urgent:
					if ok {
						return job, nil
					}
					urgent = nil // closed; nothing comes from a nil channel
				default:
					select {
					case job, ok := <-urgent:
						if ok {
							return job, nil
						}
						urgent = nil
					case job, ok := <-bulk:
						if ok {
							return job, nil
						}
						bulk = nil
					case <-ctx.Done():
						return "", context.Cause(ctx)
					}
				}
			}
			return "", io.EOF
		})
	}
	urgent, bulk := make(chan string, 8), make(chan string, 8)
	bulk <- "mail 1"
	bulk <- "mail 2"
	urgent <- "alarm"
	close(urgent)
	close(bulk)
	fmt.Println(byPriority(urgent, bulk).Collect(context.Background()))
	// Output: [alarm mail 1 mail 2] <nil>
}

func Example_poll() {
	states := []string{"queued", "running", "done"}
	poll := func(tick int64) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			state := states[0]
			states = states[1:]
			return state, nil
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	job := reactive.ConcatMap(reactive.Interval(10*time.Millisecond), poll).
		TakeUntil(func(state string) bool { return state == "done" })
	err := job.ForEach(ctx, func(state string) { fmt.Println(state) })
	fmt.Println("end:", err)
	// Output:
	// queued
	// running
	// done
	// end: <nil>
}

func Example_requestReply() {
	replies := reactive.NewBroadcast[string]() // whatever comes in, for whomever it is
	ask := func(id string, send func() error, patience time.Duration) reactive.Mono[string] {
		reply := replies.Flux(16, reactive.OverflowError).
			Filter(func(r string) bool { return strings.HasPrefix(r, id+":") }).
			First().
			Timeout(patience)
		sent := reactive.FromFunc(func(context.Context) (reactive.Void, error) {
			return reactive.Void{}, send()
		})
		return reactive.ZipMono(reply, sent, func(r string, _ reactive.Void) string { return r })
	}
	answered := func() error { replies.Emit("7: forty-two"); return nil }
	fmt.Println(ask("7", answered, time.Minute).Block(context.Background()))

	ignored := func() error { return nil }
	_, err := ask("8", ignored, time.Millisecond).Block(context.Background())
	fmt.Println(errors.Is(err, reactive.ErrTimeout))
	fmt.Println(replies.Len(), "still listening")
	// Output:
	// 7: forty-two <nil>
	// true
	// 0 still listening
}

func Example_resource() {
	lines := reactive.Using(
		func(context.Context) (*os.File, error) { return os.Open("README.md") },
		func(f *os.File) reactive.Flux[string] {
			in := bufio.NewScanner(f)
			return reactive.Pull(func(context.Context) (string, error) {
				if in.Scan() {
					return in.Text(), nil
				}
				return "", cmp.Or(in.Err(), io.EOF)
			})
		},
		func(f *os.File) { fmt.Println("closed:", f.Close()) },
	)
	fmt.Println(lines.Take(1).Collect(context.Background()))
	// Output:
	// closed: <nil>
	// [# Package reactive] <nil>
}

func Example_callbacks() {
	var listener func(string) // of a library that calls, and does not wait
	listen := func(f func(string)) (stop func()) {
		listener = f
		return func() { fmt.Println("stopped listening") }
	}

	events := reactive.Create(func(_ context.Context, out reactive.Emitter[string]) {
		stop := listen(func(event string) { out.Next(event) })
		out.OnCancel(stop)
	}, 256, reactive.OverflowDropOldest)

	reactive.Run(context.Background(), events.Take(2), func(e string) { fmt.Println(e) }, nil)
	listener("opened")
	listener("written")
	// Output:
	// opened
	// stopped listening
	// written
}

func Example_oneFlow() {
	prices := reactive.Just(100, 100, 102, 101)
	changed := reactive.DistinctUntilChanged(prices, func(p int) int { return p })
	highest := reactive.Scan(changed, 0, func(high, p int) int { return max(high, p) })
	texts := reactive.Map(highest.Skip(1), func(high int) string { return fmt.Sprint("high ", high) })
	fmt.Println(texts.Collect(context.Background()))
	// Output: [high 100 high 102 high 102] <nil>
}
