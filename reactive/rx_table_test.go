package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/reactivex/rxgo/v2"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// This file proves, line by line, the two tables in the documentation of FromRx that rx_test.go does not.

// thousand is a stream of a thousand numbers, and how many of them were taken.
func thousand() (f reactive.Flux[int], taken *atomic.Int64) {
	taken = new(atomic.Int64)
	return reactive.Range(0, 1000).DoOnNext(func(int) { taken.Add(1) }), taken
}

func rxIdentity(_ context.Context, v any) (any, error) { return v, nil }

// What operators take from their source before and after the first request, with channels that buffer b items.
func TestRxTableDemand(t *testing.T) {
	second := rxgo.WithDuration(time.Second)
	tests := []struct {
		name   string
		op     func(rxgo.Observable) rxgo.Observable
		first  func(b int) int // before there is any demand
		second func(b int) int // after Request(1)
	}{
		{
			"Map",
			func(o rxgo.Observable) rxgo.Observable { return o.Map(rxIdentity) },
			func(b int) int { return 2 * (b + 1) },
			func(b int) int { return 2*(b+1) + 1 },
		},
		{
			"Scan",
			func(o rxgo.Observable) rxgo.Observable {
				return o.Scan(func(_ context.Context, _, v any) (any, error) { return v, nil })
			},
			func(b int) int { return 2 * (b + 1) },
			func(b int) int { return 2*(b+1) + 1 },
		},
		{
			"Distinct",
			func(o rxgo.Observable) rxgo.Observable { return o.Distinct(rxIdentity) },
			func(b int) int { return 2 * (b + 1) },
			func(b int) int { return 2*(b+1) + 1 },
		},
		{
			"Filter that drops two",
			func(o rxgo.Observable) rxgo.Observable { return o.Filter(func(v any) bool { return v.(int) > 1 }) },
			func(b int) int { return 2*(b+1) + 2 },
			func(b int) int { return 2*(b+1) + 3 },
		},
		{
			"Skip(2)",
			func(o rxgo.Observable) rxgo.Observable { return o.Skip(2) },
			func(b int) int { return 2*(b+1) + 2 },
			func(b int) int { return 2*(b+1) + 3 },
		},
		{
			"BufferWithCount(3)",
			func(o rxgo.Observable) rxgo.Observable { return o.BufferWithCount(3) },
			func(b int) int { return 3*(b+1) + b + 1 },
			func(b int) int { return 3*(b+2) + b + 1 },
		},
		{
			"BufferWithTime",
			func(o rxgo.Observable) rxgo.Observable { return o.BufferWithTime(second) },
			func(int) int { return 1000 },
			func(int) int { return 1000 },
		},
		{
			"Debounce",
			func(o rxgo.Observable) rxgo.Observable { return o.Debounce(second) },
			func(int) int { return 1000 },
			func(int) int { return 1000 },
		},
	}
	for _, tc := range tests {
		for _, b := range []int{0, 1, 16} {
			t.Run(fmt.Sprint(tc.name, "/buffer ", b), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, taken := thousand()
					p := reactivetest.Subscribe(t, reactive.FromRx[any](tc.op(f.Observable()), rxgo.WithBufferedChannel(b)))
					synctest.Wait()
					if got, want := int(taken.Load()), tc.first(b); got != want {
						t.Errorf("%d values taken before the first request, want %d", got, want)
					}
					p.Request(1)
					synctest.Wait()
					if got, want := int(taken.Load()), tc.second(b); got != want {
						t.Errorf("%d values taken after Request(1), want %d", got, want)
					}
					p.Cancel()
				})
			})
		}
	}
}

// Sample takes all there is, and has to be told of the end.
func TestRxTableSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f, taken := thousand()
		o := f.Observable().Sample(reactive.Never[int](), rxgo.WithContext(ctx))
		synctest.Wait()
		if got := taken.Load(); got != 1000 {
			t.Errorf("%d values taken before anybody has subscribed, want 1000", got)
		}
		reactivetest.Subscribe(t, reactive.FromRx[int](o)).Cancel()
		cancel()
	})
}

// A window is passed on with its first value, and takes n of them if it is read; the next one is opened at once.
func TestRxTableWindowWithCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, taken := thousand()
		windows := reactive.FromRx[rxgo.Observable](f.Observable().WindowWithCount(3))
		p := reactivetest.Subscribe(t, windows.Take(5))
		for i := range 4 {
			p.Request(1).ExpectCount(1)
			synctest.Wait()
			if got, want := int(taken.Load()), 3*i+2; got != want {
				t.Errorf("%d values taken when window %d is there, want %d", got, i, want)
			}
			got, err := reactive.FromRx[int](p.Values()[i]).Collect(t.Context())
			if diff := cmp.Diff([]int{3 * i, 3*i + 1, 3*i + 2}, got); diff != "" || err != nil {
				t.Errorf("window %d, error %v (-want +got):\n%s", i, err, diff)
			}
		}
		p.Request(1).ExpectCount(1) // Take(5) cancels; the last window must be read all the same
		last := reactivetest.Subscribe(t, reactive.FromRx[int](p.Values()[4])).Request(reactive.Unbounded)
		last.SkipValues().ExpectComplete()
	})
}

// One inner stream after the other, whatever the pool.
func TestRxTableFlatMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var open, most atomic.Int64
		inner := reactive.Just("v").Delay(time.Second).
			DoOnSubscribe(func() { most.Store(max(most.Load(), open.Add(1))) }).
			DoOnComplete(func() { open.Add(-1) }) // before RxGo hears of it; DoFinally would come after, next to what follows
		o := reactive.Range(0, 5).Observable().
			FlatMap(func(rxgo.Item) rxgo.Observable { return inner.Observable() }, rxgo.WithPool(3))
		start := time.Now()
		got, err := reactive.FromRx[string](o).Collect(t.Context())
		if len(got) != 5 || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
		if got, want := time.Since(start), 5*time.Second; got != want {
			t.Errorf("five streams of a second took %v, want %v", got, want)
		}
		if got := most.Load(); got != 1 {
			t.Errorf("%d inner streams at a time, want 1", got)
		}
	})
}

// The function of FlatMap is called with the failure, which is lost if it does not pass it on.
func TestRxTableFlatMapErrors(t *testing.T) {
	tests := []struct {
		name string
		f    rxgo.ItemToObservable
		end  error
	}{
		{"ignored", func(i rxgo.Item) rxgo.Observable { return rxgo.Empty() }, nil},
		{"passed on", func(i rxgo.Item) rxgo.Observable {
			if i.Error() {
				return rxgo.Thrown(i.E)
			}
			return rxgo.Empty()
		}, errBoom},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := reactive.FromRx[int](failAfter(1).Observable().FlatMap(tc.f)).Collect(t.Context())
			if !errors.Is(err, tc.end) {
				t.Errorf("got error %v, want %v", err, tc.end)
			}
		})
	}
}

// Take(2) ends with the third value, and leaves its source where it is.
func TestRxTableTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		src := reactivetest.NewSource[int](t)
		items := reactive.FromPublisher[int](src).Observable().Take(2).Observe(rxgo.WithContext(ctx))
		for i := range 2 {
			synctest.Wait()
			src.Next(i)
			if got := (<-items).V; got != i {
				t.Errorf("got %v, want %d", got, i)
			}
		}
		synctest.Wait()
		select {
		case item, ok := <-items:
			t.Errorf("got %v, %v before the third value", item, ok)
		default:
		}
		src.Next(2)
		if item, ok := <-items; ok {
			t.Errorf("got %v after the third value, want the end", item)
		}
		synctest.Wait()
		if src.Cancelled() {
			t.Error("Take cancelled its source")
		}
		cancel()
		src.ExpectCancelled()
	})
}

// A group that is not read stops the others.
func TestRxTableGroupBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o := reactive.Range(0, 10).Observable().
			GroupBy(2, func(i rxgo.Item) int { return i.V.(int) % 2 }, rxgo.WithContext(ctx))
		groups, err := reactive.FromRx[rxgo.Observable](o).Collect(t.Context())
		if err != nil || len(groups) != 2 {
			t.Fatalf("got %d groups, %v, want 2", len(groups), err)
		}
		even := reactivetest.Subscribe(t, reactive.FromRx[int](groups[0])).Request(10)
		synctest.Wait()
		even.ExpectNext(0).ExpectNoSignal(time.Hour)
		odd := reactivetest.Subscribe(t, reactive.FromRx[int](groups[1])).Request(10)
		even.ExpectNext(2, 4, 6, 8).ExpectComplete()
		odd.ExpectNext(1, 3, 5, 7, 9).ExpectComplete()
		cancel()
	})
}

// What ends with the subscription and is not in TestFromRxCancel: the source is cancelled, the end of the context is a
// failure and not completion, and nothing is left (or the bubble would not end).
func TestRxTableCancel(t *testing.T) {
	flat := func(i rxgo.Item) rxgo.Observable {
		if i.Error() {
			return rxgo.Thrown(i.E)
		}
		return i.V.(rxgo.Observable)
	}
	tests := []struct {
		name string
		op   func(rxgo.Observable) rxgo.Observable
	}{
		{"Distinct", func(o rxgo.Observable) rxgo.Observable { return o.Distinct(rxIdentity) }},
		{"Skip", func(o rxgo.Observable) rxgo.Observable { return o.Skip(1) }},
		{"WindowWithCount, all read", func(o rxgo.Observable) rxgo.Observable { return o.WindowWithCount(2).FlatMap(flat) }},
	}
	for _, tc := range tests {
		for _, byContext := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.name, "/by the context ", byContext), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					src, p := reactivetest.NewSource[int](t), reactivetest.NewProbe[any](t)
					reactive.FromRx[any](tc.op(reactive.FromPublisher[int](src).Observable())).Subscribe(ctx, p)
					p.Request(10)
					src.ExpectDemand(1).Next(1)
					src.ExpectDemand(1).Next(2)
					p.ExpectCount(1)
					if byContext {
						cancel(errBoom)
						p.SkipValues().ExpectError(errBoom)
					} else {
						p.Cancel()
					}
					src.ExpectCancelled()
				})
			})
		}
	}
}

// A window that nobody reads holds up RxGo after the cancel; WindowWithTime can be freed by a context of its own.
func TestRxTableUnreadWindow(t *testing.T) {
	tests := []struct {
		name  string
		op    func(rxgo.Observable, rxgo.Option) rxgo.Observable
		freed bool // by the context
	}{
		{"WindowWithCount", func(o rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return o.WindowWithCount(2, own)
		}, false},
		{"WindowWithTime", func(o rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return o.WindowWithTime(rxgo.WithDuration(time.Hour), own)
		}, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan struct{})
				src := reactivetest.NewSource[int](t)
				o := tc.op(reactive.FromPublisher[int](src).Observable(), rxgo.WithContext(ctx))
				items := o.Observe()
				src.ExpectDemand(1).Next(1)
				window := (<-items).V.(rxgo.Observable)
				go func() { rxItems(items); close(ended) }()
				cancel()
				synctest.Wait()
				select {
				case <-ended:
					if !tc.freed {
						t.Error("the context freed it")
					}
				default:
					if tc.freed {
						t.Error("the context did not free it")
					}
				}
				go rxItems(window.Observe())
				<-ended
				src.ExpectCancelled()
			})
		})
	}
}

// What observes its source when it is made, once, and ends with the context it was made with, not with the subscription.
func TestRxTableEager(t *testing.T) {
	pair := func(a, b rxgo.Observable) []rxgo.Observable { return []rxgo.Observable{a, b} }
	tests := []struct {
		name   string
		op     func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable
		a, b   int // subscriptions as soon as it is made
		passed int // of a value of a
	}{
		{"Merge", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return rxgo.Merge(pair(a, b), own)
		}, 1, 1, 1},
		{"Concat", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return rxgo.Concat(pair(a, b), own)
		}, 1, 0, 1},
		{"Amb", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return rxgo.Amb(pair(a, b), own)
		}, 1, 1, 1},
		{"CombineLatest", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return rxgo.CombineLatest(func(v ...any) any { return v[0] }, pair(a, b), own)
		}, 1, 1, 0},
		{"ZipFromIterable", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return a.ZipFromIterable(b, func(_ context.Context, a, b any) (any, error) { return a, nil }, own)
		}, 1, 1, 0},
		{"GroupByDynamic", func(a, _ rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return a.GroupByDynamic(func(rxgo.Item) string { return "all" }, own)
		}, 1, 0, 1},
		{"Retry", func(a, _ rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return a.Retry(3, func(error) bool { return true }, own)
		}, 1, 0, 1},
		{"StartWith", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return b.StartWith(a, own)
		}, 1, 0, 1},
		{"Sample", func(a, b rxgo.Observable, own rxgo.Option) rxgo.Observable {
			return a.Sample(b, own)
		}, 1, 1, 0},
	}
	for _, tc := range tests {
		for _, leave := range []bool{false, true} {
			t.Run(fmt.Sprint(tc.name, "/leave ", leave), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					session, end := context.WithCancelCause(t.Context())
					defer end(nil)
					a, b := reactivetest.NewSource[int](t), reactivetest.NewSource[int](t)
					o := tc.op(reactive.FromPublisher[int](a).Observable(), reactive.FromPublisher[int](b).Observable(),
						rxgo.WithContext(session))
					synctest.Wait()
					if a.Subscriptions() != tc.a || b.Subscriptions() != tc.b {
						t.Errorf("%d and %d subscriptions when it is made, want %d and %d",
							a.Subscriptions(), b.Subscriptions(), tc.a, tc.b)
					}
					p := reactivetest.NewProbe[any](t)
					reactive.FromRx[any](o).Subscribe(session, p)
					p.Request(10)
					a.ExpectDemand(1).Next(1)
					synctest.Wait()
					if got := len(p.Values()); got != tc.passed {
						t.Errorf("%d values arrive, want %d", got, tc.passed)
					}
					if leave {
						p.Cancel()
						synctest.Wait()
						if a.Cancelled() {
							t.Error("the source is cancelled by the subscriber")
						}
					}
					end(errBoom)
					if !leave {
						p.SkipValues().ExpectError(errBoom) // and not completion
					}
					a.ExpectCancelled()
				})
			})
		}
	}
}

// An observer of an event source that does not read blocks the others. One that leaves through FromRx is read for until
// the end.
func TestRxTableEventSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		session, end := context.WithCancel(t.Context())
		events := make(chan rxgo.Item)
		o := rxgo.FromEventSource(events, rxgo.WithContext(session))
		quick := reactivetest.Subscribe(t, reactive.FromRx[int](o)).Request(10)
		slow := reactivetest.Subscribe(t, reactive.FromRx[int](o))
		go func() {
			for i := range 3 {
				events <- rxgo.Of(i)
			}
		}()
		quick.ExpectNext(0).ExpectNoSignal(time.Hour)
		slow.Cancel()
		quick.ExpectNext(1, 2)
		synctest.Wait() // RxGo closes no observer if the context ends while it sends
		end()
		quick.Cancel()
	})
}

// The context of the subscription takes the place of one that was given to an operator before.
func TestRxTableReplacedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own, end := context.WithCancel(t.Context())
		src := reactivetest.NewSource[int](t)
		o := reactive.FromPublisher[int](src).Observable().Map(rxIdentity, rxgo.WithContext(own))
		p := reactivetest.Subscribe(t, reactive.FromRx[int](o)).Request(10)
		src.ExpectDemand(1).Next(1)
		end()
		src.ExpectDemand(1).Next(2)
		p.ExpectNext(1, 2).Cancel()
		src.ExpectCancelled()
	})
}

// What ends a chain of RxGo returns no Observable; this would not compile if it did.
var _ = []func(rxgo.Observable) rxgo.Disposed{
	func(o rxgo.Observable) rxgo.Disposed { return o.DoOnNext(func(any) {}) },
	func(o rxgo.Observable) rxgo.Disposed { return o.DoOnError(func(error) {}) },
	func(o rxgo.Observable) rxgo.Disposed { return o.DoOnCompleted(func() {}) },
	func(o rxgo.Observable) rxgo.Disposed { return o.ForEach(func(any) {}, func(error) {}, func() {}) },
}

// RxGo takes a slice apart; a struct around it keeps it whole.
func TestRxTableBytes(t *testing.T) {
	type frame struct{ payload []byte }
	bytes, err := reactive.FromRx[byte](rxgo.Just([]byte("hi"))()).Collect(t.Context())
	if got := string(bytes); got != "hi" || err != nil {
		t.Errorf("got %q, %v, want the bytes one by one", got, err)
	}
	frames, err := reactive.FromRx[frame](rxgo.Just(frame{[]byte("hi")})()).Collect(t.Context())
	if len(frames) != 1 || string(frames[0].payload) != "hi" || err != nil {
		t.Errorf("got %v, %v, want one frame", frames, err)
	}
}
