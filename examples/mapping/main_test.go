package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves on loopback until the test ends.
func start(t *testing.T) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, ln, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

// request returns the status and the body of an HTTP exchange.
func request(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// guest is a client in a room: what it hears and what it says.
type guest struct {
	hears chan string
	says  *reactive.Sink[socket.Message]
	ended chan error
}

func enter(t *testing.T, addr, room, name string) *guest {
	t.Helper()
	g := &guest{
		hears: make(chan string, 100),
		says:  reactive.NewUnicast[socket.Message](100),
		ended: make(chan error, 1),
	}
	target := "ws://" + addr + "/rooms/" + url.PathEscape(room) + "?name=" + url.QueryEscape(name)
	opened := make(chan struct{})
	var client socket.Client
	go func() {
		g.ended <- client.Execute(t.Context(), target, socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
			close(opened)
			heard := s.Receive().DoOnNext(func(m socket.Message) { g.hears <- m.Text() })
			return reactive.Race(heard.Then(), s.Send(g.says.Flux()))
		}))
	}()
	select {
	case <-opened:
	case err := <-g.ended:
		t.Fatalf("%s: %v", target, err)
	}
	return g
}

func (g *guest) leave(t *testing.T) {
	t.Helper()
	g.says.Complete()
	if err := <-g.ended; err != nil {
		t.Error(err)
	}
}

func (g *guest) wantHears(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range want {
		select {
		case text := <-g.hears:
			got = append(got, text)
		case err := <-g.ended:
			t.Fatalf("the session ended (%v) after %q, want %q", err, got, want)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func TestRoom(t *testing.T) {
	addr := start(t)
	ann := enter(t, addr, "tea & cake", "Ann")
	ben := enter(t, addr, "tea & cake", "Ben")
	zoe := enter(t, addr, "elsewhere", "Zoe")

	// A seat is taken before its session listens, so each is heard by itself before the others count on it.
	ann.says.Next(socket.Text("hello"))
	ann.wantHears(t, "Ann: hello")
	ben.says.Next(socket.Text("hello"))
	ann.wantHears(t, "Ben: hello")
	ann.says.Next(socket.Text("cake?"))
	ann.says.Next(socket.Binary([]byte("no cake?")))
	ann.wantHears(t, "Ann: cake?", "Ann: no cake?")
	for text := ""; text != "Ben: hello"; { // what Ann said first came to Ben or did not
		text = <-ben.hears
	}
	ben.wantHears(t, "Ann: cake?", "Ann: no cake?")
	if len(zoe.hears) > 0 {
		t.Errorf("another room hears %q", <-zoe.hears)
	}

	_, rooms := request(t, "GET", "http://"+addr+"/rooms", "")
	if want := `{"elsewhere":1,"tea \u0026 cake":2}` + "\n"; rooms != want {
		t.Errorf("rooms: got %s, want %s", rooms, want)
	}
	zoe.leave(t)
	ann.leave(t)
	ben.leave(t)
	if _, rooms := request(t, "GET", "http://"+addr+"/rooms", ""); rooms != "{}\n" {
		t.Errorf("rooms after everybody left: got %s, want {}", rooms)
	}
}

func TestNotice(t *testing.T) {
	addr := start(t)
	notices := "http://" + addr + "/rooms/lobby"
	if status, _ := request(t, "POST", notices, "anybody?"); status != http.StatusNotFound {
		t.Errorf("an empty room: got %d, want 404", status)
	}
	ann := enter(t, addr, "lobby", "Ann")
	ann.says.Next(socket.Text("hello"))
	ann.wantHears(t, "Ann: hello")
	if status, body := request(t, "POST", notices, "lunch \xff"); status != http.StatusOK || body != "heard by 1\n" {
		t.Errorf("got %d %q, want 200 %q", status, body, "heard by 1\n")
	}
	ann.wantHears(t, "* lunch \uFFFD")
	if status, _ := request(t, "POST", notices, strings.Repeat("x", 4<<10+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long notice: got %d, want 413", status)
	}
	if status, body := request(t, "GET", notices, ""); status != http.StatusOK || !strings.Contains(body, "room.js") {
		t.Errorf("the page of the room: got %d %q", status, body)
	}
	ann.leave(t)
}

func TestRefusals(t *testing.T) {
	addr := start(t)
	for range seats {
		enter(t, addr, "full", "Ann")
	}
	for _, c := range []struct {
		name, target string
		status       int
	}{
		{"full room", "/rooms/full", http.StatusServiceUnavailable},
		{"long name", "/rooms/lobby?name=" + strings.Repeat("x", longest+1), http.StatusBadRequest},
		{"bad duration", "/ticks?every=soon", http.StatusBadRequest},
		{"short duration", "/ticks?every=1ms", http.StatusBadRequest},
		{"no room", "/rooms/", http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			var client socket.Client
			_, err := client.Dial(t.Context(), "ws://"+addr+c.target)
			refused, ok := errors.AsType[*socket.DialError](err)
			if !ok || refused.Status != c.status {
				t.Errorf("got %v, want status %d", err, c.status)
			}
		})
	}
}

func TestTicks(t *testing.T) {
	addr := start(t)
	var got []string
	var client socket.Client
	err := client.Execute(t.Context(), "ws://"+addr+"/ticks?every=10ms", socket.HandlerFunc(func(s *socket.Session) reactive.Mono[reactive.Void] {
		return s.Receive().Take(3).DoOnNext(func(m socket.Message) { got = append(got, m.Text()) }).Then()
	}))
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, text := range got {
		n := last
		if _, err := fmt.Sscanf(text, "tick %d", &n); err != nil || n <= last { // a busy machine leaves some out
			t.Errorf("got %q after tick %d, want a later one", text, last)
		}
		last = n
	}
	if len(got) != 3 {
		t.Errorf("got %d ticks, want 3", len(got))
	}
}

func TestRoutes(t *testing.T) {
	addr := start(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 200},
		{"GET", "/index.js", 200},
		{"GET", "/healthz", 200},
		{"GET", "/rooms", 200},
		{"POST", "/rooms", 405},
		{"DELETE", "/rooms/lobby", 405},
		{"GET", "/nothing", 404},
	} {
		if status, _ := request(t, c.method, "http://"+addr+c.path, ""); status != c.status {
			t.Errorf("%s %s: got %d, want %d", c.method, c.path, status, c.status)
		}
	}
}
