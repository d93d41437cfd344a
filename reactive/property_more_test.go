package reactive_test

import (
	"context"
	"fmt"
	"io"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// joining are the operators over several sources.
func joining() []property {
	return []property{
		{name: "Concat",
			op:    func(src flux, _ script) texted { return show(reactive.Concat(src, flux{}, reactive.Just(7, 8))) },
			model: then(same, 7, 8),
		},
		{name: "StartWith",
			op: func(src flux, _ script) texted { return show(src.StartWith(7, 8)) },
			model: func(s script) result {
				r := same(s)
				r.values = append(texts(7, 8), r.values...)
				return r
			},
			most: func(_ script, v view) int64 { return less(v.requested, 2) },
		},
		{name: "Merge", early: true, anyOrder: true,
			op:    func(src flux, _ script) texted { return show(reactive.Merge(reactive.Just(7, 8), src, flux{})) },
			model: func(s script) result { return result{values: texts(append([]int{7, 8}, s.values...)...), end: s.err} },
			most:  func(_ script, v view) int64 { return ifAsked(v, v.received+32) },
		},
		{name: "MergeWith", early: true, anyOrder: true,
			op: func(src flux, _ script) texted { return show(src.MergeWith(reactive.Range(10, 3), reactive.Just(7))) },
			model: func(s script) result {
				return result{values: texts(append([]int{10, 11, 12, 7}, s.values...)...), end: s.err}
			},
			most: func(_ script, v view) int64 { return ifAsked(v, v.received+32) },
		},
		{name: "Zip", callback: true, early: true, most: lane,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return reactive.Zip(src, reactive.Range(1, 4), func(a, b int) string { blow(); return fmt.Sprint(a, b) })
			},
			model: zipped(1, 2, 3, 4),
		},
		{name: "ZipSlice", early: true, most: lane,
			op: func(src flux, _ script) texted {
				return reactive.Map(reactive.ZipSlice(reactive.Range(1, 4), src), func(v []int) string { return fmt.Sprint(v[1], v[0]) })
			},
			model: zipped(1, 2, 3, 4),
		},
		{name: "ZipMono", callback: true, most: func(_ script, v view) int64 { return min(1, v.requested) },
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return reactive.ZipMono(src.First(), reactive.JustMono(7), func(a, b int) string { blow(); return fmt.Sprint(a, b) })
			},
			model: func(s script) result { return zipped(7, 8)(s.first()) },
		},
		{name: "ZipMono3", callback: true, most: func(_ script, v view) int64 { return min(1, v.requested) },
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return reactive.ZipMono3(reactive.Done(), src.First(), reactive.JustMono(7),
					func(reactive.Void, int, int) string { blow(); return "" })
			},
			model: func(script) result { return result{} },
		},
		{name: "CombineLatest", callback: true, early: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return reactive.CombineLatest(reactive.Just(7), src, func(a, b int) string { blow(); return fmt.Sprint(b, a) })
			},
			model: func(s script) result {
				r := walk(func(_ script, _, v int) ([]string, bool) { return []string{fmt.Sprint(v, 7)}, false })(s)
				if s.err != nil {
					r.or = []error{s.err} // comes while a value waits that f has not seen
				}
				return r
			},
			most: func(_ script, v view) int64 { return ifAsked(v, v.delivered+32) },
		},
		{name: "WithLatestFrom", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return reactive.WithLatestFrom(src, reactive.Just(6, 7), func(a, b int) string { blow(); return fmt.Sprint(a, b) })
			},
			model: walk(func(_ script, _, v int) ([]string, bool) { return []string{fmt.Sprint(v, 7)}, false }),
		},
		{name: "WithLatestFrom of what is silent", keeps: true, most: replaced,
			op: func(src flux, _ script) texted {
				return show(reactive.WithLatestFrom(src, reactive.Never[int](), left))
			},
			model: func(s script) result { return result{end: s.err} },
		},
		{name: "TakeUntilOther", keeps: true,
			op:    func(src flux, _ script) texted { return show(reactive.TakeUntilOther(src, reactive.Never[string]())) },
			model: same,
		},
		{name: "TakeUntilOther that ends", keeps: true,
			op:    func(src flux, _ script) texted { return show(reactive.TakeUntilOther(src, reactive.Just("now"))) },
			model: gives(nil),
		},
		{name: "When",
			op:    func(src flux, _ script) texted { return show(reactive.When(reactive.Done(), src.Then())) },
			model: func(s script) result { return result{end: s.err} },
			most:  everything,
		},
		{name: "Race",
			op: func(src flux, _ script) texted {
				return show(reactive.Race(reactive.NeverMono[reactive.Void](), src.Then()))
			},
			model: func(s script) result { return result{end: s.err} },
			most:  everything,
		},
	}
}

// pacing are the operators that change nothing but the demand, or who runs what.
func pacing() []property {
	return []property{
		{name: "LimitRate", keeps: true, most: atMostN,
			op:    func(src flux, s script) texted { return show(src.LimitRate(s.n)) },
			model: same,
		},
		{name: "Prefetch", keeps: true, most: ahead,
			op:    func(src flux, s script) texted { return show(src.Prefetch(s.n)) },
			model: same,
		},
		{name: "PublishOn", keeps: true, async: true, most: ahead,
			op:    func(src flux, s script) texted { return show(src.PublishOn(reactive.Go, s.n)) },
			model: same,
		},
		{name: "Mono.PublishOn", async: true,
			op:    func(src flux, _ script) texted { return show(src.First().PublishOn(reactive.Go)) },
			model: func(s script) result { return same(s.first()) },
			most:  func(_ script, v view) int64 { return min(1, v.requested) },
		},
		{name: "SubscribeOn", async: true,
			op:    func(src flux, _ script) texted { return show(src.SubscribeOn(reactive.Pool(1))) },
			mono:  func(src mono, _ script) texted { return show(src.SubscribeOn(nil)) },
			model: same,
		},
		{name: "Permits",
			op: func(src flux, s script) texted {
				return show(reactive.Permits(src, reactive.Just(1, int64(s.n))))
			},
			model: func(s script) result {
				r := same(s)
				if most := s.n + 1; len(r.values) > most {
					return result{values: r.values[:most], open: true}
				}
				return r
			},
			most: func(s script, v view) int64 { return min(v.requested, int64(s.n+1)) },
		},
		{name: "Share",
			op:    func(src flux, s script) texted { return show(src.Share(s.n)) },
			model: same,
		},
		{name: "RefCount",
			op:    func(src flux, s script) texted { return show(src.RefCount(1, s.n, 0)) },
			model: same,
		},
		{name: "AutoConnect", detached: true,
			op:    func(src flux, s script) texted { return show(src.AutoConnect(1, s.n)) },
			model: same,
		},
		{name: "Replay", detached: true,
			op:    func(src flux, s script) texted { return show(src.Replay(s.n)) },
			mono:  func(src mono, _ script) texted { return show(src.Cache()) },
			model: same,
		},
		{name: "Mono.Cache", detached: true,
			op:    func(src flux, _ script) texted { return show(src.First().Cache()) },
			model: func(s script) result { return same(s.first()) },
			most:  func(_ script, v view) int64 { return min(1, v.requested) },
		},
		{name: "ToChan", async: true, // not an operator, but a stream can be made of it again
			op:    func(src flux, s script) texted { return show(throughChannel(src, s.n)) },
			model: same,
			most:  func(s script, v view) int64 { return v.delivered + int64(s.n) + 2 }, // one in the hand of each side
		},
	}
}

// throughChannel is src by way of ToChan and FromChan.
func throughChannel(src flux, capacity int) flux {
	return reactive.DeferContext(func(ctx context.Context) flux {
		ctx, cancel := context.WithCancel(ctx)
		ch, end := src.ToChan(ctx, capacity)
		rest := reactive.DeferMono(func() mono {
			if err := end(); err != nil {
				return reactive.ErrorMono[int](err)
			}
			return mono{}
		})
		return reactive.Concat(reactive.FromChan(ch), rest.Flux()).DoFinally(func(reactive.Signal) { cancel() })
	})
}

// peeking are the operators that look on, and those that work on the context.
func peeking() []property {
	return []property{
		{name: "DoOnNext", callback: true, model: seen,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.DoOnNext(func(int) { blow() }))
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return show(src.DoOnNext(func(int) { blow() }))
			},
		},
		{name: "DoOnComplete", callback: true,
			op:   func(src flux, s script) texted { return show(src.DoOnComplete(s.fuse())) },
			mono: func(src mono, s script) texted { return show(src.DoOnComplete(s.fuse())) },
			model: func(s script) result {
				r := same(s)
				if s.fault == 0 && s.err == nil {
					r.end = errFault
				}
				return r
			},
		},
		{name: "DoOnError", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.DoOnError(func(error) { blow() }))
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return show(src.DoOnError(func(error) { blow() }))
			},
			model: func(s script) result {
				r := same(s)
				if s.fault == 0 && s.err != nil {
					r.end = errFault // joined with s.err
				}
				return r
			},
		},
		{name: "DoOnCancel", callback: true, model: same,
			op:   func(src flux, s script) texted { return show(src.DoOnCancel(s.fuse())) },
			mono: func(src mono, s script) texted { return show(src.DoOnCancel(s.fuse())) },
		},
		{name: "DoFinally", callback: true, model: same,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.DoFinally(func(reactive.Signal) { blow() }))
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return show(src.DoFinally(func(reactive.Signal) { blow() }))
			},
		},
		{name: "DoOnRequest", model: same,
			op:   func(src flux, _ script) texted { return show(src.DoOnRequest(func(int64) {})) },
			mono: func(src mono, _ script) texted { return show(src.DoOnRequest(func(int64) {})) },
		},
		{name: "DoOnSubscribe", callback: true,
			op:   func(src flux, s script) texted { return show(src.DoOnSubscribe(s.fuse())) },
			mono: func(src mono, s script) texted { return show(src.DoOnSubscribe(s.fuse())) },
			model: func(s script) result {
				if s.fault == 0 {
					return result{end: errFault}
				}
				return same(s)
			},
		},
		{name: "WithValue", model: same,
			op:   func(src flux, s script) texted { return show(src.WithValue(contextKey("n"), s.n)) },
			mono: func(src mono, s script) texted { return show(src.WithValue(contextKey("n"), s.n)) },
		},
		{name: "OnDiscard as a function", model: same, keeps: true,
			op: func(src flux, _ script) texted { return show(reactive.OnDiscard(src, func(string) {})) },
		},
		{name: "OnDiscard", model: same,
			op:   func(src flux, _ script) texted { return show(src.OnDiscard(func(int) {})) },
			mono: func(src mono, _ script) texted { return show(src.OnDiscard(func(int) {})) },
		},
		{name: "Log", model: same,
			op:   func(src flux, s script) texted { return show(src.Log(plain(io.Discard), fmt.Sprint(s.n))) },
			mono: func(src mono, s script) texted { return show(src.Log(plain(io.Discard), fmt.Sprint(s.n))) },
		},
		{name: "FromPublisher", model: same,
			op:   func(src flux, _ script) texted { return show(reactive.FromPublisher(ints(src))) },
			mono: func(src mono, _ script) texted { return show(src.Flux()) },
		},
		{name: "Mono.Flux", most: func(_ script, v view) int64 { return min(1, v.requested) },
			op:    func(src flux, _ script) texted { return show(src.First().Flux()) },
			model: func(s script) result { return same(s.first()) },
		},
		{name: "Defer", callback: true, model: deferral,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.Defer(func() flux { blow(); return src }))
			},
		},
		{name: "DeferContext", callback: true, model: deferral,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.DeferContext(func(context.Context) flux { blow(); return src }))
			},
		},
		{name: "DeferMono", callback: true, most: func(_ script, v view) int64 { return min(1, v.requested) },
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.DeferMono(func() mono { blow(); return src.First() }))
			},
			model: func(s script) result { return deferral(s.first()) },
		},
		{name: "Using", callback: true, model: deferral,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.Using(
					func(context.Context) (int, error) { return s.n, nil },
					func(int) flux { blow(); return src },
					func(int) {}))
			},
		},
	}
}

// deferral is the model of what calls its function once and then is what that returned.
func deferral(s script) result {
	if s.fault == 0 {
		return result{end: errFault}
	}
	return same(s)
}
