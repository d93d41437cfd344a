package reactive_test

import (
	"fmt"
	"io"
	"slices"

	"github.com/fluxsocket/fluxsocket/reactive"
)

type texted = reactive.Publisher[string]

// properties returns all operators that have a model, and their forms over Mono.
func properties() (all []property) {
	for _, p := range slices.Concat(sources(), perValue(), folds(), nested(), joining(), pacing(), peeking(), recovering()) {
		all = append(all, p)
		if p.mono == nil {
			continue
		}
		m := p
		m.name = "Mono." + p.name
		m.op = func(src flux, s script) texted { return p.mono(reactive.MonoFrom(src), s) }
		m.model = func(s script) result { return p.model(s.first()) }
		m.most = func(s script, v view) int64 {
			if p.most == nil {
				return min(1, v.requested)
			}
			return 1
		}
		m.keeps = false
		all = append(all, m)
	}
	return all
}

// perValue are the operators that make something of each value, or nothing.
func perValue() []property {
	return []property{
		{name: "Map, MapMono", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return reactive.Map(src, func(v int) string { blow(); return fmt.Sprint(v + 1) })
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return reactive.MapMono(src, func(v int) string { blow(); return fmt.Sprint(v + 1) })
			},
			model: walk(func(_ script, _, v int) ([]string, bool) { return texts(v + 1), false }),
		},
		{name: "Map as a method", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.Map(func(v int) int { blow(); return v + 1 }))
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return show(src.Map(func(v int) int { blow(); return v + 1 }))
			},
			model: walk(func(_ script, _, v int) ([]string, bool) { return texts(v + 1), false }),
		},
		{name: "TryMap, TryMapMono", callback: true,
			op:    func(src flux, s script) texted { return show(reactive.TryMap(src, s.tryInc())) },
			mono:  func(src mono, s script) texted { return show(reactive.TryMapMono(src, s.tryInc())) },
			model: walk(func(_ script, _, v int) ([]string, bool) { return texts(v + 1), false }),
		},
		{name: "TryMap that panics", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.TryMap(src, func(v int) (int, error) { blow(); return v, nil }))
			},
			model: seen,
		},
		{name: "Handle, HandleMono", callback: true, most: replaced,
			op:    func(src flux, s script) texted { return show(reactive.Handle(src, s.evenUpTo8())) },
			mono:  func(src mono, s script) texted { return show(reactive.HandleMono(src, s.evenUpTo8())) },
			model: keeping(func(_ script, _, v int) (bool, bool) { return v != 8 && (v == 9 || v%2 == 0), v >= 8 }),
		},
		{name: "Filter", callback: true, keeps: true, most: replaced,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.Filter(func(v int) bool { blow(); return v%3 == 0 }))
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return show(src.Filter(func(v int) bool { blow(); return v%3 == 0 }))
			},
			model: keeping(func(_ script, _, v int) (bool, bool) { return v%3 == 0, false }),
		},
		{name: "Skip", keeps: true, most: replaced,
			op:    func(src flux, s script) texted { return show(src.Skip(int64(s.n))) },
			model: keeping(func(s script, i, _ int) (bool, bool) { return i >= s.n, false }),
		},
		{name: "Take", keeps: true,
			op:    func(src flux, s script) texted { return show(src.Take(int64(s.n))) },
			model: keeping(func(s script, i, _ int) (bool, bool) { return true, i == s.n-1 }),
			most:  func(s script, v view) int64 { return min(v.requested, int64(s.n)) },
		},
		{name: "First, MonoFrom",
			op:    func(src flux, _ script) texted { return show(src.First()) },
			mono:  func(src mono, _ script) texted { return show(reactive.MonoFrom(src.Flux())) },
			model: keeping(func(script, int, int) (bool, bool) { return true, true }),
			most:  func(_ script, v view) int64 { return min(v.requested, 1) },
		},
		{name: "TakeUntil", callback: true, keeps: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.TakeUntil(func(v int) bool { blow(); return v > 6 }))
			},
			model: keeping(func(_ script, _, v int) (bool, bool) { return true, v > 6 }),
		},
		{name: "TakeWhile", callback: true, keeps: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.TakeWhile(func(v int) bool { blow(); return v < 7 }))
			},
			model: keeping(func(_ script, _, v int) (bool, bool) { return v < 7, v >= 7 }),
		},
		{name: "Distinct", callback: true, keeps: true, most: replaced,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.Distinct(src, s.n, func(v int) int { blow(); return v / 2 }))
			},
			model: func(s script) result {
				var known []int
				return keeping(func(s script, _, v int) (bool, bool) {
					if slices.Contains(known, v/2) {
						return false, false
					}
					known = append(known, v/2)
					known = known[max(0, len(known)-s.n):]
					return true, false
				})(s)
			},
		},
		{name: "DistinctUntilChanged", callback: true, keeps: true, most: replaced,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.DistinctUntilChanged(src, func(v int) int { blow(); return v / 4 }))
			},
			model: keeping(func(s script, i, v int) (bool, bool) { return i == 0 || v/4 != s.values[i-1]/4, false }),
		},
		{name: "Scan", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.Scan(src, 100, func(sum, v int) int { blow(); return sum + v }))
			},
			model: func(s script) result {
				sum := 100
				r := walk(func(_ script, _, v int) ([]string, bool) { sum += v; return texts(sum), false })(s)
				r.values = slices.Insert(r.values, 0, "100")
				return r
			},
			most:  func(_ script, v view) int64 { return less(v.requested, 1) },
			early: true, // a failure does not wait until the seed is asked for
		},
		{name: "Buffer", keeps: true,
			op:    func(src flux, s script) texted { return show(reactive.Buffer(src, s.n)) },
			model: chunks,
			most:  func(s script, v view) int64 { return times(v.requested, s.n) },
		},
	}
}

// tryInc is for TryMap, and fails at call s.fault.
func (s script) tryInc() func(int) (int, error) {
	blown := s.fuseless()
	return func(v int) (int, error) {
		if blown() {
			return v, errFault
		}
		return v + 1, nil
	}
}

// evenUpTo8 is for Handle, and panics at call s.fault.
func (s script) evenUpTo8() func(int) (int, bool, error) {
	blow := s.fuse()
	return func(v int) (int, bool, error) {
		blow()
		switch v {
		case 8:
			return v, false, io.EOF
		case 9:
			return v, true, io.EOF
		}
		return v, v%2 == 0, nil
	}
}

func times(a int64, n int) int64 {
	if a > reactive.Unbounded/int64(n) {
		return reactive.Unbounded
	}
	return a * int64(n)
}

// folds are the operators that make little of everything.
func folds() []property {
	return []property{
		{name: "Reduce", callback: true, most: everything,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(reactive.Reduce(src, 100, func(sum, v int) int { blow(); return sum + v }))
			},
			model: folded(func(values []int) []string {
				sum := 100
				for _, v := range values {
					sum += v
				}
				return texts(sum)
			}),
		},
		{name: "CollectList", keeps: true, most: everything,
			op:    func(src flux, _ script) texted { return show(reactive.CollectList(src)) },
			model: folded(func(values []int) []string { return []string{fmt.Sprint(values)} }),
		},
		{name: "Last", keeps: true, most: everything,
			op:    func(src flux, _ script) texted { return show(src.Last()) },
			model: folded(func(values []int) []string { return texts(values[max(0, len(values)-1):]...) }),
		},
		{name: "TakeLast", keeps: true, most: everything,
			op: func(src flux, s script) texted { return show(src.TakeLast(s.n)) },
			model: func(s script) result {
				return folded(func(values []int) []string { return texts(values[max(0, len(values)-s.n):]...) })(s)
			},
		},
		{name: "Then", keeps: true, most: everything,
			op:    func(src flux, _ script) texted { return show(reactive.Then(src)) },
			mono:  func(src mono, _ script) texted { return show(src.Then()) },
			model: folded(func([]int) []string { return nil }),
		},
		{name: "Flux.Then", keeps: true, most: everything,
			op:    func(src flux, _ script) texted { return show(src.Then()) },
			model: folded(func([]int) []string { return nil }),
		},
	}
}
