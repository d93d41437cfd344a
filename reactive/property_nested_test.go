package reactive_test

import (
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// nested are the operators that subscribe to streams made of values, or split the source into streams.
func nested() []property {
	return []property{
		{name: "ConcatMap", callback: true, early: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.ConcatMap(src, func(v int) flux { blow(); return innerOf(v) }))
			},
			model: raced,
			most:  func(_ script, v view) int64 { return ifAsked(v, v.received+1) },
		},
		{name: "ConcatMapPrefetch", callback: true, early: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.ConcatMapPrefetch(src, s.n, func(v int) flux { blow(); return innerOf(v) }))
			},
			model: raced,
			most:  func(s script, v view) int64 { return v.received + int64(s.n) },
		},
		{name: "Flux.ConcatMap", callback: true, early: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.ConcatMap(func(v int) flux { blow(); return innerOf(v) }))
			},
			model: raced,
			most:  func(_ script, v view) int64 { return ifAsked(v, v.received+1) },
		},
		{name: "ConcatMap to goroutines", callback: true, early: true, async: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.ConcatMap(src, func(v int) flux { blow(); return innerOf(v).PublishOn(nil, s.n) }))
			},
			model: raced,
			most:  func(_ script, v view) int64 { return ifAsked(v, v.received+1) },
		},
		{name: "FlatMapMono", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.FlatMapMono(src.First(), func(v int) mono { blow(); return innerOf(v).First() }))
			},
			model: func(s script) result {
				r := flattened(s.first())
				if len(r.values) > 0 {
					r.values, r.end = r.values[:1], nil
				}
				return r
			},
			most: func(_ script, v view) int64 { return min(1, v.requested) },
		},
		{name: "FlatMap", callback: true, early: true, most: concurrency,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.FlatMap(src, s.n, func(v int) flux { blow(); return innerOf(v) }))
			},
			model: raced,
		},
		{name: "FlatMap to the values themselves", keeps: true, early: true, most: concurrency,
			op: func(src flux, s script) texted {
				return show(reactive.FlatMap(src, s.n, func(v int) flux { return reactive.Range(v, 1) }))
			},
			model: same,
		},
		{name: "FlatMap to goroutines", callback: true, early: true, async: true, anyOrder: true, most: concurrency,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.FlatMap(src, s.n, func(v int) flux { blow(); return innerOf(v).PublishOn(reactive.Go, 2) }))
			},
			model: mixed,
		},
		{name: "FlatMapSequential", callback: true, early: true, most: concurrency,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.FlatMapSequential(src, s.n, func(v int) flux { blow(); return innerOf(v) }))
			},
			model: raced,
		},
		{name: "FlatMapSequential to the values themselves", keeps: true, early: true, most: concurrency,
			op: func(src flux, s script) texted {
				return show(reactive.FlatMapSequential(src, s.n, reactive.JustMono[int]))
			},
			model: same,
		},
		{name: "FlatMapSequential to goroutines", callback: true, early: true, async: true, most: concurrency,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.FlatMapSequential(src, s.n, func(v int) flux {
					blow()
					return innerOf(v).SubscribeOn(reactive.Go)
				}))
			},
			model: raced,
		},
		{name: "SwitchOnFirst", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.SwitchOnFirst(src, func(_ int, all flux) flux { blow(); return all }))
			},
			model: func(s script) result {
				if s.fault == 0 && len(s.values) > 0 {
					return result{end: errFault}
				}
				return same(s)
			},
		},
		{name: "SwitchOnFirst without a function of its own", keeps: true,
			op: func(src flux, s script) texted {
				return show(reactive.SwitchOnFirst(src, func(_ int, all flux) flux { return all }))
			},
			model: same,
		},
		{name: "SwitchOnFirst to another stream",
			op: func(src flux, s script) texted {
				return show(reactive.SwitchOnFirst(src, func(first int, _ flux) flux { return reactive.Range(first, s.n) }))
			},
			model: func(s script) result {
				if len(s.values) == 0 {
					return same(s)
				}
				return repeatedly(s.n, func(i int) int { return s.values[0] + i })
			},
			most: func(_ script, v view) int64 { return min(1, v.requested) },
		},
		{name: "GroupBy", callback: true, early: true, keeps: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				groups := reactive.GroupBy(src, func(v int) int { blow(); return v % 3 })
				return show(reactive.FlatMap(groups, 3, func(g group) flux { return g.Flux }))
			},
			model: seen,
			most:  func(_ script, v view) int64 { return ifAsked(v, v.received+256) },
		},
		{name: "Window", keeps: true,
			op: func(src flux, s script) texted {
				return show(reactive.ConcatMap(reactive.Window(src, s.n), func(w flux) reactive.Mono[[]int] { return reactive.CollectList(w) }))
			},
			model: chunks,
			most:  func(s script, v view) int64 { return ifAsked(v, v.received/int64(s.n)*int64(s.n)+int64(s.n)) },
		},
		{name: "Window, value by value", early: true, keeps: true,
			op: func(src flux, s script) texted {
				return show(reactive.ConcatMap(reactive.Window(src, s.n), func(w flux) flux { return w }))
			},
			model: same,
			most:  func(s script, v view) int64 { return ifAsked(v, v.received/int64(s.n)*int64(s.n)+int64(s.n)) },
		},
		{name: "WindowTimeout, in time", keeps: true, async: true,
			op: func(src flux, s script) texted {
				return show(reactive.ConcatMap(reactive.WindowTimeout(src, s.n, 10_000*time.Hour), func(w flux) reactive.Mono[[]int] { return reactive.CollectList(w) }))
			},
			model: chunks,
			most:  func(s script, v view) int64 { return ifAsked(v, v.received/int64(s.n)*int64(s.n)+int64(s.n)) },
		},
		{name: "WindowTimeout, value by value", early: true, keeps: true, async: true,
			op: func(src flux, s script) texted {
				return show(reactive.ConcatMap(reactive.WindowTimeout(src, s.n, time.Minute), func(w flux) flux { return w }))
			},
			model: same,
			most:  concurrency,
		},
		{name: "WindowTimeout, side by side", early: true, keeps: true, async: true, anyOrder: true,
			op: func(src flux, s script) texted {
				return show(reactive.FlatMap(reactive.WindowTimeout(src, s.n, time.Minute), 2, func(w flux) flux { return w }))
			},
			model: same,
			most:  concurrency,
		},
	}
}

func repeatedly(n int, f func(i int) int) (r result) {
	for i := range n {
		r.values = append(r.values, texts(f(i))...)
	}
	return r
}
