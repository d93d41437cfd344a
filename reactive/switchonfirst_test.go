package reactive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// The first message says what the others are.
func ExampleSwitchOnFirst() {
	decode := func(first string, all reactive.Flux[string]) reactive.Flux[string] {
		switch first {
		case "upper":
			return reactive.Map(all.Skip(1), strings.ToUpper)
		case "quit":
			return reactive.Empty[string]()
		}
		return all
	}
	for _, in := range []string{"upper a b", "quit a b", "plain a"} {
		messages := reactive.FromSlice(strings.Fields(in))
		fmt.Println(reactive.SwitchOnFirst(messages, decode).Collect(context.Background()))
	}
	// Output:
	// [A B] <nil>
	// [] <nil>
	// [plain a] <nil>
}

func TestSwitchOnFirst(t *testing.T) {
	all := func(_ int, all flux) flux { return all }
	runFlows(t, []flow{
		{"all", reactive.SwitchOnFirst(reactive.Just(1, 2, 3), all), values(1, 2, 3)},
		{"one", reactive.SwitchOnFirst(reactive.Just(1), all), values(1)},
		{"none", reactive.SwitchOnFirst(reactive.Empty[int](), all), values()},
		{"failure at once", reactive.SwitchOnFirst(reactive.Error[int](errBoom), all), fails()},
		{"failure later", reactive.SwitchOnFirst(failAfter(1, 2), all), fails(1, 2)},
		{"failure later, of which nobody wants to know", reactive.SwitchOnFirst(failAfter(1), func(v int, _ flux) mono { return reactive.JustMono(v + 1) }), values(2)},
		{"something else", reactive.SwitchOnFirst(reactive.Range(0, 9), func(v int, _ flux) flux { return reactive.Just(7, 8) }), values(7, 8)},
		{"part", reactive.SwitchOnFirst(reactive.Range(0, 9), func(_ int, all flux) flux { return all.Take(2) }), values(0, 1)},
		{"panic", reactive.SwitchOnFirst(reactive.Range(3, 9), func(v int, all flux) flux { divide(v); return all }), panics()},
		{"subscribed to twice", reactive.SwitchOnFirst(reactive.Just(1, 2), func(_ int, all flux) flux { return reactive.Concat(all, all) }), outcome[int]{values: []int{1, 2}, err: reactive.ErrSubscribed}},
	})
}

func TestSwitchOnFirstEnds(t *testing.T) {
	// The second source is what f returns; it leaves the first one alone.
	op := func(src, other ints) ints { return reactive.SwitchOnFirst(src, func(int, flux) ints { return other }) }
	runPairs(t, op, []pair{
		{"demand", func(src, other *intSource, p *intProbe) {
			wantAsked(t, "before demand", src)
			p.Request(3).Request(2)
			wantAsked(t, "with demand", src, 1)
			src.Next(1)
			wantAsked(t, "what f returned sees it all", other, 5)
			wantAsked(t, "and nothing more is asked of the source", src, 1)
		}, nil, nil, [2]bool{false, false}},
		{"end", func(src, other *intSource, p *intProbe) {
			p.Request(3)
			src.Next(1)
			other.Next(7).Complete()
		}, []int{7}, errCompleted, [2]bool{true, false}},
		{"end of the source changes nothing", func(src, other *intSource, p *intProbe) {
			p.Request(3)
			src.Next(1).Complete()
			other.Next(7)
		}, []int{7}, nil, [2]bool{false, false}},
		{"failure", func(src, other *intSource, p *intProbe) {
			p.Request(3)
			src.Next(1)
			other.Error(errBoom)
		}, nil, errBoom, [2]bool{true, false}},
		{"cancel before the first value", func(_, _ *intSource, p *intProbe) { p.Request(1).Cancel() }, nil, nil, [2]bool{true, false}},
		{"cancel", func(src, _ *intSource, p *intProbe) {
			p.Request(1)
			src.Next(1)
			p.Cancel()
		}, nil, nil, [2]bool{true, true}},
		{"bad request", func(src, _ *intSource, p *intProbe) {
			p.Request(1)
			src.Next(1)
			p.Request(0)
		}, nil, reactive.ErrBadRequest, [2]bool{true, true}},
	})
}

// The first value takes one of the demand of all, and the rest goes to the source.
func TestSwitchOnFirstDemandOfAll(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	p := reactivetest.Subscribe(t, reactive.SwitchOnFirst(src, func(_ int, all flux) flux { return all }))
	p.Request(1)
	src.Next(1)
	p.ExpectNext(1)
	wantAsked(t, "one value", src, 1)
	p.Request(2)
	wantAsked(t, "two more", src, 1, 2)
	src.Next(2, 3).Complete()
	p.ExpectNext(2, 3).ExpectComplete()
}

// All may be subscribed to when the source has long ended.
func TestSwitchOnFirstLate(t *testing.T) {
	src := reactivetest.NewSource[int](t)
	var all flux
	p := reactivetest.Subscribe(t, reactive.SwitchOnFirst(src, func(_ int, f flux) flux { all = f; return reactive.Never[int]() }))
	p.Request(1)
	src.Next(1).Error(errBoom)
	late := reactivetest.Subscribe(t, all)
	late.Request(2).ExpectNext(1).ExpectError(errBoom)
	p.ExpectNoSignal(0).Cancel()
}

// What the subscriber of all does before it has had the first value, and what it gets, once the source has ended.
func TestSwitchOnFirstLeftEarly(t *testing.T) {
	tests := []struct {
		name  string
		probe func(reactivetest.TB) *intProbe
		do    func(p *intProbe)
		want  []int
		end   error
	}{
		{"cancel", reactivetest.NewProbe[int], func(p *intProbe) { p.Cancel().Request(1) }, nil, nil},
		{"bad request", reactivetest.NewProbe[int], func(p *intProbe) { p.Request(0).Request(1) }, nil, reactive.ErrBadRequest},
		{"cancel inside the first value", func(t reactivetest.TB) *intProbe {
			var p *intProbe
			p = reactivetest.NewProbe[int](t).Each(func(int) { p.Cancel() })
			return p
		}, func(p *intProbe) { p.Request(2) }, []int{1}, nil},
		{"bad request inside the first value", func(t reactivetest.TB) *intProbe {
			var p *intProbe
			p = reactivetest.NewProbe[int](t).Each(func(int) { p.Request(0) })
			return p
		}, func(p *intProbe) { p.Request(2) }, []int{1}, reactive.ErrBadRequest},
		{"nothing", reactivetest.NewProbe[int], func(p *intProbe) { p.Request(2) }, []int{1}, errBoom},
		{"demand in OnSubscribe", func(t reactivetest.TB) *intProbe { return reactivetest.NewProbe[int](t).RequestFirst(9) }, func(*intProbe) {}, []int{1}, errBoom},
	}
	for _, ended := range []bool{false, true} {
		for _, tc := range tests {
			t.Run(fmt.Sprintf("%s, source ended: %v", tc.name, ended), func(t *testing.T) {
				src, p := reactivetest.NewSource[int](t), tc.probe(t)
				outer := reactivetest.Subscribe(t, reactive.SwitchOnFirst(src, func(_ int, all flux) flux {
					if ended {
						src.Error(errBoom)
					}
					all.Subscribe(background, p)
					return reactive.Never[int]()
				}))
				outer.Request(1)
				src.Next(1)
				tc.do(p)
				src.Error(errBoom)
				wantSignals(t, p, tc.want, tc.end)
				outer.Cancel()
			})
		}
	}
}
