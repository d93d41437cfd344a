package socket

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// registry holds the live sessions of a service or a client and is their clock: one timer for all of them.
type registry struct {
	config *Config
	epoch  time.Time
	tick   time.Duration
	fanout fanout
	watch  watch

	mu       sync.Mutex
	sessions []*Session
	added    uint32
	pending  int // handshakes that were let in and have not become sessions yet
	timer    *time.Timer
	draining bool
	status   CloseStatus
	empty    chan struct{} // made by drain, closed when nothing is left
}

func newRegistry(c *Config) *registry {
	r := &registry{config: c, epoch: time.Now(), tick: tickOf(c)}
	r.watch.init()
	return r
}

// now is the time on the registry's clock, which only goes forward.
func (r *registry) now() time.Duration { return time.Since(r.epoch) }

// enter lets a handshake in, unless the registry drains. It is followed by add or by leave.
func (r *registry) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining {
		return false
	}
	r.pending++
	return true
}

// leave takes back enter.
func (r *registry) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending--
	r.checkEmpty()
}

// add turns a handshake that was let in into a session, and starts the clock with the first one.
func (r *registry) add(s *Session) {
	r.mu.Lock()
	r.pending--
	s.index, s.number = int32(len(r.sessions)), r.added
	r.added++
	r.sessions = append(r.sessions, s)
	if r.timer == nil {
		r.timer = time.AfterFunc(r.tick, r.sweep)
	}
	draining, status := r.draining, r.status
	r.mu.Unlock()
	if draining {
		s.drain(status)
	}
}

// remove takes a session off.
func (r *registry) remove(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.sessions) - 1
	r.sessions[s.index] = r.sessions[last]
	r.sessions[s.index].index = s.index
	r.sessions[last] = nil
	r.sessions = r.sessions[:last]
	r.checkEmpty()
}

func (r *registry) checkEmpty() {
	if r.empty != nil && r.pending == 0 && len(r.sessions) == 0 {
		close(r.empty)
		r.empty = nil
	}
}

func (r *registry) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sessions)
}

// snapshot returns the sessions of this moment.
func (r *registry) snapshot() []*Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sessions)
}

func (r *registry) all() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for _, s := range r.snapshot() {
			if !yield(s) {
				return
			}
		}
	}
}

// isDraining reports whether handshakes are refused.
func (r *registry) isDraining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}

// drain ends all sessions, spread over time, and waits until they are gone. If ctx ends first, it cuts what is left.
func (r *registry) drain(ctx context.Context, status CloseStatus) error {
	r.mu.Lock()
	r.draining, r.status = true, status
	if r.empty == nil {
		r.empty = make(chan struct{})
	}
	empty := r.empty
	r.checkEmpty()
	r.mu.Unlock()

	r.closeAll(ctx, status)
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	for _, s := range r.snapshot() {
		s.cut(status)
	}
	return context.Cause(ctx)
}

// drainSteps is into how many steps the closes of a drain are divided at most.
const drainSteps = 100

// closeAll ends all sessions in even steps over DrainSpread.
func (r *registry) closeAll(ctx context.Context, status CloseStatus) {
	sessions := r.snapshot()
	step := len(sessions)
	var pause time.Duration
	if spread := r.config.DrainSpread; spread > 0 && len(sessions) > 1 {
		step = (len(sessions) + drainSteps - 1) / drainSteps
		pause = spread * time.Duration(step) / time.Duration(len(sessions))
	}
	for chunk := range slices.Chunk(sessions, max(1, step)) {
		for _, s := range chunk {
			s.drain(status)
		}
		if pause > 0 {
			timer := time.NewTimer(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
		}
	}
}
