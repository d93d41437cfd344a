package socket_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// TestContext: the context of a session behaves as one of package context, whenever it is looked at first.
func TestContext(t *testing.T) {
	type key struct{}
	ends := func(t *testing.T, ctx context.Context, want *socket.CloseError) {
		t.Helper()
		<-ctx.Done()
		if diff := cmp.Diff(want, context.Cause(ctx)); diff != "" {
			t.Errorf("cause (-want +got):\n%s", diff)
		}
		if ctx.Err() != context.Canceled {
			t.Errorf("got %v, want context.Canceled", ctx.Err())
		}
	}
	tests := []struct {
		name  string
		early func(t *testing.T, ctx context.Context) (late func(want *socket.CloseError))
	}{
		{
			name: "not before the end",
			early: func(t *testing.T, ctx context.Context) func(*socket.CloseError) {
				return func(want *socket.CloseError) { ends(t, ctx, want) }
			},
		},
		{
			name: "before the end",
			early: func(t *testing.T, ctx context.Context) func(*socket.CloseError) {
				done := ctx.Done()
				if ctx.Err() != nil || context.Cause(ctx) != nil {
					t.Errorf("got %v, %v, want a context that has not ended", ctx.Err(), context.Cause(ctx))
				}
				return func(want *socket.CloseError) {
					<-done
					ends(t, ctx, want)
				}
			},
		},
		{
			name: "through a child",
			early: func(t *testing.T, ctx context.Context) func(*socket.CloseError) {
				child, cancel := context.WithCancel(context.WithValue(ctx, key{}, "value"))
				return func(want *socket.CloseError) {
					defer cancel()
					if got := child.Value(key{}); got != "value" {
						t.Errorf("got value %v", got)
					}
					ends(t, child, want)
				}
			},
		},
		{
			name: "AfterFunc",
			early: func(t *testing.T, ctx context.Context) func(*socket.CloseError) {
				called := make(chan struct{})
				context.AfterFunc(ctx, func() { close(called) })
				return func(*socket.CloseError) { <-called }
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, s := open(t, socket.Config{})
				ctx := s.Context()
				if _, ok := ctx.Deadline(); ok {
					t.Error("got a deadline")
				}
				late := tt.early(t, ctx)
				s.Close(socket.CloseStatus{Code: 4000})
				late(&socket.CloseError{Status: socket.CloseStatus{Code: 4000}})
				p.ExpectClose(4000)
				if got := fmt.Sprint(context.WithValue(ctx, key{}, 1)); len(got) > 200 {
					t.Errorf("a derived context prints the session: %.200s...", got)
				}
			})
		})
	}
}

// TestHandshakeContext: the context of a handshake has the values of the request's and ends with the handshake, whenever
// it is looked at first.
func TestHandshakeContext(t *testing.T) {
	type key struct{}
	for _, early := range []bool{false, true} {
		t.Run(fmt.Sprintf("looked at before the end: %t", early), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				contexts := make(chan context.Context, 2)
				service := newService(t, socket.Config{HandshakeTimeout: time.Second})
				h := service.Opener(socket.OpenerFunc(func(ctx context.Context, _ *socket.Handshake) (socket.Handler, error) {
					if d, ok := ctx.Deadline(); !ok || !d.Equal(time.Now().Add(time.Second)) {
						t.Errorf("got deadline %v, %t, want one in a second", d, ok)
					}
					if got := ctx.Value(key{}); got != "value" {
						t.Errorf("got value %v", got)
					}
					if early {
						child, cancel := context.WithCancel(ctx)
						context.AfterFunc(ctx, cancel)
						if ctx.Err() != nil || child.Err() != nil {
							t.Errorf("got %v and %v, want contexts that have not ended", ctx.Err(), child.Err())
						}
						contexts <- child
					}
					contexts <- ctx
					return echoing, nil
				}))
				p := sockettest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					h.ServeHTTP(w, r.WithContext(context.WithValue(context.WithoutCancel(r.Context()), key{}, "value")))
				})).Peer("/", nil)
				synctest.Wait()
				close(contexts)
				for ctx := range contexts {
					<-ctx.Done()
					if ctx.Err() != context.Canceled {
						t.Errorf("got %v, want context.Canceled", ctx.Err())
					}
				}
				p.SendText("open")
				p.ExpectText("open")
			})
		})
	}
}
