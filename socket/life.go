package socket

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket/internal/frame"
)

var (
	errWriteTimeout = errors.New("socket: the peer takes no bytes")
	errBroken       = errors.New("socket: the connection broke")
)

// life is how far the end of a session has come.
//
//	concluded   why it ends is decided: a Close on this side or a finished flow, the peer's Close frame, a violation of
//	            the protocol, a lost connection. The first reason counts.
//	flow over   the flow has ended or was cancelled. After a Close on this side that is at once; otherwise, and when the
//	            service drains, the flow is told by the end of Receive and has CloseTimeout to end by itself.
//	released    the context has ended and the handler's Close was called.
//	outDone     our Close frame is with the kernel, or there can be none.
//	inDone      the peer's Close frame or the end of the connection was read.
//	gone        the connection is closed, the session is off the registry, Closed has its status.
type life struct {
	mu        sync.Mutex
	end       *CloseError // why; nil while open
	flow      reactive.Subscription
	closer    io.Closer       // the handler, if it wants to be closed
	ctx       context.Context // made when somebody needs more than its values
	cancel    context.CancelCauseFunc
	finishing bool
	released  bool
	inDone    bool
	outDone   bool
	gone      bool
	lost      bool // end only says that a write failed: what the peer says is the better reason
	flowState flowState
	drain     *draining                   // nil until somebody asks for it
	closed    *reactive.Sink[CloseStatus] // made when somebody asks
	deadline  atomic.Int64                // of the current step, on the registry's clock; 0: none
}

// conclude decides why the session ends and reports whether that was open. The status of e becomes what the peer will be
// told, so that both sides say the same.
func (s *Session) conclude(e *CloseError) bool {
	if !e.Remote {
		e.Status = e.Status.normal()
	}
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.end != nil && !(s.life.lost && e.Remote) {
		return false
	}
	s.life.end, s.life.lost = e, false
	return true
}

// reason returns why the session ended, or nil.
func (s *Session) reason() *CloseError {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	return s.life.end
}

// closeWith ends the session from this side and reports whether it was open.
func (s *Session) closeWith(e *CloseError) bool {
	if !s.conclude(e) {
		return false
	}
	s.concluded(e)
	return true
}

// concluded does what follows a conclusion from this side. It calls the application, which may not return, hence the
// deadline before that, or leave by runtime.Goexit, hence the defers, here and below: last comes first.
func (s *Session) concluded(e *CloseError) {
	s.setDeadline()
	defer s.finish()
	defer s.setDeadline()
	defer s.abortSenders(e, true)
	defer s.endReceive(e)
	defer s.in.stop()
	s.cancelFlow()
}

// peerClosed deals with the peer's Close frame, after which nothing is read.
func (s *Session) peerClosed(status CloseStatus) {
	s.conclude(&CloseError{Status: status, Remote: true})
	defer s.flowMayEnd(s.in.listened())
	defer s.inputEnded()
	s.endReceive(nil)
}

// protocolFailed deals with bytes that break the protocol. The peer is told when the flow is over.
func (s *Session) protocolFailed(failed *frame.Error) {
	e := &CloseError{Status: CloseStatus{StatusCode(failed.Code), failed.Reason}, Err: failed}
	s.conclude(e)
	defer s.flowMayEnd(s.in.listened())
	defer s.endOutput()
	s.endReceive(e)
}

// endOutput ends our side of the connection if the Close frame is out: after bytes that make no sense there will be none of
// the peer. If it goes out later, closeSent does so.
func (s *Session) endOutput() {
	s.life.mu.Lock()
	told := s.life.outDone
	s.life.mu.Unlock()
	if told {
		s.link.stopWriting()
	}
}

// readFailed deals with the end of the connection. All that had arrived has been delivered.
func (s *Session) readFailed(err error) {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	s.conclude(&CloseError{Status: CloseStatus{Code: AbnormalClosure}, Err: err})
	e := s.reason()
	defer s.flowMayEnd(s.in.listened())
	defer s.inputEnded()
	defer s.outputEnded()
	defer s.abortSenders(e, false)
	s.endReceive(e)
}

// writeFailed decides why the session ends and reports whether that was open. It comes before the queue closes, so who
// finds that closed finds a reason, too.
func (s *Session) writeFailed(err error) (first bool) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errWriteTimeout
	}
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.end != nil {
		return false
	}
	s.life.end = &CloseError{Status: CloseStatus{Code: AbnormalClosure}, Err: err}
	s.life.lost = true
	return true
}

// outputLost fails all Sends after a write has failed. What has arrived is still read and delivered: a peer that is gone
// may have left something behind, its Close frame in particular.
func (s *Session) outputLost(first bool) {
	s.life.mu.Lock()
	e := s.life.end
	s.life.outDone = true
	s.life.mu.Unlock()
	if first {
		s.setDeadline()
	}
	s.link.stopReading()
	defer s.settle()
	s.abortSenders(e, false)
}

// connectionBroke follows when the connection is found broken by somebody who neither reads nor writes. As after a write
// that has failed, what has arrived can still be read.
func (s *Session) connectionBroke() {
	first := s.writeFailed(errBroken)
	s.out.mu.Lock()
	s.out.lose()
	s.out.mu.Unlock()
	s.outputLost(first)
}

// finish goes on with the end of the session once that is concluded and the flow is over.
func (s *Session) finish() {
	s.life.mu.Lock()
	if s.life.end == nil || s.life.flowState != flowOver || s.life.finishing {
		s.life.mu.Unlock()
		return
	}
	s.life.finishing = true
	s.setDeadline() // under the lock, for expire
	e, closer, cancel := s.life.end, s.life.closer, s.life.cancel
	s.life.closer = nil
	s.life.mu.Unlock()

	if cancel != nil {
		cancel(e)
	}
	if closer == nil {
		s.farewell()
		return
	}
	go func() {
		defer s.farewell()
		if err := closeHandler(closer); err != nil {
			s.logFailure("handler's Close failed", err)
		}
	}()
}

// closeHandler calls Close and turns a panic into an error.
func closeHandler(c io.Closer) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &reactive.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return c.Close()
}

// farewell sends the Close frame, if the connection is still good for one.
func (s *Session) farewell() {
	s.in.stop()
	s.life.mu.Lock()
	s.life.released = true
	e, told := s.life.end, s.life.outDone
	s.life.mu.Unlock()
	defer s.sayGoodbye(e, told)
	defer s.abortSenders(e, true)
	s.endReceive(e)
}

func (s *Session) sayGoodbye(e *CloseError, told bool) {
	s.setDeadline()
	code, text, send := e.Status.onWire()
	switch {
	case told:
	case send && e.Remote:
		s.sendClose(code, "") // the answer repeats the code (RFC 6455, 5.5.1)
	case send:
		s.sendClose(code, text)
	default:
		s.life.mu.Lock()
		s.life.outDone = true
		s.life.mu.Unlock()
		s.link.abort()
	}
	s.settle()
}

// closeSent follows when everything that was queued is with the kernel, the Close frame last.
func (s *Session) closeSent() {
	s.outputEnded()
	if s.in.broken() {
		s.link.stopWriting()
	}
}

// outputEnded notes that nothing more is written.
func (s *Session) outputEnded() {
	s.life.mu.Lock()
	s.life.outDone = true
	s.life.mu.Unlock()
	s.settle()
}

// inputEnded notes that nothing more is read.
func (s *Session) inputEnded() {
	s.life.mu.Lock()
	s.life.inDone = true
	s.life.mu.Unlock()
	s.settle()
}

// settle closes the connection when there is nothing left to do.
func (s *Session) settle() {
	s.life.mu.Lock()
	if s.life.gone || !s.life.released || !s.life.inDone || !s.life.outDone {
		s.life.mu.Unlock()
		return
	}
	s.life.gone = true
	e := s.life.end
	closed := s.life.closed
	s.life.mu.Unlock()
	s.life.deadline.Store(0)
	s.link.close()
	s.registry.remove(s)
	if closed != nil {
		closed.Next(e.Status)
		closed.Complete()
	}
}

// setDeadline gives the current step of the end CloseTimeout from now.
func (s *Session) setDeadline() {
	if d := s.config().CloseTimeout; d > 0 {
		s.life.deadline.Store(int64(s.registry.now() + d))
	}
}

// expire ends the current step of the end if it has taken too long: the next one may have begun since the sweep looked.
func (s *Session) expire() {
	s.life.mu.Lock()
	deadline := s.life.deadline.Load()
	if deadline == 0 || int64(s.registry.now()) < deadline {
		s.life.mu.Unlock()
		return
	}
	s.life.deadline.Store(0)
	finishing := s.life.finishing
	s.life.mu.Unlock()
	if finishing {
		s.abort()
	} else {
		s.forceFlow()
	}
}

// abort closes the connection. Whoever reads or writes fails, which brings all else to its end.
func (s *Session) abort() {
	s.link.abort()
	s.outputEnded()
}

// cut closes the session without waiting for anybody. The connection is closed when it returns; the flow, which may not
// return from its Cancel, is ended elsewhere.
func (s *Session) cut(status CloseStatus) {
	e := &CloseError{Status: status}
	first := s.conclude(e)
	s.link.abort()
	go func() {
		defer s.abort()
		defer s.forceFlow()
		if first {
			s.concluded(e)
		}
	}()
}

// rescue is deferred around what may call the application: a panic costs it the session and nothing else.
func (s *Session) rescue() {
	if v := recover(); v != nil {
		s.panicked(v)
	}
}

// panicked closes the session after a panic with v, which is still on the stack.
func (s *Session) panicked(v any) {
	err := &reactive.PanicError{Value: v, Stack: debug.Stack()}
	s.logFailure("panic", err)
	s.closeWith(&CloseError{Status: CloseStatus{Code: InternalError}, Err: err})
}

func (s *Session) logFailure(what string, err error) {
	attrs := []any{"session", s.ID(), "error", err}
	if p, ok := errors.AsType[*reactive.PanicError](err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	}
	s.config().Logger.Error("socket: "+what, attrs...)
}
