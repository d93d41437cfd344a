// Package wire is the JSON of Pulsar's WebSocket API: what clients send is decoded, what they receive is encoded. It
// knows no connection and no broker: pure functions between byte slices and values.
//
//	client to producer    {"payload":"aGk=","context":"1"}                     [DecodePublish]
//	client to consumer    {"messageId":"CAMQADAA"}                             [DecodeCommand]
//	client to reader      {"messageId":"CAMQADAA"}                             [DecodeReaderCommand]
//	producer to client    {"result":"ok","messageId":"CAMQADAA","context":"1", [AppendReply]
//	                       "errorCode":0,"schemaVersion":0}
//	consumer and reader   {"messageId":"CAMQADAA","payload":"aGk=",            [AppendMessage]
//	to client              "properties":{},"publishTime":"...","redeliveryCount":0}
//	                      {"endOfTopic":false}                                 [AppendEndOfTopic]
//
// Pulsar decodes with Jackson, and existing clients lean on what that lets pass. So does this package, field by field:
//
//   - Names are case-sensitive, unknown ones are skipped whatever they hold, of a repeated one the last counts.
//   - A number or boolean stands for its text where a text is wanted: "context":1.50 is "1.50".
//   - A text holding an integer stands for it where an integer is wanted, the empty text and null stand for 0 or
//     absent, a fraction is cut off. Booleans and what does not fit are errors.
//   - What follows the first value is ignored.
//   - Everything else is JSON as RFC 8259 has it: no comments, single quotes, trailing commas, byte order mark or raw
//     control characters. Nesting ends at 1000 levels, and text that is not UTF-8 is an error.
//
// Base64 is Java's basic decoder: the standard alphabet, no line breaks, padding complete or absent. Dates are ISO 8601
// with an offset.
//
// There is no reflection. Decoded values share no memory with the input, which may be a buffer that is used again;
// encoders append to a slice and allocate nothing else.
package wire
