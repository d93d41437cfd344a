package reactive_test

import (
	"context"
	"io"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// sources are the properties of streams without a source.
func sources() []property {
	return []property{
		{name: "Just", model: same,
			op: func(_ flux, s script) texted {
				return show(reactive.Concat(reactive.Just(s.values...), failure(s)))
			},
		},
		{name: "FromSlice", model: func(s script) result { return result{values: texts(s.values...)} },
			op: func(_ flux, s script) texted { return show(reactive.FromSlice(s.values)) },
		},
		{name: "Range",
			op:    func(_ flux, s script) texted { return show(reactive.Range(s.n, s.n-2)) },
			model: func(s script) result { return repeatedly(s.n-2, func(i int) int { return s.n + i }) },
		},
		{name: "FromSeq", callback: true, model: producer,
			op: func(_ flux, s script) texted {
				return show(reactive.Concat(reactive.FromSeq(func(yield func(int) bool) {
					blow := s.fuse()
					for _, v := range s.values {
						if blow(); !yield(v) {
							return
						}
					}
					blow()
				}), failure(s)))
			},
		},
		{name: "Pull", callback: true, async: true, model: producer,
			op: func(_ flux, s script) texted {
				blow, rest := s.fuse(), s.values
				return show(reactive.Pull(func(context.Context) (v int, err error) {
					blow()
					switch {
					case len(rest) > 0:
						v, rest = rest[0], rest[1:]
						return v, nil
					case s.err != nil:
						return 0, s.err
					}
					return 0, io.EOF
				}))
			},
		},
		{name: "FromChan", async: true, model: func(s script) result { return result{values: texts(s.values...)} },
			op: func(_ flux, s script) texted {
				ch := make(chan int, 9)
				for _, v := range s.values {
					ch <- v
				}
				close(ch)
				return show(reactive.FromChan(ch))
			},
		},
		{name: "FromFunc", callback: true,
			op: func(_ flux, s script) texted {
				blow := s.fuse()
				return show(reactive.FromFunc(func(context.Context) (int, error) { blow(); return s.n, s.err }))
			},
			model: func(s script) result {
				switch {
				case s.fault == 0:
					return result{end: errFault}
				case s.err != nil:
					return result{end: s.err}
				}
				return result{values: texts(s.n)}
			},
		},
		{name: "Do", callback: true,
			op: func(_ flux, s script) texted {
				blow := s.fuse()
				return show(reactive.Do(func(context.Context) error { blow(); return s.err }))
			},
			model: func(s script) result { return deferral(script{err: s.err, fault: s.fault}) },
		},
		{name: "JustMono", model: gives(nil, 7), op: func(flux, script) texted { return show(reactive.JustMono(7)) }},
		{name: "Empty", model: gives(nil), op: func(flux, script) texted { return show(reactive.Empty[int]()) }},
		{name: "EmptyMono", model: gives(nil), op: func(flux, script) texted { return show(reactive.EmptyMono[int]()) }},
		{name: "Done", model: gives(nil), op: func(flux, script) texted { return show(reactive.Done()) }},
		{name: "Error", model: gives(errBoom), op: func(flux, script) texted { return show(reactive.Error[int](errBoom)) }},
		{name: "ErrorMono", model: gives(errBoom),
			op: func(flux, script) texted { return show(reactive.ErrorMono[int](errBoom)) }},
		{name: "Never", model: func(script) result { return result{open: true} },
			op: func(flux, script) texted { return show(reactive.Never[int]()) }},
		{name: "NeverMono", model: func(script) result { return result{open: true} },
			op: func(flux, script) texted { return show(reactive.NeverMono[int]()) }},
		{name: "Create", callback: true, model: producer,
			op: func(_ flux, s script) texted {
				return show(reactive.Create(func(_ context.Context, out reactive.Emitter[int]) {
					blow := s.fuse()
					for _, v := range s.values {
						blow()
						out.Next(v)
					}
					blow()
					if s.err != nil {
						out.Error(s.err)
					} else {
						out.Complete()
					}
				}, 9, reactive.OverflowError))
			},
		},
		{name: "NewUnicast, Sink.Flux", model: same,
			op: func(_ flux, s script) texted { return show(filled(reactive.NewUnicast[int](9), s).Flux()) },
		},
		{name: "NewMulticast, Sink.Flux", model: same,
			op: func(_ flux, s script) texted { return show(filled(reactive.NewMulticast[int](9), s).Flux()) },
		},
		{name: "NewReplay, Sink.Flux",
			op: func(_ flux, s script) texted { return show(filled(reactive.NewReplay[int](s.n), s).Flux()) },
			model: func(s script) result {
				return result{values: texts(s.values[max(0, len(s.values)-s.n):]...), end: s.err}
			},
		},
		{name: "NewBroadcast, Broadcast.Flux", model: same,
			op: func(_ flux, s script) texted {
				return show(reactive.PublisherFunc[int](func(ctx context.Context, down reactive.Subscriber[int]) {
					b := reactive.NewBroadcast[int]()
					b.Flux(9, reactive.OverflowError).Subscribe(ctx, down)
					for _, v := range s.values {
						b.Emit(v)
					}
					if s.err != nil {
						b.Error(s.err)
					} else {
						b.Complete()
					}
				}))
			},
		},
	}
}

func failure(s script) flux {
	if s.err != nil {
		return reactive.Error[int](s.err)
	}
	return flux{}
}

// producer is the model of a function that is called for each value and once for the end.
func producer(s script) result {
	r := seen(s)
	if s.fault == len(s.values) {
		r.end = errFault
	}
	return r
}

// filled is sink with all of s in it.
func filled(sink *reactive.Sink[int], s script) *reactive.Sink[int] {
	for _, v := range s.values {
		sink.Next(v)
	}
	if s.err != nil {
		sink.Error(s.err)
	} else {
		sink.Complete()
	}
	return sink
}
