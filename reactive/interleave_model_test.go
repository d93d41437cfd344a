package reactive_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

func weaves() []weave {
	nested := func(src []flux) func(int) flux { return func(v int) flux { return src[v] } }
	inners := []int{1, 2, 3}
	return []weave{
		{name: "Merge", sources: 3, shows: []int{0, 1, 2}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(reactive.Merge(src...)) }},
		{name: "MergeWith", sources: 2, shows: []int{0, 1}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(src[0].MergeWith(src[1])) }},
		{name: "FlatMap", sources: 4, shows: inners, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(reactive.FlatMap(src[0], 2, nested(src))) }},
		{name: "FlatMapSequential", sources: 4, shows: inners, lossless: true, model: laneByLane,
			op: func(src []flux) rows { return just(reactive.FlatMapSequential(src[0], 2, nested(src))) }},
		{name: "ConcatMap", sources: 4, shows: inners, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(reactive.ConcatMap(src[0], nested(src))) }},
		{name: "SwitchMap", sources: 4, shows: inners, model: arrivals,
			op: func(src []flux) rows { return just(reactive.SwitchMap(src[0], nested(src))) }},
		{name: "SwitchOnFirst", sources: 2, shows: []int{0, 1}, lossless: true, model: arrivals,
			op: func(src []flux) rows {
				return just(reactive.SwitchOnFirst(src[0], func(_ int, all flux) flux { return all.MergeWith(src[1]) }))
			}},
		{name: "CombineLatest", sources: 2, shows: []int{0, 1}, repeats: true, model: newestOfBoth,
			op: func(src []flux) rows { return reactive.CombineLatest(src[0], src[1], both) }},
		{name: "WithLatestFrom", sources: 2, shows: []int{0, 1}, repeats: true, model: newestOfOther,
			op: func(src []flux) rows { return reactive.WithLatestFrom(src[0], src[1], both) }},
		{name: "Zip", sources: 2, shows: []int{0, 1}, model: pairs(2),
			op: func(src []flux) rows { return reactive.Zip(src[0], src[1], both) }},
		{name: "ZipSlice", sources: 3, shows: []int{0, 1, 2}, model: pairs(3),
			op: func(src []flux) rows { return reactive.ZipSlice(src...) }},
		{name: "Race", sources: 2,
			op: func(src []flux) rows { return just(ends(reactive.Race(src[0].Then(), src[1].Then()))) }},
		{name: "When", sources: 2,
			op: func(src []flux) rows { return just(ends(reactive.When(src[0].Then(), src[1].Then()))) }},
		{name: "TakeUntilOther", sources: 2, shows: []int{0}, model: untilOther,
			op: func(src []flux) rows { return just(reactive.TakeUntilOther(src[0], src[1])) }},
		{name: "Permits", sources: 2, shows: []int{0}, lossless: true, model: only(0),
			op: func(src []flux) rows {
				return just(reactive.Permits(src[0], reactive.Map(src[1], func(int) int64 { return 2 })))
			}},
		{name: "GroupBy", sources: 1, shows: []int{0}, lossless: true, streams: mod3,
			op: func(src []flux) rows {
				return just(reactive.FlatMap(reactive.GroupBy(src[0], mod3), 3, func(g group) flux { return g.PublishOn(nil, 2) }))
			}},
		{name: "Window", sources: 1, shows: []int{0}, lossless: true, streams: func(v int) int { return (v - 1) / 2 },
			op: func(src []flux) rows {
				return just(reactive.FlatMap(reactive.Window(src[0], 2), 2, func(w flux) flux { return w.PublishOn(nil, 2) }))
			}},
		{name: "PublishOn", sources: 1, shows: []int{0}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(src[0].PublishOn(reactive.Go, 3)) }},
		{name: "SubscribeOn", sources: 1, shows: []int{0}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(src[0].SubscribeOn(reactive.Go)) }},
		{name: "Prefetch", sources: 1, shows: []int{0}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(src[0].Prefetch(3)) }},
		{name: "LimitRate", sources: 1, shows: []int{0}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(src[0].LimitRate(2)) }},
		{name: "OnBackpressureBuffer", sources: 1, shows: []int{0},
			op: func(src []flux) rows { return just(src[0].OnBackpressureBuffer(2, reactive.OverflowDropOldest)) }},
		{name: "OnBackpressureDrop", sources: 1, shows: []int{0},
			op: func(src []flux) rows { return just(src[0].OnBackpressureDrop(nil)) }},
		{name: "TakeLast", sources: 1, shows: []int{0},
			op: func(src []flux) rows { return just(src[0].TakeLast(3)) }},
		{name: "Buffer", sources: 1, shows: []int{0}, lossless: true,
			op: func(src []flux) rows { return reactive.Buffer(src[0], 2) }},
		{name: "Share", sources: 1, copies: true, shows: []int{0, 1},
			op: func(src []flux) rows {
				shared := src[0].Share(2)
				return just(reactive.Merge(shared, shared.Map(moved)))
			}},
		{name: "AutoConnect", sources: 1, copies: true, detached: true, shows: []int{0, 1}, lossless: true,
			op: func(src []flux) rows {
				shared := src[0].AutoConnect(2, 2)
				return just(reactive.Merge(shared, shared.Map(moved)))
			}},
		{name: "Broadcast", sources: 2, shows: []int{0, 1}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(broadcasting(src)) }},
		{name: "Sink", sources: 2, shows: []int{0, 1}, lossless: true, model: arrivals,
			op: func(src []flux) rows { return just(sinking(src)) }},
		{name: "Sample", sources: 1, shows: []int{0}, timed: true,
			op: func(src []flux) rows { return just(src[0].Sample(2 * time.Second)) }},
		{name: "Debounce", sources: 1, shows: []int{0}, timed: true,
			op: func(src []flux) rows { return just(src[0].Debounce(time.Second)) }},
		{name: "Delay", sources: 1, shows: []int{0}, lossless: true, timed: true,
			op: func(src []flux) rows { return just(src[0].Delay(time.Second)) }},
		{name: "BufferTimeout", sources: 1, shows: []int{0}, lossless: true, timed: true,
			op: func(src []flux) rows { return reactive.BufferTimeout(src[0], 3, time.Second) }},
		{name: "WindowTimeout", sources: 1, shows: []int{0}, lossless: true, timed: true,
			op: func(src []flux) rows {
				return just(reactive.ConcatMap(reactive.WindowTimeout(src[0], 3, time.Second), func(w flux) flux { return w.PublishOn(nil, 2) }))
			}},
		{name: "WindowTimeout, side by side", sources: 1, shows: []int{0}, lossless: true, timed: true, streams: func(v int) int { return v },
			op: func(src []flux) rows {
				return just(reactive.FlatMap(reactive.WindowTimeout(src[0], 3, time.Second), 2, func(w flux) flux { return w }))
			}},
		{name: "TimeoutTo", sources: 2, shows: []int{0, 1}, streams: func(int) int { return 0 }, timed: true,
			op: func(src []flux) rows { return just(src[0].TimeoutTo(time.Second, src[1])) }},
	}
}

// moved makes of a value of source 0 that of the second subscriber to it.
func moved(v int) int { return v + 1000 }

// broadcasting is what both sources emit into a Broadcast, whoever is first.
func broadcasting(src []flux) flux {
	return reactive.DeferContext(func(ctx context.Context) flux {
		b := reactive.NewBroadcast[int]()
		return pushing(ctx, src, b.Flux(100, reactive.OverflowError), func(v int) { b.Emit(v) }, b.Error, b.Complete)
	})
}

func sinking(src []flux) flux {
	return reactive.DeferContext(func(ctx context.Context) flux {
		sink := reactive.NewMulticast[int](100)
		return pushing(ctx, src, sink.Flux(), func(v int) { sink.Next(v) },
			func(err error) { sink.Error(err) }, func() { sink.Complete() })
	})
}

// pushing is out, into which all values of src are pushed once out was subscribed to; it is completed when all have
// completed.
func pushing(ctx context.Context, src []flux, out flux, next func(int), fail func(error), complete func()) flux {
	return reactive.FromPublisher(reactive.PublisherFunc[int](func(_ context.Context, s reactive.Subscriber[int]) {
		ctx, cancel := context.WithCancel(ctx)
		out.DoFinally(func(reactive.Signal) { cancel() }).Subscribe(ctx, s)
		var open sync.WaitGroup
		for _, f := range src {
			open.Add(1)
			reactive.Run(ctx, f, next, func(err error) {
				if err != nil {
					fail(err)
				}
				open.Done()
			})
		}
		go func() {
			open.Wait()
			complete()
		}()
	}))
}

// arrivals is the model of an operator that shows values as they come.
func arrivals(events []event) (all [][]int) {
	for _, e := range events {
		if e.value != 0 {
			all = append(all, []int{e.value})
		}
	}
	return all
}

// only is arrivals of one source.
func only(source int) func([]event) [][]int {
	return func(events []event) [][]int { return arrivals(of(source, events)) }
}

func of(source int, events []event) (own []event) {
	for _, e := range events {
		if e.source == source {
			own = append(own, e)
		}
	}
	return own
}

// laneByLane is the model of FlatMapSequential, whose sources 1, 2, ... are subscribed to in that order.
func laneByLane(events []event) (all [][]int) {
	for source := 1; source < 4; source++ {
		own := of(source, events)
		all = append(all, arrivals(own)...)
		if len(own) == 0 || own[len(own)-1].value != 0 {
			break
		}
	}
	return all
}

func newestOfBoth(events []event) [][]int { return newest(events, true) }

func newestOfOther(events []event) [][]int { return newest(events, false) }

// newest is a pair for each value, or for each of source 0, that comes when both sources have had one.
func newest(events []event, either bool) (all [][]int) {
	row := make([]int, 2)
	for _, e := range events {
		if e.value == 0 {
			continue
		}
		row[e.source] = e.value
		if row[0] != 0 && row[1] != 0 && (either || e.source == 0) {
			all = append(all, slices.Clone(row))
		}
	}
	return all
}

func pairs(sources int) func([]event) [][]int {
	return func(events []event) (all [][]int) {
		for k := 0; ; k++ {
			var row []int
			for source := range sources {
				own := arrivals(of(source, events))
				if k == len(own) {
					return all
				}
				row = append(row, own[k][0])
			}
			all = append(all, row)
		}
	}
}

// untilOther is the model of TakeUntilOther.
func untilOther(events []event) [][]int {
	if i := slices.IndexFunc(events, func(e event) bool { return e.source == 1 }); i >= 0 {
		events = events[:i]
	}
	return arrivals(events)
}
