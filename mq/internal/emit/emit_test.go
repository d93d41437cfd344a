package emit

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

type recorder struct {
	log    []string
	panics bool
}

func (r *recorder) note(s string) {
	r.log = append(r.log, s)
	if r.panics {
		panic(io.ErrUnexpectedEOF)
	}
}
func (r *recorder) OnSubscribe(s reactive.Subscription) {
	r.log = append(r.log, "subscribed")
	s.Request(1)
}
func (r *recorder) OnNext(v string)   { r.note("next " + v) }
func (r *recorder) OnError(err error) { r.note("error " + err.Error()) }
func (r *recorder) OnComplete()       { r.note("complete") }

func TestSignals(t *testing.T) {
	for _, panics := range []bool{false, true} {
		r := &recorder{panics: panics}
		err := Next(r, "a")
		var p *reactive.PanicError
		if errors.As(err, &p) != panics || errors.Is(err, io.ErrUnexpectedEOF) != panics {
			t.Errorf("Next with a panic %v returned %v", panics, err)
		}
		End(r, io.EOF)
		End(r, nil)
		Reject(r, io.EOF)
		want := []string{"next a", "error EOF", "complete", "subscribed", "error EOF"}
		if !slices.Equal(r.log, want) {
			t.Errorf("signals with a panic %v: %q, want %q", panics, r.log, want)
		}
	}
}

func TestAdd(t *testing.T) {
	const all = reactive.Unbounded
	for _, tt := range []struct{ a, b, want int64 }{
		{0, 0, 0}, {1, 2, 3}, {all - 1, 1, all}, {all - 1, 2, all}, {all, 0, all}, {1, all, all}, {all, all, all},
	} {
		if got := Add(tt.a, tt.b); got != tt.want {
			t.Errorf("Add(%d, %d) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
