package socket

import (
	"context"
	"sync"
	"time"
)

// patience is the context of a handshake: that of the request, bounded by HandshakeTimeout. The part that can be
// cancelled is made when somebody waits for it. Most handshakes wait for nothing, and to make it would leave a trace in
// the request's context, which a session keeps for its values: a hundred bytes for as long as it is open.
type patience struct {
	request  context.Context
	deadline time.Time

	mu     sync.Mutex
	over   bool // the handshake is
	ctx    context.Context
	cancel context.CancelFunc
}

var _ context.Context = (*patience)(nil)

// cancellable returns the context that does the work.
func (p *patience) cancellable() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		p.ctx, p.cancel = context.WithDeadlineCause(p.request, p.deadline, errHandshakeTimeout)
		if p.over {
			p.cancel()
		}
	}
	return p.ctx
}

// end follows when the handshake is over.
func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.cancel != nil {
		p.cancel()
	}
}

// late reports whether the time is over.
func (p *patience) late() bool { return !time.Now().Before(p.deadline) }

func (p *patience) Deadline() (time.Time, bool) {
	if t, ok := p.request.Deadline(); ok && t.Before(p.deadline) {
		return t, true
	}
	return p.deadline, true
}

func (p *patience) Done() <-chan struct{} { return p.cancellable().Done() }
func (p *patience) Err() error            { return p.cancellable().Err() }

// Value treats the key of package context as that of a [sessionContext] does.
func (p *patience) Value(key any) any {
	if key == cancelKey {
		return p.cancellable().Value(key)
	}
	return p.request.Value(key)
}
