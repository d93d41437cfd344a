package reactive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/reactive/reactivetest"
)

// plain is a logger at level Debug that writes lines without a time.
func plain(w interface{ Write([]byte) (int, error) }) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func ExampleFlux_Log() {
	_, _ = reactive.Just("a", "b", "c").Log(plain(os.Stdout), "letters").Take(2).Collect(context.Background())
	// Output:
	// msg=subscribe stream=letters
	// msg=request stream=letters n=2
	// msg=next stream=letters value=a
	// msg=next stream=letters value=b
	// msg=cancel stream=letters
}

// The text says where; the failure is still what it was.
func ExampleFlux_Checkpoint() {
	err := reactive.Error[int](os.ErrNotExist).
		Checkpoint("read").
		Checkpoint("import").
		ForEach(context.Background(), nil)
	fmt.Println(err)
	// Output: import: read: file does not exist
}

func TestLog(t *testing.T) {
	unbounded := func(p *intProbe) { p.Request(reactive.Unbounded) }
	tests := []struct {
		name string
		src  flux
		do   func(p *intProbe)
		want []string
	}{
		{"completion", reactive.Just(1), unbounded, []string{"subscribe", "request n=unbounded", "next value=1", "complete"}},
		{"failure", failAfter(1), unbounded, []string{"subscribe", "request n=unbounded", "next value=1", "error error=boom"}},
		{"cancel", reactive.Never[int](), func(p *intProbe) { p.Request(3).Cancel() }, []string{"subscribe", "request n=3", "cancel"}},
		{"bad request", reactive.Never[int](), func(p *intProbe) { p.Request(0) }, []string{"subscribe", "request n=0", `error error="` + reactive.ErrBadRequest.Error() + `"`}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			tc.do(reactivetest.Subscribe(t, tc.src.Log(plain(&out), "x")))
			var got []string
			for line := range strings.Lines(out.String()) {
				got = append(got, strings.Replace(strings.TrimSpace(strings.TrimPrefix(line, "msg=")), " stream=x", "", 1))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// brokenHandler panics.
type brokenHandler struct{ slog.Handler }

func (brokenHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenHandler) Handle(context.Context, slog.Record) error { panic("no") }
func (h brokenHandler) WithAttrs([]slog.Attr) slog.Handler      { return h }

// closedHandler panics where brokenHandler does not.
type closedHandler struct {
	slog.Handler
	enabled bool
}

func (h closedHandler) Enabled(context.Context, slog.Level) bool {
	if !h.enabled {
		panic("no")
	}
	return true
}
func (closedHandler) WithAttrs([]slog.Attr) slog.Handler { panic("no") }

// tenantHandler writes a value of the context.
type tenantHandler struct{ out *strings.Builder }

func (tenantHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h tenantHandler) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h tenantHandler) WithGroup(string) slog.Handler          { return h }
func (h tenantHandler) Handle(ctx context.Context, _ slog.Record) error {
	fmt.Fprint(h.out, ctx.Value(contextKey("tenant")), " ")
	return nil
}

func TestLogOutcomes(t *testing.T) {
	runFlows(t, []flow{
		{"nil logger", reactive.Just(1).Log(nil, "x"), values(1)},
		{"level is too high", reactive.Just(1).Log(slog.New(slog.DiscardHandler), "x"), values(1)},
		{"handler panics", failAfter(1).Log(slog.New(brokenHandler{}), "x"), fails(1)},
		{"handler panics when it is asked", failAfter(1).Log(slog.New(closedHandler{}), "x"), fails(1)},
		{"Mono", reactive.JustMono(1).Log(plain(&bytes.Buffer{}), "x"), values(1)},
	})
	var out strings.Builder
	wantOutcome(t, reactive.Just(1).Log(slog.New(tenantHandler{&out}), "x").WithValue(contextKey("tenant"), "acme"), values(1))
	if got, want := out.String(), strings.Repeat("acme ", 4); got != want {
		t.Errorf("values of the context: got %q, want %q", got, want)
	}
	// A handler that cannot be given the name still writes the rest.
	out.Reset()
	nameless := slog.New(closedHandler{Handler: tenantHandler{&out}, enabled: true})
	wantOutcome(t, reactive.Just(1).Log(nameless, "x"), values(1))
	if got, want := out.String(), strings.Repeat("<nil> ", 4); got != want {
		t.Errorf("without a name: got %q, want %q", got, want)
	}
}

func TestCheckpoint(t *testing.T) {
	tests := []struct {
		name string
		src  ints
		want string
	}{
		{"Flux", failAfter(1).Checkpoint("a"), "a: boom"},
		{"two", failAfter(1).Checkpoint("a").Map(inc).Checkpoint("b"), "b: a: boom"},
		{"Mono", reactive.ErrorMono[int](errBoom).Checkpoint("a"), "a: boom"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := reactive.FromPublisher(tc.src).Collect(background)
			if !errors.Is(err, errBoom) || err.Error() != tc.want {
				t.Errorf("got error %v, want %s, which is %v", err, tc.want, errBoom)
			}
		})
	}
	runFlows(t, []flow{{"completion", reactive.Just(1).Checkpoint("a"), values(1)}})
}
