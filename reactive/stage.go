package reactive

import "sync/atomic"

// stage is what all operators share that have one upstream and hand its subscription through to one downstream: the
// subscription, the terminal signals, and the end after a failed callback. T is the element type downstream; an
// operator embeds it and adds OnNext.
type stage[T any] struct {
	down Subscriber[T]
	up   Subscription
	done bool // a callback failed and upstream was cancelled: what is still on its way is dropped
}

func (s *stage[T]) OnSubscribe(up Subscription) {
	if s.attach(up) {
		s.down.OnSubscribe(up)
	}
}

// attach keeps the upstream subscription; a second one is refused (2.5).
func (s *stage[T]) attach(up Subscription) bool {
	if s.up != nil {
		up.Cancel()
		return false
	}
	s.up = up
	return true
}

func (s *stage[T]) OnError(err error) {
	if !s.done {
		s.done = true
		s.down.OnError(failure(err))
	}
}

func (s *stage[T]) OnComplete() {
	if !s.done {
		s.done = true
		s.down.OnComplete()
	}
}

// fail cancels upstream and ends downstream. It is called from OnNext, so it is serial with the other signals.
func (s *stage[T]) fail(err error) {
	if !s.done {
		s.done = true
		s.up.Cancel()
		s.down.OnError(err)
	}
}

// finalStage is a stage that may end before its upstream, with a value. It looks at whether the subscriber leaves from
// inside that: who has left hears no more.
type finalStage[T any] struct {
	stage[T]
	gone atomic.Bool // the subscriber has left
}

func (s *finalStage[T]) OnSubscribe(up Subscription) {
	if s.attach(up) {
		s.down.OnSubscribe(s)
	}
}

func (s *finalStage[T]) Request(n int64) { s.up.Request(n) }

func (s *finalStage[T]) Cancel() {
	s.gone.Store(true)
	s.up.Cancel()
}

// last delivers v and completion. Upstream is done with before, so that a Cancel or Request from there changes nothing.
func (s *finalStage[T]) last(v T) {
	s.done = true
	s.up.Cancel()
	s.down.OnNext(v)
	if !s.gone.Load() {
		s.down.OnComplete()
	}
}

// slot holds a subscription that may be cancelled before it arrives, from any goroutine.
type slot struct {
	up    Subscription
	state atomic.Int32
}

const (
	slotEmpty int32 = iota
	slotSetting
	slotTaken
	slotEnded // cancelled, or upstream has said its last word
)

// set keeps up, which arrives through OnSubscribe. If it is the second one or comes after cancel, it is cancelled
// and set reports false.
func (s *slot) set(up Subscription) bool {
	if s.state.CompareAndSwap(slotEmpty, slotSetting) {
		s.up = up
		if s.state.CompareAndSwap(slotSetting, slotTaken) {
			return true
		}
	}
	up.Cancel()
	return false
}

// cancel cancels the subscription now or as soon as it arrives, unless it has ended.
func (s *slot) cancel() {
	if s.state.Swap(slotEnded) == slotTaken {
		s.up.Cancel()
	}
}

// ended notes that upstream sent its terminal signal, after which it must not be cancelled (2.3). It reports whether
// that was news.
func (s *slot) ended() bool { return s.state.Swap(slotEnded) != slotEnded }
