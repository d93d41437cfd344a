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

// Value knows the values of the request's context. The key by which package context looks for contexts that it can
// cancel is answered by the one that does the work: contexts derived from this one are its children then and need no
// goroutine, and context.Cause sees the cause.
func (c *sessionContext) Value(key any) any {
	if key == cancelKey {
		return c.cancellable().Value(key)
	}
	return c.handshake.context().Value(key)
}

// cancelKey is what context.Cause asks a context for.
var cancelKey = func() any {
	var k keyProbe
	context.Cause(&k)
	return k.key
}()

// keyProbe remembers the key it was asked for last.
type keyProbe struct {
	context.Context
	key any
}

func (k *keyProbe) Value(key any) any {
	k.key = key
	return nil
}

func (*keyProbe) Err() error { return context.Canceled } // or Cause would not ask

// String keeps contexts derived from this one from printing the session.
func (c *sessionContext) String() string { return "socket.Session.Context" }
