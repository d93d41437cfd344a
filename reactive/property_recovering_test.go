package reactive_test

import (
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// recovering are the operators that are about the end of the source.
func recovering() []property {
	return []property{
		{name: "DefaultIfEmpty",
			op:   func(src flux, _ script) texted { return show(src.DefaultIfEmpty(7)) },
			mono: func(src mono, _ script) texted { return show(src.DefaultIfEmpty(7)) },
			model: func(s script) result {
				if len(s.values) == 0 {
					return then(same, 7)(s)
				}
				return same(s)
			},
		},
		{name: "OnErrorReturn", model: resumed(nil, 7),
			op:   func(src flux, _ script) texted { return show(src.OnErrorReturn(7)) },
			mono: func(src mono, _ script) texted { return show(src.OnErrorReturn(7)) },
		},
		{name: "OnErrorResume", callback: true, model: resumed(errInner, 7, 8),
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.OnErrorResume(func(error) flux {
					blow()
					return reactive.Concat(reactive.Just(7, 8), reactive.Error[int](errInner))
				}))
			},
		},
		{name: "Mono.OnErrorResume", callback: true, most: func(_ script, v view) int64 { return min(1, v.requested) },
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.First().OnErrorResume(func(error) mono { blow(); return reactive.JustMono(7) }))
			},
			model: func(s script) result { return resumed(nil, 7)(s.first()) },
		},
		{name: "OnErrorMap", callback: true,
			op: func(src flux, s script) texted {
				blow := s.fuse()
				return show(src.OnErrorMap(func(error) error { blow(); return errInner }))
			},
			mono: func(src mono, s script) texted {
				blow := s.fuse()
				return show(src.OnErrorMap(func(error) error { blow(); return errInner }))
			},
			model: resumed(errInner),
		},
		{name: "Checkpoint", model: same,
			op:   func(src flux, _ script) texted { return show(src.Checkpoint("here")) },
			mono: func(src mono, _ script) texted { return show(src.Checkpoint("here")) },
		},
		{name: "Repeat", model: repeated,
			op: func(src flux, s script) texted { return show(src.Repeat(s.n)) },
		},
		{name: "Mono.Repeat", detached: true, // First cancels the source while it may be repeated
			op:    func(src flux, s script) texted { return show(src.First().Repeat(s.n)) },
			model: func(s script) result { return repeated(s.first()) },
			most:  func(_ script, v view) int64 { return min(1, v.requested) },
		},
		{name: "RetryBackoff", async: true,
			op:   func(src flux, s script) texted { return show(src.RetryBackoff(s.n, time.Second, time.Minute)) },
			mono: func(src mono, s script) texted { return show(src.RetryBackoff(s.n, time.Second, time.Minute)) },
			model: func(s script) result {
				if s.err == nil {
					return same(s)
				}
				r := result{end: s.err}
				for range s.n + 1 {
					r.values = append(r.values, texts(s.values...)...)
				}
				return r
			},
		},
	}
}

// resumed is the model of what follows a failure.
func resumed(end error, values ...int) func(script) result {
	return func(s script) result {
		r := same(s)
		switch {
		case s.err == nil:
		case s.fault == 0:
			r.end = errFault
		default:
			r.values, r.end = append(r.values, texts(values...)...), end
		}
		return r
	}
}
