package socket

import (
	"context"
	"errors"
	"fmt"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
)

var errControlTooLong = errors.New("socket: send: payload of a ping or pong is longer than 125 bytes (RFC 6455, 5.5)")

// sending is what Send returns before somebody subscribes.
type sending struct {
	session *Session
	src     reactive.Publisher[Message]
}

// Subscribe connects a Send to its source. It starts with the first request.
func (p sending) Subscribe(ctx context.Context, down reactive.Subscriber[reactive.Void]) {
	p.src.Subscribe(ctx, &sender{session: p.session, down: down})
}

// sender is one Send under way: the subscriber of its source and the subscription of who waits for its end.
//
// It asks for SendWindow messages and for more when three quarters of these are with the kernel, so a peer that is slow
// slows the source down. It is on the session's list until it ends, and whoever takes it off the list says so downstream.
type sender struct {
	session *Session
	down    reactive.Subscriber[reactive.Void]
	up      reactive.Subscription

	// guarded by session.out.mu
	prev, next *sender // the list of the session
	state      senderState
	asked      bool   // downstream has asked for the end
	ended      bool   // the source has completed; what it sent is still queued
	pos        uint64 // where its last message ends in the queue
	mark       uint64 // when so much is written, the marked messages are replaced; 0: no mark
	count      int32  // messages since the last mark
	marked     int32
	owed       int32 // to be requested as soon as the queue has room

	// belong to who has the turn to write
	asking int32   // what to request; 0: it has ended
	due    *sender // the list of those that can go on
}

type senderState uint8

const (
	senderNew    senderState = iota
	senderListed             // under way
	senderOver               // ended, or cancelled
)

// OnSubscribe takes the source.
func (t *sender) OnSubscribe(up reactive.Subscription) {
	if t.up != nil {
		up.Cancel()
		return
	}
	t.up = up
	t.down.OnSubscribe(t)
	o := &t.session.out
	o.mu.Lock()
	over, closing := t.state == senderOver, o.closing
	switch {
	case over:
	case closing:
		t.state = senderOver
	default:
		o.add(t)
	}
	asked := t.asked
	o.mu.Unlock()
	switch {
	case over:
	case closing:
		up.Cancel()
		t.down.OnError(t.session.reason())
	case asked:
		t.begin()
	}
}

// begin asks for the first messages.
func (t *sender) begin() {
	o := &t.session.out
	window := int32(t.session.config().SendWindow)
	o.mu.Lock()
	if o.backlog() >= t.session.config().MaxQueuedBytes {
		t.owed = window
		o.mu.Unlock()
		return
	}
	o.corks++ // a source that has them ready sends them in one write
	o.mu.Unlock()
	defer t.session.uncork()
	t.up.Request(int64(window))
}

// OnNext queues a message.
func (t *sender) OnNext(m Message) {
	s := t.session
	o := &s.out
	data := m.Type == TextMessage || m.Type == BinaryMessage
	if !data {
		if err := checkControl(m); err != nil {
			t.refuse(err)
			return
		}
	}
	o.mu.Lock()
	if t.state != senderListed || t.ended || o.closing {
		o.mu.Unlock()
		return
	}
	o.put(ws.OpCode(m.Type), m.Payload, !m.borrowed)
	if data {
		o.stats.MessagesOut++
	}
	t.pos = o.queued
	if t.count++; t.count >= s.config().batch() {
		t.mark, t.marked, t.count = t.pos, t.marked+t.count, 0
	}
	mine := s.startOrHold()
	o.mu.Unlock()
	if mine {
		s.flush()
	}
}

func checkControl(m Message) error {
	switch {
	case m.Type != PingMessage && m.Type != PongMessage:
		return fmt.Errorf("socket: send: %w: message of %v", errors.ErrUnsupported, m.Type)
	case len(m.Payload) > ws.MaxControlFramePayloadSize:
		return errControlTooLong
	default:
		return nil
	}
}

// OnError ends the Send at once; what is queued goes out nevertheless.
func (t *sender) OnError(err error) {
	if t.leave() {
		t.down.OnError(err)
	}
}

// OnComplete ends the Send as soon as all it sent is with the kernel.
func (t *sender) OnComplete() {
	o := &t.session.out
	o.mu.Lock()
	if t.state != senderListed {
		o.mu.Unlock()
		return
	}
	t.ended = true
	done := t.pos <= o.written && !o.lost
	if done {
		o.remove(t)
	}
	o.mu.Unlock()
	if done {
		t.down.OnComplete()
	}
}

// Request starts the Send if it is the first one. There are no values to ask for.
func (t *sender) Request(n int64) {
	if n < 1 {
		t.refuse(reactive.ErrBadRequest)
		return
	}
	o := &t.session.out
	o.mu.Lock()
	begin := t.state == senderListed && !t.asked
	t.asked = true
	o.mu.Unlock()
	if begin {
		t.begin()
	}
}

// Cancel cancels the source. What is queued goes out nevertheless.
func (t *sender) Cancel() {
	if t.leave() {
		t.up.Cancel()
	}
}

// refuse cancels the source and fails.
func (t *sender) refuse(err error) {
	if t.leave() {
		t.up.Cancel()
		t.down.OnError(err)
	}
}

// leave takes t off the list and reports whether it had not ended yet.
func (t *sender) leave() bool {
	o := &t.session.out
	o.mu.Lock()
	defer o.mu.Unlock()
	switch t.state {
	case senderListed:
		o.remove(t)
	case senderOver:
		return false
	}
	t.state = senderOver
	return true
}

// add puts t on the list. The caller holds the lock.
func (o *outbound) add(t *sender) {
	t.state, t.next = senderListed, o.senders
	if o.senders != nil {
		o.senders.prev = t
	}
	o.senders = t
}

// remove takes t off the list. The caller holds the lock.
func (o *outbound) remove(t *sender) {
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		o.senders = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.state, t.prev, t.next = senderOver, nil, nil
}

// due returns a list of the senders that can end or ask for more. The caller holds the lock and the turn to write.
func (o *outbound) due(c *Config) (due *sender) {
	room := o.backlog() < c.MaxQueuedBytes
	for t := o.senders; t != nil; {
		next := t.next
		if t.mark != 0 && t.mark <= o.written {
			t.owed += t.marked
			t.mark, t.marked = 0, 0
		}
		switch {
		case t.ended:
			if t.pos <= o.written {
				o.remove(t)
				t.asking, t.due, due = 0, due, t
			}
		case t.owed > 0 && room:
			t.asking, t.owed = t.owed, 0
			t.due, due = due, t
		}
		t = next
	}
	return due
}

// proceed ends a sender or asks its source for more. The caller has the turn to write, so what the source sends at once
// is only queued. It returns the next one of the list.
func (t *sender) proceed() (next *sender) {
	next, t.due = t.due, nil
	defer t.session.rescue()
	if n := t.asking; n > 0 {
		t.asking = 0
		t.up.Request(int64(n))
	} else {
		t.down.OnComplete()
	}
	return next
}

// abortSenders lets no more messages in and fails the Sends that are under way with e. If flush is true, those that
// only wait for their last bytes go on waiting.
func (s *Session) abortSenders(e *CloseError, flush bool) {
	o := &s.out
	o.mu.Lock()
	o.closing = true
	var aborted *sender
	for t := o.senders; t != nil; {
		next := t.next
		if !t.ended || !flush {
			o.remove(t)
			t.next, aborted = aborted, t
		}
		t = next
	}
	o.mu.Unlock()
	for t := aborted; t != nil; t = t.next {
		t.abort(e)
	}
}

// abort cancels the source and fails a sender that was taken off the list.
func (t *sender) abort(e *CloseError) {
	defer t.session.rescue()
	if !t.ended {
		t.up.Cancel()
	}
	t.down.OnError(e)
}
