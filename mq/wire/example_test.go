package wire_test

import (
	"errors"
	"fmt"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
)

// What a client may send, and what it is told if it is not understood.
func ExampleDecodePublish() {
	for _, frame := range []string{
		`{"payload":"aGVsbG8","context":1}`,
		`{"payload":"-_8=","context":2}`,
		`{"payload":"aGVsbG8=",}`,
	} {
		p, err := wire.DecodePublish([]byte(frame))
		r := wire.Reply{ID: mq.NewMessageID(3, 0), Context: p.Context, HasContext: p.HasContext}
		if e, ok := errors.AsType[*wire.Error](err); ok {
			r.Code, r.Reason = e.Code, e.Reason
		}
		fmt.Printf("%q %s\n", p.Payload, wire.AppendReply(nil, r))
	}
	// Output:
	// "hello" {"result":"ok","messageId":"CAMQADAA","context":"1","errorCode":0,"schemaVersion":0}
	// "" {"result":"send-error:7","errorMsg":"Invalid Base64 message-payload error=illegal character 0x2d at character 0, want the standard alphabet","context":"2","errorCode":0,"schemaVersion":0}
	// "" {"result":"send-error:3","errorMsg":"unexpected '}', want a name in double quotes at offset 22","errorCode":0,"schemaVersion":0}
}
