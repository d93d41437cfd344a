package sockettest

import (
	"fmt"

	"github.com/gobwas/ws"
)

// Opcode is the opcode of a [Frame] (RFC 6455, 5.2).
type Opcode byte

// The opcodes that have a meaning. Any other value up to 15 can be sent too.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xa
)

// String returns the opcode's name, or its number.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	default:
		return fmt.Sprintf("opcode %d", byte(o))
	}
}

// Frame is one frame as a [Peer] sends or receives it. The fields besides Opcode and Payload say what is unusual about
// it.
type Frame struct {
	Opcode  Opcode
	Payload string
	Part    bool  // FIN is not set: fragments follow
	RSV     byte  // the three reserved bits, RSV1 being 4
	BadMask bool  // masked by a server, or not masked by a client
	Length  int64 // a length that the header declares in place of the payload's; 0: the payload's
}

// String describes the frame; of a long payload it shows the beginning.
func (f Frame) String() string {
	s := f.Opcode.String()
	if f.Part {
		s += " (part)"
	}
	if f.RSV != 0 {
		s += fmt.Sprintf(" (RSV %03b)", f.RSV)
	}
	if f.BadMask {
		s += " (bad mask)"
	}
	if len(f.Payload) > 80 {
		return fmt.Sprintf("%s %q... of %d bytes", s, f.Payload[:80], len(f.Payload))
	}
	return fmt.Sprintf("%s %q", s, f.Payload)
}

// header returns the frame's header as the given side writes it.
func (f Frame) header(client bool) ws.Header {
	h := ws.Header{Fin: !f.Part, Rsv: f.RSV, OpCode: ws.OpCode(f.Opcode), Length: int64(len(f.Payload))}
	if f.Length != 0 {
		h.Length = f.Length
	}
	if client != f.BadMask {
		h.Masked, h.Mask = true, ws.NewMask()
	}
	return h
}
