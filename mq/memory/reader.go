package memory

import (
	"context"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/reactive"
)

// reader is a place in the log that nobody else shares. It implements [mq.Reader].
type reader struct {
	name string
	out  outlet

	// Guarded by the topic's lock.
	next   int64
	closed bool
}

func (r *reader) Name() string { return r.name }

func (r *reader) Messages() reactive.Flux[mq.Message] {
	return reactive.FromPublisher[mq.Message](&r.out)
}

func (r *reader) EndOfTopic() reactive.Mono[bool] {
	return reactive.FromFunc(func(context.Context) (bool, error) {
		t := r.out.topic
		t.mu.Lock()
		defer t.mu.Unlock()
		if r.closed {
			return false, &mq.Error{Op: "end of topic", Topic: t.name.String(), Err: mq.ErrClosed}
		}
		return t.terminated && r.next >= t.end(), nil
	})
}

// Close implements [mq.Reader]. It does not block.
func (r *reader) Close(context.Context) error {
	t := r.out.topic
	t.mu.Lock()
	r.closed = true
	t.removeMember(r)
	t.mu.Unlock()
	r.out.end(mq.ErrClosed)
	t.broker.forget(r)
	return nil
}

// dispatch delivers what can be delivered.
func (r *reader) dispatch() {
	t := r.out.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	for r.out.ready() {
		r.next = max(r.next, t.base) // what had to make room is lost to a reader
		if r.next >= t.end() {
			return
		}
		e := t.at(r.next)
		r.next++
		r.out.deliver(e.delivery(0))
	}
}
