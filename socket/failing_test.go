package socket

import (
	"errors"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// failingLink cannot be written to.
type failingLink struct {
	link
	err error
}

func (l failingLink) try([]byte) (int, error) { return 0, l.err }
func (failingLink) stopReading()              {}
func (failingLink) close()                    {}

// watchedError calls seen when the session looks at what kind of error it is.
type watchedError struct {
	once sync.Once
	seen func()
}

func (*watchedError) Error() string { return "the link fails" }

func (e *watchedError) Is(error) bool {
	e.once.Do(e.seen)
	return false
}

// TestSendAsTheConnectionFails: a Send that comes while a failed write is dealt with fails for that reason, not for none.
func TestSendAsTheConnectionFails(t *testing.T) {
	config := Config{}.withDefaults()
	s := newSession(connection{handshake: new(Handshake), registry: newRegistry(&config)})
	second := reactivetest.NewProbe[reactive.Void](t)
	failure := &watchedError{seen: func() {
		s.Send(reactive.Just(Text("second"))).Subscribe(t.Context(), second)
		second.Request(1)
	}}
	s.link = failingLink{err: failure}
	first := reactivetest.Subscribe(t, s.Send(reactive.Just(Text("first")))).Request(1)
	for _, probe := range []*reactivetest.Probe[reactive.Void]{first, second} {
		var reason *CloseError
		if got := probe.ExpectError(nil).Signals(); len(got) != 1 || !errors.As(got[0].Err, &reason) || reason == nil || reason.Err != failure {
			t.Errorf("got %v, want a CloseError for the failed write", got)
		}
	}
}
