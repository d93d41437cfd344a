package socket

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// busyLink does something while it takes what is written to it.
type busyLink struct {
	nullLink
	during func()
}

func (l busyLink) try(b []byte) (int, error) {
	l.during()
	return len(b), nil
}

// TestSweepRunsNobodysCode: a ping may take along what is sent meanwhile. What the application has to do when that is out
// is not the sweep's, which has other sessions to look after.
func TestSweepRunsNobodysCode(t *testing.T) {
	config := Config{}.withDefaults()
	source, release := reactive.NewUnicast[Message](2*config.SendWindow), make(chan struct{})
	asked := make(chan struct{})
	requests := 0
	handler := HandlerFunc(func(s *Session) reactive.Mono[reactive.Void] {
		return s.Send(source.Flux().DoOnRequest(func(int64) {
			if requests++; requests == 2 {
				close(asked)
				<-release
			}
		}))
	})
	s := newSession(connection{handshake: new(Handshake), registry: newRegistry(&config), handler: handler})
	s.link = busyLink{during: sync.OnceFunc(func() {
		for i := range config.SendWindow {
			source.Next(Text(fmt.Sprint(i)))
		}
	})}
	s.run(handler)
	s.ping() // returns
	<-asked
	close(release)
}
