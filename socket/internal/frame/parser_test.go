package frame

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
)

// feed gives the parts to a new parser, each in a buffer of its own, and checks what Next promises about its results.
func feed(t testing.TB, c Config, parts ...[]byte) (o outcome) {
	t.Helper()
	p := NewParser(c)
	for _, part := range parts {
		buf := bytes.Clone(part)
		for {
			n, ev, err := p.Next(buf)
			if err != nil {
				fail, ok := errors.AsType[*Error](err)
				if !ok {
					t.Fatalf("got error %v of type %T, want an *Error", err, err)
				}
				if _, _, again := p.Next(buf); again != err {
					t.Fatalf("got error %v from the next call, want %v again", again, err)
				}
				o.Fail = fail.Code
				return o
			}
			if ev.Kind == None && n != len(buf) {
				t.Fatalf("got no event after %d of %d bytes", n, len(buf))
			}
			if cap(ev.Payload) > len(ev.Payload) && !ev.Owned {
				t.Fatalf("got a borrowed payload with a capacity of %d for %d bytes: append would write into the buffer",
					cap(ev.Payload), len(ev.Payload))
			}
			buf = buf[n:]
			if ev.Kind == None {
				break
			}
			o.Events = append(o.Events, event{ev.Kind, ev.Code, string(ev.Payload)})
		}
	}
	return o
}

// raw is one frame as it stands on the wire; a client's if mask is not nil.
func raw(first byte, payload string, mask *[4]byte) []byte {
	body := []byte(payload)
	if mask != nil {
		ws.Cipher(body, *mask, 0)
	}
	return append(AppendHeader(nil, first, len(payload), mask), body...)
}

// masked is one frame of a client.
func masked(first byte, payload string) []byte {
	return raw(first, payload, &[4]byte{0x37, 0xfa, 0x21, 0x3d})
}

const fin = Fin

var (
	asServer = Config{Server: true, MaxMessage: 1 << 20}
	asClient = Config{MaxMessage: 1 << 20}
)

func TestRFCExamples(t *testing.T) {
	// RFC 6455, 5.7.
	tests := []struct {
		name   string
		config Config
		bytes  []byte
		want   event
	}{
		{
			name:   "unmasked text",
			config: asClient,
			bytes:  []byte{0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f},
			want:   event{Kind: Text, Payload: "Hello"},
		},
		{
			name:   "masked text",
			config: asServer,
			bytes:  []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58},
			want:   event{Kind: Text, Payload: "Hello"},
		},
		{
			name:   "fragmented unmasked text",
			config: asClient,
			bytes:  []byte{0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f},
			want:   event{Kind: Text, Payload: "Hello"},
		},
		{
			name:   "unmasked ping",
			config: asClient,
			bytes:  []byte{0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f},
			want:   event{Kind: Ping, Payload: "Hello"},
		},
		{
			name:   "masked pong",
			config: asServer,
			bytes:  []byte{0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58},
			want:   event{Kind: Pong, Payload: "Hello"},
		},
		{
			name:   "256 bytes",
			config: asClient,
			bytes:  append([]byte{0x82, 0x7e, 0x01, 0x00}, make([]byte, 256)...),
			want:   event{Kind: Binary, Payload: strings.Repeat("\x00", 256)},
		},
		{
			name:   "64 KiB",
			config: asClient,
			bytes:  append([]byte{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}, make([]byte, 1<<16)...),
			want:   event{Kind: Binary, Payload: strings.Repeat("\x00", 1<<16)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := feed(t, tt.config, tt.bytes)
			if diff := cmp.Diff(got, outcome{Events: []event{tt.want}}); diff != "" {
				t.Errorf("got - want +:\n%s", diff)
			}
		})
	}
}

func TestSequences(t *testing.T) {
	tests := []struct {
		name   string
		frames [][]byte
		want   []event
	}{
		{
			name:   "empty messages",
			frames: [][]byte{masked(fin|1, ""), masked(fin|2, "")},
			want:   []event{{Kind: Text}, {Kind: Binary}},
		},
		{
			name:   "empty fragments",
			frames: [][]byte{masked(1, ""), masked(0, ""), masked(fin|0, "")},
			want:   []event{{Kind: Text}},
		},
		{
			name:   "control frames between fragments",
			frames: [][]byte{masked(1, "a"), masked(fin|9, "p"), masked(0, "b"), masked(fin|10, "q"), masked(fin|0, "c")},
			want:   []event{{Kind: Ping, Payload: "p"}, {Kind: Pong, Payload: "q"}, {Kind: Text, Payload: "abc"}},
		},
		{
			name:   "character across fragments",
			frames: [][]byte{masked(1, "\xe2"), masked(fin|9, ""), masked(0, "\x82"), masked(fin|0, "\xac")},
			want:   []event{{Kind: Ping}, {Kind: Text, Payload: "€"}},
		},
		{
			name:   "binary is not checked",
			frames: [][]byte{masked(fin|2, "\xff\xfe"), masked(2, "\xff"), masked(fin|0, "\xfe")},
			want:   []event{{Kind: Binary, Payload: "\xff\xfe"}, {Kind: Binary, Payload: "\xff\xfe"}},
		},
		{
			name:   "close without a payload",
			frames: [][]byte{masked(fin|8, "")},
			want:   []event{{Kind: Close, Code: 1005}},
		},
		{
			name:   "close with a reason, and nothing after it",
			frames: [][]byte{masked(fin|8, "\x03\xe8bye"), masked(fin|1, "late"), {0xff, 0xff}},
			want:   []event{{Kind: Close, Code: 1000, Payload: "bye"}},
		},
		{
			name:   "close within a fragmented message",
			frames: [][]byte{masked(1, "a"), masked(fin|8, "\x03\xe9")},
			want:   []event{{Kind: Close, Code: 1001}},
		},
		{
			name:   "longest control payload",
			frames: [][]byte{masked(fin|9, strings.Repeat("p", 125))},
			want:   []event{{Kind: Ping, Payload: strings.Repeat("p", 125)}},
		},
		{
			name:   "lengths around the forms",
			frames: [][]byte{masked(fin|2, strings.Repeat("x", 125)), masked(fin|2, strings.Repeat("x", 126)), masked(fin|2, strings.Repeat("x", 65535)), masked(fin|2, strings.Repeat("x", 65536))},
			want:   []event{{Kind: Binary, Payload: strings.Repeat("x", 125)}, {Kind: Binary, Payload: strings.Repeat("x", 126)}, {Kind: Binary, Payload: strings.Repeat("x", 65535)}, {Kind: Binary, Payload: strings.Repeat("x", 65536)}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := outcome{Events: tt.want}
			all := bytes.Join(tt.frames, nil)
			if diff := cmp.Diff(feed(t, asServer, all), want); diff != "" {
				t.Errorf("in one buffer: got - want +:\n%s", diff)
			}
			if diff := cmp.Diff(feed(t, asServer, tt.frames...), want); diff != "" {
				t.Errorf("frame by frame: got - want +:\n%s", diff)
			}
			if len(all) > 4096 {
				return
			}
			for i := range all {
				if diff := cmp.Diff(feed(t, asServer, all[:i], all[i:]), want); diff != "" {
					t.Fatalf("split at byte %d: got - want +:\n%s", i, diff)
				}
			}
		})
	}
}

func TestViolations(t *testing.T) {
	limit := Config{Server: true, MaxMessage: 10}
	zero := &[4]byte{}
	tests := []struct {
		name   string
		config Config
		bytes  []byte
		want   uint16
		// at is how many bytes must have arrived for the violation to be known: no more, no less.
		at int
	}{
		{name: "reserved data opcode", config: asServer, bytes: masked(fin|3, ""), want: 1002, at: 2},
		{name: "reserved control opcode", config: asServer, bytes: masked(fin|0xb, ""), want: 1002, at: 2},
		{name: "RSV1", config: asServer, bytes: masked(fin|0x40|1, "a"), want: 1002, at: 2},
		{name: "RSV2", config: asServer, bytes: masked(fin|0x20|1, "a"), want: 1002, at: 2},
		{name: "RSV3 on a ping", config: asServer, bytes: masked(fin|0x10|9, ""), want: 1002, at: 2},
		{name: "RSV1 on a continuation", config: asServer, bytes: append(masked(1, "a"), masked(fin|0x40|0, "b")...), want: 1002, at: 9},
		{name: "unmasked to a server", config: asServer, bytes: raw(fin|1, "a", nil), want: 1002, at: 2},
		{name: "masked to a client", config: asClient, bytes: masked(fin|1, "a"), want: 1002, at: 2},
		{name: "fragmented ping", config: asServer, bytes: masked(9, "a"), want: 1002, at: 2},
		{name: "fragmented close", config: asServer, bytes: masked(8, ""), want: 1002, at: 2},
		{name: "ping of 126 bytes", config: asServer, bytes: masked(fin|9, strings.Repeat("p", 126)), want: 1002, at: 2},
		{name: "close of 126 bytes", config: asServer, bytes: masked(fin|8, "\x03\xe8"+strings.Repeat("r", 124)), want: 1002, at: 2},
		{name: "continuation of nothing", config: asServer, bytes: masked(fin|0, "a"), want: 1002, at: 2},
		{name: "first fragment of nothing", config: asServer, bytes: masked(0, "a"), want: 1002, at: 2},
		{name: "continuation after the end", config: asServer, bytes: append(masked(fin|1, "a"), masked(fin|0, "b")...), want: 1002, at: 9},
		{name: "text within a message", config: asServer, bytes: append(masked(1, "a"), masked(fin|1, "b")...), want: 1002, at: 9},
		{name: "binary within a message", config: asServer, bytes: append(masked(1, "a"), masked(2, "b")...), want: 1002, at: 9},
		{name: "16-bit length of 125", config: asServer, bytes: []byte{fin | 1, maskBit | 126, 0, 125}, want: 1002, at: 4},
		{name: "64-bit length of 65535", config: asClient, bytes: []byte{fin | 1, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, want: 1002, at: 10},
		{name: "64-bit length with the top bit", config: asServer, bytes: []byte{fin | 1, maskBit | 127, 0x80, 0, 0, 0, 0, 0, 0, 1}, want: 1002, at: 10},

		{name: "close of one byte", config: asServer, bytes: masked(fin|8, "\x03"), want: 1002, at: 7},
		{name: "close with code 999", config: asServer, bytes: masked(fin|8, "\x03\xe7"), want: 1002, at: 8},
		{name: "close with code 1005", config: asServer, bytes: masked(fin|8, "\x03\xed"), want: 1002, at: 8},
		{name: "close with an invalid reason", config: asServer, bytes: masked(fin|8, "\x03\xe8\xff"), want: 1007, at: 9},

		{name: "invalid byte in a frame", config: asServer, bytes: raw(fin|1, "ab\xffcd", zero), want: 1007, at: 9},
		{name: "invalid byte in a fragment", config: asServer, bytes: raw(1, "ab\xffcd", zero), want: 1007, at: 9},
		{name: "invalid byte in a continuation", config: asServer, bytes: append(raw(1, "ab", zero), raw(0, "c\xffd", zero)...), want: 1007, at: 16},
		{name: "surrogate", config: asServer, bytes: raw(fin|1, "\xed\xa0\x80", zero), want: 1007, at: 8},
		{name: "overlong", config: asServer, bytes: raw(fin|1, "\xc0\xaf", zero), want: 1007, at: 7},
		{name: "beyond U+10FFFF", config: asServer, bytes: raw(fin|1, "\xf4\x90\x80\x80", zero), want: 1007, at: 8},
		{name: "broken across fragments", config: asServer, bytes: append(raw(1, "\xe2\x82", zero), raw(fin|0, "x", zero)...), want: 1007, at: 15},
		{name: "ends within a character", config: asServer, bytes: raw(fin|1, "\xe2\x82", zero), want: 1007, at: 8},
		{name: "empty end within a character", config: asServer, bytes: append(raw(1, "\xe2\x82", zero), raw(fin|0, "", zero)...), want: 1007, at: 14},

		{name: "frame over the limit", config: limit, bytes: masked(fin|2, strings.Repeat("x", 11)), want: 1009, at: 6},
		{name: "fragments over the limit", config: limit, bytes: append(masked(2, "123456"), masked(0, "12345")...), want: 1009, at: 18},
		{name: "declared length of 2^63-1", config: limit, bytes: []byte{fin | 1, maskBit | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, want: 1009, at: 14},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := feed(t, tt.config, tt.bytes); got.Fail != tt.want {
				t.Errorf("got code %d, want %d", got.Fail, tt.want)
			}
			at := -1
			p := NewParser(tt.config)
			for i := range tt.bytes {
				if _, _, err := p.Next(bytes.Clone(tt.bytes[i : i+1])); err != nil {
					at = i + 1
					break
				}
			}
			if at != tt.at {
				t.Errorf("got the violation after %d bytes, want after %d", at, tt.at)
			}
		})
	}
}

func TestWithinLimit(t *testing.T) {
	c := Config{Server: true, MaxMessage: 10}
	got := feed(t, c, masked(1, "123456"), masked(fin|9, strings.Repeat("p", 125)), masked(fin|0, "7890"), masked(fin|2, "1234567890"))
	want := outcome{Events: []event{{Kind: Ping, Payload: strings.Repeat("p", 125)}, {Kind: Text, Payload: "1234567890"}, {Kind: Binary, Payload: "1234567890"}}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
}

func TestCloseCodes(t *testing.T) {
	// What Autobahn's cases 7.7.* and 7.9.* ask for, and the codes registered since.
	want := func(code int) bool {
		switch code {
		case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
			return true
		}
		return code >= 3000 && code < 5000
	}
	for code := range 1 << 16 {
		if got := ValidCode(uint16(code)); got != want(code) {
			t.Errorf("code %d: got valid %t, want %t", code, got, want(code))
		}
	}
}

// TestHeaderRules compares all first two bytes of a frame, in all states, with the rules of gobwas.
func TestHeaderRules(t *testing.T) {
	for _, role := range []ws.State{ws.StateServerSide, ws.StateClientSide} {
		for _, state := range []ws.State{role, role.Set(ws.StateFragmented)} {
			for x := range 1 << 16 {
				b0, b1 := byte(x>>8), byte(x)
				want := ws.CheckHeader(ws.Header{
					Fin:    b0&0x80 != 0,
					Rsv:    b0 >> 4 & 7,
					OpCode: ws.OpCode(b0 & 15),
					Masked: b1&0x80 != 0,
					Length: int64(b1 & 0x7f),
				}, state)
				if got := checkHeader(b0, b1, state); (got == nil) != (want == nil) {
					t.Fatalf("bytes %02x %02x, state %04b: got %v, want %v", b0, b1, state, got, want)
				}
			}
		}
	}
}

func TestOwned(t *testing.T) {
	next := func(t *testing.T, p *Parser, buf []byte) Event {
		t.Helper()
		_, ev, err := p.Next(buf)
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
	t.Run("whole frame lies in the buffer", func(t *testing.T) {
		p := NewParser(asServer)
		buf := masked(fin|1, "hello")
		ev := next(t, &p, buf)
		if ev.Owned || &ev.Payload[0] != &buf[6] {
			t.Errorf("got owned %t, want the payload at byte 6 of the buffer", ev.Owned)
		}
	})
	t.Run("header before, payload whole", func(t *testing.T) {
		p := NewParser(asServer)
		buf := masked(fin|1, "hello")
		next(t, &p, buf[:6])
		if ev := next(t, &p, buf[6:]); ev.Owned || &ev.Payload[0] != &buf[6] {
			t.Errorf("got owned %t, want the payload at byte 6 of the buffer", ev.Owned)
		}
	})
	for _, kind := range []byte{1, 9} {
		t.Run(fmt.Sprintf("split frame of opcode %d is an allocation of its own", kind), func(t *testing.T) {
			p := NewParser(asServer)
			buf := masked(fin|kind, "hello")
			next(t, &p, buf[:8])
			ev := next(t, &p, buf[8:])
			clear(buf)
			if !ev.Owned || string(ev.Payload) != "hello" {
				t.Errorf("got owned %t, %q after the buffer was overwritten, want true, %q", ev.Owned, ev.Payload, "hello")
			}
			second := masked(fin|kind, "world")
			next(t, &p, second[:8])
			next(t, &p, second[8:])
			if string(ev.Payload) != "hello" {
				t.Errorf("got %q after the next message, want %q", ev.Payload, "hello")
			}
		})
	}
}

func TestMemoryFollowsArrival(t *testing.T) {
	const declared = 1 << 20
	frame := AppendFrame(nil, ws.OpBinary, make([]byte, declared), &[4]byte{1, 2, 3, 4})
	p := NewParser(asServer)
	allocations, last, got := 0, 0, 0
	for off := 0; off < len(frame); {
		n := min(1000, len(frame)-off)
		_, ev, err := p.Next(frame[off : off+n])
		if err != nil {
			t.Fatal(err)
		}
		off += n
		got = len(ev.Payload)
		if p.rest == nil {
			continue
		}
		if c := cap(p.rest.msg); c != last {
			last = c
			allocations++
			// A size class lies up to a quarter above what was asked for.
			if most := max(2*off, minReserve) * 5 / 4; c > most || c > declared*5/4 {
				t.Fatalf("got a capacity of %d after %d bytes, want at most %d", c, off, most)
			}
		}
	}
	if got != declared {
		t.Errorf("got a message of %d bytes, want %d", got, declared)
	}
	if allocations > 10 {
		t.Errorf("got %d allocations, want 10 at most", allocations)
	}
}

// TestIdle: a session that waits for a message pays for three words.
func TestIdle(t *testing.T) {
	if got, want := unsafe.Sizeof(Parser{}), 3*unsafe.Sizeof(uintptr(0)); got != want {
		t.Errorf("got a parser of %d bytes, want %d", got, want)
	}
	p := NewParser(asServer)
	for _, part := range [][]byte{
		masked(fin|1, "whole"),
		masked(fin|1, "header")[:3], masked(fin|1, "header")[3:],
		masked(fin|1, "payload")[:9], masked(fin|1, "payload")[9:],
		masked(1, "frag"), masked(fin|9, "ping"), masked(fin|0, "ments"),
		{},
	} {
		_, ev, err := p.Next(part)
		if err != nil {
			t.Fatal(err)
		}
		// Only the ping comes amid something else.
		if busy, want := p.rest != nil, ev.Kind == Ping || ev.Kind == None && len(part) > 0; busy != want {
			t.Errorf("after %q: got busy %t, want %t", part, busy, want)
		}
	}
}

func TestAllocs(t *testing.T) {
	whole := masked(fin|1, strings.Repeat("a", 128))
	ping := masked(fin|9, "are you there?")
	closing := masked(fin|8, "\x03\xe8bye")
	out := make([]byte, 0, 256)
	mask := [4]byte{1, 2, 3, 4}
	tests := []struct {
		name  string
		want  float64
		parts [][]byte
	}{
		{name: "message in one frame", want: 0, parts: [][]byte{whole}},
		{name: "header in one read, payload in the next", want: 0, parts: [][]byte{whole[:3], whole[3:6], whole[6:]}},
		{name: "half frame", want: 1, parts: [][]byte{whole[:50], whole[50:]}},
		{name: "half frame in many reads", want: 1, parts: [][]byte{whole[:10], whole[10:11], whole[11:50], whole[50:]}},
		{name: "ping", want: 0, parts: [][]byte{ping}},
		{name: "half ping", want: 1, parts: [][]byte{ping[:10], ping[10:]}},
		{name: "close", want: 0, parts: [][]byte{closing}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			buf := make([]byte, 256)
			got := testing.AllocsPerRun(100, func() {
				p := NewParser(asServer)
				for i, part := range tt.parts {
					n := copy(buf, part)
					_, ev, err := p.Next(buf[:n])
					if last := i == len(tt.parts)-1; err != nil || (ev.Kind != None) != last {
						t.Fatalf("part %d: got %v, %v", i, ev.Kind, err)
					}
					if ev.Kind == Text {
						out = AppendFrame(out[:0], ws.OpText, ev.Payload, &mask)
					}
				}
			})
			if got != tt.want {
				t.Errorf("got %v allocations, want %v", got, tt.want)
			}
		})
	}
}
