package frame

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"
)

// batch is n masked text frames of the given payload size, as a client sends them.
func batch(n, size int) []byte {
	var b []byte
	payload := bytes.Repeat([]byte("a"), size)
	for range n {
		mask := NewMask()
		b = AppendFrame(b, ws.OpText, payload, &mask)
	}
	return b
}

// BenchmarkEcho is the codec's share of an echo server's work per message: parse, unmask, check UTF-8, append the
// reply. One op is one message.
func BenchmarkEcho(b *testing.B) {
	for _, bm := range []struct {
		name string
		size int
	}{
		{"128B", 128},
		{"16KiB", 16 << 10},
	} {
		b.Run(bm.name, func(b *testing.B) {
			const msgs = 16
			src := batch(msgs, bm.size)
			buf := make([]byte, len(src))
			out := make([]byte, 0, len(src))
			p := NewParser(Config{Server: true, MaxMessage: 1 << 20})
			b.SetBytes(int64(bm.size))
			b.ReportAllocs()
			for i := 0; i < b.N; i += msgs {
				copy(buf, src) // unmasking changed it; 5 ns per message of 128 bytes are the benchmark's own
				out = out[:0]
				for rest := buf; len(rest) > 0; {
					n, ev, err := p.Next(rest)
					if err != nil || ev.Kind != Text {
						b.Fatalf("got %v, %v, want a text", ev.Kind, err)
					}
					out = AppendFrame(out, ws.OpText, ev.Payload, nil)
					rest = rest[n:]
				}
			}
		})
	}
}

func BenchmarkNewMask(b *testing.B) {
	for b.Loop() {
		NewMask()
	}
}
