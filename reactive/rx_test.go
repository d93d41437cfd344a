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

// RxGo in the middle of a typed stream.
func ExampleFromRx() {
	pairs := reactive.Range(1, 5).Observable().BufferWithCount(2)
	lists := reactive.FromRx[[]any](pairs)
	err := lists.ForEach(background, func(list []any) { fmt.Println(list) })
	fmt.Println(err)
	// Output:
	// [1 2]
	// [3 4]
	// [5]
	// <nil>
}

// A Flux is an Iterable, which RxGo's own functions and operators accept.
func ExampleFlux_Observe() {
	words := reactive.Just("one", "two", "three")
	for item := range words.Observe(rxgo.WithBufferedChannel(8)) {
		fmt.Println(item.V)
	}
	// Output:
	// one
	// two
	// three
}

func rxItems(ch <-chan rxgo.Item) (items []any) {
	for item := range ch {
		if item.Error() {
			items = append(items, item.E)
		} else {
			items = append(items, item.V)
		}
	}
	return items
}

func TestObserve(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		it   rxgo.Iterable
		want string
	}{
		{"flux", reactive.Range(0, 3), "[0 1 2]"},
		{"empty", reactive.Empty[int](), "[]"},
		{"zero value", reactive.Flux[int]{}, "[]"},
		{"failure", reactive.Concat(reactive.Just(1), reactive.Error[int](boom)), "[1 boom]"},
		{"mono", reactive.JustMono("v"), "[v]"},
		{"failed mono", reactive.ErrorMono[int](boom), "[boom]"},
		{"bytes stay together", reactive.Just([]byte("hi"), []byte("ho")), "[[104 105] [104 111]]"},
		{"observable", reactive.Range(0, 3).Observable(), "[0 1 2]"},
		{"mono observable", reactive.JustMono(1).Observable().Map(inRx(func(v any) any { return v.(int) + 1 })), "[2]"},
		{"another goroutine", reactive.Range(0, 3).PublishOn(reactive.Go, 2), "[0 1 2]"},
		{"a source that breaks rule 1.1", reactive.FromPublisher[int](reactive.PublisherFunc[int](flood)), "[0 " + reactive.ErrOverflow.Error() + "]"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			for _, buffer := range []int{0, 1, 16} {
				if buffer > 0 && tc.name == "a source that breaks rule 1.1" {
					continue
				}
				if got := fmt.Sprint(rxItems(tc.it.Observe(rxgo.WithBufferedChannel(buffer)))); got != tc.want {
					t.Errorf("buffer %d: got %s, want %s", buffer, got, tc.want)
				}
			}
		})
	}
}

// flood emits two values whatever it is asked for.
func flood(_ context.Context, s reactive.Subscriber[int]) {
	s.OnSubscribe(&ignored{})
	s.OnNext(0)
	s.OnNext(1)
	s.OnComplete()
}

type ignored struct{}

func (*ignored) Request(int64) {}
func (*ignored) Cancel()       {}

// inRx makes a function for RxGo's Map out of a plain one.
func inRx(f func(any) any) rxgo.Func {
	return func(_ context.Context, v any) (any, error) { return f(v), nil }
}

// An observer has asked for what its channel holds and one more than it has taken, whatever its pace.
func TestObserveDemand(t *testing.T) {
	for _, buffer := range []int{0, 1, 4, 16} {
		t.Run(fmt.Sprint("buffer ", buffer), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				ctx, cancel := context.WithCancel(t.Context())
				items := reactive.FromPublisher[int](src).Observe(rxgo.WithBufferedChannel(buffer), rxgo.WithContext(ctx))
				window := int64(buffer + 1)
				want := func(when string, requested int64) {
					t.Helper()
					synctest.Wait()
					if got := src.Requested(); got != requested {
						t.Errorf("%s: requested %d, want %d", when, got, requested)
					}
				}
				want("at first", window)
				for i := range buffer + 1 {
					src.Next(i) // on this goroutine: OnNext does not block
				}
				want("when nobody reads", window)
				for i := range 8 {
					if got := (<-items).V; got != i {
						t.Fatalf("got %v, want %d", got, i)
					}
					synctest.Wait()
					for src.Demand() > 0 {
						src.Next(int(src.Requested() - src.Demand()))
					}
				}
				want("after 8 were read", window+8)
				cancel()
				src.ExpectCancelled()
			})
		})
	}
}

func TestObserveIsCold(t *testing.T) {
	runs := 0
	f := reactive.Defer(func() reactive.Flux[int] { runs++; return reactive.Range(0, 2) })
	o := f.Observable()
	for range 3 {
		if got := fmt.Sprint(rxItems(o.Observe())); got != "[0 1]" {
			t.Errorf("got %s, want [0 1]", got)
		}
	}
	if runs != 3 {
		t.Errorf("%d subscriptions, want 3", runs)
	}
}

// The end of the context cancels the source, and is not mistaken for completion by an observer that waits.
func TestObserveContext(t *testing.T) {
	cause := errors.New("session over")
	for _, where := range []string{"Observe", "Observable", "operator"} {
		t.Run(where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				f := reactive.FromPublisher[int](src)
				ctx, cancel := context.WithCancelCause(t.Context())
				var items <-chan rxgo.Item
				switch o := rxgo.WithContext(ctx); where {
				case "Observe":
					items = f.Observe(o)
				case "Observable":
					items = f.Observable(o).Observe()
				case "operator":
					items = f.Observable().Map(inRx(func(v any) any { return v })).Observe(o)
				}
				src.ExpectDemand(1).Next(1)
				if got := (<-items).V; got != 1 {
					t.Errorf("got %v, want 1", got)
				}
				var last []any
				done := make(chan struct{})
				go func() { last = rxItems(items); close(done) }()
				synctest.Wait()
				cancel(cause)
				<-done
				src.ExpectCancelled()
				if where == "operator" {
					return // RxGo's own operators just close
				}
				if diff := cmp.Diff(fmt.Sprint(last), fmt.Sprint([]any{cause})); diff != "" {
					t.Errorf("items after the end of the context, got - want +:\n%s", diff)
				}
			})
		})
	}
}

func TestFromRx(t *testing.T) {
	boom := errors.New("boom")
	ints := func(n int) rxgo.Observable { return rxgo.Range(0, n) }
	tests := []struct {
		name string
		it   rxgo.Iterable
		want []int
		end  error
	}{
		{"observable", ints(3), []int{0, 1, 2}, nil},
		{"empty", rxgo.Empty(), nil, nil},
		{"error", rxgo.Just(1, boom, 2)(), []int{1}, boom},
		{"thrown", rxgo.Thrown(boom), nil, boom},
		{"wrong type", rxgo.Just(1, "two", 3)(), []int{1}, reactive.ErrType},
		{"single", rxgo.JustItem(7), []int{7}, nil},
		{"optional single", ints(3).First(), []int{0}, nil},
		{"empty optional single", rxgo.Empty().First(), nil, nil},
		{"operators", ints(5).Map(inRx(func(v any) any { return v.(int) * 2 })).Filter(func(v any) bool { return v != 4 }), []int{0, 2, 6, 8}, nil},
		{"failing operator", ints(5).Map(func(_ context.Context, v any) (any, error) {
			if v == 2 {
				return nil, boom
			}
			return v, nil
		}), []int{0, 1}, boom},
		{"foreign iterable", iterable{ints(2)}, []int{0, 1}, nil},
		{"panicking iterable", iterable{}, nil, errObserve},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			reactivetest.CheckLeaks(t, func() {
				got, err := reactive.FromRx[int](tc.it).Collect(background)
				if diff := cmp.Diff(got, tc.want); diff != "" {
					t.Errorf("values, got - want +:\n%s", diff)
				}
				if !errors.Is(err, tc.end) {
					t.Errorf("got error %v, want %v", err, tc.end)
				}
			})
		})
	}
}

var errObserve = errors.New("panic in Observe")

// iterable is an rxgo.Iterable that RxGo does not know.
type iterable struct{ of rxgo.Observable }

func (i iterable) Observe(opts ...rxgo.Option) <-chan rxgo.Item {
	if i.of == nil {
		panic(errObserve)
	}
	return i.of.Observe(opts...)
}

func TestFromRxNil(t *testing.T) {
	ch := make(chan rxgo.Item, 2)
	ch <- rxgo.Of(nil)
	ch <- rxgo.Of(error(nil))
	close(ch)
	got, err := reactive.FromRx[error](rxgo.FromChannel(ch)).Collect(background)
	if len(got) != 2 || err != nil {
		t.Errorf("got %v, %v, want two nils", got, err)
	}
	ch = make(chan rxgo.Item, 1)
	ch <- rxgo.Of(nil)
	defer close(ch)
	if _, err := reactive.FromRx[int](rxgo.FromChannel(ch)).First().Block(background); !errors.Is(err, reactive.ErrType) {
		t.Errorf("got %v for nil instead of an int, want %v", err, reactive.ErrType)
	}
}

func TestFromRxUnwraps(t *testing.T) {
	reactivetest.CheckLeaks(t, func() {
		src := reactivetest.NewSource[int](t)
		p := reactivetest.Subscribe(t, reactive.FromRx[int](reactive.FromPublisher[int](src))).Request(3)
		if got := src.Requested(); got != 3 {
			t.Errorf("the source of a Flux is asked for %d, want 3: no bridge", got)
		}
		p.Cancel()
		p = reactivetest.Subscribe(t, reactive.FromRx[int](reactive.MonoFrom[int](src))).Request(3)
		src.Next(1)
		p.ExpectNext(1).ExpectComplete()
	})
}

// The channel is read under demand only.
func TestFromRxDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(chan rxgo.Item, 10)
		for i := range 10 {
			ch <- rxgo.Of(i)
		}
		p := reactivetest.Subscribe(t, reactive.FromRx[int](source(ch)))
		synctest.Wait()
		for _, n := range []int64{0, 1, 2} {
			if n > 0 {
				p.Request(n)
			}
			synctest.Wait()
			if got, want := 10-len(ch), len(p.Values()); got != want {
				t.Errorf("%d items read for %d values", got, want)
			}
		}
		p.ExpectNext(0, 1, 2).Request(1).ExpectNext(3)
		close(ch)
		p.Request(9).ExpectNext(4, 5, 6, 7, 8, 9).ExpectComplete()
	})
}

// source is the channel itself, without the goroutine of FromChannel.
type source chan rxgo.Item

func (s source) Observe(...rxgo.Option) <-chan rxgo.Item { return s }

// What the documentation says of the read-ahead through operators.
func TestFromRxReadAhead(t *testing.T) {
	for _, buffer := range []int{0, 1, 16} {
		for k := range 4 {
			t.Run(fmt.Sprintf("buffer %d, %d operators", buffer, k), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var emitted atomic.Int64
					o := reactive.Range(0, 1000).DoOnNext(func(int) { emitted.Add(1) }).Observable()
					for range k {
						o = o.Map(inRx(func(v any) any { return v }))
					}
					p := reactivetest.Subscribe(t, reactive.FromRx[int](o, rxgo.WithBufferedChannel(buffer))).Request(1)
					synctest.Wait()
					if got, want := emitted.Load(), int64(1+(k+1)*(buffer+1)); got != want {
						t.Errorf("Request(1) takes %d values from the source, want %d", got, want)
					}
					p.ExpectNext(0).Cancel()
				})
			})
		}
	}
}

// After a cancel nothing is left of an RxGo chain, and the cancel reaches the Flux at its other end.
func TestFromRxCancel(t *testing.T) {
	identity := inRx(func(v any) any { return v })
	tests := []struct {
		name  string
		chain func(rxgo.Observable) rxgo.Observable
	}{
		{"nothing", func(o rxgo.Observable) rxgo.Observable { return o }},
		{"Map", func(o rxgo.Observable) rxgo.Observable { return o.Map(identity) }},
		{"Map with a pool", func(o rxgo.Observable) rxgo.Observable { return o.Map(identity, rxgo.WithPool(3)) }},
		{"Filter", func(o rxgo.Observable) rxgo.Observable { return o.Filter(func(any) bool { return true }) }},
		{"Scan", func(o rxgo.Observable) rxgo.Observable {
			return o.Scan(func(_ context.Context, _, v any) (any, error) { return v, nil })
		}},
		{"Take", func(o rxgo.Observable) rxgo.Observable { return o.Take(1000) }},
		{"Take that has all", func(o rxgo.Observable) rxgo.Observable { return o.Take(1) }},
		{"BufferWithCount", func(o rxgo.Observable) rxgo.Observable { return o.BufferWithCount(2) }},
		{"BufferWithTime", func(o rxgo.Observable) rxgo.Observable {
			return o.BufferWithTime(rxgo.WithDuration(time.Millisecond))
		}},
		{"Debounce", func(o rxgo.Observable) rxgo.Observable {
			return o.Debounce(rxgo.WithDuration(time.Millisecond))
		}},
		{"WindowWithTime", func(o rxgo.Observable) rxgo.Observable {
			return o.WindowWithTime(rxgo.WithDuration(time.Millisecond)).FlatMap(func(i rxgo.Item) rxgo.Observable {
				if i.Error() {
					return rxgo.Thrown(i.E)
				}
				return i.V.(rxgo.Observable) // a window that is not read would hold up RxGo for ever
			})
		}},
		{"FlatMap", func(o rxgo.Observable) rxgo.Observable {
			return o.FlatMap(func(i rxgo.Item) rxgo.Observable { return rxgo.Just(i.V, i.V)() })
		}},
		{"four operators", func(o rxgo.Observable) rxgo.Observable {
			return o.Map(identity).Filter(func(any) bool { return true }).BufferWithCount(1).Map(identity)
		}},
	}
	for _, tc := range tests {
		for _, when := range []string{"before any value", "after a value", "by the context"} {
			if tc.name == "Take that has all" && when == "by the context" {
				continue // it has completed by then
			}
			t.Run(tc.name+"/"+when, func(t *testing.T) {
				reactivetest.CheckLeaks(t, func() {
					cause := errors.New("gone")
					ctx, cancel := context.WithCancelCause(context.Background())
					defer cancel(nil)
					cancelled := make(chan struct{})
					values := reactive.Range(0, 3).MergeWith(reactive.Never[int]()).DoOnCancel(func() { close(cancelled) })
					p := reactivetest.NewProbe[any](t)
					reactive.FromRx[any](tc.chain(values.Observable())).Subscribe(ctx, p)
					switch when {
					case "before any value":
						p.Cancel()
					case "after a value":
						if tc.name == "Take that has all" {
							p.Request(1).ExpectCount(1)
						} else {
							p.Request(1)
						}
						p.Cancel()
					case "by the context":
						p.Request(1000)
						cancel(cause)
						p.SkipValues().ExpectError(cause)
					}
					<-cancelled
				})
			})
		}
	}
}

// Both contexts end the stream: that of the subscription and one among the options.
func TestFromRxContext(t *testing.T) {
	ours, users := errors.New("ours"), errors.New("the user's")
	for _, cause := range []error{ours, users} {
		t.Run(cause.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := reactivetest.NewSource[int](t)
				ctx, cancelOurs := context.WithCancelCause(t.Context())
				ctx2, cancelUsers := context.WithCancelCause(t.Context())
				defer cancelOurs(nil)
				defer cancelUsers(nil)
				o := reactive.FromPublisher[int](src).Observable().Map(inRx(func(v any) any { return v }))
				p := reactivetest.NewProbe[int](t)
				reactive.FromRx[int](o, rxgo.WithContext(ctx2)).Subscribe(ctx, p)
				p.Request(5)
				src.ExpectDemand(1).Next(1)
				p.ExpectNext(1)
				if cause == ours {
					cancelOurs(ours)
				} else {
					cancelUsers(users)
				}
				p.ExpectError(cause)
				src.ExpectCancelled()
			})
		})
	}
}

func TestFromRxConformance(t *testing.T) {
	bridge := func(f reactive.Flux[int], opts ...rxgo.Option) reactive.Publisher[int] {
		return reactive.FromRx[int](f.Observable(), opts...)
	}
	subjects := []struct {
		name    string
		subject reactivetest.Subject
	}{
		{"bridge", reactivetest.Subject{
			Publisher: func(n int) reactive.Publisher[int] { return bridge(reactive.Range(0, n)) },
			Failing: func(err error) reactive.Publisher[int] {
				return bridge(reactive.Error[int](err).StartWith(1))
			},
		}},
		{"buffered bridge", reactivetest.Subject{
			Publisher: func(n int) reactive.Publisher[int] {
				return bridge(reactive.Range(0, n), rxgo.WithBufferedChannel(16))
			},
		}},
		{"operators", reactivetest.Subject{Publisher: func(n int) reactive.Publisher[int] {
			o := reactive.Range(0, n).Observable().Map(inRx(func(v any) any { return v })).Filter(func(any) bool { return true })
			return reactive.FromRx[int](o)
		}}},
	}
	for _, tc := range subjects {
		t.Run(tc.name, func(t *testing.T) { reactivetest.Conformance(t, tc.subject) })
	}
}

// The bridge towards RxGo is a subscriber like any other.
func TestObserveObeysSubscriberRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := reactivetest.NewSource[int](t)
		items := reactive.FromPublisher[int](src).Observe(rxgo.WithBufferedChannel(3))
		src.ExpectDemand(4)
		second := &stranger{}
		src.Subscriber().OnSubscribe(second)
		if !second.cancelled {
			t.Error("a second subscription is not cancelled (rule 2.5)")
		}
		src.Next(1).Complete() // the source notices calls from inside OnComplete (rule 2.3)
		src.Subscriber().OnComplete()
		if got := fmt.Sprint(rxItems(items)); got != "[1]" {
			t.Errorf("got %s, want [1]", got)
		}
		if src.Cancelled() {
			t.Error("the source was cancelled after it had completed (rule 2.3)")
		}
	})
}

type stranger struct{ cancelled bool }

func (s *stranger) Request(int64) {}
func (s *stranger) Cancel()       { s.cancelled = true }

func BenchmarkRxGoBridge(b *testing.B) {
	for _, buffer := range []int{0, 16, 128} {
		b.Run(fmt.Sprint("flux to RxGo/buffer ", buffer), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for range reactive.Range(0, b.N).Observe(rxgo.WithBufferedChannel(buffer)) {
				n++
			}
			if n != b.N {
				b.Fatalf("%d items, want %d", n, b.N)
			}
		})
		b.Run(fmt.Sprint("RxGo to flux/buffer ", buffer), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			o := rxgo.Defer([]rxgo.Producer{func(ctx context.Context, next chan<- rxgo.Item) {
				for range b.N {
					rxgo.Of(1).SendContext(ctx, next)
				}
			}})
			if err := reactive.FromRx[int](o, rxgo.WithBufferedChannel(buffer)).ForEach(background, func(int) { n++ }); err != nil || n != b.N {
				b.Fatalf("%d items, %v, want %d", n, err, b.N)
			}
		})
	}
}
