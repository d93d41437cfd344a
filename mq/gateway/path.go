package gateway

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/fluxsocket/fluxsocket/mq"
)

// endpoint is one of the kinds of sockets.
type endpoint string

const (
	producerEndpoint endpoint = "producer"
	consumerEndpoint endpoint = "consumer"
	readerEndpoint   endpoint = "reader"
)

// target is what a path names.
type target struct {
	endpoint     endpoint
	topic        mq.TopicName
	subscription string // consumers only
}

// rawPath returns the path as the client wrote it, escapes and all.
func rawPath(u *url.URL) string {
	if u.RawPath != "" { // EscapedPath would mend a path with characters that should have been escaped, and lose %2F
		return u.RawPath
	}
	return u.EscapedPath()
}

// route finds the endpoint that a raw path belongs to: /ws/v2/{endpoint} and, in the form of Pulsar 1.x,
// /ws/{endpoint}, with anything behind it. args are the segments behind it.
func route(path string) (e endpoint, v2 bool, args []string, ok bool) {
	p := strings.Split(path, "/")
	if len(p) < 3 || p[0] != "" || p[1] != "ws" {
		return "", false, nil, false
	}
	p = p[2:]
	if v2 = p[0] == "v2"; v2 {
		p = p[1:]
	}
	if len(p) == 0 {
		return "", false, nil, false
	}
	switch e = endpoint(p[0]); e {
	case producerEndpoint, consumerEndpoint, readerEndpoint:
		return e, v2, p[1:], true
	}
	return "", false, nil, false
}

// parsePath reads the segments that follow the endpoint:
//
//	v2  {domain}/{tenant}/{namespace}/{topic}
//	v1  {domain}/{property}/{cluster}/{namespace}/{topic}
//
// and for a consumer {subscription} behind them. Topic and subscription are decoded once, as a form is: %2F is a slash
// and + is a blank. The other segments are not decoded. On producers and readers empty segments may follow.
func parsePath(e endpoint, v2 bool, args []string) (target, error) {
	form := pathForm(e, v2)
	n := 5
	if v2 {
		n = 4
	}
	if len(args) < n {
		return target{}, badPath("the path is too short", form)
	}
	t := target{endpoint: e, topic: mq.TopicName{Tenant: args[1], Namespace: args[2]}}
	if !v2 {
		if t.topic.Cluster, t.topic.Namespace = args[2], args[3]; t.topic.Cluster == "" {
			return target{}, badPath("the cluster is empty", form)
		}
	}
	switch args[0] {
	case "persistent":
		t.topic.Persistent = true
	case "non-persistent":
	default:
		return target{}, badPath(fmt.Sprintf("the domain %.40q is neither persistent nor non-persistent", args[0]), form)
	}
	var err error
	if t.topic.Name, err = url.QueryUnescape(args[n-1]); err != nil {
		return target{}, badPath(fmt.Sprintf("the topic has a malformed escape: %v", err), form)
	}
	if err := t.topic.Validate(); err != nil {
		return target{}, badRequest(badTopic + complaint(err))
	}
	rest := args[n:]
	if e == consumerEndpoint {
		return parseSubscription(t, rest, form)
	}
	for _, s := range rest {
		if s != "" {
			return target{}, badPath("the path goes on after the topic; a slash inside a topic is not possible", form)
		}
	}
	return t, nil
}

// parseSubscription takes the last segment of a consumer's path. Unlike the other endpoints Pulsar lets nothing follow.
func parseSubscription(t target, rest []string, form string) (target, error) {
	switch {
	case len(rest) == 0 || rest[0] == "":
		return target{}, badPath("the path names no subscription", form)
	case len(rest) > 1:
		return target{}, badPath("the path goes on after the subscription; "+
			"a slash inside a subscription is written %2F, and inside a topic it is not possible", form)
	}
	var err error
	if t.subscription, err = url.QueryUnescape(rest[0]); err != nil {
		return target{}, badPath(fmt.Sprintf("the subscription has a malformed escape: %v", err), form)
	}
	return t, nil
}

// pathForm is the form that a path must have, for messages.
func pathForm(e endpoint, v2 bool) string {
	form := "/ws/" + string(e) + "/{domain}/{property}/{cluster}/{namespace}/{topic}"
	if v2 {
		form = "/ws/v2/" + string(e) + "/{domain}/{tenant}/{namespace}/{topic}"
	}
	if e == consumerEndpoint {
		form += "/{subscription}"
	}
	return form
}

// badPath refuses a path and says what was expected.
func badPath(what, form string) error { return badRequest(badTopic + what + ": want " + form) }
