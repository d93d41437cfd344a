package frame

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pieces cuts b into pieces of the given sizes, the last of which repeats.
func pieces(b []byte, sizes ...int) (parts [][]byte) {
	for i := 0; len(b) > 0; i++ {
		n := min(max(1, sizes[min(i, len(sizes)-1)]), len(b))
		parts = append(parts, b[:n])
		b = b[n:]
	}
	return parts
}

// drawStream makes what a peer sends on one connection: mostly right, at times not.
func drawStream(t *rapid.T, server bool) []byte {
	var b []byte
	open := false
	for range rapid.IntRange(1, 8).Draw(t, "frames") {
		first := rapid.SampledFrom([]byte{fin | 1, fin | 2, 1, 2, fin | 9, fin | 10}).Draw(t, "first")
		if open {
			first = rapid.SampledFrom([]byte{0, 0, fin | 0, fin | 9}).Draw(t, "first")
		}
		if rapid.IntRange(0, 19).Draw(t, "odd") == 0 {
			first = rapid.Byte().Draw(t, "first")
		}
		if first&8 == 0 {
			open = first&fin == 0
		}
		payload := rapid.OneOf(
			rapid.StringN(0, 40, 120),
			rapid.SampledFrom([]string{"\xe2", "\x82", "\xac", "\xed\xa0\x80", "\x03\xe8", "\x03\xe8bye", "\x03\xee"}),
			rapid.Map(rapid.IntRange(120, 300), func(n int) string { return string(make([]byte, n)) }),
		).Draw(t, "payload")
		if first&8 != 0 && len(payload) > 125 {
			payload = payload[:125]
		}
		var mask *[4]byte
		if server {
			mask = (*[4]byte)(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "mask"))
		}
		b = append(b, raw(first, payload, mask)...)
	}
	return b
}

// TestSplits: however the bytes of a connection are cut into reads, they mean the same, and what the reference makes of
// them.
func TestSplits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Config{Server: rapid.Bool().Draw(rt, "server"), MaxMessage: rapid.SampledFrom([]int{64, 256, 1 << 20}).Draw(rt, "limit")}
		b := drawStream(rt, c.Server)
		want := reference(b, c)
		if diff := cmp.Diff(feed(t, c, b), want); diff != "" {
			rt.Fatalf("in one buffer: got - want +:\n%s", diff)
		}
		for i := range b {
			if got := feed(t, c, b[:i], b[i:]); !got.equal(want) {
				rt.Fatalf("split at byte %d: got - want +:\n%s", i, cmp.Diff(got, want))
			}
		}
		sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 30).Draw(rt, "sizes")
		if diff := cmp.Diff(feed(t, c, pieces(b, sizes...)...), want); diff != "" {
			rt.Fatalf("in pieces of %v: got - want +:\n%s", sizes, diff)
		}
	})
}

func FuzzParser(f *testing.F) {
	zero := &[4]byte{}
	for _, seed := range [][]byte{
		masked(fin|1, "hello"),
		append(raw(1, "\xe2\x82", zero), raw(fin|0, "\xac", zero)...),
		append(raw(2, "ab", zero), append(raw(fin|9, "p", zero), raw(fin|0, "c", zero)...)...),
		masked(fin|8, "\x03\xe8bye"),
		masked(fin|2, string(make([]byte, 200))),
		{fin | 2, maskBit | 127, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4, 5},
	} {
		f.Add(seed, true, uint16(1000), uint8(3))
	}
	f.Add(raw(fin|1, "hello", nil), false, uint16(3), uint8(1))
	f.Add(append(raw(1, "\xf0\x9f", nil), raw(fin|0, "\x99\x82", nil)...), false, uint16(100), uint8(1))

	f.Fuzz(func(t *testing.T, b []byte, server bool, limit uint16, size uint8) {
		c := Config{Server: server, MaxMessage: int(limit)}
		want := reference(b, c)
		if diff := cmp.Diff(feed(t, c, b), want); diff != "" {
			t.Fatalf("in one buffer: got - want +:\n%s", diff)
		}
		if diff := cmp.Diff(feed(t, c, pieces(b, int(size))...), want); diff != "" {
			t.Fatalf("in pieces of %d: got - want +:\n%s", size, diff)
		}
		if len(b) > 200 {
			return // the rest is quadratic
		}
		// A violation is found at the byte that makes it one.
		p := NewParser(c)
		for i := range b {
			_, _, err := p.Next(bytes.Clone(b[i : i+1]))
			if got, want := err != nil, reference(b[:i+1], c).Fail != 0; got != want {
				t.Fatalf("after byte %d: got failed %t, want %t", i+1, got, want)
			}
		}
	})
}

func TestValidPrefix(t *testing.T) {
	check := func(b []byte) {
		n, ok := validPrefix(b)
		if want := possibleUTF8(b, false); ok != want {
			t.Fatalf("%x: got possible %t, want %t", b, ok, want)
		}
		if ok && !possibleUTF8(b[:n], true) {
			t.Fatalf("%x: got a valid prefix of %d bytes, but it is not valid", b, n)
		}
		if whole := possibleUTF8(b, true); ok && whole != (n == len(b)) {
			t.Fatalf("%x: got a prefix of %d bytes, want all: %t", b, n, whole)
		}
	}
	check(nil)
	// The bytes on both sides of every border in the table of the standard.
	borders := []byte{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff}
	var b [4]byte
	for x := range 1 << 16 {
		b[0], b[1] = byte(x>>8), byte(x)
		check(b[:1])
		check(b[:2])
	}
	for _, b[0] = range borders {
		for _, b[1] = range borders {
			for _, b[2] = range borders {
				check(b[:3])
				for _, b[3] = range borders {
					check(b[:4])
				}
			}
		}
	}
}

func TestValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := []byte(rapid.StringN(0, 200, 400).Draw(rt, "text"))
		if len(b) > 0 && rapid.Bool().Draw(rt, "spoil") {
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		}
		b = append(bytes.Repeat([]byte("a"), rapid.IntRange(0, 70).Draw(rt, "ASCII")), b...)
		if got, want := valid(b), possibleUTF8(b, true); got != want {
			rt.Fatalf("%q: got %t, want %t", b, got, want)
		}
	})
}
