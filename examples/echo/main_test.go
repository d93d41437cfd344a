package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves on loopback; end asks the server to end and waits until it has.
func start(t *testing.T, loops bool) (addr string, end func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, ln, loops) }()
	once := false
	end = func() {
		if once {
			return
		}
		once = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(end)
	return ln.Addr().String(), end
}

func TestEcho(t *testing.T) {
	const count = 100
	var sent []socket.Message
	for i := range count {
		text := strings.Repeat("köln ", i*i)
		sent = append(sent, socket.Text(text), socket.Binary([]byte(text+"\xff")))
	}
	for _, tt := range []struct {
		path  string
		loops bool
	}{{"/echo", false}, {"/rx", false}, {"/echo", true}, {"/rx", true}} {
		t.Run(fmt.Sprintf("%s, loops %t", tt.path, tt.loops), func(t *testing.T) {
			addr, _ := start(t, tt.loops)
			var got []socket.Message
			var client socket.Client
			err := client.Execute(t.Context(), "ws://"+addr+tt.path, socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
				answers := s.Receive().Take(int64(len(sent))).DoOnNext(func(m socket.Message) { got = append(got, m) })
				return reactive.When(s.Send(reactive.FromSlice(sent)), answers.Then())
			}))
			if err != nil {
				t.Fatal(err)
			}
			same := cmp.Comparer(func(a, b socket.Message) bool { return a.Type == b.Type && a.Text() == b.Text() })
			if diff := cmp.Diff(sent, got, same); diff != "" {
				t.Errorf("echoes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPage(t *testing.T) {
	addr, _ := start(t, false)
	for path, want := range map[string]string{
		"/":          `<script type="module" src="echo.js">`,
		"/echo.js":   "new WebSocket",
		"/style.css": "color-scheme",
	} {
		res, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: got %s and %q, want 200 and %q in it", path, res.Status, body, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestEndClosesSessions(t *testing.T) {
	addr, end := start(t, false)
	var client socket.Client
	s, err := client.Dial(t.Context(), "ws://"+addr+"/echo")
	if err != nil {
		t.Fatal(err)
	}
	go end()
	status, err := s.Closed().Block(t.Context())
	if err != nil || status.Code != socket.GoingAway {
		t.Errorf("got %v, %v, want %v", status, err, socket.GoingAway)
	}
}
