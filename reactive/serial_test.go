package reactive

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// trace is a subscriber that writes down what it gets. It is not safe for concurrent use, so that the race detector
// finds signals that overlap.
type trace struct {
	signals []string
	onNext  func(v int)
}

func (s *trace) OnSubscribe(Subscription) {}

func (s *trace) OnNext(v int) {
	s.signals = append(s.signals, fmt.Sprint(v))
	if s.onNext != nil {
		s.onNext(v)
	}
}

func (s *trace) OnError(err error) { s.signals = append(s.signals, err.Error()) }
func (s *trace) OnComplete()       { s.signals = append(s.signals, "complete") }

func TestHalf(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		do   func(h *half[int], down *trace)
		want []string
	}{
		{"complete", func(h *half[int], _ *trace) { h.next(1); h.finish(nil) }, []string{"1", "complete"}},
		{"error", func(h *half[int], _ *trace) { h.next(1); h.finish(boom) }, []string{"1", "boom"}},
		{"the first end counts", func(h *half[int], _ *trace) { h.finish(boom); h.finish(nil); h.next(1) }, []string{"boom"}},
		{"cancelled", func(h *half[int], _ *trace) { h.next(1); h.shut(); h.next(2); h.finish(nil) }, []string{"1"}},
		{"claimed and released", func(h *half[int], _ *trace) { h.claim(boom); h.release(); h.finish(nil) }, []string{"boom"}},
		{"end inside a value comes after it", func(h *half[int], down *trace) {
			down.onNext = func(int) {
				h.finish(boom)
				if len(down.signals) != 1 {
					down.signals = append(down.signals, "overlap")
				}
			}
			h.next(1)
			h.next(2)
		}, []string{"1", "boom"}},
		{"cancel inside a value", func(h *half[int], down *trace) {
			down.onNext = func(int) { h.shut() }
			h.next(1)
			h.next(2)
		}, []string{"1"}},
		{"value inside a value, by a source that does not trampoline", func(h *half[int], down *trace) {
			down.onNext = func(v int) {
				if v < 3 {
					h.next(v + 1)
				}
			}
			h.next(1)
			h.finish(nil)
		}, []string{"1", "2", "3", "complete"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var down trace
			h := half[int]{down: &down}
			tc.do(&h, &down)
			if !slices.Equal(down.signals, tc.want) {
				t.Errorf("got %v, want %v", down.signals, tc.want)
			}
		})
	}
}

// An end from another goroutine is the last signal, once, wherever it meets the values.
func TestHalfUnderContention(t *testing.T) {
	for range 200 {
		var down trace
		h := half[int]{down: &down}
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 100 {
				h.next(i)
			}
		})
		for range 2 {
			wg.Go(func() { h.finish(errors.New("end")) })
		}
		wg.Wait()
		if got := down.signals[len(down.signals)-1]; got != "end" || slices.Index(down.signals, "end") != len(down.signals)-1 {
			t.Fatalf("got %v, want values and then one end", down.signals)
		}
	}
}
