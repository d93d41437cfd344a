package frame

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gobwas/ws"
)

// event is an Event as a value that can be compared and kept.
type event struct {
	Kind    Kind
	Code    uint16
	Payload string
}

func (e event) String() string { return fmt.Sprintf("%d/%d/%q", e.Kind, e.Code, e.Payload) }

// outcome is what a sequence of bytes amounts to: events, then possibly a violation.
type outcome struct {
	Events []event
	Fail   uint16 // close code, 0: none (yet)
}

func (o outcome) equal(p outcome) bool { return o.Fail == p.Fail && slices.Equal(o.Events, p.Events) }

// reference is the plain reading of RFC 6455 that the parser is compared with. It starts over from the first byte of
// the connection on every call, keeps no state, copies everything and decodes UTF-8 from the table of the standard.
func reference(b []byte, c Config) (o outcome) {
	var (
		state   = ws.StateClientSide
		kind    Kind
		message []byte
	)
	if c.Server {
		state = ws.StateServerSide
	}
	for len(b) >= 2 {
		h := ws.Header{
			Fin:    b[0]&0x80 != 0,
			Rsv:    b[0] >> 4 & 7,
			OpCode: ws.OpCode(b[0] & 15),
			Masked: b[1]&0x80 != 0,
			Length: int64(b[1] & 0x7f),
		}
		if ws.CheckHeader(h, state) != nil {
			o.Fail = 1002
			return o
		}
		long := map[int64]int{126: 2, 127: 8}[h.Length]
		if b = b[2:]; len(b) < long {
			return o
		}
		if long > 0 {
			var n uint64
			for _, x := range b[:long] {
				n = n<<8 | uint64(x)
			}
			if n < 126 || long == 8 && n < 65536 || n > 1<<63-1 {
				o.Fail = 1002
				return o
			}
			h.Length, b = int64(n), b[long:]
		}
		if h.Masked {
			if len(b) < 4 {
				return o
			}
			h.Mask, b = [4]byte(b), b[4:]
		}
		if h.OpCode.IsData() && h.Length > int64(c.MaxMessage-len(message)) {
			o.Fail = 1009
			return o
		}

		whole := int64(len(b)) >= h.Length
		payload := b[:min(int64(len(b)), h.Length)]
		b = b[len(payload):]
		payload = bytes.Clone(payload)
		for i := range payload {
			payload[i] ^= h.Mask[i%4]
		}
		switch {
		case h.OpCode.IsData():
			if h.OpCode != ws.OpContinuation {
				kind = Kind(h.OpCode)
			}
			message = append(message, payload...)
			last := whole && h.Fin
			if kind == Text && !possibleUTF8(message, last) {
				o.Fail = 1007
				return o
			}
			if last {
				o.Events = append(o.Events, event{Kind: kind, Payload: string(message)})
				message = nil
				state = state.Clear(ws.StateFragmented)
			} else if whole {
				state = state.Set(ws.StateFragmented)
			}
		case whole && h.OpCode == ws.OpClose:
			e := event{Kind: Close, Code: 1005}
			if len(payload) == 1 {
				o.Fail = 1002
				return o
			}
			if len(payload) > 1 {
				e.Code = uint16(payload[0])<<8 | uint16(payload[1])
				e.Payload = string(payload[2:])
				switch {
				case !ValidCode(e.Code):
					o.Fail = 1002
					return o
				case !possibleUTF8(payload[2:], true):
					o.Fail = 1007
					return o
				}
			}
			o.Events = append(o.Events, e)
			return o
		case whole:
			o.Events = append(o.Events, event{Kind: Kind(h.OpCode), Payload: string(payload)})
		}
		if !whole {
			return o
		}
	}
	return o
}

// wellFormed is table 3-7 of the Unicode standard: the ranges of the bytes of a well-formed sequence.
var wellFormed = [][][2]byte{
	{{0x00, 0x7f}},
	{{0xc2, 0xdf}, {0x80, 0xbf}},
	{{0xe0, 0xe0}, {0xa0, 0xbf}, {0x80, 0xbf}},
	{{0xe1, 0xec}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xed, 0xed}, {0x80, 0x9f}, {0x80, 0xbf}},
	{{0xee, 0xef}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xf0, 0xf0}, {0x90, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xf1, 0xf3}, {0x80, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}},
	{{0xf4, 0xf4}, {0x80, 0x8f}, {0x80, 0xbf}, {0x80, 0xbf}},
}

// possibleUTF8 reports whether b is valid UTF-8 or, unless it is whole, the beginning of some.
func possibleUTF8(b []byte, whole bool) bool {
next:
	for len(b) > 0 {
		for _, seq := range wellFormed {
			n := 0
			for n < len(seq) && n < len(b) && seq[n][0] <= b[n] && b[n] <= seq[n][1] {
				n++
			}
			switch {
			case n == len(seq):
				b = b[n:]
				continue next
			case n == len(b) && n > 0:
				return !whole
			}
		}
		return false
	}
	return true
}
