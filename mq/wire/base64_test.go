package wire

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	asm "github.com/segmentio/asm/base64"
)

func TestDecodeBase64(t *testing.T) {
	tests := []struct {
		name, in, want string
		problem        string // empty: accepted
	}{
		{"empty", "", "", ""},
		{"padded once", "SGVsbG8=", "Hello", ""},
		{"padding absent", "SGVsbG8", "Hello", ""},
		{"padded twice", "QQ==", "A", ""},
		{"both absent", "QQ", "A", ""},
		{"unused bits", "QR==", "A", ""},
		{"all of the alphabet's corners", "+/+/", "\xfb\xff\xbf", ""},
		{"one padding of two", "AB=", "", "wrong padding"},
		{"one character", "A", "", "a single character is left over at the end"},
		{"one character and padding", "A===", "", "a single character is left over at the end"},
		{"padding alone", "=", "", "wrong padding"},
		{"four paddings", "====", "", "wrong padding"},
		{"padding after a full group", "AAAA=", "", "wrong padding"},
		{"padding of a full group", "AAAA====", "", "wrong padding"},
		{"too much padding", "AAA==", "", "wrong padding"},
		{"padding in the middle", "AA==AA==", "", "padding before the end, at character 2"},
		{"URL alphabet", "AA-_", "", "illegal character 0x2d at character 2, want the standard alphabet"},
		{"line break inside", "SGVs\nbG8=", "", "illegal character 0x0a at character 4, want the standard alphabet"},
		{"line break at the end", "AAAA\n", "", "illegal character 0x0a at character 4, want the standard alphabet"},
		{"carriage return alone", "\r", "", "illegal character 0x0d at character 0, want the standard alphabet"},
		{"line breaks that make up a group", "AA\r\n\r\n", "", "illegal character 0x0d at character 2, want the standard alphabet"},
		{"space", "SGVs bG8=", "", "illegal character 0x20 at character 4, want the standard alphabet"},
	}
	for _, tt := range tests {
		// Behind a long text the vector code decodes most of it.
		for _, head := range []string{"", strings.Repeat("AAAA", 50)} {
			name, in := tt.name, []byte(head+tt.in)
			if head != "" {
				name += ", long"
			}
			t.Run(name, func(t *testing.T) {
				dst := make([]byte, base64.RawStdEncoding.DecodedLen(len(in)))
				n, err := decodeBase64(dst, in)
				if tt.problem != "" {
					if err == nil {
						t.Fatalf("decodeBase64(%q) = %q, want an error", in, dst[:n])
					}
					if got := base64Problem([]byte(tt.in)); got != tt.problem {
						t.Errorf("problem of %q: got %q, want %q", tt.in, got, tt.problem)
					}
					return
				}
				want := strings.Repeat("\x00", len(head)/4*3) + tt.want
				if err != nil || string(dst[:n]) != want {
					t.Errorf("decodeBase64(%q) = %q, %v, want %q", in, dst[:n], err, want)
				}
			})
		}
	}
}

func TestBase64RoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 2000 {
		src := make([]byte, n)
		for i := range src {
			src[i] = byte(rng.Uint32())
		}
		prefix := []byte("prefix")
		text := appendBase64(prefix[:len(prefix):len(prefix)], src)
		if want := "prefix" + base64.StdEncoding.EncodeToString(src); string(text) != want {
			t.Fatalf("appendBase64 of %d bytes: got %q, want %q", n, text, want)
		}
		// Bytes behind the slice must stay as they are: the buffer may be shared.
		dst := bytes.Repeat([]byte{0xee}, base64.RawStdEncoding.DecodedLen(len(text)-6)+64)
		room := len(dst) - 64
		m, err := decodeBase64(dst[:room:room], text[6:])
		if err != nil || !bytes.Equal(dst[:m], src) {
			t.Fatalf("decodeBase64 of %d bytes: got %d bytes, %v", n, m, err)
		}
		if !bytes.Equal(dst[room:], bytes.Repeat([]byte{0xee}, 64)) {
			t.Fatalf("decodeBase64 of %d bytes wrote behind its slice", n)
		}
	}
}

// FuzzBase64 compares with the standard library: padding complete or absent is what StdEncoding and RawStdEncoding
// accept together, once line breaks are ruled out.
func FuzzBase64(f *testing.F) {
	for _, s := range []string{"", "A", "AA==", "AB=", "AA==AA==", "SGVs\nbG8=", "-_8=", strings.Repeat("AAAA", 40) + "\r", strings.Repeat("//++", 33) + "QR"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var want []byte
		ok := false
		if !bytes.ContainsAny(src, "\r\n") {
			for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} {
				if b, err := e.DecodeString(string(src)); err == nil {
					want, ok = b, true
				}
			}
		}
		dst := make([]byte, base64.RawStdEncoding.DecodedLen(len(src)))
		n, err := decodeBase64(dst, src)
		if (err == nil) != ok || ok && !bytes.Equal(dst[:n], want) {
			t.Errorf("decodeBase64(%q) = %q, %v, want %q, accepted: %t", src, dst[:n], err, want, ok)
		}
		if err != nil && base64Problem(src) == "" {
			t.Errorf("decodeBase64(%q) refused without a reason", src)
		}
		if got, want := appendBase64(nil, src), base64.StdEncoding.EncodeToString(src); string(got) != want {
			t.Errorf("appendBase64(%q) = %q, want %q", src, got, want)
		}
	})
}

// BenchmarkBase64 shows where the vector code overtakes the standard library (asmEncodeMin, asmDecodeMin).
func BenchmarkBase64(b *testing.B) {
	for _, n := range []int{24, 48, 96, 192, 384, 768} {
		src := make([]byte, n)
		text := []byte(base64.StdEncoding.EncodeToString(src))
		size := strconv.Itoa(n)
		b.Run("encode/"+size+"/std", func(b *testing.B) {
			for b.Loop() {
				base64.StdEncoding.Encode(text, src)
			}
		})
		b.Run("encode/"+size+"/asm", func(b *testing.B) {
			for b.Loop() {
				asm.StdEncoding.Encode(text, src)
			}
		})
		b.Run("decode/"+size+"/std", func(b *testing.B) {
			for b.Loop() {
				_, _ = base64.StdEncoding.Decode(src, text)
			}
		})
		b.Run("decode/"+size+"/asm", func(b *testing.B) {
			for b.Loop() {
				_, _ = asm.StdEncoding.Decode(src, text)
			}
		})
	}
}
