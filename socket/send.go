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
	before, after *sender // in the list of the session
	pos           uint64  // where its last message ends in the queue
	mark          uint64  // when so much is written, the marked messages are replaced; 0: no mark
	count         int32   // messages since the last mark
	marked        int32
	owed          int32  // to be requested as soon as the queue has room
	sent          uint32 // messages so far
	base          uint32 // and when it was claimed last
	state         senderState
	asked         bool // downstream has asked for the end
	ended         bool // the source has completed; what it sent is still queued
	busy          bool // somebody sees to it that it goes on

	// belong to who that is
	produces bool    // the source sends within Request
	asking   int32   // what to request; 0: it has ended
	next     *sender // the list of those that can go on
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
	s := t.session
	s.out.mu.Lock()
	t.owed = int32(s.config().SendWindow)
	due := s.out.claim(t, s.config())
	s.out.mu.Unlock()
	if due && t.step() {
		go t.goOn()
	}
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
	t.sent++
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
	t.state, t.after = senderListed, o.senders
	if o.senders != nil {
		o.senders.before = t
	}
	o.senders = t
}

// remove takes t off the list. The caller holds the lock.
func (o *outbound) remove(t *sender) {
	if t.before != nil {
		t.before.after = t.after
	} else {
		o.senders = t.after
	}
	if t.after != nil {
		t.after.before = t.before
	}
	t.state, t.before, t.after = senderOver, nil, nil
}

// due puts the senders that can end or ask for more before list, to be passed to proceedAll. The caller holds the lock.
func (o *outbound) due(c *Config, list *sender) *sender {
	for t := o.senders; t != nil; {
		after := t.after
		if o.claim(t, c) {
			t.next, list = list, t
		}
		t = after
	}
	return list
}

// claim reports whether t can end or ask for more and nobody sees to it yet: now the caller has to. It holds the lock.
func (o *outbound) claim(t *sender, c *Config) bool {
	if t.busy {
		return false
	}
	if t.mark != 0 && t.mark <= o.written {
		t.owed += t.marked
		t.mark, t.marked = 0, 0
	}
	switch {
	case t.ended:
		if t.pos > o.written {
			return false
		}
		o.remove(t)
		t.asking = 0
	case t.owed > 0 && o.backlog() < c.MaxQueuedBytes:
		t.asking, t.owed = t.owed, 0
	default:
		return false
	}
	t.busy, t.base = true, t.sent
	return true
}

// proceedAll goes on with t and those behind it on a list, which were claimed: here, or on a goroutine of its own if a source
// is known to do its work within Request.
func (t *sender) proceedAll() {
	if t == nil {
		return
	}
	next := t.next
	t.next = nil
	defer next.proceedAll()
	if t.produces || t.step() {
		go t.goOn()
	}
}

// goOn asks the source for more as long as the connection takes what it sends.
func (t *sender) goOn() {
	for t.step() {
	}
}

// step ends the sender, or asks its source once; what that sends at once leaves in one write. It reports whether there is
// another step to do. The caller has claimed the sender.
func (t *sender) step() (again bool) {
	s, o := t.session, &t.session.out
	if t.asking == 0 {
		t.call()
		return false
	}
	at := s.gather()
	t.call()
	s.release(at)
	o.mu.Lock()
	defer o.mu.Unlock()
	t.produces = t.sent-t.base >= uint32(t.asking)
	t.busy = false
	return t.state == senderListed && o.claim(t, s.config())
}

// call asks the source for what is due, or tells of the end.
func (t *sender) call() {
	left := true
	defer func() {
		if left {
			t.session.flowLeft(recover())
		}
	}()
	if t.asking == 0 {
		t.down.OnComplete()
	} else {
		t.up.Request(int64(t.asking))
	}
	left = false
}

// abortSenders lets no more messages in and fails the Sends that are under way with e. If flush is true, those that
// only wait for their last bytes go on waiting.
func (s *Session) abortSenders(e *CloseError, flush bool) {
	o := &s.out
	o.mu.Lock()
	o.closing = true
	var aborted *sender
	for t := o.senders; t != nil; {
		after := t.after
		if !t.ended || !flush {
			o.remove(t)
			t.after, aborted = aborted, t
		}
		t = after
	}
	o.mu.Unlock()
	aborted.abortAll(e)
}

// abortAll aborts t and those behind it on a list, each of which may leave by runtime.Goexit.
func (t *sender) abortAll(e *CloseError) {
	if t == nil {
		return
	}
	defer t.after.abortAll(e)
	t.abort(e)
}

// abort cancels the source and fails a sender that was taken off the list.
func (t *sender) abort(e *CloseError) {
	defer t.session.rescue()
	if !t.ended {
		t.up.Cancel()
	}
	t.down.OnError(e)
}
