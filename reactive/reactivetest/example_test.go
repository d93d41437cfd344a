package reactivetest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// Double is somebody's operator, written without knowledge of how package reactive writes its own.
func Double(src reactive.Publisher[int]) reactive.Publisher[int] {
	return reactive.PublisherFunc[int](func(ctx context.Context, s reactive.Subscriber[int]) {
		src.Subscribe(ctx, &double{Subscriber: s})
	})
}

type double struct {
	reactive.Subscriber[int]
	up reactive.Subscription
}

func (d *double) OnSubscribe(up reactive.Subscription) {
	if d.up != nil { // without this, the suite reports rule 2.5
		up.Cancel()
		return
	}
	d.up = up
	d.Subscriber.OnSubscribe(up)
}

func (d *double) OnNext(v int) { d.Subscriber.OnNext(2 * v) }

// The whole test of an operator that somebody else wrote.
func TestDouble(t *testing.T) {
	reactivetest.Conformance(t, reactivetest.Subject{Operator: Double})
}

// everything selects all tests.
func everything(_, _ string) (bool, error) { return true, nil }

// Double obeys the rules, so its test passes.
func ExampleConformance() {
	passed := testing.RunTests(everything, []testing.InternalTest{{Name: "TestDouble", F: TestDouble}})
	fmt.Println(passed)
	// Output: true
}

// T stands for the *testing.T of a test.
var T = exampleT{}

type exampleT struct{}

func (exampleT) Helper()                           {}
func (exampleT) Cleanup(func())                    {}
func (exampleT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (exampleT) Fatalf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// A probe asks for values in steps and says what it expects in between.
func ExampleProbe() {
	probe := reactivetest.Subscribe(T, reactive.Range(1, 3))
	probe.Request(2).ExpectNext(1, 2).ExpectNoSignal(0)
	probe.Request(1).ExpectNext(3).ExpectComplete()
	fmt.Println(probe.Signals())
	// Output:
	// [OnNext(1) OnNext(2) OnNext(3) OnComplete]
}

// In a testing/synctest bubble time is virtual: these days take no time at all.
func ExampleProbe_virtualTime() {
	TestTicks := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			probe := reactivetest.Subscribe(t, reactive.Interval(time.Hour)).Request(10)
			probe.ExpectNoSignal(59 * time.Minute)
			probe.ExpectNext(0, 1, 2)
			probe.Cancel().ExpectNoSignal(24 * time.Hour)
		})
	}
	fmt.Println(testing.RunTests(everything, []testing.InternalTest{{Name: "TestTicks", F: TestTicks}}))
	// Output: true
}

// A source shows what an operator asks of it.
func ExampleSource() {
	src := reactivetest.NewSource[int](T)
	even := reactive.FromPublisher[int](src).Filter(func(v int) bool { return v%2 == 0 })
	probe := reactivetest.Subscribe(T, even).Request(1)

	src.Next(1) // dropped, so the operator asks for another one
	fmt.Println(src.Requests())
	src.Next(2)
	probe.ExpectNext(2).Cancel()
	fmt.Println(src.Cancelled())
	// Output:
	// [1 1]
	// true
}
