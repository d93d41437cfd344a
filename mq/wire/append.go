package wire

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Reply is the answer to one publish request.
type Reply struct {
	// ID is the stored message's id, if Code is 0.
	ID mq.MessageID
	// Code is 0 for success. Otherwise Reason is the text that goes with it.
	Code   Code
	Reason string
	// Context is the request's.
	Context    string
	HasContext bool
}

// AppendReply appends r as a frame to dst.
func AppendReply(dst []byte, r Reply) []byte {
	if r.Code == 0 {
		dst = append(dst, `{"result":"ok","messageId":"`...)
		dst, _ = r.ID.AppendText(dst) // never fails
		dst = append(dst, '"')
	} else {
		dst = append(dst, `{"result":"send-error:`...)
		dst = strconv.AppendUint(dst, uint64(r.Code), 10)
		dst = append(dst, `","errorMsg":`...)
		dst = appendText(dst, r.Reason)
	}
	if r.HasContext {
		dst = append(dst, `,"context":`...)
		dst = appendText(dst, r.Context)
	}
	// Pulsar's clients find these in every reply, of failures too.
	return append(dst, `,"errorCode":0,"schemaVersion":0}`...)
}

// AppendMessage appends the delivery m as a frame to dst. Times are printed in their own location, to the millisecond;
// properties are in the order of their names. Text that is not UTF-8 gets U+FFFD in the place of each bad byte.
func AppendMessage(dst []byte, m *mq.Message) []byte {
	dst = grow(dst, 192+base64.StdEncoding.EncodedLen(len(m.Payload))+len(m.Key)+64*len(m.Properties))
	dst = append(dst, `{"messageId":"`...)
	dst, _ = m.ID.AppendText(dst) // never fails
	dst = append(dst, `","payload":"`...)
	dst = appendBase64(dst, m.Payload)
	dst = append(dst, `","properties":`...)
	dst = appendProperties(dst, m.Properties)
	dst = append(dst, `,"publishTime":`...)
	dst = appendTime(dst, m.PublishTime)
	dst = append(dst, `,"redeliveryCount":`...)
	dst = strconv.AppendInt(dst, int64(m.RedeliveryCount), 10)
	if !m.EventTime.IsZero() {
		dst = append(dst, `,"eventTime":`...)
		dst = appendTime(dst, m.EventTime)
	}
	if m.HasKey {
		dst = append(dst, `,"key":`...)
		dst = appendText(dst, m.Key)
	}
	return append(dst, '}')
}

// grow makes room for n more bytes, so that most messages cost one allocation if dst was nil.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	return append(make([]byte, 0, len(dst)+n), dst...)
}

// AppendEndOfTopic appends the answer to [EndOfTopic] as a frame to dst.
func AppendEndOfTopic(dst []byte, ended bool) []byte {
	dst = append(dst, `{"endOfTopic":`...)
	dst = strconv.AppendBool(dst, ended)
	return append(dst, '}')
}

// appendProperties appends m in the order of its keys.
func appendProperties(dst []byte, m map[string]string) []byte {
	dst = append(dst, '{')
	if len(m) > 0 {
		var room [16]string // more than most messages have: no allocation up to here
		keys := room[:0]
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, k)
			dst = append(dst, ':')
			dst = appendText(dst, m[k])
		}
	}
	return append(dst, '}')
}

// appendTime appends t in quotes, with the fewest digits that show its milliseconds, as Java's ISO_OFFSET_DATE_TIME.
func appendTime(dst []byte, t time.Time) []byte {
	dst = append(dst, '"')
	dst = t.Truncate(time.Millisecond).AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}

// appendText appends s as a JSON text. Only what must be escaped is; in particular there is no HTML escaping.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for {
		n := plain([]byte(s)) // no copy: plain only looks
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		switch c := s[n]; {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[n:])
			dst = utf8.AppendRune(dst, r)
			s = s[n+size:]
			continue
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			const hex = "0123456789ABCDEF"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default: // quote, backslash
			dst = append(dst, '\\', c)
		}
		s = s[n+1:]
	}
}
