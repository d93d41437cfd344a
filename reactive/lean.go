package reactive

// A guard around each call of a user's function costs more than the call. Where a source runs a loop of its own and all
// there is between the loop and the function are operators that leave nothing half done while they pass a value on, one
// guard around the loop does for all of them: before the first value the source relieves its subscriber of guarding, and
// that the next. A stage that was relieved notes when it is in its function, so that the guard knows whose panic it sees.

// lean is a subscriber that can be relieved.
type lean interface {
	// relieve is called before OnSubscribe.
	relieve()
	// caller is who is in its function: this subscriber, one behind it, or nobody, which is nil.
	caller() failer
}

// failer ends downstream and cancels upstream, as its function has failed.
type failer interface{ fail(err error) }

// relieve tells s, if that can be told, that a panic in its function is seen to.
func relieve[T any](s Subscriber[T]) {
	if l, ok := s.(lean); ok {
		l.relieve()
	}
}

// caller is who is in its function, s or one behind it; nil if nobody is.
func caller[T any](s Subscriber[T]) failer {
	if l, ok := s.(lean); ok {
		return l.caller()
	}
	return nil
}

// leanStage is a stage that can be relieved. An operator that embeds it sets calling around each call of its function
// when it is relieved, and guards the call when it is not.
type leanStage[T any] struct {
	stage[T]
	relieved bool
	calling  bool
}

func (s *leanStage[T]) relieve() {
	s.relieved = true
	relieve(s.down)
}

func (s *leanStage[T]) caller() failer {
	if s.calling {
		return s
	}
	return caller(s.down)
}
