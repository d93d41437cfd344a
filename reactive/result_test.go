package reactive

import (
	"errors"
	"slices"
	"sync"
	"testing"
)

func TestResult(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name string
		do   func(r *result[int])
		want []string
	}{
		{"asked, then there", func(r *result[int]) { r.Request(1); r.complete(7) }, []string{"7", "complete"}},
		{"there, then asked", func(r *result[int]) { r.complete(7); r.Request(1); r.Request(1) }, []string{"7", "complete"}},
		{"never asked", func(r *result[int]) { r.complete(7) }, nil},
		{"cancelled", func(r *result[int]) { r.Request(1); r.Cancel(); r.complete(7) }, nil},
		{"cancelled when there", func(r *result[int]) { r.complete(7); r.Cancel(); r.Request(1) }, nil},
		{"ends without it", func(r *result[int]) { r.finish(nil); r.Request(1); r.finish(boom) }, []string{"complete"}},
		{"fails", func(r *result[int]) { r.Request(1); r.finish(boom); r.complete(7) }, []string{"boom"}},
		{"fails when there and not asked", func(r *result[int]) { r.complete(7); r.finish(boom); r.Request(1) }, []string{"boom"}},
		{"bad request", func(r *result[int]) { r.Request(0); r.complete(7) }, []string{ErrBadRequest.Error()}},
		{"bad request after the end", func(r *result[int]) { r.Request(1); r.complete(7); r.Request(0) }, []string{"7", "complete"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var down trace
			r := result[int]{down: &down}
			tc.do(&r)
			if !slices.Equal(down.signals, tc.want) {
				t.Errorf("got %v, want %v", down.signals, tc.want)
			}
		})
	}
}

func TestResultUnderContention(t *testing.T) {
	want := []string{"7", "complete"}
	for range 1000 {
		var down trace
		r := result[int]{down: &down}
		var wg sync.WaitGroup
		wg.Go(func() { r.complete(7) })
		wg.Go(func() { r.Request(1) })
		wg.Go(func() { r.Request(1) })
		wg.Wait()
		if !slices.Equal(down.signals, want) {
			t.Fatalf("got %v, want %v", down.signals, want)
		}
	}
}
