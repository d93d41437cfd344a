package sockettest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// patience is how long a [Peer] waits by default.
const patience = 10 * time.Second

// Peer is one side of a WebSocket connection, by hand: it sends what it is told to, right or wrong, answers nothing by
// itself, and fails the test when something else arrives than expected. It reads frames with the functions of gobwas/ws,
// so it shares no code with what it tests.
//
// Its methods must be called on the goroutine that runs the test.
type Peer struct {
	// Request is the client's half of the handshake, Response the server's, as far as the peer has read it: see
	// [Server.Peer], [Listener.Peer] and [Peer.Handshake].
	Request  *http.Request
	Response *http.Response

	// Patience is how long the peer waits for a frame before the test fails. Default 10 s, which in a bubble pass in
	// no time.
	Patience time.Duration

	t      testing.TB
	conn   net.Conn
	in     *bufio.Reader
	client bool
}

// NewPeer returns a peer over a connection whose handshake is done. client is the side it plays. The connection is closed
// with the test.
func NewPeer(t testing.TB, conn net.Conn, client bool) *Peer {
	t.Cleanup(func() { conn.Close() })
	return &Peer{Patience: patience, t: t, conn: conn, in: bufio.NewReader(conn), client: client}
}

// Conn returns the connection.
func (p *Peer) Conn() net.Conn { return p.conn }

// Send sends frames in one write.
func (p *Peer) Send(frames ...Frame) {
	p.t.Helper()
	var buf bytes.Buffer
	for _, f := range frames {
		h := f.header(p.client)
		if err := ws.WriteHeader(&buf, h); err != nil {
			p.t.Fatalf("sockettest: frame %v: %v", f, err)
		}
		payload := []byte(f.Payload)
		if h.Masked {
			ws.Cipher(payload, h.Mask, 0)
		}
		buf.Write(payload)
	}
	p.SendBytes(buf.Bytes())
}

// SendBytes sends bytes as they are.
func (p *Peer) SendBytes(b []byte) {
	p.t.Helper()
	p.conn.SetWriteDeadline(time.Now().Add(p.Patience))
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatalf("sockettest: send %d bytes: %v", len(b), err)
	}
}

// SendText sends a text message.
func (p *Peer) SendText(text string) {
	p.t.Helper()
	p.Send(Frame{Opcode: Text, Payload: text})
}

// SendBinary sends a binary message.
func (p *Peer) SendBinary(b []byte) {
	p.t.Helper()
	p.Send(Frame{Opcode: Binary, Payload: string(b)})
}

// SendPing sends a ping.
func (p *Peer) SendPing(payload string) {
	p.t.Helper()
	p.Send(Frame{Opcode: Ping, Payload: payload})
}

// SendClose sends a Close frame; code 0 is one without a payload.
func (p *Peer) SendClose(code uint16, reason string) {
	p.t.Helper()
	p.Send(CloseFrame(code, reason))
}

// CloseFrame returns a Close frame; code 0 is one without a payload.
func CloseFrame(code uint16, reason string) Frame {
	if code == 0 {
		return Frame{Opcode: Close}
	}
	return Frame{Opcode: Close, Payload: string(binary.BigEndian.AppendUint16(nil, code)) + reason}
}

// Receive returns the next frame.
func (p *Peer) Receive() Frame {
	p.t.Helper()
	f, err := p.receive()
	if err != nil {
		p.t.Fatalf("sockettest: receive: %v", err)
	}
	return f
}

func (p *Peer) receive() (f Frame, err error) {
	p.conn.SetReadDeadline(time.Now().Add(p.Patience))
	h, err := ws.ReadHeader(p.in)
	if err != nil {
		return f, err
	}
	payload, err := io.ReadAll(io.LimitReader(p.in, h.Length))
	if err == nil && int64(len(payload)) < h.Length {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return f, err
	}
	if h.Masked {
		ws.Cipher(payload, h.Mask, 0)
	}
	return Frame{
		Opcode:  Opcode(h.OpCode),
		Payload: string(payload),
		Part:    !h.Fin,
		RSV:     h.Rsv,
		BadMask: h.Masked == p.client,
	}, nil
}

// Expect fails the test unless the next frames are these, in this order.
func (p *Peer) Expect(frames ...Frame) {
	p.t.Helper()
	for _, want := range frames {
		got, err := p.receive()
		if err != nil {
			p.t.Fatalf("sockettest: got %v, want %v", err, want)
		}
		if got != want {
			p.t.Fatalf("sockettest: got %v, want %v", got, want)
		}
	}
}

// ExpectText fails the test unless the next frame is a text message with this payload.
func (p *Peer) ExpectText(text string) {
	p.t.Helper()
	p.Expect(Frame{Opcode: Text, Payload: text})
}

// ExpectBinary fails the test unless the next frame is a binary message with this payload.
func (p *Peer) ExpectBinary(b []byte) {
	p.t.Helper()
	p.Expect(Frame{Opcode: Binary, Payload: string(b)})
}

// ExpectPong fails the test unless the next frame is a pong with this payload.
func (p *Peer) ExpectPong(payload string) {
	p.t.Helper()
	p.Expect(Frame{Opcode: Pong, Payload: payload})
}

// ExpectClose fails the test unless the next frame is a Close frame with this code, 0 being one without a payload. It
// returns the reason.
func (p *Peer) ExpectClose(code uint16) (reason string) {
	p.t.Helper()
	got, err := p.receive()
	if err != nil {
		p.t.Fatalf("sockettest: got %v, want close %d", err, code)
	}
	if len(got.Payload) > 2 {
		reason = got.Payload[2:]
	}
	if want := CloseFrame(code, reason); got != want {
		if got.Opcode == Close && len(got.Payload) >= 2 {
			p.t.Fatalf("sockettest: got close %d %q, want close %d", binary.BigEndian.Uint16([]byte(got.Payload)), reason, code)
		}
		p.t.Fatalf("sockettest: got %v, want close %d", got, code)
	}
	return reason
}

// ExpectEnd fails the test unless the connection ends here: no more frames, then the end or a reset.
func (p *Peer) ExpectEnd() {
	p.t.Helper()
	got, err := p.receive()
	switch {
	case err == nil:
		p.t.Fatalf("sockettest: got %v, want the end of the connection", got)
	case !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET):
		p.t.Fatalf("sockettest: got %v, want the end of the connection", err)
	}
}

// Close closes the connection without a Close frame.
func (p *Peer) Close() { p.conn.Close() }
