package reactivetest

import (
	"math"
	"slices"
	"testing"
)

// Who leaves with the last value hears nothing more.
func TestReportsOnEndAfterCancel(t *testing.T) {
	tests := []struct {
		name  string
		needs func(int) int
		want  []string
		fault func(o *stage)
	}{
		{
			name:  "none",
			fault: func(*stage) {},
		},
		{
			name: "after the value that is the last",
			want: []string{"rule 1.8: [OnComplete] after Cancel from inside OnNext of the last value"},
			fault: func(o *stage) {
				o.onNext = func(o *stage, v int) {
					if v < 11 {
						o.next(v)
						return
					}
					o.up.Cancel()
					o.next(v)
					o.complete()
				}
			},
		},
		{
			name:  "after what was kept for the end",
			needs: func(n int) int { return 2 * n },
			want:  []string{"rule 1.8: [OnComplete] after Cancel from inside OnNext of the last value"},
			fault: func(o *stage) { // buffers of two
				kept := -1
				o.onRequest = func(o *stage, n int64) {
					if n > 0 && n <= math.MaxInt64/2 {
						n *= 2
					}
					o.request(n)
				}
				o.onNext = func(o *stage, v int) {
					if kept < 0 {
						kept = v
						return
					}
					kept = -1
					o.next(v)
				}
				o.onComplete = func(o *stage) {
					if kept >= 0 {
						o.next(kept)
					}
					o.complete()
				}
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got recorder
			s := Subject{Operator: operator(func(int) {}, tc.fault), Needs: tc.needs}
			check{"1.8", cancelAtLast}.report(&got, s, s.series())
			if !slices.Equal(got.errors, tc.want) {
				t.Errorf("got %q, want %q", got.errors, tc.want)
			}
		})
	}
}
