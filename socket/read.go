package socket

import (
	"errors"
	"runtime"
	"slices"

	"github.com/fluxsocket/fluxsocket/socket/internal/frame"
)

// read is the goroutine of a session: it waits until the connection is readable, parses and delivers what there is, and
// waits again. It keeps no memory while it waits, except for its stack, which messages may have made larger: after a
// while without any, the sweep has a new goroutine take its place.
func (s *Session) read(early []byte) {
	left := true
	defer func() {
		if left {
			defer func() { go s.read(nil) }()
			s.readerLeft()
		}
	}()
	more := early == nil || s.feed(early, nil)
	for more {
		switch s.readSome() {
		case readReady:
			runtime.Gosched() // a peer whose bytes never run dry must not keep the others waiting
		case readInterrupted:
			go s.read(nil)
			more = false
		case readOver:
			more = false
		}
	}
	left = false
}

// progress says how to go on after a read.
type progress uint8

const (
	readReady       progress = iota // there may be more already
	readWaited                      // there was nothing at first
	readInterrupted                 // there was nothing, until somebody interrupted the read
	readOver                        // there will be nothing more
)

// readSome reads once and works on what that has brought.
func (s *Session) readSome() progress {
	b, buf, waited, err := s.link.read()
	switch {
	case err == errInterrupted:
		s.interrupted()
		return readInterrupted
	case err == errLater:
		return readWaited
	case err != nil && s.in.broken():
		s.inputEnded()
		return readOver
	case err != nil:
		s.readFailed(err)
		return readOver
	case s.in.broken():
		if buf != nil {
			putBuffer(buf)
		}
		return readReady
	}
	s.alive()
	if !s.feed(b, buf) {
		return readOver
	}
	s.readOn()
	if waited {
		return readWaited
	}
	return readReady
}

// readerLeft follows when the application ends the reader's goroutine with runtime.Goexit, as the FailNow of a test does
// in a handler.
func (s *Session) readerLeft() {
	s.in.flags.Or(inBroken) // what was left of the batch is lost
	if !s.closeWith(&CloseError{Status: CloseStatus{Code: InternalError}, Err: errGoexit}) {
		s.forceFlow() // which may have left together with the reader
	}
}

var errGoexit = errors.New("socket: the handler called runtime.Goexit")

// feed parses what was read and delivers it. It reports whether to read on; if not, the end has been dealt with.
//
// When the bytes make no sense any more it is read on, but only for the peer to see our Close frame and to go. If the
// connection were closed over unread bytes, the peer might get a reset in place of that frame.
func (s *Session) feed(b []byte, buf *buffer) bool {
	t := batch{session: s, rest: b, buf: buf, size: uint64(len(b))}
	failed := t.run()
	switch {
	case failed != nil:
		s.in.flags.Or(inBroken)
		s.protocolFailed(failed)
	case t.close != nil:
		s.peerClosed(*t.close)
		return false
	}
	return true
}

// batch is the work on what one read has brought. Frames that are sent meanwhile leave together when it is done.
type batch struct {
	session  *Session
	rest     []byte  // not parsed yet
	buf      *buffer // whose memory that is; nil if it need not be put back
	payload  []byte  // of the current message
	owned    bool    // and it lies in memory of its own
	slab     []byte  // payloads that are the receiver's own
	turn     bool    // the turn to call the subscriber is ours
	calling  bool    // the subscriber has it
	slot     *slot   // while it holds back its session's frames
	burst    bool    // and those of other sessions
	over     bool    // the session's end follows
	close    *CloseStatus
	size     uint64 // bytes not counted yet
	messages uint64
	counted  uint64
}

func (t *batch) begin() {
	t.turn = t.session.in.enter()
	t.slot = t.session.gather()
}

func (t *batch) end() {
	s := t.session
	if t.turn {
		s.in.leave()
	}
	if t.buf != nil {
		putBuffer(t.buf)
	}
	if t.letOut() && (t.over || !s.link.flushLater()) {
		s.flush()
	}
}

// letOut lets go what was sent so far, and the counters with it. It reports whether the turn to write is the caller's now.
func (t *batch) letOut() bool {
	s := t.session
	o := &s.out
	held := t.slot.leave(s)
	t.slot = nil
	o.mu.Lock()
	o.stats.MessagesIn += t.messages - t.counted
	o.stats.BytesIn += t.size
	o.stats.Reads = s.calls.reads
	if held {
		o.corks.Add(-1)
	}
	mine := o.start()
	o.mu.Unlock()
	t.counted, t.size = t.messages, 0
	if t.burst { // before the application is called again, which may take its time
		t.burst = false
		s.endBurst()
	}
	return mine
}

// run does all of it.
func (t *batch) run() (failed *frame.Error) {
	t.begin()
	defer t.end()
	for done := false; !done; {
		done, failed = t.parse()
	}
	return failed
}

// parse works through what is left. It is not done after a panic of the subscriber, which has cost the session its flow:
// what follows is parsed for the peer's Close frame. One guard serves for all messages, as setting it up costs a tenth of
// what a message does.
func (t *batch) parse() (done bool, failed *frame.Error) {
	s := t.session
	defer t.rescue()
	for len(t.rest) > 0 {
		n, ev, err := s.parser.Next(t.rest)
		t.rest = t.rest[n:]
		if err != nil {
			t.over = true
			return true, err.(*frame.Error)
		}
		switch ev.Kind {
		case frame.Text, frame.Binary:
			t.payload, t.owned = ev.Payload, ev.Owned
			t.deliver(ev.Kind)
		case frame.Ping:
			s.answer(ev.Payload)
		case frame.Close:
			t.over = true
			t.close = &CloseStatus{Code: StatusCode(ev.Code), Reason: string(ev.Payload)}
			return true, nil
		}
	}
	return true, nil
}

// deliver passes the message in t.payload on when it is asked for, or drops it if nobody will.
func (t *batch) deliver(kind frame.Kind) {
	s := t.session
	r := t.await()
	if r == nil {
		return
	}
	m := Message{Type: MessageType(kind), Payload: t.payload}
	switch {
	case t.owned:
	case r.borrowed:
		m.borrowed = true
	default:
		m.Payload = t.keep(t.payload)
	}
	s.credit--
	t.messages++
	if len(t.rest) > 0 && !t.burst {
		t.burst = true
		s.beginBurst(t.slot)
	}
	t.calling = true
	r.down.OnNext(m)
	t.calling = false
}

// rescue is [Session.rescue] for the subscriber. A panic of our own is not for it.
func (t *batch) rescue() {
	if !t.calling {
		return
	}
	t.calling = false
	if v := recover(); v != nil {
		t.session.panicked(v)
	} else {
		t.over = true // by runtime.Goexit
	}
}

// keep copies a payload to where it can stay. All of a batch go into one allocation, whose size is known: there can be no
// more payload than there are bytes left.
func (t *batch) keep(p []byte) []byte {
	if t.slab == nil {
		t.slab = make([]byte, 0, len(p)+len(t.rest))
	}
	n := len(t.slab)
	t.slab = append(t.slab, p...)
	return t.slab[n:len(t.slab):len(t.slab)]
}

// await returns the subscriber when it has asked for a message, or nil if the message is not wanted any more. While it
// waits, nothing is held back and nothing more is read: the bytes of the peer stay in the kernel.
func (t *batch) await() *receiver {
	s := t.session
	in := &s.in
	for {
		if !t.turn || in.turn.Load() != turnTaken || in.flags.Load()&(inStopping|inDeaf) != 0 {
			return nil
		}
		if r := in.receiver.Load(); r != nil {
			if s.credit == 0 {
				s.credit = r.take()
			}
			if s.credit > 0 {
				return r
			}
		}
		if t.letOut() {
			s.flush() // which may bring demand
		}
		if !in.wanted() {
			in.leave()
			s.link.detach()
			in.park(t.buf != nil)
			t.turn = in.enter()
		}
		if in.flags.Load()&inCompact != 0 {
			in.flags.And(^inCompact)
			t.shrink()
		}
		t.slot = s.gather()
	}
}

// shrink moves what is left of the batch to memory of its size.
func (t *batch) shrink() {
	if t.buf == nil || len(t.payload)+len(t.rest) > bufferSize/2 {
		return
	}
	if !t.owned {
		t.payload, t.owned = slices.Clone(t.payload), true
	}
	t.rest = slices.Clone(t.rest)
	putBuffer(t.buf)
	t.buf = nil
}
