package reactive

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
)

func TestGuards(t *testing.T) {
	boom := errors.New("boom")
	guards := []struct {
		name string
		run  func(f func()) error
	}{
		{"apply", func(f func()) error {
			_, err := apply(func(int) int { f(); return 1 }, 0)
			return err
		}},
		{"tryApply", func(f func()) error {
			_, err := tryApply(func(int) (int, error) { f(); return 1, nil }, 0)
			return err
		}},
		{"fold", func(f func()) error {
			_, err := fold(func(int, int) int { f(); return 1 }, 0, 0)
			return err
		}},
		{"accept", func(f func()) error { return accept(func(int) { f() }, 0) }},
		{"attempt", func(f func()) error { return attempt(func() error { f(); return nil }) }},
		{"safely", func(f func()) error { return safely(f) }},
		{"call", func(f func()) error {
			_, err := call(func(context.Context) (int, error) { f(); return 1, nil }, context.Background())
			return err
		}},
		{"callVoid", func(f func()) error {
			return callVoid(func(context.Context) error { f(); return nil }, context.Background())
		}},
	}
	for _, g := range guards {
		t.Run(g.name, func(t *testing.T) {
			if err := g.run(func() {}); err != nil {
				t.Errorf("without panic: got %v, want nil", err)
			}
			var pe *PanicError
			if err := g.run(func() { panic("no") }); !errors.As(err, &pe) || pe.Value != "no" || !strings.Contains(string(pe.Stack), "guard_test.go") {
				t.Errorf("panic with a string: got %v, want a PanicError with value and stack", err)
			}
			if err := g.run(func() { panic(boom) }); !errors.Is(err, boom) {
				t.Errorf("panic with an error: got %v, want it wrapped", err)
			}
			if err := g.run(func() { panic(nil) }); !errors.As(err, &pe) {
				t.Errorf("panic with nil: got %v, want a PanicError", err)
			}
		})
	}
}

// A goroutine that ends inside a callback takes no error with it.
func TestGuardAndGoexit(t *testing.T) {
	done := make(chan bool)
	go func() {
		defer close(done)
		_ = accept(func(int) { runtime.Goexit() }, 0)
		done <- true
	}()
	if <-done {
		t.Error("the goroutine went on after Goexit")
	}
}
