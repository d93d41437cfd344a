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

// Parser turns the bytes of one connection into events. It lies in the session, so it is small: what a message needs that
// did not arrive whole is elsewhere and only there as long as that is so. It is not safe for concurrent use.
type Parser struct {
	rest   *partial // nil between messages
	max    int
	state  ws.State
	closed bool
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
	if p.rest == nil {
		if p.closed || len(buf) == 0 {
			return len(buf), ev, nil
		}
		h, size, fail := readHeader(buf, p.state)
		if size > 0 && h.fin() && h.length <= int64(min(p.max, len(buf)-size)) {
			end := size + int(h.length)
			// Who appends to a borrowed payload must not hit the next frame: hence the third index.
			payload := buf[size:end:end]
			if p.state.ServerSide() {
				ws.Cipher(payload, h.key(), 0)
			}
			if ev, fail = p.event(Kind(h.op()), payload); fail == nil {
				return end, ev, nil
			}
		}
		p.rest = newPartial()
		p.rest.fail = fail
	}
	if p.rest.fail == nil {
		n, ev, p.rest.fail = p.resume(buf)
	}
	switch q := p.rest; {
	case q.fail != nil:
		q.msg, q.control = nil, nil
		return n, Event{}, q.fail
	case q.idle() && !p.state.Fragmented():
		q.release()
		p.rest = nil
	}
	return n, ev, nil
}

// event makes an event of a whole frame or message, unless its payload is not valid.
func (p *Parser) event(kind Kind, payload []byte) (ev Event, fail *Error) {
	ev = Event{Kind: kind, Payload: payload}
	switch kind {
	case Text:
		if !valid(payload) {
			return Event{}, errText
		}
	case Close:
		ev.Code, ev.Payload, fail = parseClose(payload)
		p.closed = fail == nil
	}
	return ev, fail
}
