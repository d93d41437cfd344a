package socket

import (
	"context"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// inbound is where the reader of a session meets the subscriber of Receive.
type inbound struct {
	receiver atomic.Pointer[receiver] // the subscriber, from when its OnSubscribe has returned until it ends
	end      atomic.Pointer[ending]   // how the stream ends; the first one counts
	wake     chan struct{}            // made by the reader when it parks first
	flags    atomic.Uint32
	turn     atomic.Int32 // who may call the subscriber
	parked   atomic.Bool  // the reader waits for demand
}

const (
	inClaimed  uint32 = 1 << iota // somebody has subscribed
	inDeaf                        // and has cancelled or ended: what comes is dropped
	inStopping                    // the session is over: what comes is dropped
	inHolding                     // a reader that is parked owns a buffer
	inCompact                     // which it is to give up
	inLast                        // the session drains and reads what is left
	inBroken                      // the bytes make no sense any more: they are read and not looked at
)

// stop makes the reader drop what comes.
func (in *inbound) stop() {
	in.flags.Or(inStopping)
	in.poke()
}

// ending is the last signal of the stream; success if err is nil.
type ending struct{ err error }

// The turn to call the subscriber keeps its signals serial: the reader has it while it delivers, and the end may come
// from anywhere.
const (
	turnFree  int32 = iota
	turnTaken       // the reader delivers
	turnNoted       // and is to deliver the end after that
	turnOver        // the end was delivered, or waits for the subscriber to come
)

// receiving is what Receive returns before somebody subscribes.
type receiving struct {
	session  *Session
	borrowed bool
}

// Subscribe makes down the subscriber of the session's messages. There is one for the life of a session.
func (p receiving) Subscribe(_ context.Context, down reactive.Subscriber[Message]) {
	in := &p.session.in
	if in.flags.Or(inClaimed)&inClaimed != 0 {
		down.OnSubscribe(idle{})
		down.OnError(reactive.ErrSubscribed)
		return
	}
	r := &receiver{session: p.session, down: down, borrowed: p.borrowed}
	down.OnSubscribe(r)
	in.receiver.Store(r)
	switch {
	case r.state.Load() != receiverOpen: // cancelled meanwhile
		in.forget()
	case in.turn.Load() == turnOver:
		r.finish(in.end.Load())
	default:
		in.poke()
	}
}

// idle is the subscription of a stream that has ended.
type idle struct{}

func (idle) Request(int64) {}
func (idle) Cancel()       {}

// receiver is the subscription of the session's messages.
type receiver struct {
	session  *Session
	down     reactive.Subscriber[Message]
	borrowed bool
	demand   atomic.Int64 // asked for and not yet taken over by the reader
	state    atomic.Int32
}

const (
	receiverOpen int32 = iota
	receiverCancelled
	receiverEnded
)

// Request lets n more messages come. The reader delivers them; if it waits for demand, it is woken.
func (r *receiver) Request(n int64) {
	if n < 1 {
		r.session.endReceive(reactive.ErrBadRequest)
		return
	}
	for {
		before := r.demand.Load()
		sum := before + n
		if sum < 0 {
			sum = reactive.Unbounded
		}
		if r.demand.CompareAndSwap(before, sum) {
			break
		}
	}
	r.session.in.poke()
}

// Cancel makes the session read on and drop what comes, so that pings and the peer's close are still seen.
func (r *receiver) Cancel() {
	if r.state.CompareAndSwap(receiverOpen, receiverCancelled) {
		r.session.in.forget()
	}
}

// finish delivers the last signal, unless the subscriber has cancelled or had it.
func (r *receiver) finish(e *ending) {
	if !r.state.CompareAndSwap(receiverOpen, receiverEnded) {
		return
	}
	r.session.in.forget()
	defer r.session.rescue()
	if e.err != nil {
		r.down.OnError(e.err)
	} else {
		r.down.OnComplete()
	}
}

// take returns the demand that has come since.
func (r *receiver) take() int64 {
	if r.demand.Load() == 0 {
		return 0
	}
	return r.demand.Swap(0)
}

// broken reports whether the bytes of the peer make no sense any more.
func (in *inbound) broken() bool { return in.flags.Load()&inBroken != 0 }

// listened reports whether somebody waits for messages, or for their end.
func (in *inbound) listened() bool { return in.receiver.Load() != nil }

// forget lets go of the subscriber.
func (in *inbound) forget() {
	in.flags.Or(inDeaf)
	in.receiver.Store(nil)
	in.poke()
}

// endReceive ends the stream of messages with err, or with success if it is nil: now, or when the message that is being
// delivered is done.
func (s *Session) endReceive(err error) {
	in := &s.in
	if !in.end.CompareAndSwap(nil, &ending{err}) {
		return
	}
	for {
		switch in.turn.Load() {
		case turnFree:
			if in.turn.CompareAndSwap(turnFree, turnOver) {
				in.deliverEnd()
				in.poke()
				return
			}
		case turnTaken:
			if in.turn.CompareAndSwap(turnTaken, turnNoted) {
				return
			}
		default:
			return
		}
	}
}

func (in *inbound) deliverEnd() {
	if r := in.receiver.Load(); r != nil {
		r.finish(in.end.Load())
	}
}

// enter takes the turn for the reader. False means that the stream has ended.
func (in *inbound) enter() bool { return in.turn.CompareAndSwap(turnFree, turnTaken) }

// leave gives the turn up and delivers the end if that came meanwhile.
func (in *inbound) leave() {
	if !in.turn.CompareAndSwap(turnTaken, turnFree) {
		in.turn.Store(turnOver)
		in.deliverEnd()
	}
}

// wanted reports whether the reader has a reason to go on.
func (in *inbound) wanted() bool {
	if in.flags.Load()&(inStopping|inDeaf|inCompact) != 0 || in.turn.Load() == turnOver {
		return true
	}
	r := in.receiver.Load()
	return r != nil && r.demand.Load() > 0
}

// park makes the reader wait for a poke unless there is a reason to go on.
func (in *inbound) park(holding bool) {
	if in.wake == nil {
		in.wake = make(chan struct{}, 1)
	}
	if holding {
		in.flags.Or(inHolding)
	}
	in.parked.Store(true)
	if in.wanted() && in.parked.CompareAndSwap(true, false) {
		return
	}
	<-in.wake
}

// poke wakes the reader if it is parked. It follows every change that wanted looks at.
func (in *inbound) poke() {
	if in.parked.Load() && in.parked.CompareAndSwap(true, false) {
		in.wake <- struct{}{}
	}
}

// giveUpBuffer makes a reader that is parked move what it holds to memory of its size.
func (in *inbound) giveUpBuffer() {
	if in.flags.And(^inHolding)&inHolding != 0 {
		in.flags.Or(inCompact)
		in.poke()
	}
}
