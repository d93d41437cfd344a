package eventloop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Group is a number of loops, which share sockets evenly. Its zero value has a loop for each processor that the program may
// use. All methods are safe for concurrent use.
type Group struct {
	// Loops is how many there are at most. Default GOMAXPROCS.
	Loops int

	mu    sync.Mutex
	loops []*loop // nil: has not begun, or has ended
	timer *time.Timer
	armed atomic.Bool
}

// Add has the socket with the descriptor fd watched. s becomes its place with the group and must not move. Nothing is called
// before Start, except for Writable.
func (g *Group) Add(s *Socket, fd int, source Source) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer == nil {
		g.init()
	}
	s.source, s.held = source, true
	s.detached.Store(true)
	at := g.emptiest()
	if l := g.loops[at]; l != nil {
		if ok, err := l.add(s, fd); ok {
			return err
		}
	}
	l, err := newLoop(g)
	if err != nil {
		return err
	}
	g.loops[at] = l
	_, err = l.add(s, fd)
	return err
}

func (g *Group) init() {
	n := g.Loops
	if n < 1 {
		n = runtime.GOMAXPROCS(0)
	}
	g.loops = make([]*loop, n)
	g.timer = time.AfterFunc(time.Hour, g.round)
	g.timer.Stop()
}

// emptiest returns the index of the loop with the fewest sockets.
func (g *Group) emptiest() (at int) {
	fewest := -1
	for i, l := range g.loops {
		n := 0
		if l != nil {
			n = l.len()
		}
		if fewest < 0 || n < fewest {
			at, fewest = i, n
		}
	}
	return at
}

// lookEvery is how often the loops are looked at while they work. A call that is found twice is left to itself.
const lookEvery = 5 * time.Millisecond

// arm has the loops looked at. Whoever runs one calls it when a call begins.
func (g *Group) arm() {
	if !g.armed.Load() && g.armed.CompareAndSwap(false, true) {
		g.timer.Reset(lookEvery)
	}
}

// round looks at the loops, again and again until they rest.
func (g *Group) round() {
	if g.look() {
		g.timer.Reset(lookEvery)
		return
	}
	g.armed.Store(false)
	if g.look() { // it has begun before it could see that
		g.arm()
	}
}

// look takes loops away from sources that do not return. It reports whether there is a reason to look again.
func (g *Group) look() (busy bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.loops {
		if l != nil && l.look() {
			busy = true
		}
	}
	return busy
}
