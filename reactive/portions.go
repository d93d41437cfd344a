package reactive

import (
	"sync"
	"sync/atomic"
	"time"
)

// portions is what BufferTimeout and WindowTimeout share: the values of src go into portions of at most size values, each
// of which is ripe when it is full or when d has passed since its first value. R is what becomes of a portion.
//
// There are three callers: src, the subscriber's requests and the timer. They change the state under mu; what follows
// from it is done by the one that gets wip from zero. Src is asked for one portion at a time: asked is never more than
// size above passed, so a portion takes no more than size values, whatever is due when.
type portions[R any] struct {
	down Subscriber[R]
	of   portioner
	size int
	d    time.Duration
	up   Subscription
	wip  atomic.Int32

	mu     sync.Mutex // guards what follows
	held   int        // values in the portion
	began  time.Time  // when the first of them came
	due    bool       // that is d ago
	given  bool       // the portion was handed out, and may still take values
	timer  *time.Timer
	demand int64 // portions asked for and not handed out
	passed int64 // values in the portions before
	asked  int64 // values asked of src
	end    *ending
}

// portioner is the operator, which adds OnNext. The functions that it implements for portions are called by the owner of
// wip.
type portioner interface {
	Subscription
	// pass does one thing that can be done for the portion, and reports whether there was one.
	pass() bool
	// last gives up the portion, if there is one, and ends the stream.
	last(e *ending)
}

func (p *portions[R]) OnSubscribe(up Subscription) {
	if p.up != nil {
		up.Cancel()
		return
	}
	p.up = up
	p.wip.Store(1) // no timer before OnSubscribe has returned
	p.down.OnSubscribe(p.of)
	p.drain()
}

// admit counts a value into the portion, and reports whether it may come. If not, refused has to follow. The caller holds
// mu here, and in ripe, give and next, but not in refused.
func (p *portions[R]) admit() bool {
	if p.end != nil || p.passed+int64(p.held) == p.asked {
		return false
	}
	if p.held++; p.held > 1 {
		return true
	}
	p.began = time.Now()
	if p.timer == nil {
		p.timer = time.AfterFunc(p.d, p.tick)
	} else {
		p.timer.Reset(p.d)
	}
	return true
}

// ripe reports whether the portion is complete.
func (p *portions[R]) ripe() bool {
	if p.end != nil {
		return p.end == endComplete && p.held > 0
	}
	return p.held == p.size || p.due
}

// give takes the demand for the portion, which the caller hands out.
func (p *portions[R]) give() {
	p.given = true
	if p.demand != Unbounded {
		p.demand--
	}
}

// next begins with the next portion.
func (p *portions[R]) next() {
	p.passed += int64(p.held)
	p.held, p.due, p.given = 0, false, false
	if p.timer != nil {
		p.timer.Stop()
	}
}

// refused fails the stream, unless the value was still on its way when that ended: src breaks rule 1.1.
func (p *portions[R]) refused() {
	p.mu.Lock()
	ended := p.end != nil
	p.mu.Unlock()
	if !ended {
		p.stop(&ending{ErrOverflow})
	}
}

func (p *portions[R]) tick() {
	p.mu.Lock()
	if p.held == 0 {
		p.mu.Unlock()
		return
	}
	if left := p.d - time.Since(p.began); left > 0 { // this was the alarm of a portion that was complete just then
		p.timer.Reset(left)
		p.mu.Unlock()
		return
	}
	p.due = true
	p.mu.Unlock()
	p.wake()
}

func (p *portions[R]) OnError(err error) { p.terminate(&ending{failure(err)}) }
func (p *portions[R]) OnComplete()       { p.terminate(endComplete) }

func (p *portions[R]) Request(n int64) {
	if n < 1 {
		p.stop(&ending{ErrBadRequest})
		return
	}
	p.mu.Lock()
	if p.demand += n; p.demand < 0 {
		p.demand = Unbounded
	}
	p.mu.Unlock()
	p.wake()
}

// stop ends the stream, and cancels src.
func (p *portions[R]) stop(e *ending) {
	if p.terminate(e) {
		p.up.Cancel()
	}
}

// terminate notes how the stream ends, and reports whether src had not ended before; a completion that waits for demand
// may still become something else.
func (p *portions[R]) terminate(e *ending) (first bool) {
	p.mu.Lock()
	first = p.end == nil
	news := first || p.end == endComplete && e != endComplete
	if news {
		p.end = e
	}
	p.mu.Unlock()
	if news {
		p.wake()
	}
	return first
}

func (p *portions[R]) wake() {
	if p.wip.Add(1) == 1 {
		p.drain()
	}
}

// drain does what the state allows. The caller owns wip; once the stream has ended nobody gets it any more. Src is asked
// when wip is free again: it may take its time in Request, and what it says meanwhile is passed on.
func (p *portions[R]) drain() {
	var short int64
	for {
		missed := p.wip.Load()
		for p.of.pass() {
		}
		n, end := p.rest()
		if end != nil {
			p.of.last(end)
			return
		}
		short += n
		if p.wip.Add(-missed) == 0 {
			break
		}
	}
	if short > 0 {
		p.up.Request(short)
	}
}

// rest is what is to be done when nothing can be passed on: to ask src for n values, or to end the stream.
func (p *portions[R]) rest() (n int64, end *ending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.end != nil && (p.end != endComplete || p.held == 0):
		return 0, p.end
	case (p.given || p.demand > 0) && p.end == nil:
		n = p.passed + int64(p.size) - p.asked
		p.asked += n
	}
	return n, nil
}
