package socket

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// alarmLink remembers when it is to interrupt.
type alarmLink struct {
	link
	at time.Time
}

func (l *alarmLink) readUntil(t time.Time) { l.at = t }

// TestSweepInterruptsDrain: an interruption that has nothing to do with the drain does not shorten the time that the
// session reads on.
func TestSweepInterruptsDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := Config{}.withDefaults()
		s := newSession(connection{handshake: new(Handshake), registry: newRegistry(&config)})
		s.life.flowState = flowRunning
		alarm := new(alarmLink)
		s.link = alarm
		received := reactivetest.Subscribe(t, s.Receive()).Request(1)
		s.drain(CloseStatus{Code: GoingAway})
		s.interrupted() // which the drain asked for
		end := time.Now().Add(lastRead)
		time.Sleep(lastRead / 2)
		s.interrupted() // which the sweep did
		if got := received.Signals(); len(got) != 0 || !alarm.at.Equal(end) {
			t.Errorf("got %v and an alarm in %v, want no signal and one in %v", got, time.Until(alarm.at), time.Until(end))
		}
		time.Sleep(lastRead / 2)
		s.interrupted()
		received.ExpectComplete()
	})
}
