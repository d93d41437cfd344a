package socket

import (
	"errors"
	"sync/atomic"
	"time"
)

var errIdle = errors.New("socket: nothing came from the peer for IdleTimeout")

// The clock of a registry ticks four times within the shortest time it has to keep, but not faster or slower than this.
const (
	minTick = 10 * time.Millisecond
	maxTick = time.Second
)

// tickOf returns the time between two sweeps.
func tickOf(c *Config) time.Duration {
	tick := maxTick
	for _, d := range []time.Duration{c.CloseTimeout, c.IdleTimeout, c.PingInterval, c.WriteTimeout} {
		if d > 0 {
			tick = min(tick, d/4)
		}
	}
	return max(tick, minTick)
}

// pulse is what the sweep knows of a session. All but seen belongs to the sweep.
//
// Per batch a session only sets seen, and only if it is not set. All times are kept by looking at it once per tick, so
// they are exact to a tick and cost no timer and no deadline per session.
type pulse struct {
	seen     atomic.Bool   // something was read since the last sweep
	worked   bool          // something was read since the reader's goroutine was made
	rested   bool          // the reader was parked at the last sweep
	heard    time.Duration // the last sweep that found seen, or that sent a ping
	silent   time.Duration // since when the reader listens and hears nothing
	written  uint64        // the queue's counter at the last sweep
	progress time.Duration // the last sweep that found it changed, or nothing to write
}

// begin starts all times.
func (p *pulse) begin(now time.Duration) { p.heard, p.silent, p.progress = now, now, now }

// alive notes that something was read.
func (s *Session) alive() {
	if !s.pulse.seen.Load() {
		s.pulse.seen.Store(true)
	}
}

// task is what a sweep finds to be done for a session.
type task uint8

const (
	taskNone   task = iota
	taskPing        // send a ping
	taskIdle        // close: the peer is silent
	taskStall       // give up: the peer takes nothing
	taskExpire      // a step of the end takes too long
)

// sweep looks at all sessions and does what is due. It is the only place where the time of a session passes.
func (r *registry) sweep() {
	type dueTask struct {
		session *Session
		task    task
	}
	var due []dueTask
	now := r.now()
	r.mu.Lock()
	for _, s := range r.sessions {
		if t := s.check(now); t != taskNone {
			due = append(due, dueTask{s, t})
		}
	}
	r.mu.Unlock()
	for _, d := range due {
		switch d.task {
		case taskPing:
			d.session.ping()
		case taskIdle:
			go d.session.closeWith(&CloseError{Status: CloseStatus{GoingAway, "idle timeout"}, Err: errIdle})
		case taskStall:
			d.session.link.failWrites()
		case taskExpire:
			go d.session.expire()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sessions) == 0 {
		r.timer = nil
		return
	}
	r.timer.Reset(r.tick)
}

// check returns what is due for the session. Only sweep calls it.
func (s *Session) check(now time.Duration) task {
	s.checkReader(now)
	if d := s.life.deadline.Load(); d != 0 && int64(now) >= d {
		return taskExpire
	}
	if t := s.checkQueue(now); t != taskNone {
		return t
	}
	p := &s.pulse
	switch c := s.config(); {
	case s.in.flags.Load()&inStopping != 0:
	case c.IdleTimeout > 0 && now-p.silent >= c.IdleTimeout:
		if s.reason() == nil { // else its end is under way
			return taskIdle
		}
	case c.PingInterval > 0 && now-p.heard >= c.PingInterval:
		p.heard = now
		return taskPing
	}
	return taskNone
}

// checkReader looks at what the reader does. Silence only counts while it listens: a session that is paused, or whose
// handler takes its time, cannot know whether the peer is silent.
func (s *Session) checkReader(now time.Duration) {
	p := &s.pulse
	parked := s.in.parked.Load()
	switch {
	case p.seen.Load():
		p.seen.Store(false)
		p.worked, p.heard, p.silent = true, now, now
	case parked || s.in.turn.Load() == turnTaken:
		p.silent = now
	case p.worked:
		p.worked = false
		s.link.interrupt()
	}
	if parked && p.rested {
		s.in.giveUpBuffer()
	}
	p.rested = parked
}

// checkQueue looks at the progress of writing.
func (s *Session) checkQueue(now time.Duration) task {
	p, o := &s.pulse, &s.out
	if !o.mu.TryLock() {
		return taskNone // somebody is at it
	}
	defer o.mu.Unlock()
	if o.lost || o.backlog() == 0 || o.written != p.written {
		p.written, p.progress = o.written, now
		return taskNone
	}
	if timeout := s.config().WriteTimeout; timeout > 0 && o.taken && now-p.progress >= timeout {
		return taskStall
	}
	return taskNone
}
