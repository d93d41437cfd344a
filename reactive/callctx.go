package reactive

import (
	"context"
	"sync/atomic"
	"time"
)

// callContext is the context of a user's function that a source calls: the subscriber's, and it ends with the
// subscription as well. Most functions never look at it, so the part that can be cancelled is made by the first call
// of Done or Err; until then it costs no allocation and no registration with the parent.
type callContext struct {
	parent context.Context
	made   atomic.Pointer[cancellable]
	over   atomic.Bool
}

type cancellable struct {
	context.Context
	cancel context.CancelFunc
}

// end cancels the context. It may be called more than once.
func (c *callContext) end() {
	c.over.Store(true)
	if made := c.made.Load(); made != nil {
		made.cancel()
	}
}

func (c *callContext) make() *cancellable {
	made := c.made.Load()
	if made == nil {
		made = &cancellable{}
		made.Context, made.cancel = context.WithCancel(c.parent)
		if !c.made.CompareAndSwap(nil, made) {
			made.cancel()
			made = c.made.Load()
		}
	}
	if c.over.Load() {
		made.cancel() // end may have been too early to see it
	}
	return made
}

func (c *callContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }
func (c *callContext) Done() <-chan struct{}       { return c.make().Done() }
func (c *callContext) Err() error                  { return c.make().Err() }

// Value asks the cancellable context if there is one, by which package context finds it and needs no goroutine to
// watch over a child of this one.
func (c *callContext) Value(key any) any {
	if made := c.made.Load(); made != nil {
		return made.Value(key)
	}
	return c.parent.Value(key)
}
