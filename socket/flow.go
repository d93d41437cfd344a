package socket

import "github.com/fluxsocket/fluxsocket/reactive"

// flowState is how far the flow of a session has come.
type flowState uint8

const (
	flowStarting  flowState = iota
	flowRunning             // subscribed
	flowCancelled           // to be cancelled when it is subscribed
	flowOver
)

// flow is the subscriber of what a handler returns.
type flow Session

// run calls the handler and subscribes to its flow.
func (s *Session) run(h Handler) {
	s.life.mu.Lock()
	over := s.life.end != nil
	if over {
		s.life.flowState = flowOver
	}
	s.life.mu.Unlock()
	if over {
		s.finish()
		return
	}
	left := true
	defer func() {
		if left {
			s.flowLeft(recover())
		}
	}()
	h.Handle(s).Subscribe(s.Context(), (*flow)(s))
	left = false
}

// flowLeft deals with a handler that panicked, or called runtime.Goexit, before its flow had started: there will be no
// signal of it.
func (s *Session) flowLeft(v any) {
	defer s.forceFlow()
	if v != nil {
		s.panicked(v)
	} else {
		s.closeWith(&CloseError{Status: CloseStatus{Code: InternalError}, Err: errGoexit})
	}
}

// OnSubscribe starts the flow, or ends it if the session has ended meanwhile.
func (f *flow) OnSubscribe(up reactive.Subscription) {
	s := (*Session)(f)
	s.life.mu.Lock()
	state := s.life.flowState
	switch state {
	case flowStarting:
		s.life.flow, s.life.flowState = up, flowRunning
	case flowCancelled:
		s.life.flowState = flowOver
	}
	s.life.mu.Unlock()
	switch state {
	case flowStarting:
		up.Request(reactive.Unbounded)
	case flowCancelled:
		up.Cancel()
		s.finish()
	default:
		up.Cancel()
	}
}

func (f *flow) OnNext(reactive.Void) {}

func (f *flow) OnError(err error) { (*Session)(f).flowEnded(err) }

func (f *flow) OnComplete() { (*Session)(f).flowEnded(nil) }

// flowEnded closes the session as its flow ended, unless the flow ended because the session did.
func (s *Session) flowEnded(err error) {
	s.life.mu.Lock()
	over := s.life.flowState == flowOver
	s.life.flow, s.life.flowState = nil, flowOver
	s.life.mu.Unlock()
	if over {
		return
	}
	status := CloseStatus{Code: NormalClosure}
	chosen := false
	if err != nil {
		if status, chosen = StatusOf(err); !chosen {
			status = CloseStatus{Code: InternalError}
		}
	}
	e := &CloseError{Status: status, Err: err}
	if !s.closeWith(e) {
		s.finish()
		return
	}
	switch {
	case err == nil:
	case chosen:
		s.config().Logger.Info("socket: closed by the handler", "session", s.ID(), "status", e.Status.String(), "error", err)
	default:
		s.logFailure("handler failed", err)
	}
}

// cancelFlow ends the flow from this side.
func (s *Session) cancelFlow() {
	s.life.mu.Lock()
	up := s.life.flow
	s.life.flow = nil
	switch s.life.flowState {
	case flowStarting:
		s.life.flowState = flowCancelled
	case flowRunning:
		s.life.flowState = flowOver
	}
	s.life.mu.Unlock()
	if up != nil {
		defer s.rescue()
		up.Cancel()
	}
}

// forceFlow ends the flow, even if Handle has not returned yet. Should its Cancel not return either, the next deadline goes
// on without it.
func (s *Session) forceFlow() {
	s.setDeadline()
	defer s.finish()
	defer s.flowIsOver()
	s.cancelFlow()
}

func (s *Session) flowIsOver() {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.flowState = flowOver
}

// flowMayEnd lets the flow see the end of the input before it is cancelled, if it looks there at all.
func (s *Session) flowMayEnd(listened bool) {
	if !s.flowHears(listened) {
		s.leaveFlow()
	}
}

// flowHears reports whether to wait for the flow, which hears the end of the input and has CloseTimeout to end by itself.
// A Handle that does not return has until the deadline, too: until then there is nothing to cancel.
func (s *Session) flowHears(listened bool) bool {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.flowState == flowOver || s.life.finishing {
		return false
	}
	s.setDeadline() // under the lock, so that it is not later than that of finish
	return listened
}

// leaveFlow goes on without the flow.
func (s *Session) leaveFlow() {
	defer s.finish()
	s.cancelFlow()
}
