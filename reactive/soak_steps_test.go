package reactive_test

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// expected is what is known of a stream from the steps that made it.
type expected struct {
	values  []int
	fails   bool // after the values
	sorted  bool // the values come in this order
	partial bool // it may end, in whatever way, after some of the values
	unknown bool // nothing is known of the values or the end
}

// monotone is a step whose values for the first values of its source are the first of its values.
func (x expected) monotone(f func([]int) []int) expected {
	x.values = f(x.values)
	return x
}

// ordered is the same for a step of which more is known only if its source has an order.
func (x expected) ordered(f func([]int) []int) expected {
	x.unknown = x.unknown || !x.sorted
	return x.monotone(f)
}

// whole is a step that says something only when its source completes.
func (x expected) whole(f func([]int) []int) expected {
	x.unknown = x.unknown || x.fails || x.partial
	return x.ordered(f)
}

// soakStep puts an operator, with random parameters, on a stream.
type soakStep struct {
	name string
	put  func(c *soakSession, f flux, x expected) (flux, expected)
}

// identity is a step that keeps all values in their order.
func identity(name string, op func(c *soakSession, f flux) flux) soakStep {
	return soakStep{name, func(c *soakSession, f flux, x expected) (flux, expected) { return op(c, f), x }}
}

// lossy is a step that drops what nobody has asked for in time.
func lossy(name string, op func(c *soakSession, f flux) flux) soakStep {
	return soakStep{name, func(c *soakSession, f flux, x expected) (flux, expected) {
		x.unknown = true
		return op(c, f), x
	}}
}

// each makes of every value what f does.
func each(f func(int) []int) func([]int) []int {
	return func(values []int) (all []int) {
		for _, v := range values {
			all = append(all, f(v)...)
		}
		return all
	}
}

func pairOf(v int) []int { return []int{v, v + 1} }

// soakSteps are what a chain is made of.
var soakSteps = []soakStep{
	identity("DoOnNext", func(_ *soakSession, f flux) flux { return f.DoOnNext(func(int) {}) }),
	identity("LimitRate", func(c *soakSession, f flux) flux { return f.LimitRate(c.upTo(8)) }),
	identity("Prefetch", func(c *soakSession, f flux) flux { return f.Prefetch(c.upTo(8)) }),
	identity("PublishOn", func(c *soakSession, f flux) flux { return f.PublishOn(c.scheduler(), c.upTo(8)) }),
	identity("SubscribeOn", func(c *soakSession, f flux) flux { return f.SubscribeOn(c.scheduler()) }),
	identity("Buffer", func(c *soakSession, f flux) flux {
		return reactive.ConcatMap(reactive.Buffer(f, c.upTo(5)), reactive.FromSlice[int])
	}),
	identity("BufferTimeout", func(c *soakSession, f flux) flux {
		return reactive.ConcatMap(reactive.BufferTimeout(f, c.upTo(5), c.moment()), reactive.FromSlice[int])
	}),
	identity("Window", func(c *soakSession, f flux) flux {
		return reactive.ConcatMap(reactive.Window(f, c.upTo(5)), func(w flux) flux { return w })
	}),
	identity("WindowTimeout", func(c *soakSession, f flux) flux {
		return reactive.ConcatMap(reactive.WindowTimeout(f, c.upTo(5), c.moment()), func(w flux) flux { return w })
	}),
	identity("OnBackpressureBuffer", func(_ *soakSession, f flux) flux {
		return f.OnBackpressureBuffer(math.MaxInt32, reactive.OverflowError)
	}),
	identity("Timeout", func(_ *soakSession, f flux) flux { return f.Timeout(24 * time.Hour) }),
	identity("Delay", func(c *soakSession, f flux) flux { return f.Delay(c.moment()) }),
	identity("DelayEnd", func(c *soakSession, f flux) flux { return f.DelayEnd(c.moment()) }),
	identity("Share", func(c *soakSession, f flux) flux { return f.Share(c.upTo(8)) }),
	identity("Permits", func(c *soakSession, f flux) flux {
		permits := reactive.Map(reactive.Interval(time.Millisecond), func(int64) int64 { return 3 })
		return reactive.Permits(f, c.watchClock(permits))
	}),
	identity("Zip", func(c *soakSession, f flux) flux {
		return reactive.Zip(f, c.watch(reactive.Range(0, math.MaxInt32)), left)
	}),
	identity("CombineLatest", func(c *soakSession, f flux) flux {
		return reactive.CombineLatest(c.watch(reactive.Just(1)), f, right)
	}),
	identity("WithLatestFrom", func(c *soakSession, f flux) flux {
		return reactive.WithLatestFrom(f, c.watch(reactive.Just(1)), left)
	}),
	identity("Using", func(_ *soakSession, f flux) flux {
		acquire := func(context.Context) (flux, error) { return f, nil }
		return reactive.Using(acquire, func(f flux) flux { return f }, func(flux) {})
	}),
	identity("SwitchOnFirst", func(_ *soakSession, f flux) flux {
		return reactive.SwitchOnFirst(f, func(_ int, all flux) flux { return all })
	}),
	{"Map", func(_ *soakSession, f flux, x expected) (flux, expected) {
		return reactive.FromPublisher(reactive.Map(f, inc)), x.monotone(each(func(v int) []int { return []int{v + 1} }))
	}},
	{"Filter", func(_ *soakSession, f flux, x expected) (flux, expected) {
		keep := func(v int) bool { return v%3 != 0 }
		return f.Filter(keep), x.monotone(func(values []int) []int {
			return slices.DeleteFunc(slices.Clone(values), func(v int) bool { return !keep(v) })
		})
	}},
	{"Take", func(c *soakSession, f flux, x expected) (flux, expected) {
		n := c.upTo(20)
		if len(x.values) >= n {
			x.partial, x.fails = x.partial || x.fails, false
		}
		return f.Take(int64(n)), x.ordered(func(values []int) []int { return values[:min(n, len(values))] })
	}},
	{"Skip", func(c *soakSession, f flux, x expected) (flux, expected) {
		n := c.upTo(4)
		return f.Skip(int64(n)), x.ordered(func(values []int) []int { return values[min(n, len(values)):] })
	}},
	{"TakeLast", func(c *soakSession, f flux, x expected) (flux, expected) {
		n := c.upTo(10)
		return f.TakeLast(n), x.whole(func(values []int) []int { return values[max(0, len(values)-n):] })
	}},
	{"Scan", func(_ *soakSession, f flux, x expected) (flux, expected) {
		add := func(sum, v int) int { return (sum + v) % 1000 }
		return reactive.Scan(f, 0, add), x.ordered(func(values []int) []int {
			all := []int{0}
			for _, v := range values {
				all = append(all, add(all[len(all)-1], v))
			}
			return all
		})
	}},
	{"DistinctUntilChanged", func(_ *soakSession, f flux, x expected) (flux, expected) {
		key := func(v int) int { return v / 2 }
		return reactive.DistinctUntilChanged(f, key), x.ordered(func(values []int) []int {
			return slices.CompactFunc(slices.Clone(values), func(v, w int) bool { return key(v) == key(w) })
		})
	}},
	{"StartWith", func(_ *soakSession, f flux, x expected) (flux, expected) {
		return f.StartWith(7, 8), x.monotone(func(values []int) []int { return append([]int{7, 8}, values...) })
	}},
	{"DefaultIfEmpty", func(_ *soakSession, f flux, x expected) (flux, expected) {
		if len(x.values) > 0 {
			x.unknown = x.unknown || x.partial
			return f.DefaultIfEmpty(7), x
		}
		return f.DefaultIfEmpty(7), x.whole(func([]int) []int { return []int{7} })
	}},
	{"ConcatMap", func(c *soakSession, f flux, x expected) (flux, expected) {
		return reactive.ConcatMap(f, func(v int) ints { return c.inner(pairOf(v)) }), x.monotone(each(pairOf))
	}},
	{"FlatMapSequential", func(c *soakSession, f flux, x expected) (flux, expected) {
		x.partial = x.partial || x.fails
		several := func(v int) ints { return c.inner(pairOf(v)) }
		return reactive.FlatMapSequential(f, c.upTo(4), several), x.monotone(each(pairOf))
	}},
	{"FlatMap", func(c *soakSession, f flux, x expected) (flux, expected) {
		x.partial, x.sorted = x.partial || x.fails, false
		return reactive.FlatMap(f, c.upTo(4), func(v int) ints { return c.inner(pairOf(v)) }), x.monotone(each(pairOf))
	}},
	{"GroupBy", func(_ *soakSession, f flux, x expected) (flux, expected) {
		x.partial, x.sorted = x.partial || x.fails, false
		return reactive.FlatMap(reactive.GroupBy(f, mod3), 3, func(g group) group { return g }), x
	}},
	{"MergeWith", func(c *soakSession, f flux, x expected) (flux, expected) {
		x.partial, x.sorted = x.partial || x.fails, false
		other := []int{1, 2, 3}
		return f.MergeWith(reactive.FromPublisher(c.inner(other))), x.monotone(func(values []int) []int {
			return slices.Concat(values, other)
		})
	}},
	{"Repeat", func(_ *soakSession, f flux, x expected) (flux, expected) {
		if x.fails || x.partial {
			x.unknown = true
		}
		return f.Repeat(1), x.monotone(func(values []int) []int { return slices.Concat(values, values) })
	}},
	{"a failure", func(c *soakSession, f flux, x expected) (flux, expected) {
		at, panics := c.upTo(30), c.rand.IntN(2) == 0
		if len(x.values) > at {
			x.fails = true
		}
		failing := reactive.Defer(func() flux {
			n := 0
			return reactive.TryMap(f, func(v int) (int, error) {
				switch n++; {
				case n <= at:
					return v, nil
				case panics:
					panic(errBoom)
				}
				return 0, errBoom
			})
		})
		return failing, x.ordered(func(values []int) []int { return values[:min(at, len(values))] })
	}},
	{"RetryBackoff", func(c *soakSession, f flux, x expected) (flux, expected) {
		x.unknown = x.unknown || x.fails || x.partial
		return f.RetryBackoff(2, c.moment(), 10*c.moment()), x
	}},
	{"OnErrorReturn", func(_ *soakSession, f flux, x expected) (flux, expected) {
		x.unknown = x.unknown || x.fails || x.partial
		return f.OnErrorReturn(7), x
	}},
	{"TakeUntilOther", func(c *soakSession, f flux, x expected) (flux, expected) {
		x.partial = true
		return reactive.TakeUntilOther(f, c.watchClock(reactive.Timer(10*c.moment()))), x
	}},
	lossy("SwitchMap", func(c *soakSession, f flux) flux {
		return reactive.SwitchMap(f, func(v int) ints { return c.inner(pairOf(v)) })
	}),
	lossy("Sample", func(c *soakSession, f flux) flux { return f.Sample(c.moment()) }),
	lossy("Debounce", func(c *soakSession, f flux) flux { return f.Debounce(c.moment()) }),
	lossy("OnBackpressureLatest", func(_ *soakSession, f flux) flux { return f.OnBackpressureLatest() }),
	lossy("OnBackpressureDrop", func(_ *soakSession, f flux) flux { return f.OnBackpressureDrop(nil) }),
}

// soakSources make a stream of the values.
var soakSources = []struct {
	name string
	make func(values []int) flux
}{
	{"FromSlice", reactive.FromSlice[int]},
	{"FromSeq", func(values []int) flux { return reactive.FromSeq(slices.Values(values)) }},
	{"Pull", pulled},
	{"FromChan", func(values []int) flux {
		return reactive.Defer(func() flux {
			ch := make(chan int, len(values))
			for _, v := range values {
				ch <- v
			}
			close(ch)
			return reactive.FromChan(ch)
		})
	}},
	{"Create", func(values []int) flux {
		return reactive.Create(func(ctx context.Context, out reactive.Emitter[int]) {
			go func() {
				for _, v := range values {
					if !out.Next(v) {
						return
					}
				}
				out.Complete()
			}()
		}, len(values), reactive.OverflowError)
	}},
	{"a clock", func(values []int) flux {
		ticks := reactive.Interval(time.Millisecond)
		return reactive.Zip(reactive.FromSlice(values), ticks, func(v int, _ int64) int { return v })
	}},
}

// pulled is a source with a goroutine of its own.
func pulled(values []int) flux {
	return reactive.Defer(func() flux {
		rest := values
		return reactive.Pull(func(ctx context.Context) (int, error) {
			if len(rest) == 0 {
				return 0, io.EOF
			}
			v := rest[0]
			rest = rest[1:]
			return v, ctx.Err()
		})
	})
}

// soakSession is one chain, and the choices that it is made of.
type soakSession struct {
	rand *rand.Rand
	soak *soak
	name string
}

func (c *soakSession) upTo(n int) int        { return 1 + c.rand.IntN(n) }
func (c *soakSession) moment() time.Duration { return time.Duration(c.upTo(2000)) * time.Microsecond }

// watch and watchClock make the round know of the subscriptions to a source.
func (c *soakSession) watch(src ints) ints { return watched[int]{src, c.soak, c.name} }
func (c *soakSession) watchClock(src reactive.Publisher[int64]) reactive.Publisher[int64] {
	return watched[int64]{src, c.soak, c.name}
}

func (c *soakSession) scheduler() reactive.Scheduler {
	if c.rand.IntN(2) == 0 {
		return reactive.Go
	}
	return reactive.Pool(c.upTo(3))
}

// inner is a stream within a stream. It is made while the chain runs, on any goroutine, so it is chosen by its values.
func (c *soakSession) inner(values []int) ints {
	switch values[0] % 4 {
	case 0:
		return c.watch(reactive.FromSlice(values))
	case 1:
		return c.watch(pulled(values))
	case 2:
		return c.watch(reactive.FromSlice(values).SubscribeOn(reactive.Go))
	default:
		return c.watch(reactive.FromSlice(values).Delay(time.Millisecond))
	}
}

// chain makes a random chain and says what is expected of it.
func (c *soakSession) chain() (flux, expected) {
	values := make([]int, c.rand.IntN(40))
	for i := range values {
		values[i] = c.rand.IntN(100)
	}
	source := soakSources[c.rand.IntN(len(soakSources))]
	c.name += " " + source.name
	f, x := source.make(values), expected{values: values, sorted: true}
	if c.rand.IntN(4) == 0 {
		c.name += " and failure"
		f, x.fails = reactive.Concat(f, reactive.Error[int](errBoom)), true
	}
	f = reactive.FromPublisher(c.watch(f))
	for range c.upTo(8) {
		step := soakSteps[c.rand.IntN(len(soakSteps))]
		c.name += ", " + step.name
		f, x = step.put(c, f, x)
		if len(x.values) > 500 {
			break
		}
	}
	return f, x
}
