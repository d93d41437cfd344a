package frame

import (
	"github.com/gobwas/ws"
)

// Kind says what an [Event] is. The values are the opcodes of RFC 6455, 5.2.
type Kind uint8

// The kinds of events. Fragments are joined: there is no continuation.
const (
	None   Kind = 0x0 // nothing is complete: the parser needs more bytes
	Text   Kind = 0x1 // a text message, valid UTF-8
	Binary Kind = 0x2
	Close  Kind = 0x8
	Ping   Kind = 0x9
	Pong   Kind = 0xa
)

// Event is a whole message or a whole control frame.
type Event struct {
	Kind Kind
	// Owned tells whose memory Payload is. False: it lies in the buffer given to Next and is as good as that. True: it
	// was allocated for this event, and the parser has let go of it.
	Owned bool
	// Code is the status code of a Close: one that [ValidCode] accepts, or 1005 if the frame had none.
	Code uint16
	// Payload is unmasked. For a Close it is the reason, valid UTF-8.
	Payload []byte
}

// Config is what a parser has to know about its connection.
type Config struct {
	// Server is the side that parses: a server demands masked frames, a client refuses them (RFC 6455, 5.1).
	Server bool
	// MaxMessage is the largest message to accept, in bytes, fragments summed.
	MaxMessage int
}

// Parser turns the bytes of one connection into events. It is no bigger than it must be, to lie in the session, and
// holds payload only while a message is incomplete. It is not safe for concurrent use.
type Parser struct {
	msg     []byte // the message so far, if it did not arrive whole
	control []byte // the same for a control frame, which may come between fragments
	checked int    // so much of msg is known to be whole, valid UTF-8
	max     int
	frame   header // the current frame
	left    int64  // payload of it that has yet to come
	fail    *Error // what every further call returns
	head    [ws.MaxHeaderSize]byte
	nhead   uint8 // bytes in head: the beginning of a header
	inFrame bool  // the header is done, the payload is not
	kind    Kind  // of the current message
	closed  bool
	state   ws.State
}

// NewParser returns a parser for the beginning of a connection.
func NewParser(c Config) Parser {
	state := ws.StateClientSide
	if c.Server {
		state = ws.StateServerSide
	}
	return Parser{max: c.MaxMessage, state: state}
}

// Next parses buf up to the end of the first event and returns how many bytes it took. With an event of kind None it
// took all of buf. Payload is unmasked in place, so the bytes that were taken are the parser's to change.
//
// A message or control frame that lies in buf as one frame costs no allocation. What does not is collected, and memory
// for it grows with the bytes that arrive, not with the length that the peer declares.
//
// The error is an [*Error] and final: the connection cannot be read on, and every further call fails with it. It comes
// as early as the bytes allow: at the second byte of a bad header, at the header of a frame that exceeds the limit, at
// the first byte that makes a text invalid. After a Close event everything that follows is dropped (RFC 6455, 1.4).
func (p *Parser) Next(buf []byte) (n int, ev Event, err error) {
	if p.fail == nil && !p.closed {
		var fail *Error
		if n, ev, fail = p.next(buf); fail == nil {
			return n, ev, nil
		}
		p.fail = fail
		p.msg, p.control = nil, nil
	}
	if p.fail != nil {
		return n, Event{}, p.fail
	}
	return len(buf), Event{}, nil
}

func (p *Parser) next(buf []byte) (n int, ev Event, fail *Error) {
	for {
		if !p.inFrame {
			k, ok, fail := p.header(buf[n:])
			n += k
			if !ok {
				return n, ev, fail
			}
		}
		size := int(min(int64(len(buf)-n), p.left))
		part := buf[n : n+size : n+size] // who appends to a borrowed payload must not hit the next frame
		n += size
		if p.state.ServerSide() {
			ws.Cipher(part, p.frame.key(), int((p.frame.length-p.left)&3))
		}
		p.left -= int64(size)
		p.inFrame = p.left > 0

		if p.frame.op().IsControl() {
			ev, fail = p.controlPart(part)
		} else {
			ev, fail = p.dataPart(part)
		}
		if fail != nil || ev.Kind != None || p.inFrame {
			return n, ev, fail
		}
	}
}

// header starts the next frame if its header is complete with buf; otherwise it keeps what there is of it.
func (p *Parser) header(buf []byte) (n int, ok bool, fail *Error) {
	var h header
	if p.nhead == 0 {
		if h, n, fail = readHeader(buf, p.state); n == 0 {
			p.nhead = uint8(copy(p.head[:], buf))
			return len(buf), false, fail
		}
	} else {
		k := copy(p.head[p.nhead:], buf)
		if h, n, fail = readHeader(p.head[:int(p.nhead)+k], p.state); n == 0 {
			p.nhead += uint8(k)
			return k, false, fail
		}
		n -= int(p.nhead)
		p.nhead = 0
	}
	if op := h.op(); op.IsData() {
		if h.length > int64(p.max-len(p.msg)) {
			return n, false, errMessageTooBig
		}
		if op != ws.OpContinuation {
			p.kind = Kind(op)
		}
	}
	p.frame, p.left = h, h.length
	return n, true, nil
}

// dataPart takes what has arrived of a data frame's payload.
func (p *Parser) dataPart(part []byte) (ev Event, fail *Error) {
	end := p.left == 0 && p.frame.fin()
	if end && int64(len(part)) == p.frame.length && p.frame.op() != ws.OpContinuation {
		if p.kind == Text && !valid(part) {
			return ev, errText
		}
		return Event{Kind: p.kind, Payload: part}, nil
	}

	p.msg = p.reserve(len(part))
	p.msg = append(p.msg, part...)
	if p.kind == Text {
		n, ok := validPrefix(p.msg[p.checked:])
		p.checked += n
		if !ok || end && p.checked < len(p.msg) {
			return ev, errText
		}
	}
	switch {
	case p.left > 0:
		return ev, nil
	case !p.frame.fin():
		p.state = p.state.Set(ws.StateFragmented)
		return ev, nil
	}
	ev = Event{Kind: p.kind, Payload: p.msg, Owned: true}
	p.msg, p.checked = nil, 0
	p.state = p.state.Clear(ws.StateFragmented)
	return ev, nil
}

// minReserve is the room that the first part of a large message gets, in bytes.
const minReserve = 4 << 10

// reserve returns msg with room for n more bytes. It takes at most twice what has arrived (or minReserve) and no more
// than the message can need: a peer that declares a large frame and does not send it ties up no memory.
func (p *Parser) reserve(n int) []byte {
	size := len(p.msg) + n
	if size <= cap(p.msg) {
		return p.msg
	}
	room := 2 * size
	if p.frame.fin() { // the end of the message is in sight
		room = int(min(int64(max(room, minReserve)), int64(size)+p.left))
	} else {
		room = min(room, p.max)
	}
	return append(make([]byte, 0, room), p.msg...)
}

// controlPart takes what has arrived of a control frame's payload, which is 125 bytes at most.
func (p *Parser) controlPart(part []byte) (ev Event, fail *Error) {
	payload, owned := part, false
	if int64(len(part)) < p.frame.length {
		if p.control == nil {
			p.control = make([]byte, 0, p.frame.length)
		}
		p.control = append(p.control, part...)
		if p.left > 0 {
			return ev, nil
		}
		payload, owned = p.control, true
		p.control = nil
	}
	ev = Event{Kind: Kind(p.frame.op()), Owned: owned, Payload: payload}
	if ev.Kind == Close {
		ev.Code, ev.Payload, fail = parseClose(payload)
		p.closed = fail == nil
	}
	return ev, fail
}
