package frame

import (
	"sync"

	"github.com/gobwas/ws"
)

// partial is the state of a parser amid a frame or a message.
type partial struct {
	msg     []byte // the message so far
	control []byte // the control frame so far, which may come between fragments
	checked int    // so much of msg is known to be whole, valid UTF-8
	frame   header // the current frame
	left    int64  // payload of it that has yet to come
	fail    *Error // what every further call of Next returns
	head    [ws.MaxHeaderSize]byte
	nhead   uint8 // bytes in head: the beginning of a header
	inFrame bool  // the header is done, the payload is not
	kind    Kind  // of the message
}

// partials is a pool since at full speed every read ends amid a frame.
var partials = sync.Pool{New: func() any { return new(partial) }}

func newPartial() *partial { return partials.Get().(*partial) }

func (q *partial) release() {
	*q = partial{}
	partials.Put(q)
}

// idle reports that nothing has begun, except perhaps a fragmented message.
func (q *partial) idle() bool { return q.nhead == 0 && !q.inFrame }

// resume goes on with what has begun, up to the end of the first event.
func (p *Parser) resume(buf []byte) (n int, ev Event, fail *Error) {
	q := p.rest
	for {
		if !q.inFrame {
			k, ok, fail := p.header(buf[n:])
			n += k
			if !ok {
				return n, ev, fail
			}
		}
		size := int(min(int64(len(buf)-n), q.left))
		part := buf[n : n+size : n+size]
		n += size
		if p.state.ServerSide() {
			ws.Cipher(part, q.frame.key(), int((q.frame.length-q.left)&3))
		}
		q.left -= int64(size)
		q.inFrame = q.left > 0

		if q.frame.op().IsControl() {
			ev, fail = p.controlPart(part)
		} else {
			ev, fail = p.dataPart(part)
		}
		if fail != nil || ev.Kind != None || q.inFrame {
			return n, ev, fail
		}
	}
}

// header starts the next frame if its header is complete with buf; otherwise it keeps what there is of it.
func (p *Parser) header(buf []byte) (n int, ok bool, fail *Error) {
	q := p.rest
	var h header
	if q.nhead == 0 {
		if h, n, fail = readHeader(buf, p.state); n == 0 {
			q.nhead = uint8(copy(q.head[:], buf))
			return len(buf), false, fail
		}
	} else {
		k := copy(q.head[q.nhead:], buf)
		if h, n, fail = readHeader(q.head[:int(q.nhead)+k], p.state); n == 0 {
			q.nhead += uint8(k)
			return k, false, fail
		}
		n -= int(q.nhead)
		q.nhead = 0
	}
	if op := h.op(); op.IsData() {
		if h.length > int64(p.max-len(q.msg)) {
			return n, false, errMessageTooBig
		}
		if op != ws.OpContinuation {
			q.kind = Kind(op)
		}
	}
	q.frame, q.left = h, h.length
	return n, true, nil
}

// dataPart takes what has arrived of a data frame's payload, unmasked.
func (p *Parser) dataPart(part []byte) (ev Event, fail *Error) {
	q := p.rest
	end := q.left == 0 && q.frame.fin()
	if end && int64(len(part)) == q.frame.length && q.frame.op() != ws.OpContinuation {
		return p.event(q.kind, part)
	}

	q.reserve(len(part), p.max)
	q.msg = append(q.msg, part...)
	if q.kind == Text {
		n, ok := validPrefix(q.msg[q.checked:])
		q.checked += n
		if !ok || end && q.checked < len(q.msg) {
			return ev, errText
		}
	}
	switch {
	case q.left > 0:
		return ev, nil
	case !q.frame.fin():
		p.state = p.state.Set(ws.StateFragmented)
		return ev, nil
	}
	ev = Event{Kind: q.kind, Payload: q.msg, Owned: true}
	q.msg, q.checked = nil, 0
	p.state = p.state.Clear(ws.StateFragmented)
	return ev, nil
}

// minReserve is the room that the first part of a large message gets, in bytes.
const minReserve = 4 << 10

// reserve makes room for n more bytes of the message. It takes at most twice what has arrived (or minReserve) and no more
// than the message can need: a peer that declares a large frame and does not send it ties up no memory.
func (q *partial) reserve(n, most int) {
	size := len(q.msg) + n
	if size <= cap(q.msg) {
		return
	}
	room := 2 * size
	if q.frame.fin() { // the end of the message is in sight
		room = int(min(int64(max(room, minReserve)), int64(size)+q.left))
	} else {
		room = min(room, most)
	}
	q.msg = append(make([]byte, 0, room), q.msg...)
}

// controlPart takes what has arrived of a control frame's payload, unmasked, which is 125 bytes at most.
func (p *Parser) controlPart(part []byte) (ev Event, fail *Error) {
	q := p.rest
	payload, owned := part, false
	if int64(len(part)) < q.frame.length {
		if q.control == nil {
			q.control = make([]byte, 0, q.frame.length)
		}
		q.control = append(q.control, part...)
		if q.left > 0 {
			return ev, nil
		}
		payload, owned = q.control, true
		q.control = nil
	}
	ev, fail = p.event(Kind(q.frame.op()), payload)
	ev.Owned = owned
	return ev, fail
}
