package reactive

import (
	"context"
	"sync/atomic"
)

// branch is one of the streams that a source is split into, for one subscriber. The source offers values to a mailbox,
// which keeps them until they are asked for.
//
// When the subscriber leaves, the mailbox is not closed: the branch asks it for everything and lets the values fall. So
// each value that the mailbox took passes here, and its owner hears what became of it, exactly once.
type branch[T any] struct {
	owner branchOwner[T]
	box   mailbox[T]
	out   half[T]     // to the subscriber
	taken atomic.Bool // there is, or was, a subscriber
	gone  atomic.Bool // the owner was told that the branch takes no more values
}

type branchOwner[T any] interface {
	// wanted says that the subscriber has asked for more.
	wanted()
	// took says that v has left the mailbox, and whether the subscriber got it.
	took(v T, passed bool)
	// left says, once, that the subscriber has left or that the branch was ended.
	left()
}

// open prepares b for up to capacity values that wait.
func (b *branch[T]) open(owner branchOwner[T], capacity int) {
	b.owner = owner
	b.box.prepare(b, capacity, refuse)
}

// put takes v in and calls nobody; box.wake, which has to follow, delivers it. It reports false if nobody will take v.
func (b *branch[T]) put(v T) bool {
	r, _ := b.box.put(v)
	return r == EmitOK
}

// finish ends the branch from above, after what waits.
func (b *branch[T]) finish(err error) {
	b.box.end(err)
	b.leave()
}

// abandon ends a branch that will have no subscriber.
func (b *branch[T]) abandon() {
	if b.taken.CompareAndSwap(false, true) {
		b.out.shut()
		b.leave()
		b.box.attach(b)
		b.box.drain()
	}
}

func (b *branch[T]) leave() {
	if b.gone.CompareAndSwap(false, true) {
		b.owner.left()
	}
}

// Subscribe implements Publisher.
func (b *branch[T]) Subscribe(_ context.Context, s Subscriber[T]) {
	if !b.taken.CompareAndSwap(false, true) {
		reject(s, ErrSubscribed)
		return
	}
	b.out.down = s
	b.box.attach(b)
	b.box.drain()
}

// OnSubscribe and the other signals are those of the mailbox.
func (b *branch[T]) OnSubscribe(Subscription) {
	if b.out.down != nil {
		b.out.down.OnSubscribe(b)
	} else {
		b.box.Request(Unbounded) // to let fall
	}
}

func (b *branch[T]) OnNext(v T) {
	passed := false
	defer func() { b.owner.took(v, passed) }() // also if the subscriber panics, for which the mailbox is prepared
	passed = b.out.next(v)
}

func (b *branch[T]) OnError(err error) { b.out.finish(err) }
func (b *branch[T]) OnComplete()       { b.out.finish(nil) }

// Request and Cancel are the subscriber's.
func (b *branch[T]) Request(n int64) {
	switch {
	case n > 0:
		b.box.Request(n)
	case b.out.finish(ErrBadRequest):
		b.leave()
		b.box.Request(Unbounded)
	}
}

func (b *branch[T]) Cancel() {
	if b.out.shut() {
		b.leave()
		b.box.Request(Unbounded)
	}
}

// requested implements mailboxOwner.
func (b *branch[T]) requested(int64) { b.owner.wanted() }

// left implements mailboxOwner: the subscriber has panicked. What waits for it falls here.
func (b *branch[T]) left() {
	b.leave()
	b.box.mu.Lock()
	waiting := b.box.queue
	b.box.queue.clear()
	b.box.mu.Unlock()
	for v, ok := waiting.pop(); ok; v, ok = waiting.pop() {
		b.owner.took(v, false)
	}
}
