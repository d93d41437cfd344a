package reactive

import (
	"context"
	"sync/atomic"
)

// When completes when all ms have completed. The first failure cancels the others and is its failure. Without ms it
// completes at once. They are subscribed to, in order, when somebody asks for the result.
//
//	---|
//	-----|
//	  when
//	-----|
func When(ms ...Mono[Void]) Mono[Void] { return join(ms, len(ms)) }

// Race ends like the first of ms to end, with success or failure, and cancels the others. Without ms it completes at
// once. They are subscribed to, in order, when somebody asks for the result; those after one that ends at once are not
// subscribed to any more.
//
// Race(in, out) is what Mono.zip(in, out).then() does in a WebFlux handler: the session is over when either side is.
//
//	---|
//	---!
//	  race
//	---|
func Race(ms ...Mono[Void]) Mono[Void] { return join(ms, min(1, len(ms))) }

// join completes when n of ms have.
func join(ms []Mono[Void], n int) Mono[Void] {
	if n == 0 {
		return Done()
	}
	return newMono(func(ctx context.Context, s Subscriber[Void]) {
		j := &joined{ctx: ctx, down: s, ms: ms, members: make([]joinMember, len(ms))}
		j.left.Store(int32(n))
		s.OnSubscribe(j)
		// Not before: a member's end must not overlap OnSubscribe (1.3).
		if !j.state.CompareAndSwap(joinHeld, joinFresh) && j.state.CompareAndSwap(joinHeldAsked, joinAsked) {
			j.start()
		}
	})
}

// joined is one subscription to several completions.
type joined struct {
	ctx     context.Context
	down    Subscriber[Void]
	ms      []Mono[Void]
	members []joinMember
	state   atomic.Int32
	left    atomic.Int32 // completions still to come
}

const (
	joinHeld      int32 = iota // the subscriber is in OnSubscribe
	joinHeldAsked              // and wants the result
	joinFresh
	joinAsked
	joinOver
)

type joinMember struct {
	slot
	of *joined
}

func (j *joined) Request(n int64) {
	if n < 1 {
		j.finish(ErrBadRequest)
		return
	}
	if !j.state.CompareAndSwap(joinHeld, joinHeldAsked) && j.state.CompareAndSwap(joinFresh, joinAsked) {
		j.start()
	}
}

func (j *joined) start() {
	for i, m := range j.ms {
		if j.state.Load() != joinAsked {
			return
		}
		j.members[i].of = j
		m.Subscribe(j.ctx, &j.members[i])
	}
}

func (j *joined) Cancel() {
	if before := j.state.Swap(joinOver); before == joinAsked {
		j.cancelMembers()
	}
}

// finish ends the whole, with success if err is nil. The first end counts.
func (j *joined) finish(err error) {
	switch j.state.Swap(joinOver) {
	case joinOver:
		return
	case joinAsked:
		j.cancelMembers()
	}
	if err != nil {
		j.down.OnError(err)
	} else {
		j.down.OnComplete()
	}
}

// cancelMembers also reaches members that are not subscribed yet: their subscription is cancelled as it arrives.
func (j *joined) cancelMembers() {
	for i := range j.members {
		j.members[i].cancel()
	}
}

func (m *joinMember) OnSubscribe(up Subscription) {
	if m.set(up) {
		up.Request(Unbounded)
	}
}

func (m *joinMember) OnNext(Void) {}

func (m *joinMember) OnError(err error) {
	if m.ended() {
		m.of.finish(failure(err))
	}
}

func (m *joinMember) OnComplete() {
	if m.ended() && m.of.left.Add(-1) == 0 {
		m.of.finish(nil)
	}
}
