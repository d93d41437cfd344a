package wire

import (
	"encoding/base64"
	"math"
	"time"
)

// Publish is what a client asks a producer to publish.
type Publish struct {
	// Payload is the content, never nil; empty is legal.
	Payload []byte
	// Properties are the message's attributes; nil is none.
	Properties map[string]string
	// Context comes back in the reply. HasContext tells an empty one from none.
	Context    string
	HasContext bool
	// Key is the message's key. HasKey tells an empty one from none.
	Key    string
	HasKey bool
	// EventTime is when the thing happened that the message tells of, to the millisecond. Zero: not stated.
	EventTime time.Time
	// DeliverAt holds the message back until then. Zero: not stated.
	DeliverAt time.Time
	// DeliverAfter holds the message back for so long and beats DeliverAt. 0: not stated.
	DeliverAfter time.Duration
}

// DecodePublish reads a publish request. The members sequenceId, disableReplication, replicationClusters,
// schemaVersion, keySchema, valueSchema, encryptionParam, compressionType and uncompressedMessageSize must have the type
// that Pulsar gives them and have no effect.
//
// The error is an *[Error] with [CodeDeserialize] or [CodePayloadEncoding]. Where the text could be read as JSON, the
// result carries Context even so, for the reply.
func DecodePublish(b []byte) (Publish, error) {
	s := scanner{b: b}
	if s.null() {
		return Publish{}, &Error{CodePayloadEncoding, "the message is null, want an object"}
	}
	f := s.publish()
	if s.err != nil {
		return Publish{}, s.err
	}
	p := Publish{Properties: f.properties, DeliverAfter: millis(f.deliverAfter)}
	p.Context, p.HasContext = f.context.optional()
	if err := s.finish(&p, f); err != nil {
		return Publish{Context: p.Context, HasContext: p.HasContext}, err
	}
	return p, nil
}

// publishFields are the members of a request that have an effect, as they stand in the text.
type publishFields struct {
	payload, context, key, eventTime scalar
	properties                       map[string]string
	nullProperty                     bool
	deliverAt, deliverAfter          int64
}

// publish takes the object. The payload is only found: decoding it waits until no later one can replace it.
func (s *scanner) publish() (f publishFields) {
	for name, more := s.first(); more; name, more = s.next() {
		switch string(name) {
		case "payload":
			s.check(f.payload)
			f.payload = s.long()
		case "context":
			f.context = s.scalar()
		case "key":
			f.key = s.scalar()
		case "eventTime":
			f.eventTime = s.scalar()
		case "properties":
			f.properties, f.nullProperty = s.properties()
		case "deliverAt":
			f.deliverAt, _ = s.integer(64)
		case "deliverAfterMs":
			f.deliverAfter, _ = s.integer(64)
		case "sequenceId", "schemaVersion":
			s.integer(64)
		case "uncompressedMessageSize":
			s.integer(32)
		case "disableReplication":
			s.boolean()
		case "compressionType":
			s.enum()
		case "keySchema", "valueSchema", "encryptionParam":
			s.scalar()
		case "replicationClusters":
			if s.null() {
				continue
			}
			for more := s.elements(true); more; more = s.elements(false) {
				s.scalar()
			}
		default:
			s.skip(2)
		}
	}
	return f
}

// properties takes an object of texts, or null. It tells whether one of the values was null.
func (s *scanner) properties() (m map[string]string, nullValue bool) {
	if s.null() {
		return nil, false
	}
	for name, more := s.first(); more; name, more = s.next() {
		if m == nil {
			m = make(map[string]string)
		}
		t := s.scalar()
		nullValue = nullValue || !t.present()
		m[string(name)] = t.text()
	}
	return m, nullValue
}

// finish makes values of what publish found, in the order in which Pulsar does.
func (s *scanner) finish(p *Publish, f publishFields) error {
	if f.nullProperty {
		return &Error{CodeDeserialize, "the value of a property is null, want a text"}
	}
	if !f.payload.present() {
		return &Error{CodePayloadEncoding, "the message has no payload"}
	}
	var err error
	if p.Payload, err = f.payload.base64(); err != nil {
		if s.check(f.payload); s.err != nil { // it was no text to begin with
			return s.err
		}
		return err
	}
	p.Key, p.HasKey = f.key.optional()
	if f.eventTime.present() {
		if p.EventTime, err = parseTime(f.eventTime.text()); err != nil {
			return &Error{CodePayloadEncoding, "eventTime: " + err.Error()}
		}
	}
	if f.deliverAt > 0 {
		p.DeliverAt = time.UnixMilli(f.deliverAt)
	}
	return nil
}

// base64 decodes the value into a slice of its own.
func (t scalar) base64() ([]byte, error) {
	src := t.raw
	if t.escaped { // some encoders write \/ for every slash
		src = appendUnescaped(nil, src)
	}
	dst := make([]byte, base64.RawStdEncoding.DecodedLen(len(src)))
	n, err := decodeBase64(dst, src)
	if err != nil {
		return nil, &Error{CodePayloadEncoding, "Invalid Base64 message-payload error=" + base64Problem(src)}
	}
	return dst[:n:n], nil
}

// millis makes a duration of a number of milliseconds, the longest there is if it does not fit; 0 if it is not positive.
func millis(ms int64) time.Duration {
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(max(ms, 0)) * time.Millisecond
}
