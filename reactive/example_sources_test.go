package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func ExampleFromSlice() {
	rooms := []string{"lobby", "ops"}
	topics := reactive.FromSlice(rooms).Map(func(room string) string { return "chat/" + room })
	fmt.Println(topics.Collect(context.Background()))
	// Output: [chat/lobby chat/ops] <nil>
}

func ExampleRange() {
	_ = reactive.Range(3, 3).ForEach(context.Background(), func(page int) { fmt.Println("page", page) })
	// Output:
	// page 3
	// page 4
	// page 5
}

// A sequence without an end runs only as far as it is asked.
func ExampleFromSeq() {
	powers := func(yield func(int) bool) {
		for v := 1; yield(v); v *= 2 {
		}
	}
	fmt.Println(reactive.FromSeq(powers).Take(8).Collect(context.Background()))
	// Output: [1 2 4 8 16 32 64 128] <nil>
}

// Some messages have no answer.
func ExampleEmpty() {
	answer := func(message string) reactive.Flux[string] {
		if message == "ping" {
			return reactive.Just("pong")
		}
		return reactive.Empty[string]()
	}
	answers := reactive.ConcatMap(reactive.Just("ping", "noise", "ping"), answer)
	fmt.Println(answers.Collect(context.Background()))
	// Output: [pong pong] <nil>
}

func ExampleError() {
	open := func(topic string) reactive.Flux[string] {
		if topic != "news" {
			return reactive.Error[string](fmt.Errorf("no topic %q", topic))
		}
		return reactive.Just("headline")
	}
	fmt.Println(open("news").Collect(context.Background()))
	fmt.Println(open("gnus").Collect(context.Background()))
	// Output:
	// [headline] <nil>
	// [] no topic "gnus"
}

// Never keeps a stream open behind its last value, until something else ends it.
func ExampleNever() {
	closing := reactive.NewUnicast[reactive.Void](1)
	state := reactive.Concat(reactive.Just("online"), reactive.Never[string]())
	reactive.Run(context.Background(), reactive.TakeUntilOther(state, closing.Flux()),
		func(s string) { fmt.Println(s) },
		func(error) { fmt.Println("closed") })
	fmt.Println("still open")
	closing.Complete()
	// Output:
	// online
	// still open
	// closed
}

// What is known already needs no work.
func ExampleJustMono() {
	known := map[int]string{1: "Ann"}
	name := func(id int) reactive.Mono[string] {
		if n, ok := known[id]; ok {
			return reactive.JustMono(n)
		}
		return reactive.FromFunc(func(context.Context) (string, error) { return fmt.Sprint("user ", id), nil })
	}
	fmt.Println(reactive.ConcatMap(reactive.Range(1, 2), name).Collect(context.Background()))
	// Output: [Ann user 2] <nil>
}

func ExampleEmptyMono() {
	find := func(token string) reactive.Mono[string] {
		if token == "" {
			return reactive.EmptyMono[string]()
		}
		return reactive.JustMono("owner of " + token)
	}
	fmt.Println(find("t1").DefaultIfEmpty("guest").Block(context.Background()))
	fmt.Println(find("").DefaultIfEmpty("guest").Block(context.Background()))
	// Output:
	// owner of t1 <nil>
	// guest <nil>
}

func ExampleErrorMono() {
	errTooLong := errors.New("too long")
	save := func(message string) reactive.Mono[reactive.Void] {
		if len(message) > 5 {
			return reactive.ErrorMono[reactive.Void](errTooLong)
		}
		return reactive.Do(func(context.Context) error { fmt.Println("saved", message); return nil })
	}
	_, err := reactive.ConcatMap(reactive.Just("short", "too much"), save).Then().Block(context.Background())
	fmt.Println(err)
	// Output:
	// saved short
	// too long
}

// A peer that does not answer.
func ExampleNeverMono() {
	pong := reactive.NeverMono[string]().Timeout(time.Millisecond)
	_, err := pong.Block(context.Background())
	fmt.Println(errors.Is(err, reactive.ErrTimeout))
	// Output: true
}

func ExampleDone() {
	flush := func(pending int) reactive.Mono[reactive.Void] {
		if pending == 0 {
			return reactive.Done()
		}
		return reactive.Do(func(context.Context) error { fmt.Println("flushed", pending); return nil })
	}
	_, err := reactive.When(flush(0), flush(3)).Block(context.Background())
	fmt.Println("end:", err)
	// Output:
	// flushed 3
	// end: <nil>
}

// A stream of your own, made of another one.
func ExamplePublisherFunc() {
	lines := reactive.PublisherFunc[string](func(ctx context.Context, s reactive.Subscriber[string]) {
		fmt.Println("somebody subscribes")
		reactive.Just("a", "b").Subscribe(ctx, s)
	})
	fmt.Println(reactive.Map(lines, strings.ToUpper).Collect(context.Background()))
	// Output:
	// somebody subscribes
	// [A B] <nil>
}

func ExampleFromPublisher() {
	loud := func(p reactive.Publisher[string]) reactive.Flux[string] {
		return reactive.FromPublisher(p).Filter(func(s string) bool { return s != "" }).Map(strings.ToUpper)
	}
	fmt.Println(loud(reactive.Just("a", "", "b")).Collect(context.Background()))
	fmt.Println(loud(reactive.JustMono("one")).Collect(context.Background()))
	// Output:
	// [A B] <nil>
	// [ONE] <nil>
}

// The first answer is enough, and nobody works on a second one.
func ExampleMonoFrom() {
	mirrors := reactive.ConcatMap(reactive.Just("a", "b"), func(mirror string) reactive.Mono[string] {
		fmt.Println("asking", mirror)
		return reactive.JustMono("file from " + mirror)
	})
	fmt.Println(reactive.MonoFrom[string](mirrors).Block(context.Background()))
	// Output:
	// asking a
	// file from a <nil>
}

// What has to be decided when somebody subscribes, not when the stream is put together.
func ExampleDeferMono() {
	primary := "a"
	write := reactive.DeferMono(func() reactive.Mono[string] { return reactive.JustMono("written to " + primary) })
	fmt.Println(write.Block(context.Background()))
	primary = "b"
	fmt.Println(write.Block(context.Background()))
	// Output:
	// written to a <nil>
	// written to b <nil>
}

func ExampleFromChan() {
	jobs := make(chan string, 3)
	jobs <- "wash"
	jobs <- "dry"
	close(jobs)
	fmt.Println(reactive.FromChan(jobs).Collect(context.Background()))
	// Output: [wash dry] <nil>
}

// The function runs for each subscriber, and only when somebody asks.
func ExampleFromFunc() {
	files := map[string]string{"motd": "hello"}
	read := func(name string) reactive.Mono[string] {
		return reactive.FromFunc(func(context.Context) (string, error) {
			text, ok := files[name]
			if !ok {
				return "", fmt.Errorf("%s: %w", name, fs.ErrNotExist)
			}
			return text, nil
		})
	}
	motd := read("motd")
	files["motd"] = "welcome"
	fmt.Println(motd.Block(context.Background()))
	_, err := read("news").Block(context.Background())
	fmt.Println(err)
	// Output:
	// welcome <nil>
	// news: file does not exist
}

func ExampleDo() {
	var journal strings.Builder
	write := func(entry string) reactive.Mono[reactive.Void] {
		return reactive.Do(func(context.Context) error {
			_, err := journal.WriteString(entry + ";")
			return err
		})
	}
	_, err := reactive.ConcatMap(reactive.Just("open", "close"), write).Then().Block(context.Background())
	fmt.Println(journal.String(), err)
	// Output: open;close; <nil>
}

// The emitter is told whether a value was taken.
func ExampleEmitter() {
	var out reactive.Emitter[int]
	sensor := reactive.Create(func(_ context.Context, e reactive.Emitter[int]) { out = e }, 1, reactive.OverflowDropNewest)

	reactive.Run(context.Background(), sensor, func(v int) { fmt.Println("got", v) }, func(err error) {
		fmt.Println("end:", err)
	})
	fmt.Println("taken:", out.Next(20))
	out.Error(errors.New("sensor unplugged"))
	fmt.Println("taken:", out.Next(21))
	// Output:
	// got 20
	// taken: true
	// end: sensor unplugged
	// taken: false
}

// A callback API that can be asked for more produces what is asked for.
func ExampleEmitter_OnRequest() {
	rows := reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
		row := 0
		out.OnRequest(func(n int64) {
			fmt.Println("fetching", n)
			for range n {
				row++
				out.Next(row)
			}
		})
	}, 1, reactive.OverflowError)
	for row, err := range rows.Take(2).All(context.Background()) {
		fmt.Println("row", row, err)
	}
	// Output:
	// fetching 1
	// row 1 <nil>
	// fetching 1
	// row 2 <nil>
}
