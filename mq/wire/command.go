package wire

import (
	"cmp"

	"github.com/fluxsocket/fluxsocket/mq"
)

// CommandType is what a client of a consumer or reader wants.
type CommandType uint8

// The commands. Whatever "type" is not the name of another one means Ack.
const (
	Ack         CommandType = iota // confirm a message
	NegativeAck                    // give a message back: "negativeAcknowledge"
	Permit                         // allow more messages: "permit"
	Unsubscribe                    // delete the subscription: "unsubscribe"
	EndOfTopic                     // ask whether the topic has ended: "isEndOfTopic"
)

// String returns the command's name on the wire.
func (t CommandType) String() string {
	switch t {
	case NegativeAck:
		return "negativeAcknowledge"
	case Permit:
		return "permit"
	case Unsubscribe:
		return "unsubscribe"
	case EndOfTopic:
		return "isEndOfTopic"
	}
	return "ack"
}

// Command is one frame of a client to a consumer.
type Command struct {
	Type CommandType
	// ID is the message that Ack and NegativeAck are about.
	ID mq.MessageID
	// Permits is how many messages Permit allows. It may be 0 or negative, which is for the caller to judge.
	Permits int32
}

// DecodeCommand reads a command to a consumer. Ack and NegativeAck must name a message, Permit a number. The error is
// an *[Error] with [CodeDeserialize].
func DecodeCommand(b []byte) (Command, error) {
	s := scanner{b: b}
	f := s.command()
	c := Command{Type: f.kind()}
	switch c.Type {
	case Ack, NegativeAck:
		s.messageID(f.id, &c.ID)
	case Permit:
		if !f.hasPermits && s.err == nil {
			s.err = &Error{CodeDeserialize, "a permit without permitMessages"}
		}
		c.Permits = int32(f.permits)
	}
	if s.err != nil {
		return Command{}, s.err
	}
	return c, nil
}

// DecodeReaderCommand reads a frame to a reader: it is EndOfTopic, or else an Ack, whatever it says and whether it names
// a message or not. The error is an *[Error] with [CodeDeserialize].
func DecodeReaderCommand(b []byte) (CommandType, error) {
	s := scanner{b: b}
	f := s.command()
	if s.err != nil {
		return Ack, s.err
	}
	if f.kind() == EndOfTopic {
		return EndOfTopic, nil
	}
	return Ack, nil
}

// commandFields are the members of a command as they stand in the text.
type commandFields struct {
	name, id   scalar
	permits    int64
	hasPermits bool
}

// command takes the object.
func (s *scanner) command() (f commandFields) {
	for name, more := s.first(); more; name, more = s.next() {
		switch string(name) {
		case "type":
			f.name = s.scalar()
		case "messageId":
			f.id = s.scalar()
		case "permitMessages":
			f.permits, f.hasPermits = s.integer(32)
		default:
			s.skip(2)
		}
	}
	return f
}

// kind finds the command by its name.
func (f commandFields) kind() CommandType {
	name := f.name.raw
	if f.name.escaped {
		name = appendUnescaped(nil, name)
	}
	for t := NegativeAck; t <= EndOfTopic; t++ {
		if string(name) == t.String() {
			return t
		}
	}
	return Ack
}

// messageID reads the text form of a message id. It is that of package mq, without making a string of it first.
func (s *scanner) messageID(t scalar, id *mq.MessageID) {
	if s.err != nil {
		return
	}
	if !t.present() {
		s.err = &Error{CodeDeserialize, "no messageId"}
		return
	}
	text := t.raw
	if t.escaped {
		text = appendUnescaped(nil, text)
	}
	var err error
	if len(text) <= asmDecodeMin {
		var buf [asmDecodeMin]byte
		n, notBase64 := decodeShort(buf[:], text)
		*id, err = mq.UnmarshalMessageID(buf[:n])
		err = cmp.Or(notBase64, err)
	} else { // longer than any that Pulsar makes without a set of batch indexes
		*id, err = mq.ParseMessageID(string(text))
	}
	if err != nil {
		s.err = &Error{CodeDeserialize, "messageId is not the Base64 text of a message id"}
	}
}
