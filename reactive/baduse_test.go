package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"iter"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Bad use is answered, not punished: it becomes a signal of the stream that was used badly, and nothing else suffers.

// TestBadRequest asks every operator for less than one value.
func TestBadRequest(t *testing.T) {
	// Over a source that is silent, a stream can end only because of the request. These have ended before.
	ended := []string{"Empty", "EmptyMono", "Done", "Error", "ErrorMono", "ZipMono3", "TakeUntilOther that ends"}
	// The function of these has made another error of it.
	mapped := []string{"OnErrorMap", "Mono.OnErrorMap"}
	for _, p := range properties() {
		if slices.Contains(ended, p.name) {
			continue
		}
		for _, n := range []int64{0, -1, math.MinInt64} {
			t.Run(fmt.Sprintf("%s, Request(%d)", p.name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					probe := reactivetest.Subscribe(t, p.op(reactive.Never[int](), script{values: []int{1, 2}, n: 3, fault: -1}))
					probe.Request(n)
					allQuiet()
					if slices.Contains(mapped, p.name) {
						probe.ExpectError(errInner)
					} else {
						probe.ExpectError(reactive.ErrBadRequest)
					}
					probe.Request(n).Request(1).Cancel()
					allQuiet()
					probe.ExpectNoSignal(0)
				})
			})
		}
	}
}

// nilCase is a stream with a nil where a function belongs.
type nilCase struct {
	name string
	src  texted
	want error // errFault: a PanicError; nil: completion
}

func nilCases() []nilCase {
	one, two, bad := reactive.Just(1), reactive.Just(1, 2), reactive.Error[int](errBoom)
	panicked := errFault
	m := reactive.JustMono(1)
	return []nilCase{
		{"Map", show(reactive.Map[int, int](one, nil)), panicked},
		{"Flux.Map", show(one.Map((func(int) int)(nil))), panicked},
		{"Mono.Map", show(m.Map((func(int) int)(nil))), panicked},
		{"MapMono", show(reactive.MapMono[int, int](m, nil)), panicked},
		{"TryMap", show(reactive.TryMap[int, int](one, nil)), panicked},
		{"TryMapMono", show(reactive.TryMapMono[int, int](m, nil)), panicked},
		{"Handle", show(reactive.Handle[int, int](one, nil)), panicked},
		{"HandleMono", show(reactive.HandleMono[int, int](m, nil)), panicked},
		{"Flux.Filter", show(one.Filter(nil)), panicked},
		{"Mono.Filter", show(m.Filter(nil)), panicked},
		{"Flux.TakeUntil", show(one.TakeUntil(nil)), panicked},
		{"Flux.TakeWhile", show(one.TakeWhile(nil)), panicked},
		{"Scan", show(reactive.Scan[int](one, 0, nil)), panicked},
		{"Reduce", show(reactive.Reduce[int](one, 0, nil)), panicked},
		{"Distinct", show(reactive.Distinct[int, int](one, 1, nil)), panicked},
		{"DistinctUntilChanged", show(reactive.DistinctUntilChanged[int, int](one, nil)), panicked},
		{"ConcatMap", show(reactive.ConcatMap[int, int, flux](two, nil)), panicked},
		{"ConcatMapPrefetch", show(reactive.ConcatMapPrefetch[int, int, flux](two, 2, nil)), panicked},
		{"Flux.ConcatMap", show(two.ConcatMap((func(int) flux)(nil))), panicked},
		{"FlatMap", show(reactive.FlatMap[int, int, flux](two, 2, nil)), panicked},
		{"FlatMapSequential", show(reactive.FlatMapSequential[int, int, flux](two, 2, nil)), panicked},
		{"FlatMapMono", show(reactive.FlatMapMono[int, int](m, nil)), panicked},
		{"SwitchMap", show(reactive.SwitchMap[int, int, flux](two, nil)), panicked},
		{"SwitchOnFirst", show(reactive.SwitchOnFirst[int, int, flux](two, nil)), panicked},
		{"GroupBy", show(reactive.GroupBy[int, int](two, nil)), panicked},
		{"Zip", show(reactive.Zip[int, int, int](one, two, nil)), panicked},
		{"ZipMono", show(reactive.ZipMono[int, int, int](m, m, nil)), panicked},
		{"ZipMono3", show(reactive.ZipMono3[int, int, int, int](m, m, m, nil)), panicked},
		{"CombineLatest", show(reactive.CombineLatest[int, int, int](one, two, nil)), panicked},
		{"WithLatestFrom", show(reactive.WithLatestFrom[int, int, int](one, two, nil)), panicked},
		{"Defer", show(reactive.Defer[int, flux](nil)), panicked},
		{"DeferMono", show(reactive.DeferMono[int](nil)), panicked},
		{"DeferContext", show(reactive.DeferContext[int, flux](nil)), panicked},
		{"FromFunc", show(reactive.FromFunc[int](nil)), panicked},
		{"Do", show(reactive.Do(nil)), panicked},
		{"Pull", show(reactive.Pull[int](nil)), panicked},
		{"FromSeq", show(reactive.FromSeq(iter.Seq[int](nil))), panicked},
		{"Create", show(reactive.Create[int](nil, 1, reactive.OverflowError)), panicked},
		{"Using without acquire", show(reactive.Using(nil, func(int) flux { return two }, func(int) {})), panicked},
		{"Using without use", show(reactive.Using[int, int, flux](counter(1, nil), nil, func(int) {})), panicked},
		{"Using without release", show(reactive.Using(counter(1, nil), func(int) flux { return two }, nil)), panicked},
		{"Flux.DoOnNext", show(one.DoOnNext(nil)), panicked},
		{"Mono.DoOnNext", show(m.DoOnNext(nil)), panicked},
		{"Flux.DoOnRequest", show(one.DoOnRequest(nil)), panicked},
		{"Mono.DoOnRequest", show(m.DoOnRequest(nil)), panicked},
		{"Flux.DoOnSubscribe", show(one.DoOnSubscribe(nil)), panicked},
		{"Mono.DoOnSubscribe", show(m.DoOnSubscribe(nil)), panicked},
		{"Flux.OnErrorMap", show(bad.OnErrorMap(nil)), panicked},
		{"Mono.OnErrorMap", show(bad.First().OnErrorMap(nil)), panicked},
		{"Flux.OnErrorResume", show(bad.OnErrorResume(nil)), panicked},
		{"Mono.OnErrorResume", show(bad.First().OnErrorResume(nil)), panicked},

		// These only tell somebody, who need not be there.
		{"Flux.DoOnError", show(bad.DoOnError(nil)), errBoom},
		{"Mono.DoOnError", show(bad.First().DoOnError(nil)), errBoom},
		{"Flux.DoOnComplete", show(one.DoOnComplete(nil)), nil},
		{"Mono.DoOnComplete", show(m.DoOnComplete(nil)), nil},
		{"Flux.DoOnCancel", show(one.DoOnCancel(nil)), nil},
		{"Mono.DoOnCancel", show(m.DoOnCancel(nil)), nil},
		{"Flux.DoFinally", show(one.DoFinally(nil)), nil},
		{"Mono.DoFinally", show(m.DoFinally(nil)), nil},
		{"OnDiscard", show(reactive.OnDiscard[int, int](one.Filter(odd), nil)), nil},
		{"Flux.OnDiscard", show(one.OnDiscard(nil).Filter(odd)), nil},
		{"Mono.OnDiscard", show(m.OnDiscard(nil).Filter(odd)), nil},
		{"Flux.OnBackpressureDrop", show(two.OnBackpressureDrop(nil)), nil},
		{"Flux.SubscribeOn", show(two.SubscribeOn(nil)), nil},
		{"Mono.SubscribeOn", show(m.SubscribeOn(nil)), nil},
		{"Flux.PublishOn", show(two.PublishOn(nil, 1)), nil},
		{"Mono.PublishOn", show(m.PublishOn(nil)), nil},
	}
}

// TestNilFunction gives nil to whatever takes a function. What needs it fails with a PanicError when it would call it.
func TestNilFunction(t *testing.T) {
	for _, tc := range nilCases() {
		t.Run(tc.name, func(t *testing.T) {
			_, err := reactive.FromPublisher(tc.src).Collect(background)
			var pe *reactive.PanicError
			switch {
			case tc.want == errFault && !errors.As(err, &pe):
				t.Errorf("got %v, want a PanicError", err)
			case tc.want != errFault && !errors.Is(err, tc.want):
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// TestNilFunctionIsComplete fails when an operator takes a function and TestNilFunction has no row for it.
func TestNilFunctionIsComplete(t *testing.T) {
	var rows []string
	for _, tc := range nilCases() {
		name, _, _ := strings.Cut(tc.name, " ")
		rows = append(rows, name)
	}
	taking := takingFunctions(t)
	if len(taking) < 40 {
		t.Fatalf("%d operators found that take a function, want more: the search is broken", len(taking))
	}
	for _, name := range taking {
		if !slices.Contains(rows, name) {
			t.Errorf("%s takes a function and has no row", name)
		}
	}
}

// takingFunctions returns those of operators that have a parameter of a function type written out, or a Scheduler.
func takingFunctions(t *testing.T) (names []string) {
	all := operators(t)
	for _, file := range parsed(t, func(name string) bool {
		return !strings.HasSuffix(name, "_test.go") && name != "fluent_go127.go"
	}) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
				_, function := p.Type.(*ast.FuncType)
				return function || typeName(p.Type) == "Scheduler"
			}) {
				continue
			}
			name := f.Name.Name
			if f.Recv != nil {
				name = typeName(f.Recv.List[0].Type) + "." + name
			}
			if slices.Contains(all, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// TestNilPublisher gives nil to whatever takes a stream.
func TestNilPublisher(t *testing.T) {
	var none ints
	one := reactive.Just(1)
	tests := []struct {
		name string
		src  ints
	}{
		{"FromPublisher", reactive.FromPublisher(none)},
		{"MonoFrom", reactive.MonoFrom(none)},
		{"Map", reactive.Map(none, inc)},
		{"Then", ends(reactive.Then(none))},
		{"Scan", reactive.Scan(none, 0, add)},
		{"Reduce", reactive.Reduce(none, 0, add)},
		{"Buffer", reactive.Map(reactive.Buffer(none, 1), func([]int) int { return 0 })},
		{"OnDiscard", reactive.OnDiscard(none, func(string) {})},
		{"ConcatMap of it", reactive.ConcatMap(none, reactive.JustMono[int])},
		{"ConcatMap to it", reactive.ConcatMap(one, func(int) ints { return none })},
		{"FlatMap to it", reactive.FlatMap(one, 1, func(int) ints { return none })},
		{"FlatMapSequential to it", reactive.FlatMapSequential(one, 1, func(int) ints { return none })},
		{"SwitchMap to it", reactive.SwitchMap(one, func(int) ints { return none })},
		{"SwitchOnFirst to it", reactive.SwitchOnFirst(one, func(int, flux) ints { return none })},
		{"Defer", reactive.Defer(func() ints { return none })},
		{"Using", reactive.Using(counter(1, nil), func(int) ints { return none }, func(int) {})},
		{"Zip on the left", reactive.Zip(none, one, left)},
		{"Zip on the right", reactive.Zip(one, none, left)},
		{"CombineLatest", reactive.CombineLatest(one, none, left)},
		{"WithLatestFrom", reactive.WithLatestFrom(one, none, left)},
		{"TakeUntilOther", reactive.TakeUntilOther(one, none)},
		{"Permits", reactive.Permits(one, reactive.Publisher[int64](nil))},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := reactive.FromPublisher(tc.src).Collect(background)
			if err == nil || !strings.Contains(err.Error(), "nil publisher") {
				t.Errorf("got %v, want an error that says nil publisher", err)
			}
		})
	}
}

// TestNilError gives nil where a failure is to be told.
func TestNilError(t *testing.T) {
	create := func(_ context.Context, out reactive.Emitter[int]) { out.Error(nil) }
	sink := reactive.NewReplay[int](1)
	sink.Error(nil)
	b := reactive.NewBroadcast[int]()
	b.Error(nil)
	rude := reactive.PublisherFunc[int](func(_ context.Context, s reactive.Subscriber[int]) {
		s.OnSubscribe(&ignored{})
		s.OnError(nil)
	})
	f, two := reactive.FromPublisher(rude), reactive.Just(1, 2)
	length := func(list []int) int { return len(list) }
	tests := []struct {
		name string
		src  ints
	}{
		{"Error", reactive.Error[int](nil)},
		{"ErrorMono", reactive.ErrorMono[int](nil)},
		{"Emitter.Error", reactive.Create(create, 1, reactive.OverflowError)},
		{"Sink.Error", sink.Flux()},
		{"Broadcast.Error", b.Flux(1, reactive.OverflowError)},
		{"a publisher", rude},
		{"a publisher behind Map", reactive.Map(rude, inc)},
		{"DoOnError", f.DoOnError(func(err error) { _ = err.Error() })},
		{"DoOnRequest", f.DoOnRequest(func(int64) {})},
		{"OnErrorMap", f.OnErrorMap(func(err error) error { return fmt.Errorf("mapped: %w", err) })},
		{"OnErrorResume", f.OnErrorResume(func(err error) flux { return reactive.Error[int](err) })},
		{"RetryBackoff", f.RetryBackoff(1, 0, 0)},
		{"Timeout", f.Timeout(time.Hour)},
		{"Delay", f.Delay(time.Hour)},
		{"DelayEnd", f.DelayEnd(1)},
		{"Sample", f.Sample(time.Hour)},
		{"Debounce", f.Debounce(time.Hour)},
		{"BufferTimeout", reactive.Map(reactive.BufferTimeout(rude, 2, time.Hour), length)},
		{"TakeLast", f.TakeLast(1)},
		{"Scan", reactive.Scan(rude, 0, add)},
		{"Reduce", reactive.Reduce(rude, 0, add)},
		{"Prefetch", f.Prefetch(2)},
		{"PublishOn", f.PublishOn(reactive.Go, 2)},
		{"SubscribeOn", f.SubscribeOn(reactive.Go)},
		{"OnBackpressureBuffer", f.OnBackpressureBuffer(2, reactive.OverflowError)},
		{"OnBackpressureDrop", f.OnBackpressureDrop(nil)},
		{"Share", f.Share(2)},
		{"ConcatMap of it", reactive.ConcatMap(rude, reactive.JustMono[int])},
		{"ConcatMap to it", reactive.ConcatMap(two, func(int) ints { return rude })},
		{"FlatMap of it", reactive.FlatMap(rude, 2, reactive.JustMono[int])},
		{"FlatMap to it", reactive.FlatMap(two, 2, func(int) ints { return rude })},
		{"FlatMapSequential of it", reactive.FlatMapSequential(rude, 2, reactive.JustMono[int])},
		{"FlatMapSequential to it", reactive.FlatMapSequential(two, 2, func(int) ints { return rude })},
		{"SwitchMap of it", reactive.SwitchMap(rude, reactive.JustMono[int])},
		{"SwitchMap to it", reactive.SwitchMap(two, func(int) ints { return rude })},
		{"SwitchOnFirst", reactive.SwitchOnFirst(rude, func(_ int, all flux) flux { return all })},
		{"Window", reactive.FlatMap(reactive.Window(rude, 2), 2, func(w flux) flux { return w })},
		{"WindowTimeout", reactive.FlatMap(reactive.WindowTimeout(rude, 2, time.Hour), 2, func(w flux) flux { return w })},
		{"GroupBy", reactive.FlatMap(reactive.GroupBy(rude, mod3), 3, func(g group) flux { return g.Flux })},
		{"Zip", reactive.Zip(rude, two, left)},
		{"CombineLatest", reactive.CombineLatest(two, rude, left)},
		{"WithLatestFrom of it", reactive.WithLatestFrom(rude, two, left)},
		{"WithLatestFrom it", reactive.WithLatestFrom(reactive.Never[int](), rude, left)},
		{"TakeUntilOther of it", reactive.TakeUntilOther(rude, reactive.Never[int]())},
		{"TakeUntilOther it", reactive.TakeUntilOther(reactive.Never[int](), rude)},
		{"Permits", reactive.Permits(rude, reactive.Just(int64(1)))},
		{"When", ends(reactive.When(reactive.Then(rude)))},
	}
	for _, tc := range tests {
		for _, ctx := range []context.Context{background, t.Context()} {
			t.Run(fmt.Sprintf("%s, context that can end %t", tc.name, ctx != background), func(t *testing.T) {
				if _, err := reactive.FromPublisher(tc.src).Collect(ctx); err == nil {
					t.Error("got success, want a failure")
				}
				var last error
				for _, last = range reactive.FromPublisher(tc.src).All(ctx) {
				}
				if last == nil {
					t.Error("All: got success, want a failure")
				}
			})
		}
	}
}

// TestPanicValues lets a callback panic with all kinds of values.
func TestPanicValues(t *testing.T) {
	tests := []struct {
		name  string
		value any
		is    error
		text  string
	}{
		{name: "a text", value: "oops", text: "oops"},
		{name: "an error", value: errBoom, is: errBoom, text: "boom"},
		{name: "nil", value: nil, text: "nil"},
		{name: "a number", value: 7, text: "7"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			src := reactivetest.NewSource[int](t)
			p := reactivetest.Subscribe(t, reactive.Map(src, func(int) int { panic(tc.value) })).Request(2)
			src.Next(1)
			p.ExpectError(tc.is)
			src.ExpectCancelled()
			var pe *reactive.PanicError
			err := p.Signals()[0].Err
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), tc.text) {
				t.Fatalf("got %v, want a PanicError that says %q", err, tc.text)
			}
			if !strings.Contains(string(pe.Stack), "baduse_test.go") {
				t.Errorf("the stack does not lead to the callback:\n%s", pe.Stack)
			}
			if _, isNil := pe.Value.(*runtime.PanicNilError); isNil != (tc.value == nil) {
				t.Errorf("got value %v for panic(%v)", pe.Value, tc.value)
			}
		})
	}
}

// TestSecondSubscriber subscribes twice to what allows one subscriber. The first does not notice.
func TestSecondSubscriber(t *testing.T) {
	sink := reactive.NewUnicast[int](4)
	src := reactivetest.NewSource[int](t)
	var all, window, timed, grouped flux
	reactivetest.Subscribe(t, reactive.SwitchOnFirst(src, func(_ int, f flux) flux { all = f; return reactive.Never[int]() })).Request(1)
	src.Next(1)
	reactive.Run(background, reactive.Window(reactive.Just(1, 2), 2), func(f flux) { window = f }, nil)
	reactive.Run(background, reactive.WindowTimeout(reactive.Just(1, 2), 2, time.Hour), func(f flux) { timed = f }, nil)
	reactive.Run(background, reactive.GroupBy(reactive.Just(1, 4), mod3), func(g group) { grouped = g.Flux }, nil)
	for _, tc := range []struct {
		name string
		src  flux
	}{
		{"NewUnicast", sink.Flux()},
		{"the whole of SwitchOnFirst", all},
		{"Window", window},
		{"WindowTimeout", timed},
		{"GroupBy", grouped},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first := reactivetest.Subscribe(t, tc.src)
			second := reactivetest.Subscribe(t, tc.src)
			second.ExpectError(reactive.ErrSubscribed)
			second.Request(1).Cancel()
			second.ExpectNoSignal(0)
			sink.Next(1)
			first.Request(1).ExpectNext(1)
			first.Cancel()
			reactivetest.Subscribe(t, tc.src).ExpectError(reactive.ErrSubscribed)
		})
	}
}

// TestSecondOnSubscribe is about publishers that subscribe their subscriber twice.
func TestSecondOnSubscribe(t *testing.T) {
	var second stranger
	twice := reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
		reactive.Just(1, 2).Subscribe(ctx, lateSubscriber{s, &second})
	})
	tests := []struct {
		name string
		run  func() ([]int, error)
	}{
		{"Collect", func() ([]int, error) { return reactive.FromPublisher(twice).Collect(background) }},
		{"Collect under a context", func() ([]int, error) { return reactive.FromPublisher(twice).Collect(t.Context()) }},
		{"Prefetch", func() ([]int, error) { return reactive.FromPublisher(twice).Prefetch(1).Collect(background) }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			second = stranger{}
			got, err := tc.run()
			if !slices.Equal(got, []int{1, 2}) || err != nil {
				t.Errorf("got %v, %v, want [1 2] and no error", got, err)
			}
			if !second.cancelled {
				t.Error("the second subscription was not cancelled")
			}
		})
	}
}

// lateSubscriber adds a second OnSubscribe before the first value.
type lateSubscriber struct {
	reactive.Subscriber[int]
	second *stranger
}

func (s lateSubscriber) OnNext(v int) {
	if v == 1 {
		s.Subscriber.OnSubscribe(s.second)
	}
	s.Subscriber.OnNext(v)
}

// leaver cancels from inside OnSubscribe, twice, and asks for more.
type leaver struct {
	count[string]
	values int
}

func (l *leaver) OnSubscribe(s reactive.Subscription) {
	s.Cancel()
	s.Cancel()
	s.Request(5)
}

func (l *leaver) OnNext(string) { l.values++ }

// TestCancelInOnSubscribe leaves every operator before it has begun.
func TestCancelInOnSubscribe(t *testing.T) {
	for _, p := range properties() {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src, l := reactivetest.NewSource[int](t), &leaver{}
				p.op(reactive.FromPublisher(src), script{values: []int{1, 2}, n: 3, fault: -1}).Subscribe(background, l)
				allQuiet()
				if l.values > 0 {
					t.Errorf("%d values after a cancel, want none", l.values)
				}
				if src.Subscriptions() > 0 && !src.Cancelled() && !p.detached {
					t.Error("the source was subscribed to and not cancelled")
				}
			})
		})
	}
}

// TestCallsFromTheLastValue cancels, and asks for more, from inside a value that is delivered while the source completes.
// The source must not hear of it (2.3), of which its Source takes care, and nothing follows.
func TestCallsFromTheLastValue(t *testing.T) {
	tests := []property{
		{name: "BufferTimeout", op: func(src flux, s script) texted { return show(reactive.BufferTimeout(src, s.n, time.Hour)) }},
		{name: "WindowTimeout", op: func(src flux, s script) texted {
			return show(reactive.ConcatMap(reactive.WindowTimeout(src, s.n, time.Hour), func(w flux) flux { return w }))
		}},
		{name: "Sample", op: func(src flux, _ script) texted { return show(src.Sample(time.Hour)) }},
		{name: "Debounce", op: func(src flux, _ script) texted { return show(src.Debounce(time.Hour)) }},
	}
	for _, p := range properties() {
		if !p.async && !strings.HasPrefix(p.name, "Mono.") {
			tests = append(tests, p)
		}
	}
	for _, p := range tests {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { cancelLast(t, p.op) })
		})
	}
}

func cancelLast(t *testing.T, op func(flux, script) texted) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.NewProbe[string](t)
	last := false
	p.RequestFirst(3).Each(func(string) {
		if last {
			p.Request(1).Cancel()
		}
	})
	op(reactive.FromPublisher(src), script{values: []int{1}, n: 3, fault: -1}).Subscribe(background, p)
	if src.Demand() > 0 {
		src.Next(1)
	}
	last = true
	n := len(p.Values())
	if src.Subscriptions() > 0 {
		src.Complete()
	}
	if after := len(p.Values()) - n; after > 1 {
		t.Errorf("got %d values from inside the end of the source, want one at most", after)
	}
	p.Cancel()
}
