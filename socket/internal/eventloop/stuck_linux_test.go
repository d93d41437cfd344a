package eventloop

import (
	"fmt"
	"runtime"
	"testing"
)

// readied opens sockets with the names of calls, in this order in one round, each time that the function it returns is
// called. Before its source says that it has read, a call does what do says for its name. All want to flush.
func readied(t *testing.T, g *Group, do map[string]func(), events chan<- string, names ...string) (ready func()) {
	t.Helper()
	var ends []*end
	for _, name := range names {
		e := newEnd(t)
		e.readable = func(e *end, why Reason) Want {
			if e.read(1) == "" {
				return 0
			}
			if f := do[name]; f != nil {
				f()
			}
			events <- "read " + name
			return Flush
		}
		e.flush = func() { events <- "flush " + name }
		e.add(g)
		ends = append(ends, e)
	}
	hold := open(t, g, func(e *end, why Reason) Want { // what it sends is found in the next round
		if e.read(1) != "" {
			for _, e := range ends {
				e.send("x")
			}
		}
		return 0
	})
	return func() { hold.send("x") }
}

func expectEvents(t *testing.T, events <-chan string, want ...string) {
	t.Helper()
	for i, want := range want {
		if got := wait(t, want, events); got != want {
			t.Fatalf("event %d: got %q, want %q", i, got, want)
		}
	}
}

// TestFlush: sources are flushed when all that were ready together have been called.
func TestFlush(t *testing.T) {
	g := &Group{Loops: 1}
	events := make(chan string, 10)
	ready := readied(t, g, nil, events, "a", "b", "c")
	g.mu.Lock() // nobody looks meanwhile, so the round may take as long as it likes
	defer g.mu.Unlock()
	ready()
	expectEvents(t, events, "read a", "read b", "read c", "flush a", "flush b", "flush c")
}

// TestFlushInTime: sources do not wait for a call that is stuck, nor for many that take some time each.
func TestFlushInTime(t *testing.T) {
	t.Run("stuck", func(t *testing.T) {
		g := &Group{Loops: 1}
		events, release := make(chan string, 10), make(chan struct{})
		ready := readied(t, g, map[string]func(){"b": func() { <-release }}, events, "a", "b")
		ready()
		expectEvents(t, events, "read a", "flush a")
		close(release)
		expectEvents(t, events, "read b", "flush b")
	})
	t.Run("slow", func(t *testing.T) {
		g := &Group{Loops: 1}
		events := make(chan string, 10)
		var l *loop
		slow := true
		ready := readied(t, g, map[string]func(){"b": func() {
			if slow {
				l.look()
			}
		}}, events, "a", "b", "c")
		l = g.loops[0]
		g.mu.Lock() // nobody else looks meanwhile
		defer g.mu.Unlock()
		ready()
		expectEvents(t, events, "read a", "read b", "flush a", "flush b", "read c", "flush c")
		slow = false
		ready()
		expectEvents(t, events, "read a", "read b", "read c", "flush a", "flush b", "flush c")
	})
}

// TestStuck: a source that does not return holds up the others of its loop only for a moment, however often, and misses
// nothing.
func TestStuck(t *testing.T) {
	for _, detach := range []bool{false, true} {
		t.Run(fmt.Sprintf("detach %v", detach), func(t *testing.T) {
			g := &Group{Loops: 1}
			stuckGot, got := make(chan string), make(chan string, 1)
			stuck := open(t, g, func(e *end, why Reason) Want {
				if detach {
					e.place.Detach()
				}
				for s := e.read(1); s != ""; s = e.read(1) {
					stuckGot <- s
				}
				return 0
			})
			other := open(t, g, reader(got))
			for round := range 3 {
				stuck.send("ab")
				other.send("o")
				wait(t, "the other source", got)
				stuck.send("c") // while it is stuck
				other.send("p")
				wait(t, "the other source", got)
				all := ""
				for range 3 {
					all += wait(t, "the stuck source", stuckGot)
				}
				if all != "abc" {
					t.Fatalf("round %d: got %q, want abc", round, all)
				}
			}
		})
	}
}

// TestStuckAfterRest: the first call after a rest is found stuck, too.
func TestStuckAfterRest(t *testing.T) {
	g := &Group{Loops: 1}
	entered, release, got := make(chan struct{}, 1), make(chan struct{}), make(chan string, 1)
	stuck := open(t, g, func(e *end, why Reason) Want {
		if e.read(1) != "" {
			entered <- struct{}{}
			<-release
		}
		return 0
	})
	other := open(t, g, reader(got))
	defer close(release)
	other.send("x")
	wait(t, "the other source", got)
	l := other.place.loop
	l.mu.Lock() // the loop is slow to begin with the call
	stuck.send("x")
	for g.armed.Load() {
		runtime.Gosched() // until nobody looks any more
	}
	l.mu.Unlock()
	wait(t, "the source", entered)
	other.send("y")
	wait(t, "the other source", got)
}

// TestManyStuck: if one call of a round is stuck, the others do not hold up the loop one after the other.
func TestManyStuck(t *testing.T) {
	const n = 100
	g := &Group{Loops: 1}
	entered, release, got := make(chan struct{}, n), make(chan struct{}), make(chan string, 1)
	var stuck []*end
	for range n {
		stuck = append(stuck, open(t, g, func(e *end, why Reason) Want {
			if e.read(1) != "" {
				entered <- struct{}{}
				<-release
			}
			return 0
		}))
	}
	defer close(release)
	other := open(t, g, reader(got))
	hold := open(t, g, func(e *end, why Reason) Want { // has all of them ready at the same time
		if e.read(1) != "" {
			for _, e := range append(stuck, other) {
				e.send("x")
			}
		}
		return 0
	})
	hold.send("x")
	wait(t, "the other source", got)
	for range n {
		wait(t, "the sources", entered)
	}
	taken := 0
	for _, e := range stuck {
		if e.place.avoid == avoidFor {
			taken++
		}
	}
	if taken > 1 { // none, if it was hold that took long
		t.Errorf("%d calls were found stuck, want 1", taken)
	}
	l := other.place.loop
	for before := l.turn.Load(); l.turn.Load() == before; { // ends only if the loop calls the other one again
		other.send("y")
		wait(t, "the other source", got)
	}
}

// TestMissed: what arrives after the last read of a call that takes long is a reason for another call.
func TestMissed(t *testing.T) {
	for _, detach := range []bool{false, true} {
		t.Run(fmt.Sprintf("detach %v", detach), func(t *testing.T) {
			got, release := make(chan string, 1), make(chan struct{})
			e := open(t, &Group{Loops: 1}, func(e *end, why Reason) Want {
				if detach {
					e.place.Detach()
				}
				if s := e.read(100); s != "" {
					got <- s
					<-release
				}
				return 0
			})
			for i := range 10 {
				want := fmt.Sprint(i)
				e.send(want)
				if s := wait(t, "the bytes", got); s != want {
					t.Fatalf("got %q, want %q", s, want)
				}
				for !e.place.detached.Load() {
					runtime.Gosched() // until the loop goes on without it
				}
				e.send("+")
				for !e.hasMissed() {
					runtime.Gosched()
				}
				release <- struct{}{}
				if s := wait(t, "the bytes that came late", got); s != "+" {
					t.Fatalf("got %q, want +", s)
				}
				release <- struct{}{}
			}
		})
	}
}

// TestAvoided: a source that was stuck is called on the loop again after a while.
func TestAvoided(t *testing.T) {
	g := &Group{Loops: 1}
	got := make(chan string, 1)
	first := true
	e := open(t, g, func(e *end, why Reason) Want {
		if s := e.read(10); s != "" {
			if first {
				first = false
				e.place.Detach()
			}
			got <- s
		}
		return 0
	})
	send := func() (turn uint64) {
		e.send("x")
		wait(t, "the bytes", got)
		for e.place.detached.Load() {
			runtime.Gosched()
		}
		return e.place.loop.turn.Load()
	}
	before := send()
	for i := range avoidFor {
		if send() != before {
			t.Fatalf("the loop makes call %d itself, want none of %d", i, avoidFor)
		}
	}
	for send() == before {
		runtime.Gosched() // ends only if the loop makes a call
	}
}

// TestGoexit: a source that ends its goroutine ends neither the loop nor its own calls, wherever it is called.
func TestGoexit(t *testing.T) {
	for _, detach := range []bool{false, true} {
		t.Run(fmt.Sprintf("detached %v", detach), func(t *testing.T) {
			g := &Group{Loops: 1}
			got, other := make(chan string, 1), make(chan string, 1)
			e := open(t, g, func(e *end, why Reason) Want {
				if detach {
					e.place.Detach()
				}
				switch s := e.read(1); s {
				case "":
					return 0
				case "!":
					runtime.Goexit()
				default:
					got <- s
				}
				return Again
			})
			o := open(t, g, reader(other))
			for range 3 {
				e.send("!x")
				if s := wait(t, "the bytes after it", got); s != "x" {
					t.Fatalf("got %q", s)
				}
				o.send("y")
				wait(t, "the other source", other)
			}
		})
	}
}
