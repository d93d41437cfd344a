package reactivetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// expect consumes the next signal, waiting for it if need be.
func (p *Probe[T]) expect(want string) (s Signal[T], ok bool) {
	p.t.Helper()
	ok = p.await(func() bool {
		if p.read == len(p.signals) {
			return false
		}
		s = p.signals[p.read]
		p.read++
		return true
	})
	if !ok {
		p.t.Fatalf("no signal after %v, want %s", p.patience(), want)
	}
	return s, ok
}

// ExpectNext consumes one value for each of want and compares them with reflect.DeepEqual.
func (p *Probe[T]) ExpectNext(want ...T) *Probe[T] {
	p.t.Helper()
	for i, w := range want {
		s, ok := p.expect(fmt.Sprintf("OnNext(%v)", w))
		if !ok {
			return p
		}
		if s.Kind != Next || !reflect.DeepEqual(s.Value, w) {
			p.t.Fatalf("signal %d of %d: got %v, want OnNext(%v)", i+1, len(want), s, w)
			return p
		}
	}
	return p
}

// ExpectCount consumes n values, whatever they are.
func (p *Probe[T]) ExpectCount(n int) *Probe[T] {
	p.t.Helper()
	for i := range n {
		s, ok := p.expect(fmt.Sprintf("value %d of %d", i+1, n))
		if !ok {
			return p
		}
		if s.Kind != Next {
			p.t.Fatalf("got %v after %d values, want %d values", s, i, n)
			return p
		}
	}
	return p
}

// SkipValues consumes values until the next signal is the last one, and waits for it.
func (p *Probe[T]) SkipValues() *Probe[T] {
	p.t.Helper()
	ended := p.await(func() bool {
		for p.read < len(p.signals) && p.signals[p.read].Kind == Next {
			p.read++
		}
		return p.read < len(p.signals)
	})
	if !ended {
		p.t.Fatalf("no end after %v", p.patience())
	}
	return p
}

// ExpectComplete consumes OnComplete.
func (p *Probe[T]) ExpectComplete() *Probe[T] {
	p.t.Helper()
	if s, ok := p.expect("OnComplete"); ok && s.Kind != Complete {
		p.t.Fatalf("got %v, want OnComplete", s)
	}
	return p
}

// ExpectError consumes OnError, whose error must be target in the sense of errors.Is; nil stands for any error.
func (p *Probe[T]) ExpectError(target error) *Probe[T] {
	p.t.Helper()
	want := fmt.Sprintf("OnError(%v)", target)
	if s, ok := p.expect(want); ok && (s.Kind != Error || target != nil && !errors.Is(s.Err, target)) {
		p.t.Fatalf("got %v, want %s", s, want)
	}
	return p
}

// ExpectNoSignal waits for d and fails if a signal is there that was not consumed. In a testing/synctest bubble the time
// is virtual; outside, it is better to wait for something that does happen.
func (p *Probe[T]) ExpectNoSignal(d time.Duration) *Probe[T] {
	p.t.Helper()
	if d > 0 {
		<-time.After(d)
	}
	p.mu.Lock()
	unread := slices.Clone(p.signals[p.read:])
	p.mu.Unlock()
	if len(unread) > 0 {
		p.t.Fatalf("got %v, want no signal", unread)
	}
	return p
}
