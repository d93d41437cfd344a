package reactive_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

type (
	words = reactive.Flux[string]
	word  = reactive.Mono[string]

	wordStream = reactive.Publisher[string]
)

// marbleTable says what is done in each diagram, by the name of the function.
var marbleTable = map[string]func(*marbleStage) acted{
	// sources
	"Just":      made(reactive.Just("1", "2", "3")),
	"FromSlice": made(reactive.FromSlice([]string{"1", "2", "3"})),
	"Range":     made(reactive.Map(reactive.Range(3, 3), strconv.Itoa)),
	"FromSeq":   made(reactive.FromSeq(slices.Values([]string{"1", "2", "3"}))),
	"Empty":     made(reactive.Empty[string]()),
	"Error":     made(reactive.Error[string](errBoom)),
	"Never":     made(reactive.Never[string]()),
	"JustMono":  made(reactive.JustMono("1")),
	"EmptyMono": made(reactive.EmptyMono[string]()),
	"ErrorMono": made(reactive.ErrorMono[string](errBoom)),
	"NeverMono": made(reactive.NeverMono[string]()),
	"Done":      made(noWord(reactive.Done())),
	"Defer":     func(s *marbleStage) acted { return acts(reactive.Defer(s.drawn)) },
	"DeferContext": func(s *marbleStage) acted {
		return acts(reactive.DeferContext(func(context.Context) words { return s.drawn() }))
	},
	"DeferMono": func(s *marbleStage) acted { return acts(reactive.DeferMono(func() word { return s.drawn().First() })) },
	"Timer":     made(reactive.MapMono(reactive.Timer(4*time.Second), numberWord)),
	"Pull":      func(s *marbleStage) acted { return acts(reactive.Pull(s.sources[0].next())) },
	"FromChan": func(s *marbleStage) acted {
		ch := make(chan string, 8)
		s.sources[0].act(func(v string) { ch <- v }, func() { close(ch) })
		return acts(reactive.FromChan(ch))
	},
	"FromFunc": func(s *marbleStage) acted {
		return acts(reactive.FromFunc(func(ctx context.Context) (string, error) { return "1", s.until(ctx, 3) }))
	},
	"Do": func(s *marbleStage) acted {
		return acts(noWord(reactive.Do(func(ctx context.Context) error { return s.until(ctx, 3) })))
	},
	"Create": func(s *marbleStage) acted {
		return acts(reactive.Create(func(_ context.Context, out reactive.Emitter[string]) {
			s.sources[0].act(func(v string) { out.Next(v) }, out.Complete)
		}, 1, reactive.OverflowDropOldest))
	},
	"Using": func(s *marbleStage) acted {
		return acts(reactive.Using(func(context.Context) (string, error) { return "", nil },
			func(string) words { return s.drawn() }, func(string) {}))
	},
	"MonoFrom": unary(func(f words) wordStream { return reactive.MonoFrom[string](f) }),
	"FromRx":   unary(func(f words) wordStream { return reactive.FromRx[string](f.Observable()) }),

	// value by value
	"Map":    unary(func(f words) wordStream { return reactive.Map(f, doubleWord) }),
	"TryMap": unary(func(f words) wordStream { return reactive.TryMap(f, doubleWordUnless("3", errBoom)) }),
	"Handle": unary(func(f words) wordStream {
		return reactive.Handle(f, func(v string) (string, bool, error) {
			r, err := doubleWordUnless("5", io.EOF)(v)
			return r, err == nil && evenWord(v), err
		})
	}),
	"Flux.Filter":    unary(func(f words) wordStream { return f.Filter(evenWord) }),
	"Flux.OnDiscard": unary(func(f words) wordStream { return f.Filter(evenWord).OnDiscard(func(string) {}) }),
	"OnDiscard": unary(func(f words) wordStream {
		even := reactive.Map(f, wordNumber).Filter(func(v int) bool { return v%2 == 0 })
		return reactive.OnDiscard(reactive.Map(even, strconv.Itoa), func(int) {})
	}),
	"Distinct": unary(func(f words) wordStream { return reactive.Distinct(f, 2, strings.Clone) }),
	"DistinctUntilChanged": unary(func(f words) wordStream {
		return reactive.DistinctUntilChanged(f, strings.Clone)
	}),
	"Scan":        unary(func(f words) wordStream { return reactive.Scan(f, "0", addWords) }),
	"Reduce":      unary(func(f words) wordStream { return reactive.Reduce(f, "0", addWords) }),
	"CollectList": unary(func(f words) wordStream { return reactive.MapMono(reactive.CollectList(f), listWord) }),
	"Buffer":      unary(func(f words) wordStream { return reactive.Map(reactive.Buffer(f, 2), listWord) }),
	"BufferTimeout": unary(func(f words) wordStream {
		return reactive.Map(reactive.BufferTimeout(f, 2, 4*time.Second), listWord)
	}),
	"Then":           unary(func(f words) wordStream { return noWord(reactive.Then(f)) }),
	"Flux.Then":      unary(func(f words) wordStream { return noWord(f.Then()) }),
	"Flux.Take":      unary(func(f words) wordStream { return f.Take(2) }),
	"Flux.First":     unary(func(f words) wordStream { return f.First() }),
	"Flux.Last":      unary(func(f words) wordStream { return f.Last() }),
	"Flux.TakeLast":  unary(func(f words) wordStream { return f.TakeLast(2) }),
	"Flux.Skip":      unary(func(f words) wordStream { return f.Skip(1) }),
	"Flux.TakeUntil": unary(func(f words) wordStream { return f.TakeUntil(func(v string) bool { return v == "2" }) }),
	"Flux.TakeWhile": unary(func(f words) wordStream { return f.TakeWhile(func(v string) bool { return v < "3" }) }),

	// looking on
	"Flux.DoOnNext":      unary(func(f words) wordStream { return f.DoOnNext(func(string) {}) }),
	"Flux.DoOnError":     unary(func(f words) wordStream { return f.DoOnError(func(error) {}) }),
	"Flux.DoOnComplete":  unary(func(f words) wordStream { return f.DoOnComplete(func() {}) }),
	"Flux.DoOnCancel":    unary(func(f words) wordStream { return f.DoOnCancel(func() {}) }),
	"Flux.DoFinally":     unary(func(f words) wordStream { return f.DoFinally(func(reactive.Signal) {}) }),
	"Flux.DoOnRequest":   unary(func(f words) wordStream { return f.DoOnRequest(func(int64) {}) }),
	"Flux.DoOnSubscribe": unary(func(f words) wordStream { return f.DoOnSubscribe(func() {}) }),
	"Flux.Log":           unary(func(f words) wordStream { return f.Log(nil, "") }),
	"Flux.WithValue":     unary(func(f words) wordStream { return f.WithValue(contextKey("a"), 1) }),
	"Flux.Checkpoint":    unary(func(f words) wordStream { return f.Checkpoint("step") }),

	// streams of streams
	"ConcatMap": func(s *marbleStage) acted { return acts(reactive.ConcatMap(s.src(0), s.each)) },
	"FlatMap":   func(s *marbleStage) acted { return acts(reactive.FlatMap(s.src(0), 2, s.each)) },
	"FlatMapSequential": func(s *marbleStage) acted {
		return acts(reactive.FlatMapSequential(s.src(0), 2, s.each))
	},
	"SwitchMap": func(s *marbleStage) acted { return acts(reactive.SwitchMap(s.src(0), s.each)) },
	"SwitchOnFirst": unary(func(f words) wordStream {
		return reactive.SwitchOnFirst(f, func(_ string, all words) words { return all.Map(strings.ToUpper) })
	}),
	"GroupBy": func(s *marbleStage) acted {
		groups := reactive.GroupBy(s.src(0), evenWord)
		return acted{split: reactive.Map(groups, func(g reactive.Group[bool, string]) words { return g.Flux })}
	},
	"Window": func(s *marbleStage) acted { return acted{split: reactive.Window(s.src(0), 2)} },
	"WindowTimeout": func(s *marbleStage) acted {
		return acted{split: reactive.WindowTimeout(s.src(0), 2, 4*time.Second)}
	},

	// several sources
	"Concat":         binary(func(a, b words) wordStream { return reactive.Concat(a, b) }),
	"Merge":          binary(func(a, b words) wordStream { return reactive.Merge(a, b) }),
	"Flux.MergeWith": binary(func(a, b words) wordStream { return a.MergeWith(b) }),
	"Flux.StartWith": unary(func(f words) wordStream { return f.StartWith("8", "9") }),
	"Zip":            binary(func(a, b words) wordStream { return reactive.Zip(a, b, addWords) }),
	"ZipSlice":       binary(func(a, b words) wordStream { return reactive.Map(reactive.ZipSlice(a, b), listWord) }),
	"CombineLatest":  binary(func(a, b words) wordStream { return reactive.CombineLatest(a, b, addWords) }),
	"WithLatestFrom": binary(func(a, b words) wordStream { return reactive.WithLatestFrom(a, b, addWords) }),
	"TakeUntilOther": binary(func(a, b words) wordStream { return reactive.TakeUntilOther(a, b) }),
	"When":           binary(func(a, b words) wordStream { return noWord(reactive.When(a.Then(), b.Then())) }),
	"Race":           binary(func(a, b words) wordStream { return noWord(reactive.Race(a.Then(), b.Then())) }),
	"Permits": binary(func(a, b words) wordStream {
		return reactive.Permits(a, reactive.TryMap(b, func(v string) (int64, error) { return strconv.ParseInt(v, 10, 64) }))
	}),

	// failures
	"Flux.OnErrorResume":  binary(func(a, b words) wordStream { return a.OnErrorResume(func(error) words { return b }) }),
	"Flux.OnErrorReturn":  unary(func(f words) wordStream { return f.OnErrorReturn("9") }),
	"Flux.OnErrorMap":     unary(func(f words) wordStream { return f.OnErrorMap(func(error) error { return io.ErrUnexpectedEOF }) }),
	"Flux.DefaultIfEmpty": unary(func(f words) wordStream { return f.DefaultIfEmpty("9") }),
	"Flux.Repeat":         unary(func(f words) wordStream { return f.Repeat(1) }),

	// time
	"Interval":       made(reactive.Map(reactive.Interval(4*time.Second), numberWord)),
	"Flux.Delay":     unary(func(f words) wordStream { return f.Delay(3 * time.Second) }),
	"Flux.DelayEnd":  unary(func(f words) wordStream { return f.DelayEnd(3 * time.Second) }),
	"Flux.Sample":    unary(func(f words) wordStream { return f.Sample(5 * time.Second) }),
	"Flux.Debounce":  unary(func(f words) wordStream { return f.Debounce(3 * time.Second) }),
	"Flux.Throttle":  unary(func(f words) wordStream { return f.Throttle(4 * time.Second) }),
	"Flux.Timeout":   unary(func(f words) wordStream { return f.Timeout(4 * time.Second) }),
	"Flux.TimeoutTo": binary(func(a, b words) wordStream { return a.TimeoutTo(4*time.Second, b) }),

	// demand and goroutines
	"Flux.LimitRate":            unary(func(f words) wordStream { return f.LimitRate(2) }),
	"Flux.Prefetch":             unary(func(f words) wordStream { return f.Prefetch(4) }),
	"Flux.OnBackpressureBuffer": unary(func(f words) wordStream { return f.OnBackpressureBuffer(2, reactive.OverflowDropOldest) }),
	"Flux.OnBackpressureLatest": unary(func(f words) wordStream { return f.OnBackpressureLatest() }),
	"Flux.OnBackpressureDrop":   unary(func(f words) wordStream { return f.OnBackpressureDrop(nil) }),
	"Flux.OnBackpressureError":  unary(func(f words) wordStream { return f.OnBackpressureError() }),
	"Flux.PublishOn":            unary(func(f words) wordStream { return f.PublishOn(lateBy(2*time.Second), 8) }),
	"Flux.SubscribeOn":          unary(func(f words) wordStream { return f.SubscribeOn(lateBy(time.Second)) }),

	// sharing
	"Flux.Share":       unary(func(f words) wordStream { return f.Share(8) }),
	"Flux.RefCount":    unary(func(f words) wordStream { return f.RefCount(2, 8, 0) }),
	"Flux.AutoConnect": unary(func(f words) wordStream { return f.AutoConnect(2, 8) }),
	"Flux.Replay":      unary(func(f words) wordStream { return f.Replay(2) }),
	"NewUnicast":       func(s *marbleStage) acted { return s.sink(reactive.NewUnicast[string](8)) },
	"NewMulticast":     func(s *marbleStage) acted { return s.sink(reactive.NewMulticast[string](8)) },
	"Broadcast.Flux": func(s *marbleStage) acted {
		room := reactive.NewBroadcast[string]()
		s.sources[0].act(func(v string) { room.Emit(v) }, room.Complete)
		return acts(room.Flux(2, reactive.OverflowDropOldest))
	},
	"NewReplay": func(s *marbleStage) acted { return s.sink(reactive.NewReplay[string](1)) },
}

func acts(p wordStream) acted { return acted{result: p} }

func made(p wordStream) func(*marbleStage) acted { return func(*marbleStage) acted { return acts(p) } }

func unary(f func(words) wordStream) func(*marbleStage) acted {
	return func(s *marbleStage) acted { return acts(f(s.src(0))) }
}

func binary(f func(a, b words) wordStream) func(*marbleStage) acted {
	return func(s *marbleStage) acted { return acts(f(s.src(0), s.src(1))) }
}

func (s *marbleStage) src(i int) words { return s.sources[i].flux() }

// drawn is the stream at the end of the line that says what is done.
func (s *marbleStage) drawn() words { return s.each("") }

// each is that stream with v where it says v.
func (s *marbleStage) each(v string) words {
	text := s.do[strings.LastIndexByte(s.do, ' ')+1:]
	return (&actor{marbleStage: s, line: parseLine(strings.ReplaceAll(text, "v", v))}).flux()
}

// sink is what its first source pushes into sink.
func (s *marbleStage) sink(sink *reactive.Sink[string]) acted {
	s.sources[0].act(func(v string) { sink.Next(v) }, func() { sink.Complete() })
	return acts(sink.Flux())
}

// act says what is drawn, whether somebody has subscribed or not.
func (a *actor) act(next func(string), complete func()) {
	a.hot = true
	go a.push(context.Background(), 0, next, complete, nil)
}

// next returns the values that are drawn, each when its time has come, and then io.EOF.
func (a *actor) next() func(context.Context) (string, error) {
	a.hot = true
	marbles := a.line.marbles
	return func(ctx context.Context) (string, error) {
		m := marbles[0]
		marbles = marbles[1:]
		if err := a.until(ctx, m.at); err != nil {
			return "", err
		}
		if m.c == '|' {
			return "", io.EOF
		}
		return string(m.c), nil
	}
}

// lateBy is a scheduler that is late by d.
func lateBy(d time.Duration) reactive.Scheduler {
	return func(task func()) { time.AfterFunc(d, task) }
}

func noWord(m reactive.Mono[reactive.Void]) word {
	return reactive.MapMono(m, func(reactive.Void) string { return "" })
}

func wordNumber(v string) int {
	n, err := strconv.Atoi(v)
	if err != nil {
		panic(err)
	}
	return n
}

func numberWord(n int64) string { return strconv.FormatInt(n, 10) }

func addWords(a, b string) string { return strconv.Itoa(wordNumber(a) + wordNumber(b)) }

func doubleWord(v string) string { return addWords(v, v) }

func doubleWordUnless(v string, err error) func(string) (string, error) {
	return func(w string) (string, error) {
		if w == v {
			return "", err
		}
		return doubleWord(w), nil
	}
}

func evenWord(v string) bool { return wordNumber(v)%2 == 0 }

func listWord(values []string) string { return fmt.Sprint(values) }
