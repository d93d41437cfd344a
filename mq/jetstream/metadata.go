package jetstream

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/fluxsocket/fluxsocket/mq"
)

// What a message carries beside its payload travels as one value of one header. Names and values of properties may hold
// any bytes, which header names and values may not, and one header costs a third of what four cost. A message that
// carries nothing has no header.
//
// The value is unpadded base64url of
//
//	flags       one byte: hasKey, hasEventTime, hasProperties
//	key         if hasKey: length (uvarint), bytes
//	event time  if hasEventTime: seconds since 1970 (varint), nanoseconds (uvarint)
//	properties  if hasProperties: count (uvarint), then name and value of each: length (uvarint), bytes
//
// The server stores at most 64 KiB of headers. Metadata that does not fit stands before the payload, as it is, and
// another header says how many bytes of the body it takes.
const (
	headerMetadata       = "Fs-M"
	headerMetadataPrefix = "Fs-P"
)

const (
	hasKey = 1 << iota
	hasEventTime
	hasProperties

	knownFlags = hasKey | hasEventTime | hasProperties
)

const (
	maxHeaderMetadata = 32 << 10 // encoded; more goes before the payload
	maxMetadata       = 1 << 20
)

var metadataEncoding = base64.RawURLEncoding

// appendMetadata appends the metadata of m to b; nothing if it has none.
func appendMetadata(b []byte, m *mq.OutMessage) []byte {
	flags := byte(0)
	if m.HasKey {
		flags |= hasKey
	}
	if !m.EventTime.IsZero() {
		flags |= hasEventTime
	}
	if len(m.Properties) > 0 {
		flags |= hasProperties
	}
	if flags == 0 {
		return b
	}
	b = append(b, flags)
	if m.HasKey {
		b = appendString(b, m.Key)
	}
	if !m.EventTime.IsZero() {
		b = binary.AppendVarint(b, m.EventTime.Unix())
		b = binary.AppendUvarint(b, uint64(m.EventTime.Nanosecond()))
	}
	if len(m.Properties) > 0 {
		b = binary.AppendUvarint(b, uint64(len(m.Properties)))
		for name, value := range m.Properties {
			b = appendString(appendString(b, name), value)
		}
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errMetadata = errors.New("jetstream: metadata of a stored message is damaged")

// decodeMessage fills in what a stored message carries: metadata and payload. The payload shares data.
func decodeMessage(m *mq.Message, h nats.Header, data []byte) error {
	if data == nil {
		data = []byte{}
	}
	m.Payload = data
	if v := h[headerMetadata]; len(v) == 1 {
		var buf [256]byte
		b, err := metadataEncoding.AppendDecode(buf[:0], []byte(v[0]))
		if err != nil {
			return fmt.Errorf("%w: %w", errMetadata, err)
		}
		return decodeMetadata(m, b)
	}
	if v := h[headerMetadataPrefix]; len(v) == 1 {
		n, err := strconv.Atoi(v[0])
		if err != nil || n < 0 || n > len(data) {
			return fmt.Errorf("%w: %.20q bytes of %d", errMetadata, v[0], len(data))
		}
		m.Payload = data[n:]
		return decodeMetadata(m, data[:n])
	}
	return nil
}

// decodeMetadata is the inverse of appendMetadata.
func decodeMetadata(m *mq.Message, b []byte) error {
	d := decoder{b: b}
	flags := d.byte()
	if flags&^knownFlags != 0 {
		return fmt.Errorf("%w: unknown flags %#x", errMetadata, flags)
	}
	if flags&hasKey != 0 {
		m.Key, m.HasKey = d.string(), true
	}
	if flags&hasEventTime != 0 {
		m.EventTime = time.Unix(d.varint(), int64(d.uvarint()))
	}
	if flags&hasProperties != 0 {
		n := d.uvarint()
		if n > uint64(len(d.b)/2) { // a property takes two bytes at least
			return errMetadata
		}
		m.Properties = make(map[string]string, n)
		for range n {
			name := d.string()
			m.Properties[name] = d.string()
		}
	}
	if d.failed || len(d.b) > 0 {
		return errMetadata
	}
	return nil
}

// decoder reads what appendMetadata wrote. After a failure it yields zero values.
type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) fail() {
	d.b, d.failed = nil, true
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) string() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}
