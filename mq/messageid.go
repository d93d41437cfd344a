package mq

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// MessageID is the place of a message in its topic. It is comparable, ordered within one topic and opaque to clients.
//
// Its binary form is Pulsar's MessageIdData (PulsarApi.proto), its text form the padded standard Base64 of that; both
// are what Pulsar's WebSocket API calls messageId. Engines without ledgers use Ledger for the incarnation of the topic,
// so that an id outlives neither the topic nor its deletion.
//
// The zero value is no message's id; as [ReaderConfig.Start] it means [Latest]. Make ids with [NewMessageID], which
// marks what is absent.
type MessageID struct {
	Ledger int64
	Entry  int64
	// Partition is -1 on a topic without partitions.
	Partition int32
	// BatchIndex is -1 for a message that was not stored in a batch.
	BatchIndex int32
	// BatchSize is how many messages the batch has, 0 if unknown. It is no part of the identity: Pulsar's receipt
	// of a batched message says 0 where its delivery says the size.
	BatchSize int32
}

// Earliest and Latest are the positions before the first and after the last message of any topic. They are constants
// in all but the syntax: do not assign to them. The numbers are those of Pulsar's MessageId.earliest and .latest.
var (
	Earliest = MessageID{Ledger: -1, Entry: -1, Partition: -1, BatchIndex: -1}
	Latest   = MessageID{Ledger: math.MaxInt64, Entry: math.MaxInt64, Partition: -1, BatchIndex: -1}
)

// NewMessageID returns the id of an entry without partition and batch.
func NewMessageID(ledger, entry int64) MessageID {
	return MessageID{Ledger: ledger, Entry: entry, Partition: -1, BatchIndex: -1}
}

// IsZero tells whether id is the zero value, which no message has.
func (id MessageID) IsZero() bool { return id == MessageID{} }

// Compare returns a negative number if id comes before other in their topic, a positive one if it comes after, and 0 if
// both name the same message. The batch size does not count.
func (id MessageID) Compare(other MessageID) int {
	return cmp.Or(
		cmp.Compare(id.Ledger, other.Ledger),
		cmp.Compare(id.Entry, other.Entry),
		cmp.Compare(id.Partition, other.Partition),
		cmp.Compare(id.BatchIndex, other.BatchIndex),
	)
}

// Key returns the id in the form in which all ids of one message are equal, for use as a map key.
func (id MessageID) Key() MessageID {
	id.BatchSize = 0
	return id
}

// The fields of MessageIdData as protobuf tags: number<<3 | wire type.
const (
	tagLedger     = 1 << 3
	tagEntry      = 2 << 3
	tagPartition  = 3 << 3
	tagBatchIndex = 4 << 3
	tagBatchSize  = 6 << 3
)

// maxMessageIDLen is the longest binary form: five tags, five varints of ten bytes.
const maxMessageIDLen = 5 * (1 + binary.MaxVarintLen64)

// AppendBinary appends the binary form to b. It never fails; the error is there for [encoding.BinaryAppender].
//
// Ledger, entry and batch size are always written, as Pulsar 4.x does, because clients compare the text forms of
// receipts and deliveries: the id of ledger 3, entry 0 is "CAMQADAA".
func (id MessageID) AppendBinary(b []byte) ([]byte, error) { return id.append(b), nil }

func (id MessageID) append(b []byte) []byte {
	b = binary.AppendUvarint(append(b, tagLedger), uint64(id.Ledger))
	b = binary.AppendUvarint(append(b, tagEntry), uint64(id.Entry))
	if id.Partition >= 0 {
		b = binary.AppendUvarint(append(b, tagPartition), uint64(id.Partition))
	}
	if id.BatchIndex >= 0 {
		b = binary.AppendUvarint(append(b, tagBatchIndex), uint64(id.BatchIndex))
	}
	// A negative int32 is sign-extended on the wire (protobuf encoding, "Signed Integers").
	return binary.AppendUvarint(append(b, tagBatchSize), uint64(int64(id.BatchSize)))
}

// MarshalBinary returns the binary form. It never fails.
func (id MessageID) MarshalBinary() ([]byte, error) { return id.append(nil), nil }

// UnmarshalBinary is [UnmarshalMessageID] into id.
func (id *MessageID) UnmarshalBinary(b []byte) (err error) {
	*id, err = UnmarshalMessageID(b)
	return err
}

// AppendText appends the text form to b. It never fails.
func (id MessageID) AppendText(b []byte) ([]byte, error) {
	var buf [maxMessageIDLen]byte
	return base64.StdEncoding.AppendEncode(b, id.append(buf[:0])), nil
}

// MarshalText returns the text form. It never fails.
func (id MessageID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText is [ParseMessageID] into id.
func (id *MessageID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseMessageID(string(b))
	return err
}

// String returns the text form.
func (id MessageID) String() string {
	var buf [base64Len]byte
	b, _ := id.AppendText(buf[:0])
	return string(b)
}

const base64Len = (maxMessageIDLen + 2) / 3 * 4

// ParseMessageID reads the text form. Padding may be missing; line breaks and blanks are refused, as Java's decoder
// does. The error wraps [ErrInvalid], and [ErrNotBase64] too if that is what is wrong; otherwise the text is Base64 of
// something that is no id.
func ParseMessageID(text string) (MessageID, error) {
	// Go's decoder skips line breaks.
	if strings.ContainsAny(text, "\r\n") {
		return MessageID{}, badMessageID(text, ErrNotBase64)
	}
	enc := base64.RawStdEncoding
	if strings.HasSuffix(text, "=") {
		enc = base64.StdEncoding
	}
	var src [base64Len]byte
	var dst [maxMessageIDLen]byte
	b, err := enc.AppendDecode(dst[:0], append(src[:0], text...))
	if err != nil {
		return MessageID{}, badMessageID(text, ErrNotBase64)
	}
	id, ok := unmarshalMessageID(b)
	if !ok {
		return MessageID{}, badMessageID(text, ErrInvalid)
	}
	return id, nil
}

// badMessageID quotes the beginning of the text only: it comes from a client and may be long.
func badMessageID(text string, err error) error {
	return fmt.Errorf("mq: message id %.40q: %w", text, err)
}

// UnmarshalMessageID reads the binary form. Fields that it does not know are skipped. The error wraps [ErrInvalid].
func UnmarshalMessageID(b []byte) (MessageID, error) {
	id, ok := unmarshalMessageID(b)
	if !ok {
		return MessageID{}, fmt.Errorf("mq: message id of %d bytes: %w", len(b), ErrInvalid)
	}
	return id, nil
}

func unmarshalMessageID(b []byte) (id MessageID, ok bool) {
	id = MessageID{Partition: -1, BatchIndex: -1}
	var ledger, entry bool
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 {
			return id, false
		}
		b = b[n:]
		if tag&7 != 0 {
			if b, ok = skipField(b, tag&7); !ok {
				return id, false
			}
			continue
		}
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return id, false
		}
		b = b[n:]
		switch tag {
		case tagLedger:
			id.Ledger, ledger = int64(v), true
		case tagEntry:
			id.Entry, entry = int64(v), true
		case tagPartition:
			id.Partition = max(int32(v), -1)
		case tagBatchIndex:
			id.BatchIndex = max(int32(v), -1)
		case tagBatchSize:
			id.BatchSize = int32(v)
		}
	}
	return id, ledger && entry
}

// skipField drops the value of a field that is not a varint.
func skipField(b []byte, wireType uint64) ([]byte, bool) {
	n := uint64(0)
	switch wireType {
	case 1: // 64 bits
		n = 8
	case 2: // length-delimited
		v, w := binary.Uvarint(b)
		if w <= 0 {
			return nil, false
		}
		b, n = b[w:], v
	case 5: // 32 bits
		n = 4
	default: // groups, which no message of Pulsar has
		return nil, false
	}
	if n > uint64(len(b)) {
		return nil, false
	}
	return b[n:], true
}
