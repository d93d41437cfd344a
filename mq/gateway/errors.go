package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/wire"
	"github.com/fluxsocket/fluxsocket/socket"
)

// answer is what a client is told about a failure.
type answer struct {
	err error
	// status refuses a handshake.
	status int
	// close ends an open session.
	close socket.StatusCode
	// code stands in the reply to a publish request.
	code wire.Code
	// text is for the client; it begins with the exception that Pulsar's clients look for where Pulsar has one for
	// the very same thing. With 400 they are told what the error says instead: it is about their own words.
	text string
}

const exception = "org.apache.pulsar.client.api.PulsarClientException$"

// answers is the one place where failures get their numbers. The first row that errors.Is matches counts.
var answers = [...]answer{
	{mq.ErrUnauthenticated, http.StatusUnauthorized, socket.PolicyViolation, wire.CodeUnauthenticated,
		"Failed to authenticate"},
	{mq.ErrUnauthorized, http.StatusForbidden, socket.PolicyViolation, wire.CodeUnauthorized,
		"Not authorized"},
	{mq.ErrNotBase64, http.StatusBadRequest, socket.PolicyViolation, wire.CodeUnknown,
		"a message id is not Base64"},
	{mq.ErrInvalid, http.StatusBadRequest, socket.PolicyViolation, wire.CodeUnknown,
		"a parameter is not valid"},
	{mq.ErrUnsupported, http.StatusNotImplemented, socket.PolicyViolation, wire.CodeUnknown,
		"not supported by this queue"},
	{mq.ErrTopicNotFound, http.StatusNotFound, socket.PolicyViolation, wire.CodeUnknown,
		"Topic does not exist"},
	{mq.ErrConsumerBusy, http.StatusConflict, socket.PolicyViolation, wire.CodeUnknown,
		"the subscription is taken: another consumer is connected exclusively or with another type"},
	{mq.ErrProducerBusy, http.StatusConflict, socket.PolicyViolation, wire.CodeUnknown,
		"the producer name is taken: another producer of the topic has it"},
	{mq.ErrMessageTooLarge, http.StatusRequestEntityTooLarge, socket.MessageTooBig, wire.CodeUnknown,
		exception + "InvalidMessageException: the message is too large for this queue"},
	{mq.ErrTooManyTopics, http.StatusTooManyRequests, socket.TryAgainLater, wire.CodeUnknown,
		"too many topics"},
	{mq.ErrTooManySubscriptions, http.StatusTooManyRequests, socket.TryAgainLater, wire.CodeUnknown,
		"the topic has too many subscriptions"},
	{mq.ErrTopicTerminated, http.StatusServiceUnavailable, socket.PolicyViolation, wire.CodeUnknown,
		exception + "TopicTerminatedException: Topic was terminated"},
	{mq.ErrQuotaExceeded, http.StatusServiceUnavailable, socket.TryAgainLater, wire.CodeUnknown,
		exception + "ProducerBlockedQuotaExceededException: the topic is full"},
	{mq.ErrUnavailable, http.StatusServiceUnavailable, socket.TryAgainLater, wire.CodeUnknown,
		"the queue is not available, try again later"},
	{mq.ErrClosed, http.StatusServiceUnavailable, socket.GoingAway, wire.CodeUnknown,
		exception + "AlreadyClosedException: the queue has closed it"},
	{mq.ErrTimeout, http.StatusGatewayTimeout, socket.TryAgainLater, wire.CodeUnknown,
		exception + "TimeoutException: not confirmed in time"},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, socket.TryAgainLater, wire.CodeUnknown,
		exception + "TimeoutException: not done in time"},
}

// unexpected is the answer to every other failure.
var unexpected = answer{nil, http.StatusInternalServerError, socket.InternalError, wire.CodeUnknown, "internal error"}

// answerTo looks err up.
func answerTo(err error) answer {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a
		}
	}
	return unexpected
}

// How Pulsar begins to say what is wrong with a path or a parameter.
const (
	badTopic  = "Invalid topic name format: "
	badParams = "Invalid query params: "
)

// refusal is the handshake's answer to a failure to open what a socket is for.
func refusal(err error) error {
	if _, ok := errors.AsType[*socket.HandshakeError](err); ok {
		return err
	}
	a := answerTo(err)
	text := "Failed to create producer/consumer: " + a.text
	if a.status == http.StatusBadRequest {
		text = badParams + complaint(err)
	}
	return &socket.HandshakeError{Status: a.status, Text: text, Err: err}
}

// badRequest refuses a handshake with a text that says what is wrong with the request.
func badRequest(text string) error {
	return &socket.HandshakeError{Status: http.StatusBadRequest, Text: text}
}

// complaint is what err says about the client's own words, on one line. What an engine adds for its operator stays away.
func complaint(err error) string {
	if e, ok := errors.AsType[*mq.Error](err); ok {
		err = e.Err
	}
	return strings.NewReplacer(mq.ErrInvalid.Error()+": ", "", "\n", "; ").Replace(err.Error())
}

// closing makes of a stream's failure the status that the session is closed with. What nobody expected stays as it is:
// the session closes with 1011 and logs it.
func closing(err error) error {
	if _, ok := socket.StatusOf(err); ok { // the session's own end
		return err
	}
	a := answerTo(err)
	if a == unexpected {
		return err
	}
	return &socket.CloseError{Status: socket.CloseStatus{Code: a.close, Reason: a.text}, Err: err}
}

// malformed closes a session whose client sent what is no command. Pulsar documents code 3, which RFC 6455 forbids to
// send; from 4000 on the codes are the application's.
func malformed(err error) error {
	const code = 4000 + socket.StatusCode(wire.CodeDeserialize)
	return &socket.CloseError{Status: socket.CloseStatus{Code: code, Reason: wire.CodeDeserialize.String()}, Err: err}
}

// failure is the reply to a publish request that failed.
func failure(err error) wire.Reply {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return wire.Reply{Code: e.Code, Reason: e.Reason}
	}
	a := answerTo(err)
	if a.status == http.StatusBadRequest {
		return wire.Reply{Code: a.code, Reason: complaint(err)}
	}
	return wire.Reply{Code: a.code, Reason: a.text}
}
