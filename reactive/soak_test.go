package reactive_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

var (
	soakFor  = flag.Duration("soak", 0, "how long TestSoak goes on with rounds of sessions, at most 2m; 0 is one round")
	soakSeed = flag.Uint64("soak.seed", 0, "seed of the first round of TestSoak; 0 is one that is different each time")
)

// TestSoak runs sessions, each a random chain of operators between a random source and a subscriber with random demand
// that may leave at a random moment, many of them at the same time. No session may break a rule of Reactive Streams, lose
// a value, double one or hang; and when all are over, no subscription, goroutine or timer may be left.
//
// A round is a bubble of virtual time. Its seed is the sessions' choices, but not the order in which goroutines run.
func TestSoak(t *testing.T) {
	const sessions, atOnce = 1000, 16
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	start, rounds := time.Now(), 0
	defer func() {
		t.Logf("%d rounds of %d sessions passed; the last one had -soak.seed=%d", rounds, sessions, seed)
	}()
	for {
		synctest.Test(t, func(t *testing.T) { soakRound(t, seed, sessions, atOnce) }) // ends the test if it fails
		rounds++
		if time.Since(start) >= min(*soakFor, 2*time.Minute) {
			return
		}
		seed++
	}
}

// soakPatience is how long a session may take, in virtual time.
const soakPatience = time.Minute

// soak is a round on its way.
type soak struct {
	t *testing.T

	mu   sync.Mutex // guards what follows
	open map[*watchedLink]string
}

func soakRound(t *testing.T, seed uint64, sessions, atOnce int) {
	s := &soak{t: t, open: map[*watchedLink]string{}}
	next := make(chan uint64)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for n := range next {
				if t.Failed() {
					continue // one session is enough to look into
				}
				s.session(rand.New(rand.NewPCG(seed, n)), fmt.Sprintf("session %d:", n))
			}
		})
	}
	for n := range uint64(sessions) {
		next <- n
	}
	close(next)
	workers.Wait()
	synctest.Wait()
	for _, name := range slices.Sorted(maps.Values(s.open)) {
		t.Errorf("a subscription is left of %s", name)
	}
	if len(s.open) > 0 {
		return // with timers of its own
	}
	for _, d := range []time.Duration{time.Second, 72 * time.Hour} { // a clock that goes on shows at once
		if n := timersWithin(d); n != 0 {
			t.Errorf("%d timers are left", n)
			return
		}
	}
}

// timersWithin returns how many timers of a bubble whose goroutines all wait start a goroutine within d.
func timersWithin(d time.Duration) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector starts goroutines as well
	runtime.GC()
	sample := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	time.Sleep(d)
	synctest.Wait()
	metrics.Read(sample)
	return sample[0].Value.Uint64() - before
}

// A timer that is left is noticed, and one that was stopped is not.
func TestTimersWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.AfterFunc(time.Minute, func() {}).Stop()
		if n := timersWithin(time.Hour); n != 0 {
			t.Errorf("got %d, want none", n)
		}
		time.AfterFunc(time.Minute, func() {})
		if n := timersWithin(time.Hour); n != 1 {
			t.Errorf("got %d, want 1", n)
		}
	})
}

// session makes a chain, runs it and judges.
func (s *soak) session(random *rand.Rand, name string) {
	c := &soakSession{rand: random, soak: s, name: name}
	f, want := c.chain()
	t := &soakTB{t: s.t, name: c.name}
	defer t.done()
	run := c.probe
	switch random.IntN(8) {
	case 0:
		run = c.collect
	case 1:
		run = c.loop
	}
	got, err, left := run(t, f)
	want.judge(t, got, err, left)
}

// collect takes what comes within some time.
func (c *soakSession) collect(_ *soakTB, f flux) (got []int, err error, left bool) {
	ctx, cancel := context.WithTimeout(c.soak.t.Context(), 20*c.moment())
	defer cancel()
	got, err = f.Collect(ctx)
	if left = errors.Is(err, context.DeadlineExceeded); left {
		err = nil
	}
	return got, err, left
}

// loop takes some values one by one.
func (c *soakSession) loop(_ *soakTB, f flux) (got []int, err error, left bool) {
	ctx, cancel := context.WithTimeout(c.soak.t.Context(), soakPatience)
	defer cancel()
	most := c.upTo(50)
	for v, err := range f.All(ctx) {
		if err != nil {
			return got, err, false
		}
		if got = append(got, v); len(got) == most {
			return got, nil, true
		}
	}
	return got, nil, false
}

// probe has random demand, from inside OnNext and from outside, and may cancel in either place or ask for nothing.
func (c *soakSession) probe(t *soakTB, f flux) (got []int, err error, left bool) {
	const never = 1 << 30
	some := func(one, in, n int) int { // n or less in one of so many cases
		if c.rand.IntN(in) < one {
			return c.upTo(n)
		}
		return never
	}
	cancelAt, cancelAfter, mistakeAfter := some(1, 6, 20), some(1, 6, 8), some(1, 16, 4)
	inside, demand := c.rand.IntN(2) == 0, []int64{reactive.Unbounded, 1, 2, 7}[c.rand.IntN(4)]

	p, seen := endingProbe{reactivetest.NewProbe[int](t), make(chan struct{}), new(sync.Once)}, 0
	p.Each(func(int) {
		switch seen++; {
		case seen == cancelAt:
			p.Cancel()
			p.end()
		case inside:
			p.Request(1)
		}
	})
	f.Subscribe(c.soak.t.Context(), p)
	start, pause := time.Now(), c.moment()
	for turn := 1; ; turn++ {
		switch {
		case turn == cancelAfter:
			p.Cancel()
			return p.Values(), nil, true
		case turn == mistakeAfter:
			p.Request(0)
		default:
			p.Request(demand)
		}
		select {
		case <-p.over:
			got, err = p.Values(), p.failure()
			misused := errors.Is(err, reactive.ErrBadRequest) && turn >= mistakeAfter
			if misused {
				err = nil
			}
			return got, err, misused || seen >= cancelAt
		case <-time.After(pause):
			pause = min(2*pause, 10*time.Millisecond)
		}
		if time.Since(start) > soakPatience {
			t.Errorf("hangs after %d values", len(p.Values()))
			p.Cancel()
			return nil, nil, true
		}
	}
}

// endingProbe says when it is over.
type endingProbe struct {
	*reactivetest.Probe[int]
	over chan struct{}
	once *sync.Once // a failure may be on its way already when the session cancels (2.8)
}

func (p endingProbe) end() { p.once.Do(func() { close(p.over) }) }

func (p endingProbe) OnError(err error) {
	p.Probe.OnError(err)
	p.end()
}

func (p endingProbe) OnComplete() {
	p.Probe.OnComplete()
	p.end()
}

// failure returns how the stream failed, or nil.
func (p endingProbe) failure() error {
	for _, s := range p.Signals() {
		if s.Kind == reactivetest.Error {
			return s.Err
		}
	}
	return nil
}

// judge compares what came with what is expected. Left says that the session ended by a decision of its subscriber.
func (x expected) judge(t *soakTB, got []int, err error, left bool) {
	if p := (*reactive.PanicError)(nil); errors.As(err, &p) && p.Value == errBoom {
		err = errBoom
	}
	if err != nil && !errors.Is(err, errBoom) {
		t.Errorf("got failure %v after %d values", err, len(got))
		return
	}
	if x.unknown {
		return
	}
	if !left && !x.partial && x.fails != (err != nil) {
		t.Errorf("got end %v, want a failure: %v", err, x.fails)
	}
	want := slices.Clone(x.values)
	if !x.sorted {
		got = slices.Clone(got)
		slices.Sort(got)
		slices.Sort(want)
	}
	all := err == nil && !left && !x.partial
	if all && !slices.Equal(got, want) || !x.contains(got, want) {
		t.Errorf("got %v, want %v; all of them: %v", got, want, all)
	}
}

// contains reports whether got is what may have come of want until the stream ended.
func (x expected) contains(got, want []int) bool {
	if x.sorted {
		return len(got) <= len(want) && slices.Equal(got, want[:len(got)])
	}
	for _, v := range want {
		if len(got) > 0 && got[0] == v {
			got = got[1:]
		}
	}
	return len(got) == 0
}

// soakTB fails the test in the name of a session.
type soakTB struct {
	t        *testing.T
	name     string
	cleanups []func()
}

func (t *soakTB) Helper()          {}
func (t *soakTB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }
func (t *soakTB) Errorf(format string, args ...any) {
	t.t.Errorf("%s: %s", t.name, fmt.Sprintf(format, args...))
}
func (t *soakTB) Fatalf(format string, args ...any) {
	panic(t.name + ": " + fmt.Sprintf(format, args...))
}

func (t *soakTB) done() {
	for _, f := range t.cleanups {
		f()
	}
}

// watched is a source whose subscriptions are counted as long as they have neither ended nor been cancelled.
type watched[T any] struct {
	src  reactive.Publisher[T]
	soak *soak
	name string
}

func (w watched[T]) Subscribe(ctx context.Context, s reactive.Subscriber[T]) {
	l := &watchedLink{soak: w.soak}
	w.soak.mu.Lock()
	w.soak.open[l] = w.name
	w.soak.mu.Unlock()
	w.src.Subscribe(ctx, watchedSubscriber[T]{s, l})
}

// watchedLink is a subscription, and its key among those that are open.
type watchedLink struct {
	reactive.Subscription
	soak *soak
}

func (l *watchedLink) Cancel() {
	l.close()
	l.Subscription.Cancel()
}

func (l *watchedLink) close() {
	l.soak.mu.Lock()
	defer l.soak.mu.Unlock()
	delete(l.soak.open, l)
}

type watchedSubscriber[T any] struct {
	reactive.Subscriber[T]
	link *watchedLink
}

func (s watchedSubscriber[T]) OnSubscribe(up reactive.Subscription) {
	s.link.Subscription = up
	s.Subscriber.OnSubscribe(s.link)
}

func (s watchedSubscriber[T]) OnError(err error) {
	s.link.close()
	s.Subscriber.OnError(err)
}

func (s watchedSubscriber[T]) OnComplete() {
	s.link.close()
	s.Subscriber.OnComplete()
}
