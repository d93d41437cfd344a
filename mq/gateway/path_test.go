package gateway

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/socket"
)

// parse is what Open does with a path.
func parse(path string) (target, error) {
	e, v2, args, ok := route(path)
	if !ok {
		return target{}, &socket.HandshakeError{Status: http.StatusNotFound}
	}
	return parsePath(e, v2, args)
}

func TestPath(t *testing.T) {
	topic := func(name string) mq.TopicName {
		return mq.TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: name}
	}
	v1 := func(name string) mq.TopicName {
		n := topic(name)
		n.Cluster = "standalone"
		return n
	}
	tests := []struct {
		path string
		want target
	}{
		{"/ws/v2/producer/persistent/public/default/t", target{producerEndpoint, topic("t"), ""}},
		{"/ws/v2/producer/persistent/public/default/t/", target{producerEndpoint, topic("t"), ""}},
		{"/ws/v2/producer/persistent/public/default/t//", target{producerEndpoint, topic("t"), ""}},
		{"/ws/v2/reader/persistent/public/default/t/", target{readerEndpoint, topic("t"), ""}},
		{"/ws/v2/consumer/persistent/public/default/t/s", target{consumerEndpoint, topic("t"), "s"}},
		{"/ws/v2/consumer/persistent/public/default/a+b/c+d", target{consumerEndpoint, topic("a b"), "c d"}},
		{"/ws/v2/consumer/persistent/public/default/t/s%2Fx", target{consumerEndpoint, topic("t"), "s/x"}},
		{"/ws/v2/producer/persistent/public/default/%E6%BC%A2%2B%3A", target{producerEndpoint, topic("漢+:"), ""}},
		{"/ws/v2/producer/persistent/public/default/a%252Fb", target{producerEndpoint, topic("a%2Fb"), ""}},
		{"/ws/v2/producer/persistent/public/default/[]<>!@$^&*()", target{producerEndpoint, topic("[]<>!@$^&*()"), ""}},
		{"/ws/producer/persistent/public/standalone/default/t", target{producerEndpoint, v1("t"), ""}},
		{"/ws/producer/persistent/public/standalone/default/a%2Fb/", target{producerEndpoint, v1("a/b"), ""}},
		{"/ws/consumer/persistent/public/standalone/default/t/s", target{consumerEndpoint, v1("t"), "s"}},
		{"/ws/reader/persistent/public/standalone/default/t", target{readerEndpoint, v1("t"), ""}},
		{"/ws/v2/consumer/non-persistent/public/default/t/s",
			target{consumerEndpoint, mq.TopicName{Tenant: "public", Namespace: "default", Name: "t"}, "s"}},
	}
	for _, tt := range tests {
		got, err := parse(tt.path)
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(target{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.path, diff)
		}
	}
}

func TestPathRefused(t *testing.T) {
	const consumerForm = "want /ws/v2/consumer/{domain}/{tenant}/{namespace}/{topic}/{subscription}"
	tests := []struct {
		path   string
		status int
		text   string
	}{
		{"", 404, ""},
		{"/", 404, ""},
		{"/ws", 404, ""},
		{"/ws/", 404, ""},
		{"/ws/v2", 404, ""},
		{"/ws/v2/", 404, ""},
		{"/ws/pingpong", 404, ""},
		{"/ws/v2/foo/persistent/public/default/t", 404, ""},
		{"/ws/v2/Producer/persistent/public/default/t", 404, ""},
		{"/ws/v3/consumer/s", 404, ""},
		{"//ws/v2/producer/persistent/public/default/t", 404, ""},
		{"/admin/v2/proxy-stats/stats", 404, ""},

		{"/ws/v2/producer", 400, "too short: want /ws/v2/producer/{domain}/{tenant}/{namespace}/{topic}"},
		{"/ws/v2/producer/persistent/public/default", 400, "too short"},
		{"/ws/v2/producer/persistent/public/default/", 400, "local name is empty"},
		{"/ws/producer/persistent/public/default/t", 400, "too short: want /ws/producer/{domain}/{property}/{cluster}/{namespace}/{topic}"},
		{"/ws/producer/persistent/public//default/t", 400, "the cluster is empty"},
		{"/ws/v2/producer/bogus/public/default/t", 400, `the domain "bogus" is neither persistent nor non-persistent`},
		{"/ws/v2/producer/Persistent/public/default/t", 400, "neither persistent nor"},
		{"/ws/v2/producer/persistent//default/t", 400, `tenant ""`},
		{"/ws/v2/producer/persistent/public//t", 400, `namespace ""`},
		{"/ws/v2/producer/persistent/public/def%61ult/t", 400, `namespace "def%61ult"`},
		{"/ws/v2/producer/persistent/public/default/a%2Fb", 400, "contains a slash"},
		{"/ws/v2/producer/persistent/public/default/a%zz", 400, "malformed escape"},
		{"/ws/v2/producer/persistent/public/default/%ff", 400, "not valid UTF-8"},
		{"/ws/v2/producer/persistent/public/default/t/b", 400, "goes on after the topic"},
		{"/ws/v2/producer/persistent/public/default/t//b", 400, "goes on after the topic"},
		{"/ws/v2/reader/persistent/public/default/t/x", 400, "goes on after the topic"},
		{"/ws/v2/consumer/persistent/public/default/t", 400, "names no subscription: " + consumerForm},
		{"/ws/v2/consumer/persistent/public/default/t/", 400, "names no subscription"},
		{"/ws/v2/consumer/persistent/public/default/a/b/s", 400, "goes on after the subscription"},
		{"/ws/v2/consumer/persistent/public/default/t/s/", 400, "goes on after the subscription"},
		{"/ws/v2/consumer/persistent/public/default/a%2Fb/s", 400, "contains a slash"},
		{"/ws/v2/consumer/persistent/public/default/t/%zz", 400, "subscription has a malformed escape"},
	}
	for _, tt := range tests {
		got, err := parse(tt.path)
		wantRefusal(t, tt.path, err, tt.status, tt.text)
		if err == nil {
			t.Logf("%s: %+v", tt.path, got)
		}
	}
}

// wantRefusal checks the status and the text that a handshake is refused with.
func wantRefusal(t *testing.T, what string, err error, status int, text string) {
	t.Helper()
	e, ok := errors.AsType[*socket.HandshakeError](err)
	if !ok {
		t.Errorf("%s: got error %v, want a refusal with %d", what, err, status)
		return
	}
	if e.Status != status || !strings.Contains(e.Text, text) || strings.Contains(e.Text, "\n") {
		t.Errorf("%s: got %d %q, want %d with %q on one line", what, e.Status, e.Text, status, text)
	}
}

func TestRawPath(t *testing.T) {
	// What the standard library makes of a request line must come back as it was.
	for _, path := range []string{
		"/ws/v2/consumer/persistent/public/default/t/s",
		"/ws/v2/consumer/persistent/public/default/t/s%2Fx",
		"/ws/v2/consumer/persistent/public/default/a%2Fb/<s>",
		"/ws/v2/consumer/persistent/public/default/[x]/a+b%20c",
		"/ws/v2/consumer/persistent/public/default/%41/%7e",
	} {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := rawPath(u); got != path {
			t.Errorf("rawPath: got %s, want %s", got, path)
		}
	}
}

// FuzzPath: whatever comes in is refused with 400 or 404, or names a topic that its own path leads back to.
func FuzzPath(f *testing.F) {
	for _, s := range []string{
		"/ws/v2/consumer/persistent/public/default/t/s%2Fx", "/ws/producer/persistent/public/standalone/default/a%2Fb/",
		"/ws/v2/reader/non-persistent/public/default/a+b", "/ws/v3/consumer/s", "/ws/v2/producer/persistent/public/default/%zz",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, err := parse(path)
		if err != nil {
			e, ok := errors.AsType[*socket.HandshakeError](err)
			if !ok || e.Status != 400 && e.Status != 404 {
				t.Fatalf("%q: got error %v, want a refusal with 400 or 404", path, err)
			}
			return
		}
		if err := got.topic.Validate(); err != nil || (got.endpoint == consumerEndpoint) != (got.subscription != "") {
			t.Fatalf("%q: got %+v, %v", path, got, err)
		}
		domain, cluster, v := "non-persistent", "", "v2/"
		if got.topic.Persistent {
			domain = "persistent"
		}
		if got.topic.Cluster != "" {
			cluster, v = got.topic.Cluster+"/", ""
		}
		back := "/ws/" + v + string(got.endpoint) + "/" + domain + "/" + got.topic.Tenant + "/" + cluster + got.topic.Namespace + "/" +
			url.QueryEscape(got.topic.Name)
		if got.subscription != "" {
			back += "/" + url.QueryEscape(got.subscription)
		}
		if again, err := parse(back); err != nil || again != got {
			t.Errorf("%q: got %+v, whose path %q leads to %+v, %v", path, got, back, again, err)
		}
	})
}
