package sockettest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

func TestPeerFrames(t *testing.T) {
	tests := []Frame{
		{Opcode: Text, Payload: "hello"},
		{Opcode: Binary, Payload: strings.Repeat("x", 200)},
		{Opcode: Binary, Payload: strings.Repeat("x", 60000)},
		{Opcode: Text, Payload: "a", Part: true},
		{Opcode: Continuation, Payload: "b"},
		{Opcode: Ping},
		{Opcode: 0xf, RSV: 5, Payload: "?"},
		{Opcode: Text, Payload: "x", BadMask: true},
		CloseFrame(1000, "bye"),
		CloseFrame(0, ""),
	}
	for _, f := range tests {
		t.Run(f.String(), func(t *testing.T) {
			c, s := Pair()
			client, server := NewPeer(t, c, true), NewPeer(t, s, false)
			for _, dir := range []struct{ from, to *Peer }{{client, server}, {server, client}} {
				dir.from.Send(f)
				dir.to.Expect(f)
			}
		})
	}
}

func TestPeerMessages(t *testing.T) {
	c, s := Pair()
	client, server := NewPeer(t, c, true), NewPeer(t, s, false)
	client.SendText("text")
	client.SendBinary([]byte("binary"))
	client.SendPing("ping")
	client.Send(Frame{Opcode: Pong, Payload: "pong"}, Frame{Opcode: Text, Length: 3, Payload: "abc"})
	client.SendClose(1001, "reason")
	client.SendClose(0, "")
	client.Close()

	server.ExpectText("text")
	server.ExpectBinary([]byte("binary"))
	server.Expect(Frame{Opcode: Ping, Payload: "ping"})
	server.ExpectPong("pong")
	if got, want := server.Receive(), (Frame{Opcode: Text, Payload: "abc"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := server.ExpectClose(1001); got != "reason" {
		t.Errorf("got reason %q, want %q", got, "reason")
	}
	server.ExpectClose(0)
	server.ExpectEnd()
}

// failure is a test that keeps why it failed.
type failure struct {
	testing.TB
	message string
}

func (f *failure) Helper() {}

func (f *failure) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	panic(f)
}

func TestPeerFails(t *testing.T) {
	tests := []struct {
		name string
		sent []Frame
		end  bool
		run  func(p *Peer)
		want string
	}{
		{
			name: "another payload",
			sent: []Frame{{Opcode: Text, Payload: "a"}},
			run:  func(p *Peer) { p.ExpectText("b") },
			want: `got text "a", want text "b"`,
		},
		{
			name: "another type",
			sent: []Frame{{Opcode: Binary, Payload: "a"}},
			run:  func(p *Peer) { p.ExpectText("a") },
			want: `got binary "a", want text "a"`,
		},
		{
			name: "a masked frame of a server",
			sent: []Frame{{Opcode: Text, Payload: "a", BadMask: true}},
			run:  func(p *Peer) { p.ExpectText("a") },
			want: `got text (bad mask) "a", want text "a"`,
		},
		{
			name: "another close",
			sent: []Frame{CloseFrame(1001, "bye")},
			run:  func(p *Peer) { p.ExpectClose(1000) },
			want: `got close 1001 "bye", want close 1000`,
		},
		{
			name: "no close",
			sent: []Frame{{Opcode: Ping}},
			run:  func(p *Peer) { p.ExpectClose(1000) },
			want: `got ping "", want close 1000`,
		},
		{
			name: "the end too early",
			end:  true,
			run:  func(p *Peer) { p.ExpectPong("a") },
			want: `got EOF, want pong "a"`,
		},
		{
			name: "no end",
			sent: []Frame{{Opcode: Text, Payload: strings.Repeat("a", 100), Part: true, RSV: 4}},
			run:  func(p *Peer) { p.ExpectEnd() },
			want: `got text (part) (RSV 100) "` + strings.Repeat("a", 80) + `"... of 100 bytes, want the end`,
		},
		{
			name: "nothing",
			run:  func(p *Peer) { p.Receive() },
			want: "i/o timeout",
		},
		{
			name: "half a frame",
			sent: []Frame{{Opcode: Text, Payload: "a", Length: 2}},
			end:  true,
			run:  func(p *Peer) { p.Receive() },
			want: "unexpected EOF",
		},
		{
			name: "closed",
			run:  func(p *Peer) { p.Close(); p.SendText("a") },
			want: "use of closed network connection",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := Pair()
				server := NewPeer(t, s, false)
				server.Send(tt.sent...)
				if tt.end {
					server.Close()
				}
				f := &failure{TB: t}
				func() {
					defer func() {
						if r := recover(); r != nil && r != any(f) {
							panic(r)
						}
					}()
					tt.run(NewPeer(f, c, true))
				}()
				if !strings.Contains(f.message, tt.want) {
					t.Errorf("got %q, want %q", f.message, tt.want)
				}
			})
		})
	}
}
