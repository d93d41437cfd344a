package reactive_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

type (
	ints    = reactive.Publisher[int]
	flux    = reactive.Flux[int]
	mono    = reactive.Mono[int]
	void    = reactive.Mono[reactive.Void]
	subject = reactivetest.Subject
)

// over makes an operator out of a method of Flux.
func over(f func(flux) flux) func(ints) ints {
	return func(src ints) ints { return f(reactive.FromPublisher(src)) }
}

// ends looks at a stream without values as at one of ints.
func ends(m void) ints { return reactive.Map(m, func(reactive.Void) int { return 0 }) }

func seq(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// counter is a read function of n values.
func counter(n int, last error) func(context.Context) (int, error) {
	i := 0
	return func(context.Context) (int, error) {
		if i == n {
			return 0, last
		}
		i++
		return i, nil
	}
}

func clock() flux {
	return reactive.Map(reactive.Interval(time.Second), func(n int64) int { return int(n) })
}

func inc(v int) int { return v + 1 }

func burst(int) int { panic("callback") }

// TestSources runs every source through the rules of Reactive Streams.
func TestSources(t *testing.T) {
	failing := func(err error) ints { return reactive.Error[int](err) }
	tests := []struct {
		name string
		subject
	}{
		{"Just", subject{
			Publisher: func(n int) ints { return reactive.Just(make([]int, n)...) },
			Failing:   failing,
		}},
		{"Range", subject{
			Publisher: func(n int) ints { return reactive.Range(1, n) },
			Failing:   failing,
		}},
		{"FromSeq", subject{
			Publisher: func(n int) ints { return reactive.FromSeq(seq(n)) },
		}},
		{"FromChan", subject{
			Publisher: func(n int) ints {
				ch := make(chan int, n)
				for i := range n {
					ch <- i
				}
				close(ch)
				return reactive.FromChan(ch)
			},
			Once: true,
		}},
		{"Pull", subject{
			Publisher: func(n int) ints {
				return reactive.Defer(func() flux { return reactive.Pull(counter(n, io.EOF)) })
			},
			Failing: func(err error) ints { return reactive.Pull(counter(2, err)) },
		}},
		{"JustMono", subject{
			Publisher: func(n int) ints {
				if n == 0 {
					return reactive.EmptyMono[int]()
				}
				return reactive.JustMono(n)
			},
			Failing:   func(err error) ints { return reactive.ErrorMono[int](err) },
			MaxValues: 1,
		}},
		{"FromFunc", subject{
			Publisher: func(n int) ints {
				if n == 0 {
					return reactive.Empty[int]()
				}
				return reactive.FromFunc(counter(2000, io.EOF))
			},
			Failing:   func(err error) ints { return reactive.FromFunc(counter(0, err)) },
			MaxValues: 1,
			Once:      true, // the counter is shared
		}},
		{"Do", subject{
			Publisher: func(int) ints { return ends(reactive.Do(func(context.Context) error { return nil })) },
			Failing: func(err error) ints {
				return ends(reactive.Do(func(context.Context) error { return err }))
			},
			MaxValues: reactivetest.NoValues,
		}},
		{"Never", subject{
			Publisher: func(int) ints { return reactive.Never[int]() },
			Endless:   true,
			MaxValues: reactivetest.NoValues,
		}},
		{"Defer", subject{
			Publisher: func(n int) ints { return reactive.Defer(func() flux { return reactive.Range(0, n) }) },
			Failing:   func(err error) ints { return reactive.Defer(func() mono { return reactive.ErrorMono[int](err) }) },
		}},
		{"DeferMono", subject{
			Publisher: func(n int) ints {
				return reactive.DeferMono(func() mono { return reactive.Range(0, n).First() })
			},
			MaxValues: 1,
		}},
		{"Using", subject{
			Publisher: func(n int) ints {
				return reactive.Using(
					func(context.Context) (int, error) { return n, nil },
					func(n int) flux { return reactive.Range(0, n) },
					func(int) {})
			},
			Failing: func(err error) ints {
				return reactive.Using(counter(0, err), reactive.JustMono[int], func(int) {})
			},
		}},
		{"Interval", subject{
			Publisher: func(int) ints { return clock() },
			Endless:   true,
			Virtual:   true,
		}},
		{"OnBackpressureDrop", subject{
			Publisher: func(int) ints { return clock().OnBackpressureDrop(func(int) {}) },
			Endless:   true,
			Virtual:   true,
		}},
		{"OnBackpressureLatest", subject{
			Publisher: func(int) ints { return clock().OnBackpressureLatest() },
			Endless:   true,
			Virtual:   true,
		}},
		{"Timer", subject{
			Publisher: func(n int) ints {
				if n == 0 {
					return reactive.Empty[int]()
				}
				return reactive.Map(reactive.Timer(time.Millisecond), func(n int64) int { return int(n) })
			},
			MaxValues: 1,
			Virtual:   true,
		}},
		{"Concat", subject{
			Publisher: func(n int) ints {
				return reactive.Concat(reactive.Range(0, n/2), reactive.Empty[int](), reactive.Range(0, n-n/2))
			},
			Failing: func(err error) ints { return reactive.Concat(reactive.Just(1), reactive.Error[int](err)) },
		}},
		{"StartWith", subject{
			Publisher: func(n int) ints {
				return reactive.Range(2, n-n/2).StartWith(make([]int, n/2)...)
			},
		}},
		{"Merge", subject{
			Publisher: func(n int) ints {
				return reactive.Merge(reactive.Range(0, n/2), reactive.Empty[int](), reactive.Range(0, n-n/2))
			},
			Failing: func(err error) ints { return reactive.Merge(reactive.Just(1), reactive.Error[int](err)) },
		}},
		{"MergeWith", subject{
			Publisher: func(n int) ints { return reactive.Range(0, n/2).MergeWith(reactive.Range(0, n-n/2)) },
		}},
		{"Merge of goroutines", subject{
			Publisher: func(n int) ints {
				half := func(n int) flux {
					return reactive.Range(0, n).PublishOn(reactive.Go, 8)
				}
				return reactive.Merge(half(n/2), half(n/4), half(n/4))
			},
		}},
		{"When", subject{
			Publisher: func(int) ints { return ends(reactive.When(reactive.Done(), reactive.Done())) },
			Failing: func(err error) ints {
				return ends(reactive.When(reactive.NeverMono[reactive.Void](), reactive.ErrorMono[reactive.Void](err)))
			},
			MaxValues: reactivetest.NoValues,
		}},
		{"Race", subject{
			Publisher: func(int) ints {
				return ends(reactive.Race(reactive.NeverMono[reactive.Void](), reactive.Timer(time.Second).Then()))
			},
			MaxValues: reactivetest.NoValues,
			Virtual:   true,
		}},
		{"Permits", subject{ // that come one by one from another goroutine
			Publisher: func(n int) ints {
				ones := reactive.Map(reactive.Range(0, n), func(int) int64 { return 1 })
				return reactive.Permits(reactive.Range(0, n), ones.PublishOn(reactive.Go, 4))
			},
			Failing: func(err error) ints {
				return reactive.Permits(reactive.Range(0, 2), reactive.Error[int64](err))
			},
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}

// TestOperators runs every operator through the rules of Reactive Streams, as a subscriber and as a publisher.
func TestOperators(t *testing.T) {
	errFirst := errors.New("first failure")
	tests := []struct {
		name string
		subject
	}{
		{"MonoFrom", subject{
			Operator:  func(src ints) ints { return reactive.MonoFrom(src) },
			MaxValues: 1,
		}},
		{"Map", subject{
			Operator:  func(src ints) ints { return reactive.Map(src, inc) },
			Panicking: func(src ints) ints { return reactive.Map(src, burst) },
		}},
		{"TryMap", subject{
			Operator: func(src ints) ints { return reactive.TryMap(src, func(v int) (int, error) { return v, nil }) },
			Panicking: func(src ints) ints {
				return reactive.TryMap(src, func(v int) (int, error) { return burst(v), nil })
			},
		}},
		{"Filter", subject{
			Operator:  over(func(f flux) flux { return f.Filter(func(v int) bool { return v%2 == 0 }) }),
			Panicking: over(func(f flux) flux { return f.Filter(func(v int) bool { return burst(v) == 0 }) }),
			Needs:     func(n int) int { return 2 * n },
		}},
		{"Then", subject{
			Operator:  func(src ints) ints { return ends(reactive.Then(src)) },
			MaxValues: reactivetest.NoValues,
		}},
		{"Take", subject{
			Operator:  over(func(f flux) flux { return f.Take(5) }),
			MaxValues: 5,
		}},
		{"First", subject{
			Operator:  func(src ints) ints { return reactive.FromPublisher(src).First() },
			MaxValues: 1,
		}},
		{"Last", subject{
			Operator:  func(src ints) ints { return reactive.FromPublisher(src).Take(3).Last() },
			Needs:     func(n int) int { return 3 * n },
			MaxValues: 1,
			ReadAhead: reactive.Unbounded,
		}},
		{"Skip", subject{
			Operator:  over(func(f flux) flux { return f.Skip(3) }),
			Needs:     func(n int) int { return n + 3 },
			ReadAhead: 3,
		}},
		{"Scan", subject{
			Operator:  func(src ints) ints { return reactive.Scan(src, 0, func(sum, v int) int { return sum + v }) },
			Panicking: func(src ints) ints { return reactive.Scan(src, 0, func(_, v int) int { return burst(v) }) },
			Needs:     func(n int) int { return n - 1 },
			ReadAhead: 1,    // the seed took none from the source
			Virtual:   true, // some checks wait in vain
		}},
		{"Reduce", subject{
			Operator: func(src ints) ints {
				return reactive.Reduce(reactive.FromPublisher(src).Take(3), 0, func(sum, v int) int { return sum + v })
			},
			Panicking: func(src ints) ints { return reactive.Reduce(src, 0, func(_, v int) int { return burst(v) }) },
			Needs:     func(n int) int { return 3 * n },
			MaxValues: 1,
			ReadAhead: reactive.Unbounded,
			Virtual:   true, // some checks wait in vain
		}},
		{"DoOnNext", subject{
			Operator:  over(func(f flux) flux { return f.DoOnNext(func(int) {}) }),
			Panicking: over(func(f flux) flux { return f.DoOnNext(func(v int) { burst(v) }) }),
		}},
		{"DoOnError and DoOnComplete", subject{
			Operator: over(func(f flux) flux { return f.DoOnError(func(error) {}).DoOnComplete(func() {}) }),
		}},
		{"DoOnCancel", subject{Operator: over(func(f flux) flux { return f.DoOnCancel(func() {}) })}},
		{"DoFinally", subject{Operator: over(func(f flux) flux { return f.DoFinally(func(reactive.Signal) {}) })}},
		{"DoOnRequest", subject{
			Operator:  over(func(f flux) flux { return f.DoOnRequest(func(int64) {}) }),
			Panicking: over(func(f flux) flux { return f.DoOnRequest(func(int64) { burst(0) }) }),
			Virtual:   true, // some checks wait in vain
		}},
		{"DoOnSubscribe", subject{
			Operator: over(func(f flux) flux { return f.DoOnSubscribe(func() {}) }),
		}},
		{"ConcatMap to one", subject{
			Operator: func(src ints) ints { return reactive.ConcatMap(src, reactive.JustMono[int]) },
			Panicking: func(src ints) ints {
				return reactive.ConcatMap(src, func(v int) mono { burst(v); return mono{} })
			},
		}},
		{"ConcatMap to many", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(src, func(v int) flux { return reactive.Range(v, 3) })
			},
			Needs: func(n int) int { return (n + 2) / 3 },
		}},
		{"ConcatMap to a goroutine", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(src, func(v int) flux { return reactive.Pull(counter(2, io.EOF)) })
			},
			Needs: func(n int) int { return (n + 1) / 2 },
		}},
		{"ConcatMap to a timer", subject{
			Operator: func(src ints) ints {
				return reactive.ConcatMap(src, func(v int) mono {
					return reactive.MapMono(reactive.Timer(time.Millisecond), func(int64) int { return v })
				})
			},
			Virtual: true,
		}},
		{"ConcatMapPrefetch to one", subject{
			Operator: func(src ints) ints { return reactive.ConcatMapPrefetch(src, 6, reactive.JustMono[int]) },
			Panicking: func(src ints) ints {
				return reactive.ConcatMapPrefetch(src, 6, func(v int) mono { burst(v); return mono{} })
			},
			ReadAhead: 6,
		}},
		{"FlatMap to one", subject{
			Operator: func(src ints) ints { return reactive.FlatMap(src, 4, reactive.JustMono[int]) },
			Panicking: func(src ints) ints {
				return reactive.FlatMap(src, 4, func(v int) mono { burst(v); return mono{} })
			},
			ReadAhead: 4,
		}},
		{"FlatMap to many", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMap(src, 4, func(v int) flux { return reactive.Range(v, 3) })
			},
			Needs:     func(n int) int { return (n + 2) / 3 },
			ReadAhead: 4,
		}},
		{"FlatMap to goroutines", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMap(src, 3, func(v int) mono { return reactive.FromFunc(counter(1, nil)).SubscribeOn(reactive.Go) })
			},
			ReadAhead: 3,
		}},
		{"FlatMapMono", subject{
			Operator: func(src ints) ints {
				return reactive.FlatMapMono(reactive.FromPublisher(src).First(), reactive.JustMono[int])
			},
			MaxValues: 1,
		}},
		{"Buffer", subject{
			Operator: func(src ints) ints {
				return reactive.Map(reactive.Buffer(src, 4), func(list []int) int { return list[0] })
			},
			Needs: func(n int) int { return 4 * n },
		}},
		{"BufferTimeout", subject{
			Operator: func(src ints) ints {
				return reactive.Map(reactive.BufferTimeout(src, 4, time.Second), func(list []int) int { return list[0] })
			},
			Needs:     func(n int) int { return 4 * n },
			ReadAhead: 4,
			Virtual:   true,
		}},
		{"CollectList", subject{
			Operator: func(src ints) ints {
				return reactive.Map(reactive.CollectList(reactive.FromPublisher(src).Take(4)), func(list []int) int { return len(list) })
			},
			Needs:     func(n int) int { return 4 * n },
			MaxValues: 1,
			ReadAhead: reactive.Unbounded,
			Virtual:   true, // some checks wait in vain
		}},
		{"LimitRate 1", subject{Operator: over(func(f flux) flux { return f.LimitRate(1) })}},
		{"LimitRate 7", subject{Operator: over(func(f flux) flux { return f.LimitRate(7) })}},
		{"Prefetch", subject{
			Operator:  over(func(f flux) flux { return f.Prefetch(6) }),
			ReadAhead: 6,
		}},
		{"PublishOn", subject{
			Operator:  over(func(f flux) flux { return f.PublishOn(reactive.Go, 6) }),
			ReadAhead: 6,
		}},
		{"SubscribeOn", subject{
			Operator: over(func(f flux) flux { return f.SubscribeOn(reactive.Pool(2)) }),
		}},
		{"OnBackpressureBuffer", subject{
			Operator:  over(func(f flux) flux { return f.OnBackpressureBuffer(200_000, reactive.OverflowError) }),
			ReadAhead: reactive.Unbounded,
		}},
		{"Permits", subject{
			Operator: func(src ints) ints { return reactive.Permits(src, reactive.Just(reactive.Unbounded)) },
		}},
		{"Timeout", subject{
			Operator: over(func(f flux) flux { return f.Timeout(24 * time.Hour) }),
			Virtual:  true,
		}},
		{"DelayEnd", subject{
			Operator: over(func(f flux) flux { return f.DelayEnd(time.Second) }),
			Virtual:  true,
		}},
		{"RetryBackoff", subject{
			Operator: over(func(f flux) flux { return f.RetryBackoff(2, 0, 0) }),
			Recovers: true,
		}},
		{"OnErrorResume", subject{
			Operator: over(func(f flux) flux { return f.OnErrorResume(func(error) flux { return reactive.Just(1) }) }),
			Recovers: true,
		}},
		{"OnErrorResume with failure", subject{
			Operator: over(func(f flux) flux { return f.OnErrorResume(reactive.Error[int]) }),
		}},
		{"OnErrorReturn", subject{
			Operator: over(func(f flux) flux { return f.OnErrorReturn(1) }),
			Recovers: true,
		}},
		{"OnErrorMap", subject{
			Operator: over(func(f flux) flux {
				return f.OnErrorMap(func(err error) error { return errors.Join(errFirst, err) })
			}),
		}},
		{"DefaultIfEmpty", subject{
			Operator: over(func(f flux) flux { return f.DefaultIfEmpty(1) }),
			Virtual:  true, // some checks wait in vain
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}
