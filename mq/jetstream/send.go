package jetstream

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Headers of the server (message scheduling, NATS 2.12).
const (
	headerSchedule       = "Nats-Schedule"
	headerScheduleTarget = "Nats-Schedule-Target"
)

// send gives message number n to the connection. The producer is locked: the scratch is shared, and the order counts.
func (p *producer) send(n uint64, m *mq.OutMessage) error {
	t := p.topic
	switch {
	case t.terminated.Load():
		return &mq.Error{Op: "publish", Topic: t.name.String(), Err: mq.ErrTopicTerminated}
	case len(m.Payload) > p.broker.config.MaxPayload:
		return p.tooLarge("the payload", len(m.Payload), p.broker.config.MaxPayload)
	}
	if err := m.Validate(); err != nil {
		return &mq.Error{Op: "publish", Topic: t.name.String(), Err: err}
	}
	if err := p.broker.writable("publish", t); err != nil {
		return err
	}
	p.msg.Subject = t.subjects.messages
	p.reply = strconv.AppendUint(append(p.reply[:0], p.inbox...), n, 10)
	p.msg.Reply = string(p.reply)
	p.msg.Data = m.Payload
	clear(p.msg.Header)
	if p.meta = appendMetadata(p.meta[:0], m); len(p.meta) > 0 {
		switch {
		case len(p.meta) > maxMetadata:
			return p.tooLarge("key and properties", len(p.meta), maxMetadata)
		case metadataEncoding.EncodedLen(len(p.meta)) > maxHeaderMetadata:
			p.header(headerMetadataPrefix, strconv.Itoa(len(p.meta)))
			p.msg.Data = append(p.meta, m.Payload...)
			p.meta = nil // not worth keeping
		default:
			p.header(headerMetadata, metadataEncoding.EncodeToString(p.meta))
		}
	}
	if !m.DeliverAt.IsZero() && m.DeliverAt.After(time.Now()) {
		p.msg.Subject = t.subjects.delayed + nuid.Next()
		p.header(headerSchedule, "@at "+m.DeliverAt.UTC().Format(time.RFC3339Nano))
		p.header(headerScheduleTarget, t.subjects.messages)
	}
	err := p.broker.out.PublishMsg(&p.msg) // copies what it is given
	p.msg.Data = nil
	return failed("publish", t.name, err)
}

func (p *producer) header(name, value string) {
	if p.msg.Header == nil {
		p.msg.Header = make(nats.Header)
	}
	p.msg.Header[name] = []string{value}
}

func (p *producer) tooLarge(what string, n, limit int) error {
	return &mq.Error{
		Op: "publish", Topic: p.topic.name.String(),
		Err: fmt.Errorf("%w: %s: %d bytes, at most %d are allowed", mq.ErrMessageTooLarge, what, n, limit),
	}
}

// confirmation is the server's answer to a publish.
type confirmation struct {
	Seq   uint64 `json:"seq"`
	Error *struct {
		ErrCode     int    `json:"err_code"`
		Description string `json:"description"`
	} `json:"error"`
}

// parseConfirmation returns the sequence that a message was stored under.
func (p *producer) parseConfirmation(m *nats.Msg) (uint64, error) {
	if seq, ok := parseSeq(p.stored, m.Data); ok {
		return seq, nil
	}
	if len(m.Data) == 0 { // 503: nobody listens to the subject
		if p.topic.terminated.Load() {
			return 0, &mq.Error{Op: "publish", Topic: p.topic.name.String(), Err: mq.ErrTopicTerminated}
		}
		if !p.broker.server.server.JetStreamEnabled() {
			return 0, p.rejected("the store is switched off", hintRestart)
		}
		return 0, p.rejected("the topic's stream is gone", "")
	}
	var c confirmation
	switch err := json.Unmarshal(m.Data, &c); {
	case err != nil:
		return 0, p.rejected("answer of the server: "+err.Error(), "")
	case c.Error == nil:
		return c.Seq, nil
	case c.Error.ErrCode == codeMessageTooLarge, c.Error.ErrCode == codeHeadersTooLarge:
		return 0, &mq.Error{
			Op: "publish", Topic: p.topic.name.String(),
			Err: fmt.Errorf("%w: %s", mq.ErrMessageTooLarge, c.Error.Description),
		}
	case isFull(c.Error.ErrCode):
		return 0, &mq.Error{
			Op: "publish", Topic: p.topic.name.String(), Hint: hintStorage,
			Err: fmt.Errorf("%w: %s", mq.ErrQuotaExceeded, c.Error.Description),
		}
	case isStorage(c.Error.ErrCode):
		return 0, p.rejected(c.Error.Description, hintStorage)
	default:
		return 0, p.rejected(c.Error.Description, "")
	}
}

func (p *producer) rejected(why, hint string) error {
	return &mq.Error{
		Op: "publish", Topic: p.topic.name.String(), Hint: hint,
		Err: fmt.Errorf("%w: %s", mq.ErrUnavailable, why),
	}
}

// parseSeq reads the sequence out of the answer that every stored message gets, {"stream":"...","seq":1}, or says that
// it is another one. prefix is everything before the number.
func parseSeq(prefix string, b []byte) (uint64, bool) {
	const digits = 19 // more could overflow
	n := len(b) - len(prefix) - 1
	if n < 1 || n > digits || string(b[:len(prefix)]) != prefix || b[len(b)-1] != '}' {
		return 0, false
	}
	var seq uint64
	for _, c := range b[len(prefix) : len(b)-1] {
		if c < '0' || c > '9' {
			return 0, false
		}
		seq = seq*10 + uint64(c-'0')
	}
	return seq, true
}
