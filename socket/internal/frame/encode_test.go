package frame

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestEncodeLikeGobwas compares frames with those of ws.WriteFrame, byte for byte, and reads them with ws.ReadFrame.
func TestEncodeLikeGobwas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		op := rapid.SampledFrom([]ws.OpCode{ws.OpText, ws.OpBinary, ws.OpPing, ws.OpPong}).Draw(rt, "op")
		size := rapid.SampledFrom([]int{0, 1, 124, 125, 126, 127, 1000, 65535, 65536, 70000}).Draw(rt, "size")
		payload := bytes.Repeat([]byte{rapid.Byte().Draw(rt, "byte")}, size)
		kept := bytes.Clone(payload)

		want := ws.NewFrame(op, true, payload)
		var mask *[4]byte
		if rapid.Bool().Draw(rt, "masked") {
			mask = (*[4]byte)(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "mask"))
			want = ws.MaskFrameWith(want, *mask)
		}
		var buf bytes.Buffer
		buf.WriteString("before")
		if err := ws.WriteFrame(&buf, want); err != nil {
			rt.Fatal(err)
		}
		got := AppendFrame([]byte("before"), op, payload, mask)
		if !bytes.Equal(got, buf.Bytes()) {
			rt.Fatalf("opcode %d, %d bytes, mask %v: got %.20x..., want %.20x...", op, size, mask, got, buf.Bytes())
		}
		if !bytes.Equal(payload, kept) {
			rt.Fatalf("the payload was changed")
		}
		//lint:ignore SA1019 what is read here is a buffer of this test
		read, err := ws.ReadFrame(bytes.NewReader(got[len("before"):]))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(read.Header, want.Header); diff != "" {
			rt.Fatalf("header read by gobwas: got - want +:\n%s", diff)
		}
	})
}

func TestAppendHeader(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := ws.Header{
			Fin:    rapid.Bool().Draw(rt, "fin"),
			Rsv:    byte(rapid.IntRange(0, 7).Draw(rt, "rsv")),
			OpCode: ws.OpCode(rapid.IntRange(0, 15).Draw(rt, "op")),
			Masked: rapid.Bool().Draw(rt, "masked"),
			Length: rapid.Int64Min(0).Draw(rt, "length"),
		}
		first := h.Rsv<<4 | byte(h.OpCode)
		if h.Fin {
			first |= Fin
		}
		var mask *[4]byte
		if h.Masked {
			h.Mask = NewMask()
			mask = &h.Mask
		}
		got, err := ws.ReadHeader(bytes.NewReader(AppendHeader(nil, first, int(h.Length), mask)))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(got, h); diff != "" {
			rt.Fatalf("got - want +:\n%s", diff)
		}
	})
}

func TestAppendClose(t *testing.T) {
	long := strings.Repeat("é", 70) // 140 bytes
	tests := []struct {
		name   string
		code   uint16
		reason string
		want   event
	}{
		{name: "code", code: 1000, want: event{Kind: Close, Code: 1000}},
		{name: "code and reason", code: 4000, reason: "bye", want: event{Kind: Close, Code: 4000, Payload: "bye"}},
		{name: "none", code: 1005, reason: "dropped", want: event{Kind: Close, Code: 1005}},
		{name: "reason of 123 bytes", code: 1001, reason: long[:122] + "x", want: event{Kind: Close, Code: 1001, Payload: long[:122] + "x"}},
		{name: "reason cut at a character", code: 1001, reason: long, want: event{Kind: Close, Code: 1001, Payload: long[:122]}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mask := NewMask()
			want := outcome{Events: []event{tt.want}}
			if diff := cmp.Diff(feed(t, asServer, AppendClose(nil, tt.code, tt.reason, &mask)), want); diff != "" {
				t.Errorf("from a client: got - want +:\n%s", diff)
			}
			if diff := cmp.Diff(feed(t, asClient, AppendClose(nil, tt.code, tt.reason, nil)), want); diff != "" {
				t.Errorf("from a server: got - want +:\n%s", diff)
			}
		})
	}
}

func TestCutReason(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringN(0, 200, 600).Draw(rt, "reason")
		got := CutReason(s)
		if !strings.HasPrefix(s, got) || len(got) > maxReason || !utf8.ValidString(got) {
			rt.Fatalf("%q: got %q", s, got)
		}
		if len(s) > maxReason && len(got) <= maxReason-utf8.UTFMax {
			rt.Fatalf("%q: got %d bytes, want as many as fit", s, len(got))
		}
	})
}

func TestNewMask(t *testing.T) {
	seen := map[[4]byte]bool{}
	for range 1000 {
		seen[NewMask()] = true
	}
	// Of 1000 random keys two are the same with a probability of 1 in 8600, three pairs practically never.
	if len(seen) < 997 {
		t.Errorf("got %d different keys of 1000", len(seen))
	}
}
