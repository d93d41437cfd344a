package handlers

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

func TestEcho(t *testing.T) {
	srv := sockettest.Serve(t, socket.Config{}, socket.HandlerFunc(Echo))
	want := []socket.Message{
		socket.Text("hello"),
		socket.Binary([]byte{0, 255, 1}),
		socket.Text(""),
		socket.Binary([]byte(strings.Repeat("x", 100_000))),
		socket.Text("käse"),
	}
	var got []string
	client := socket.Client{DialContext: srv.DialContext}
	err := client.Execute(t.Context(), srv.URL, socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		answers := s.Receive().Take(int64(len(want))).DoOnNext(func(m socket.Message) {
			got = append(got, m.Type.String()+" "+m.Text())
		})
		return reactive.When(s.Send(reactive.FromSlice(want)), answers.Then())
	}))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, m := range want {
		texts = append(texts, m.Type.String()+" "+m.Text())
	}
	if diff := gocmp.Diff(texts, got); diff != "" {
		t.Errorf("echoes (-want +got):\n%s", diff)
	}
}
