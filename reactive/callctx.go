package reactive

import (
	"context"
	"sync"
	"time"
)

// callContext is the context of a user's function that a source calls: the subscriber's, and it ends with the
// subscription as well. Most functions never look at it, so the part that can be cancelled is made by the first call
// of Done or Err; until then it costs no allocation and no registration with the parent.
type callContext struct {
	parent context.Context

	mu     sync.Mutex
	made   context.Context
	cancel context.CancelFunc
	over   bool
}

// end cancels the context. It may be called more than once.
func (c *callContext) end() {
	c.mu.Lock()
	c.over = true
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

func (c *callContext) make() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made, c.cancel = context.WithCancel(c.parent)
		if c.over {
			c.cancel()
		}
	}
	return c.made
}

func (c *callContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }
func (c *callContext) Done() <-chan struct{}       { return c.make().Done() }
func (c *callContext) Err() error                  { return c.make().Err() }

// Value asks the cancellable context if there is one, by which package context finds it and needs no goroutine to
// watch over a child of this one.
func (c *callContext) Value(key any) any {
	c.mu.Lock()
	made := c.made
	c.mu.Unlock()
	if made != nil {
		return made.Value(key)
	}
	return c.parent.Value(key)
}
