package reactive_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// TestPanicUnderOneGuard: Range and FromSlice guard their loop in place of the functions behind them. A panic is still
// the failure of the stage whose function it was.
func TestPanicUnderOneGuard(t *testing.T) {
	boom := errors.New("boom")
	sources := []struct {
		name string
		flux
	}{
		{"Range", reactive.Range(1, 5)},
		{"FromSlice", reactive.FromSlice([]int{1, 2, 3, 4, 5})},
	}
	stages := []string{"nobody", "Map", "Filter", "DoOnNext", "TryMap", "ForEach"}
	for _, source := range sources {
		for guilty, stage := range stages {
			t.Run(source.name+"/"+stage, func(t *testing.T) {
				at := func(stage, v int) int {
					if stage == guilty && v == 3 {
						panic(boom)
					}
					return v
				}
				var got []int
				flow := reactive.TryMap(source.Map(func(v int) int { return at(1, v) }).
					Filter(func(v int) bool { return at(2, v) > 0 }).
					DoOnNext(func(v int) { at(3, v) }),
					func(v int) (int, error) { return at(4, v), nil })
				err := flow.ForEach(context.Background(), func(v int) { got = append(got, at(5, v)) })
				if guilty == 0 {
					if err != nil || !slices.Equal(got, []int{1, 2, 3, 4, 5}) {
						t.Errorf("got %v and %v, want all and nil", got, err)
					}
					return
				}
				var p *reactive.PanicError
				if !errors.Is(err, boom) || !errors.As(err, &p) || !strings.Contains(string(p.Stack), "lean_test.go") {
					t.Errorf("got error %v, want a PanicError with boom and the stack of the panic", err)
				}
				if !slices.Equal(got, []int{1, 2}) {
					t.Errorf("got values %v before the panic, want [1 2]", got)
				}
			})
		}
	}
}

// TestErrorUnderOneGuard: an error that a function returns needs no guard, and ends the loop all the same.
func TestErrorUnderOneGuard(t *testing.T) {
	boom := errors.New("boom")
	calls := 0
	got, err := reactive.TryMap(reactive.Range(1, 5), func(v int) (int, error) {
		if calls++; v == 3 {
			return 0, boom
		}
		return v, nil
	}).Map(inc).Collect(context.Background())
	if err != boom || calls != 3 || !slices.Equal(got, []int{2, 3}) {
		t.Errorf("got %v and %v after %d calls, want [2 3] and boom after 3", got, err, calls)
	}
}

// TestPanicPassesNoStageInFront: the failure goes down from where it was, not from the source.
func TestPanicPassesNoStageInFront(t *testing.T) {
	got, err := reactive.Range(1, 3).Map(inc).OnErrorReturn(-1).Map(burst).OnErrorReturn(-2).Collect(context.Background())
	if err != nil || !slices.Equal(got, []int{-2}) {
		t.Errorf("got %v and %v, want [-2]", got, err)
	}
}

// TestPanicWithDemandInSteps: the guard is there again for each run of the loop, and a loop that panicked is over.
func TestPanicWithDemandInSteps(t *testing.T) {
	boom := errors.New("boom")
	probe := reactivetest.NewProbe[int](t)
	reactive.Range(1, 5).Map(func(v int) int {
		if v == 3 {
			panic(boom)
		}
		return v
	}).Subscribe(t.Context(), probe)
	probe.Request(1).ExpectNext(1).Request(1).ExpectNext(2).Request(1).ExpectError(boom)
	probe.Request(1) // which Probe would report to be answered
}

// brittle is a subscriber that breaks the rules: it panics.
type brittle struct{ up reactive.Subscription }

func (b *brittle) OnSubscribe(up reactive.Subscription) { b.up = up }
func (b *brittle) OnNext(int)                           { panic("brittle") }
func (b *brittle) OnError(error)                        {}
func (b *brittle) OnComplete()                          {}

// TestGuardIsForFunctionsOnly: the panic of a subscriber is a mistake in a program and goes to who asked, with or
// without a relieved stage in front.
func TestGuardIsForFunctionsOnly(t *testing.T) {
	for name, flow := range map[string]flux{"bare": reactive.Range(1, 2), "behind a stage": reactive.Range(1, 2).Map(inc)} {
		var b brittle
		flow.Subscribe(t.Context(), &b)
		func() {
			defer func() {
				if v := recover(); v != "brittle" {
					t.Errorf("%s: recovered %v, want the panic of the subscriber", name, v)
				}
			}()
			b.up.Request(1)
		}()
	}
}

// TestGoexitUnderOneGuard: a goroutine that ends inside a function ends.
func TestGoexitUnderOneGuard(t *testing.T) {
	ended := make(chan bool)
	go func() {
		returned := false
		defer func() { ended <- returned }()
		_ = reactive.Range(1, 3).Map(inc).ForEach(context.Background(), func(int) { runtime.Goexit() })
		returned = true
	}()
	if <-ended {
		t.Error("ForEach returned from a goroutine that has ended")
	}
}

// TestGuardAmongGoroutines: a loop may be entered by another goroutine as soon as its demand is used up; whoever was in it
// before looks at nothing any more. It is for the race detector.
func TestGuardAmongGoroutines(t *testing.T) {
	const n = 2000
	work := func(v int) mono { return reactive.JustMono(v).SubscribeOn(reactive.Go) }
	for name, flow := range map[string]flux{
		"PublishOn": reactive.Range(0, n).Map(inc).Filter(func(int) bool { return true }).PublishOn(reactive.Go, 8),
		"ConcatMap": reactive.ConcatMap(reactive.FromSlice(make([]int, n)).Map(inc), work),
		"FlatMap":   reactive.FlatMap(reactive.Range(0, n).DoOnNext(func(int) {}), 4, work),
	} {
		got, err := flow.Collect(t.Context())
		if err != nil || len(got) != n {
			t.Errorf("%s: got %d values and %v, want %d", name, len(got), err, n)
		}
	}
}
