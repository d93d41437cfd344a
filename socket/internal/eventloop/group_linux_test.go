package eventloop

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// end is one end of a pair of sockets, and the source of its own calls.
type end struct {
	t     *testing.T
	fd    int
	peer  int // the descriptor of the other end
	place Socket

	running  atomic.Int32
	readable func(*end, Reason) Want // what Readable does
	writable func()                  // what Writable does, if anything
	flush    func()                  // what Flush does
	broken   func()                  // what Broken does

	mu     sync.Mutex
	closed bool // nobody uses fd any more: it may be another one's
}

// Readable reports who calls it at the same time as another one.
func (e *end) Readable(why Reason) Want {
	if n := e.running.Add(1); n != 1 {
		e.t.Errorf("%d calls at the same time", n)
	}
	defer e.running.Add(-1)
	return e.readable(e, why)
}

func (e *end) Writable() {
	if e.writable != nil {
		e.writable()
	}
}

func (e *end) Flush() { e.flush() }

func (e *end) Broken() { e.broken() }

// open adds a socket to g that does what readable says.
func open(t *testing.T, g *Group, readable func(e *end, why Reason) Want) *end {
	t.Helper()
	e := newEnd(t)
	e.readable = readable
	e.add(g)
	return e
}

func newEnd(t *testing.T) *end {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := &end{t: t, fd: fds[0], peer: fds[1]}
	t.Cleanup(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.closed = true
		syscall.Close(e.fd)
		syscall.Close(e.peer)
	})
	return e
}

func (e *end) add(g *Group) {
	e.t.Helper()
	if err := g.Add(&e.place, e.fd, e); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(e.place.Remove)
	e.place.Start()
}

// send writes to the socket from the other end.
func (e *end) send(s string) {
	e.t.Helper()
	if n, err := syscall.Write(e.peer, []byte(s)); n != len(s) || err != nil {
		e.t.Fatalf("write: %d, %v", n, err)
	}
}

// read reads what there is, at most n bytes. It returns "" if there is nothing.
func (e *end) read(n int) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ""
	}
	b := make([]byte, n)
	n, _ = syscall.Read(e.fd, b)
	return string(b[:max(0, n)])
}

// hasMissed reports whether the loop has left a call to the one that goes on.
func (e *end) hasMissed() bool {
	e.place.loop.mu.Lock()
	defer e.place.loop.mu.Unlock()
	return e.place.missed != 0
}

// isKicked reports whether the loop has yet to see a kick.
func (e *end) isKicked() bool {
	e.place.loop.mu.Lock()
	defer e.place.loop.mu.Unlock()
	return e.place.kicked
}

func wait[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// reader reads all there is and passes it on.
func reader(got chan<- string) func(*end, Reason) Want {
	return func(e *end, why Reason) Want {
		if s := e.read(100); s != "" {
			got <- s
		}
		return 0
	}
}

// TestArrived: a source is called when something has arrived, again and again.
func TestArrived(t *testing.T) {
	got := make(chan string, 1)
	e := open(t, &Group{Loops: 1}, reader(got))
	for i := range 100 {
		want := fmt.Sprint(i)
		e.send(want)
		if s := wait(t, "the bytes", got); s != want {
			t.Fatalf("got %q, want %q", s, want)
		}
	}
}

// TestArrivedBefore: what has arrived before the socket was added counts, too.
func TestArrivedBefore(t *testing.T) {
	got := make(chan string, 1)
	e := newEnd(t)
	e.readable = reader(got)
	e.send("early")
	e.add(&Group{})
	if s := wait(t, "the bytes", got); s != "early" {
		t.Errorf("got %q", s)
	}
}

// TestReasons: a source learns why it is called.
func TestReasons(t *testing.T) {
	reasons := make(chan Reason, 10)
	e := open(t, &Group{Loops: 1}, func(e *end, why Reason) Want {
		e.read(100)
		reasons <- why
		return 0
	})
	e.send("x")
	if why := wait(t, "the bytes", reasons); why != Arrived {
		t.Errorf("got %b after bytes, want Arrived", why)
	}
	e.place.Kick()
	if why := wait(t, "the kick", reasons); why != Kicked {
		t.Errorf("got %b after a kick, want Kicked", why)
	}
	syscall.Shutdown(e.peer, syscall.SHUT_WR)
	if why := wait(t, "the end", reasons); why != Arrived|HungUp {
		t.Errorf("got %b after the end, want Arrived|HungUp", why)
	}
}

// TestWritable: a source whose socket was full is told of room, also while it is stuck in Readable.
func TestWritable(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		t.Run(fmt.Sprintf("stuck %v", stuck), func(t *testing.T) {
			entered, release := make(chan struct{}, 1), make(chan struct{})
			room := make(chan struct{}, 1000)
			e := newEnd(t)
			e.readable = func(e *end, why Reason) Want {
				if e.read(1) != "" {
					entered <- struct{}{}
					<-release
				}
				return 0
			}
			e.writable = func() { room <- struct{}{} }
			e.add(&Group{Loops: 1})
			defer close(release)
			if stuck {
				e.send("x")
				wait(t, "the source", entered)
			}
			wait(t, "the room at first", room)
			b := make([]byte, 64<<10)
			for full := false; !full; {
				_, err := syscall.Write(e.fd, b)
				full = err != nil
			}
			for len(room) > 0 {
				<-room
			}
			for empty := false; !empty; {
				n, err := syscall.Read(e.peer, b)
				empty = n <= 0 || err != nil
			}
			wait(t, "room", room)
		})
	}
}

// TestAgain: a source that asks to be called again is, and others are in between.
func TestAgain(t *testing.T) {
	g := &Group{Loops: 1}
	order := make(chan string, 1000)
	slow := func(name string) func(*end, Reason) Want {
		return func(e *end, why Reason) Want {
			s := e.read(1)
			if s == "" {
				return 0
			}
			order <- name
			return Again
		}
	}
	const each = 50
	a, b := open(t, g, slow("a")), open(t, g, slow("b"))
	hold := open(t, g, func(e *end, why Reason) Want { // has both ready at the same time
		if e.read(1) != "" {
			a.send(string(make([]byte, each)))
			b.send(string(make([]byte, each)))
		}
		return 0
	})
	g.mu.Lock() // no call is found stuck meanwhile
	defer g.mu.Unlock()
	hold.send("x")
	var got []string
	for range 2 * each {
		got = append(got, wait(t, "a call", order))
	}
	for i := 0; i < len(got); i += 2 {
		if got[i] == got[i+1] {
			t.Fatalf("the calls %d and %d were for the same source: %v", i, i+1, got)
		}
	}
}

// TestSpread: sockets are shared evenly among the loops, and the loops end with the last ones and begin anew.
func TestSpread(t *testing.T) {
	g := &Group{Loops: 3}
	for range 2 {
		var ends []*end
		for range 9 {
			ends = append(ends, open(t, g, func(*end, Reason) Want { return 0 }))
		}
		for i, l := range g.loops {
			if n := l.len(); n != 3 {
				t.Errorf("loop %d has %d sockets, want 3", i, n)
			}
		}
		for _, e := range ends {
			e.place.Remove()
		}
		for i, l := range g.loops {
			if !l.closed {
				t.Errorf("loop %d goes on without sockets", i)
			}
		}
	}
}

// TestReuse: an event of a socket that is gone is not one of its successor, though that has the same index.
func TestReuse(t *testing.T) {
	g := &Group{Loops: 1}
	nothing := func(*end, Reason) Want { return 0 }
	open(t, g, nothing) // keeps the loop
	old := open(t, g, nothing)
	event := syscall.EpollEvent{Fd: old.place.index, Pad: int32(old.place.number)}
	l := old.place.loop
	find := func() *Socket {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.find(&event)
	}
	if find() != &old.place {
		t.Error("the socket is not found")
	}
	old.place.Remove()
	if find() != nil {
		t.Error("the socket is found after Remove")
	}
	if successor := open(t, g, nothing); successor.place.index != old.place.index {
		t.Errorf("got index %d, want that of the old socket, %d", successor.place.index, old.place.index)
	}
	if find() != nil {
		t.Error("the successor is found")
	}
}

// TestStart: what happens before Start leads to a call after it.
func TestStart(t *testing.T) {
	tests := []struct {
		name   string
		happen func(e *end)
		want   Reason
	}{
		{"bytes", func(e *end) { e.send("x") }, Arrived},
		{"kick", func(e *end) { e.place.Kick() }, Kicked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reasons := make(chan Reason, 10)
			e := newEnd(t)
			e.readable = func(e *end, why Reason) Want {
				e.read(100)
				reasons <- why
				return 0
			}
			if err := (&Group{Loops: 1}).Add(&e.place, e.fd, e); err != nil {
				t.Fatal(err)
			}
			defer e.place.Remove()
			tt.happen(e)
			for !e.hasMissed() || e.isKicked() {
				runtime.Gosched() // until the loop has dealt with it
			}
			if len(reasons) > 0 {
				t.Error("called before Start")
			}
			e.place.Start()
			if why := wait(t, "the call", reasons); why != tt.want {
				t.Errorf("got %b, want %b", why, tt.want)
			}
		})
	}
}

// TestKickAfterRemove does nothing.
func TestKickAfterRemove(t *testing.T) {
	g := &Group{Loops: 1}
	got := make(chan string, 1)
	keep := open(t, g, reader(got))
	e := open(t, g, func(*end, Reason) Want {
		t.Error("called after Remove")
		return 0
	})
	e.place.Remove()
	e.place.Kick()
	keep.send("x")
	wait(t, "the other source", got)
}

// TestBadDescriptor: what cannot be watched is an error, and costs nobody a loop.
func TestBadDescriptor(t *testing.T) {
	g := &Group{Loops: 1}
	var place Socket
	if err := g.Add(&place, -1, nil); err == nil {
		t.Error("got no error")
	}
	got := make(chan string, 1)
	e := open(t, g, reader(got))
	e.send("x")
	wait(t, "the bytes", got)
}
