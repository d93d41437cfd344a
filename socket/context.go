package socket

import (
	"context"
	"time"
)

// sessionContext is the context of a session. Most flows pass it on and never look at it, so the part that can be
// cancelled is made when it is first needed: a hundred bytes less for all other sessions.
type sessionContext Session

var _ context.Context = (*sessionContext)(nil)

// cancellable returns the context that does the work.
func (c *sessionContext) cancellable() context.Context {
	l := &c.life
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		l.ctx, l.cancel = context.WithCancelCause(c.handshake.context())
		if l.finishing {
			l.cancel(l.end)
		}
	}
	return l.ctx
}

func (c *sessionContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (c *sessionContext) Done() <-chan struct{}       { return c.cancellable().Done() }
func (c *sessionContext) Err() error                  { return c.cancellable().Err() }

// Value leaves the answer to the context that does the work, by which package context finds that: contexts derived from
// this one are its children and need no goroutine, and context.Cause sees the cause.
func (c *sessionContext) Value(key any) any { return c.cancellable().Value(key) }

// String keeps contexts derived from this one from printing the session.
func (c *sessionContext) String() string { return "socket.Session.Context" }
