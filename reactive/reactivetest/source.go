package reactivetest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// Source is a publisher that is operated by hand, to test what subscribes to it: it tells the demand it sees, whether it
// was cancelled, and watches the subscriber: a call that breaks a rule of Reactive Streams fails the test, with the
// number of the rule, when the test ends.
//
// It takes any number of subscriptions; its methods speak of the latest one. Whoever wants to break the rules of a
// publisher on purpose calls the subscriber directly: see [Source.Subscriber].
//
// The Expect methods wait as those of [Probe] do: for 10 seconds, or 48 hours of virtual time in a testing/synctest
// bubble, unless [Source.Patience] says otherwise. All methods may be called from any goroutine; Patience belongs before
// the others.
type Source[T any] struct {
	t     TB
	limit time.Duration // of a wait; zero is the default

	mu     sync.Mutex
	wake   chan struct{} // closed at the next change, if somebody waits
	links  []*link[T]
	broken []Violation
}

// link is one subscription to a Source. Its fields are guarded by the source.
type link[T any] struct {
	src       *Source[T]
	ctx       context.Context
	down      reactive.Subscriber[T]
	requests  []int64
	requested int64
	emitted   int64
	cancelled bool
	ended     bool
	ending    uint64 // the goroutine that is delivering the terminal signal
	watch     func(n int64)
}

// NewSource returns a source without subscribers. The rules that its subscribers break fail t.
func NewSource[T any](t TB) *Source[T] {
	s := newSource[T](t)
	t.Cleanup(func() {
		t.Helper()
		for _, v := range onceEach(s.Violations()) {
			t.Errorf("%v", v)
		}
	})
	return s
}

// newSource returns a source that leaves the violations to its user.
func newSource[T any](t TB) *Source[T] { return &Source[T]{t: t} }

// Patience makes the Expect methods of the source wait for up to d for what the subscriber does.
func (s *Source[T]) Patience(d time.Duration) *Source[T] {
	s.limit = d
	return s
}

// Subscribe implements reactive.Publisher.
func (s *Source[T]) Subscribe(ctx context.Context, down reactive.Subscriber[T]) {
	l := &link[T]{src: s, ctx: ctx, down: down}
	s.mu.Lock()
	s.links = append(s.links, l)
	s.notify()
	s.mu.Unlock()
	down.OnSubscribe(l)
}

// Request implements reactive.Subscription.
func (l *link[T]) Request(n int64) {
	s := l.src
	s.mu.Lock()
	s.checkCall(l, fmt.Sprintf("Request(%d)", n))
	if n < 1 {
		// Also when the stream has ended: no subscriber has a reason to ask for less than one.
		s.breaks("2.1", "Request(%d): demand is signalled by requesting at least one (3.9)", n)
		fail := !l.cancelled && !l.ended
		l.ended = l.ended || fail
		s.notify()
		s.mu.Unlock()
		if fail {
			l.down.OnError(reactive.ErrBadRequest)
		}
		return
	}
	if !l.cancelled && !l.ended {
		l.requests = append(l.requests, n)
		if l.requested += n; l.requested < 0 {
			l.requested = math.MaxInt64
		}
		s.notify()
	}
	watch := l.watch
	s.mu.Unlock()
	if watch != nil {
		watch(n)
	}
}

// Cancel implements reactive.Subscription.
func (l *link[T]) Cancel() {
	s := l.src
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkCall(l, "Cancel")
	if !l.ended {
		l.cancelled = true
	}
	s.notify()
}

// checkCall notices a call of the subscription from inside its own terminal signal. The caller holds the lock.
func (s *Source[T]) checkCall(l *link[T], call string) {
	if l.ending != 0 && l.ending == goroutine() {
		s.breaks("2.3", "%s from inside OnComplete or OnError", call)
	}
}

// breaks notes a broken rule. The caller holds the lock.
func (s *Source[T]) breaks(rule, format string, args ...any) {
	s.broken = append(s.broken, Violation{rule, fmt.Sprintf(format, args...)})
}

// notify wakes those who wait. The caller holds the lock.
func (s *Source[T]) notify() {
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// await waits until cond, which is called with the lock held, and reports whether it came true in time.
func (s *Source[T]) await(cond func() bool) bool {
	timer := time.NewTimer(s.patience())
	defer timer.Stop()
	for late := false; ; {
		s.mu.Lock()
		if cond() {
			s.mu.Unlock()
			return true
		}
		if s.wake == nil {
			s.wake = make(chan struct{})
		}
		wake := s.wake
		s.mu.Unlock()
		if late {
			return false
		}
		select {
		case <-wake:
		case <-timer.C:
			late = true
		}
	}
}

// patience is how long to wait.
func (s *Source[T]) patience() time.Duration { return cmp.Or(s.limit, waiting()) }

// latest returns the latest subscription, or ends the test if there is none. The caller holds the lock.
func (s *Source[T]) latest() *link[T] {
	if len(s.links) == 0 {
		return nil
	}
	return s.links[len(s.links)-1]
}

// current is latest with the lock taken and a failed test if there is no subscription.
func (s *Source[T]) current() *link[T] {
	s.t.Helper()
	s.mu.Lock()
	l := s.latest()
	s.mu.Unlock()
	if l == nil {
		s.t.Fatalf("nobody has subscribed to the source")
	}
	return l
}

// Next emits values. To emit without demand or after the end is a mistake of the test and ends it; after a cancel the
// value is dropped, as a publisher would.
func (s *Source[T]) Next(values ...T) *Source[T] {
	s.t.Helper()
	l := s.current()
	for _, v := range values {
		s.mu.Lock()
		if l.cancelled {
			s.mu.Unlock()
			return s
		}
		if l.ended || l.emitted >= l.requested {
			demand := l.requested - l.emitted
			ended := l.ended
			s.mu.Unlock()
			s.t.Fatalf("the source cannot emit %v: demand %d, ended %t", v, demand, ended)
			return s
		}
		if l.requested != math.MaxInt64 {
			l.emitted++
		}
		s.mu.Unlock()
		l.down.OnNext(v)
	}
	return s
}

// Complete ends the stream with success, unless it was cancelled.
func (s *Source[T]) Complete() *Source[T] {
	s.t.Helper()
	s.current().end(func(down reactive.Subscriber[T]) { down.OnComplete() })
	return s
}

// Error ends the stream with err, unless it was cancelled.
func (s *Source[T]) Error(err error) *Source[T] {
	s.t.Helper()
	s.current().end(func(down reactive.Subscriber[T]) { down.OnError(err) })
	return s
}

func (l *link[T]) end(signal func(reactive.Subscriber[T])) {
	s := l.src
	s.mu.Lock()
	skip := l.cancelled || l.ended
	l.ended = true
	l.ending = goroutine()
	s.mu.Unlock()
	if !skip {
		signal(l.down)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.ending = 0
}

// Subscriber returns the latest subscriber. Calling it directly is how a test breaks the rules of a publisher.
func (s *Source[T]) Subscriber() reactive.Subscriber[T] {
	s.t.Helper()
	return s.current().down
}

// Context returns the context of the latest subscription.
func (s *Source[T]) Context() context.Context {
	s.t.Helper()
	return s.current().ctx
}

// Subscriptions returns how many subscriptions there were.
func (s *Source[T]) Subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links)
}

// Requests returns what each Request of the latest subscription asked for.
func (s *Source[T]) Requests() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.latest(); l != nil {
		return slices.Clone(l.requests)
	}
	return nil
}

// Requested returns the sum of all requests of the latest subscription, which saturates at reactive.Unbounded.
func (s *Source[T]) Requested() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.latest(); l != nil {
		return l.requested
	}
	return 0
}

// Demand returns how many values of the latest subscription were requested and not emitted yet.
func (s *Source[T]) Demand() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.latest(); l != nil {
		return l.requested - l.emitted
	}
	return 0
}

// Cancelled reports whether the latest subscription was cancelled.
func (s *Source[T]) Cancelled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.latest()
	return l != nil && l.cancelled
}

// ExpectDemand waits until the latest subscription has a demand of at least n.
func (s *Source[T]) ExpectDemand(n int64) *Source[T] {
	s.t.Helper()
	if !s.await(func() bool { l := s.latest(); return l != nil && l.requested-l.emitted >= n }) {
		s.t.Fatalf("demand of the source after %v: got %d, want at least %d", s.patience(), s.Demand(), n)
	}
	return s
}

// ExpectCancelled waits until the latest subscription was cancelled.
func (s *Source[T]) ExpectCancelled() *Source[T] {
	s.t.Helper()
	if !s.await(func() bool { l := s.latest(); return l != nil && l.cancelled }) {
		s.t.Fatalf("the source was not cancelled within %v", s.patience())
	}
	return s
}

// ExpectSubscriptions waits until there were at least n subscriptions.
func (s *Source[T]) ExpectSubscriptions(n int) *Source[T] {
	s.t.Helper()
	if !s.await(func() bool { return len(s.links) >= n }) {
		s.t.Fatalf("subscriptions to the source after %v: got %d, want %d", s.patience(), s.Subscriptions(), n)
	}
	return s
}

// Violations returns the rules that subscribers broke so far.
func (s *Source[T]) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.broken)
}
