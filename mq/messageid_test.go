package mq

import (
	"bytes"
	"encoding"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"testing"
)

var (
	_ encoding.BinaryAppender    = MessageID{}
	_ encoding.BinaryMarshaler   = MessageID{}
	_ encoding.BinaryUnmarshaler = (*MessageID)(nil)
	_ encoding.TextAppender      = MessageID{}
	_ encoding.TextMarshaler     = MessageID{}
	_ encoding.TextUnmarshaler   = (*MessageID)(nil)
)

// The texts are ids that Pulsar 4.2.4 sent.
func TestMessageIDText(t *testing.T) {
	tests := []struct {
		name string
		id   MessageID
		text string
	}{
		{
			name: "plain",
			id:   NewMessageID(3, 0),
			text: "CAMQADAA",
		},
		{
			name: "partition",
			id:   MessageID{Ledger: 137, Entry: 0, Partition: 0, BatchIndex: -1},
			text: "CIkBEAAYADAA",
		},
		{
			name: "batched, in the receipt",
			id:   MessageID{Ledger: 501, Entry: 0, Partition: -1, BatchIndex: 0},
			text: "CPUDEAAgADAA",
		},
		{
			name: "batched, in the delivery",
			id:   MessageID{Ledger: 501, Entry: 0, Partition: -1, BatchIndex: 0, BatchSize: 3},
			text: "CPUDEAAgADAD",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.id.String(); got != tt.text {
				t.Errorf("String() = %q, want %q", got, tt.text)
			}
			got, err := ParseMessageID(tt.text)
			if err != nil || got != tt.id {
				t.Errorf("ParseMessageID(%q) = %+v, %v, want %+v", tt.text, got, err, tt.id)
			}
		})
	}
}

func TestParseMessageIDLenient(t *testing.T) {
	tests := []struct {
		name string
		text string
		want MessageID
	}{
		{
			name: "old form without batch size",
			text: "CAAQAw==",
			want: NewMessageID(0, 3),
		},
		{
			name: "padding missing",
			text: "CAAQAw",
			want: NewMessageID(0, 3),
		},
		{
			name: "pulsar-client-go writes every field",
			text: "CAcQABgAIAAwAQ==",
			want: MessageID{Ledger: 7, BatchSize: 1},
		},
		{
			name: "earliest",
			text: Earliest.String(),
			want: Earliest,
		},
		{
			name: "latest",
			text: Latest.String(),
			want: Latest,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseMessageID(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("ParseMessageID(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseMessageIDErrors(t *testing.T) {
	tests := []struct {
		name   string
		text   string
		base64 bool
	}{
		{name: "empty", text: "", base64: true},
		{name: "base64 of something else", text: "aGVsbG8=", base64: true},
		{name: "no entry", text: "CAM=", base64: true},
		{name: "cut off", text: "CAMQ", base64: true},
		{name: "a word", text: "earliest", base64: true},
		{name: "star", text: "*"},
		{name: "one character", text: "A"},
		{name: "half padding", text: "CAAQAw="},
		{name: "padding inside", text: "CA==EAMw"},
		{name: "line break", text: "CAMQ\nADAA"},
		{name: "blank", text: "CAMQ ADAA"},
		{name: "url alphabet", text: "CAMQ-_AA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseMessageID(tt.text)
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("ParseMessageID(%q) error = %v, want one that wraps ErrInvalid", tt.text, err)
			}
			if got := !errors.Is(err, ErrNotBase64); got != tt.base64 {
				t.Errorf("ParseMessageID(%q) is Base64: %v, want %v (%v)", tt.text, got, tt.base64, err)
			}
		})
	}
}

func TestUnmarshalMessageID(t *testing.T) {
	tests := []struct {
		name string
		hex  string
		want MessageID
		fail bool
	}{
		{name: "fields in another order", hex: "10050803", want: NewMessageID(3, 5)},
		{name: "last value of a field wins", hex: "0801080310053000", want: NewMessageID(3, 5)},
		{name: "packed ack set is skipped", hex: "080310052a021104", want: NewMessageID(3, 5)},
		{name: "unpacked ack set is skipped", hex: "0803100528112804", want: NewMessageID(3, 5)},
		{name: "first chunk id is skipped", hex: "080310053a0408011002", want: NewMessageID(3, 5)},
		{name: "fixed widths are skipped", hex: "08031005c1020102030405060708" + "c50201020304", want: NewMessageID(3, 5)},
		{name: "negative partition is absent", hex: "0803100518ffffffffffffffffff01", want: NewMessageID(3, 5)},
		{name: "field number 0", hex: "080310050001", fail: true},
		{name: "group", hex: "080310050b", fail: true},
		{name: "varint without end", hex: "08031085", fail: true},
		{name: "varint over 64 bits", hex: "080310ffffffffffffffffff7f", fail: true},
		{name: "length beyond the end", hex: "080310052a0511", fail: true},
		{name: "length beyond any buffer", hex: "080310052affffffffffffffffff01", fail: true},
		{name: "ledger as bytes", hex: "0a0103" + "1005", fail: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			got, err := UnmarshalMessageID(b)
			if tt.fail {
				if !errors.Is(err, ErrInvalid) {
					t.Errorf("UnmarshalMessageID(%s) = %+v, %v, want an error that wraps ErrInvalid", tt.hex, got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("UnmarshalMessageID(%s) = %+v, %v, want %+v", tt.hex, got, err, tt.want)
			}
		})
	}
}

func TestMessageIDCompare(t *testing.T) {
	sorted := []MessageID{
		Earliest,
		NewMessageID(0, 0),
		NewMessageID(0, 1),
		{Ledger: 0, Entry: 2, Partition: -1, BatchIndex: 0, BatchSize: 3},
		{Ledger: 0, Entry: 2, Partition: -1, BatchIndex: 1, BatchSize: 3},
		{Ledger: 0, Entry: 2, Partition: 0, BatchIndex: -1},
		NewMessageID(1, 0),
		NewMessageID(math.MaxInt64, 0),
		Latest,
	}
	for i, a := range sorted {
		for j, b := range sorted {
			want := 0
			if i != j {
				want = 1 - 2*min(1, max(0, j-i))
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%+v.Compare(%+v) = %d, want %d", a, b, got, want)
			}
		}
	}
	receipt := MessageID{Ledger: 1, Entry: 2, Partition: -1, BatchIndex: 0}
	delivery := receipt
	delivery.BatchSize = 3
	if receipt.Compare(delivery) != 0 || receipt.Key() != delivery.Key() {
		t.Errorf("ids that differ in the batch size only: Compare = %d, keys equal = %v, want 0, true",
			receipt.Compare(delivery), receipt.Key() == delivery.Key())
	}
}

func TestMessageIDAllocations(t *testing.T) {
	id := MessageID{Ledger: 1 << 60, Entry: 1 << 60, Partition: 1 << 30, BatchIndex: 1 << 30, BatchSize: 1 << 30}
	text := id.String()
	buf := make([]byte, 0, 128)
	if n := testing.AllocsPerRun(100, func() { buf, _ = id.AppendText(buf[:0]) }); n != 0 {
		t.Errorf("AppendText allocates %v times, want 0", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = ParseMessageID(text) }); n != 0 {
		t.Errorf("ParseMessageID allocates %v times, want 0", n)
	}
}

func FuzzParseMessageID(f *testing.F) {
	for _, s := range []string{"CAMQADAA", "CAAQAw", "CIkBEAAYADAA", "CPUDEAAgADAD", "", "*", Latest.String(), Earliest.String()} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseMessageID(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("ParseMessageID(%q) error = %v, want one that wraps ErrInvalid", s, err)
			}
			return
		}
		again, err := ParseMessageID(id.String())
		if err != nil || again != id {
			t.Fatalf("ParseMessageID(%q) = %+v, %v after %+v", id.String(), again, err, id)
		}
	})
}

func FuzzUnmarshalMessageID(f *testing.F) {
	f.Add([]byte{0x08, 0x03, 0x10, 0x00, 0x30, 0x00})
	f.Add([]byte{0x2a, 0x02, 0x11, 0x04})
	f.Fuzz(func(t *testing.T, b []byte) {
		in := slices.Clone(b)
		id, err := UnmarshalMessageID(b)
		if !bytes.Equal(b, in) {
			t.Fatal("UnmarshalMessageID changed its argument")
		}
		if err != nil {
			return
		}
		var again MessageID
		out, _ := id.MarshalBinary()
		if err := again.UnmarshalBinary(out); err != nil || again != id {
			t.Fatalf("UnmarshalBinary(%x) = %+v, %v after %+v", out, again, err, id)
		}
	})
}
