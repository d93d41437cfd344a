package sockettest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestPair(t *testing.T) {
	client, server := Pair()
	if _, err := client.Write([]byte("hello")); err != nil { // needs no reader
		t.Fatal(err)
	}
	if got := server.Buffered(); got != 5 {
		t.Errorf("got %d bytes buffered, want 5", got)
	}
	buf := make([]byte, 3)
	for _, want := range []string{"hel", "lo"} {
		n, err := server.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Errorf("got %q, %v, want %q", buf[:n], err, want)
		}
	}
	if got, want := client.LocalAddr().String(), server.RemoteAddr().String(); got != want || got != "192.0.2.1:49152" {
		t.Errorf("got addresses %s and %s, want 192.0.2.1:49152", got, want)
	}
	if got, want := server.LocalAddr().String(), client.RemoteAddr().String(); got != want || got != "192.0.2.2:80" {
		t.Errorf("got addresses %s and %s, want 192.0.2.2:80", got, want)
	}
}

func TestPairEnds(t *testing.T) {
	tests := []struct {
		name string
		end  func(client, server *Conn)
		// what the server's calls say after the client has sent "bye" and end has run
		read, readAgain, write error
		// what the client's calls say
		clientRead, clientWrite error
	}{
		{
			name:        "close",
			end:         func(client, server *Conn) { client.Close() },
			readAgain:   io.EOF,
			write:       syscall.EPIPE,
			clientRead:  net.ErrClosed,
			clientWrite: net.ErrClosed,
		},
		{
			name:        "close write",
			end:         func(client, server *Conn) { client.CloseWrite(); server.CloseWrite() },
			readAgain:   io.EOF,
			write:       syscall.EPIPE,
			clientRead:  io.EOF,
			clientWrite: syscall.EPIPE,
		},
		{
			name:        "reset",
			end:         func(client, server *Conn) { client.Reset() },
			read:        syscall.ECONNRESET,
			readAgain:   syscall.ECONNRESET,
			write:       syscall.ECONNRESET,
			clientRead:  syscall.ECONNRESET,
			clientWrite: syscall.ECONNRESET,
		},
		{
			name:        "close after close write",
			end:         func(client, server *Conn) { client.CloseWrite(); client.Close() },
			readAgain:   io.EOF,
			write:       syscall.EPIPE,
			clientRead:  net.ErrClosed,
			clientWrite: net.ErrClosed,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client, server := Pair()
			if _, err := client.Write([]byte("bye")); err != nil {
				t.Fatal(err)
			}
			tt.end(client, server)
			buf := make([]byte, 10)
			check := func(what string, err, want error) {
				t.Helper()
				if !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", what, err, want)
				}
			}
			n, err := server.Read(buf)
			check("server reads what was sent", err, tt.read)
			if tt.read == nil && string(buf[:n]) != "bye" {
				t.Errorf("got %q, want %q", buf[:n], "bye")
			}
			_, err = server.Read(buf)
			check("server reads on", err, tt.readAgain)
			_, err = server.Write([]byte("x"))
			check("server writes", err, tt.write)
			_, err = client.Read(buf)
			check("client reads", err, tt.clientRead)
			_, err = client.Write([]byte("x"))
			check("client writes", err, tt.clientWrite)
		})
	}
}

// blocked checks that f is blocked until unblock runs, and returns f's error.
func blocked(t *testing.T, f func() error, unblock func()) error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- f() }()
	synctest.Wait()
	select {
	case err := <-result:
		t.Fatalf("got %v at once, want it to block", err)
	default:
	}
	unblock()
	return <-result
}

func TestPairBlocks(t *testing.T) {
	full := func(c *Conn) {
		t.Helper()
		if n, err := c.Write(make([]byte, bufferSize)); n != bufferSize || err != nil {
			t.Fatalf("got %d, %v, want %d", n, err, bufferSize)
		}
	}
	readFrom := func(c net.Conn) func() error {
		return func() error { _, err := c.Read(make([]byte, 10)); return err }
	}
	writeTo := func(c net.Conn) func() error {
		return func() error { _, err := c.Write([]byte("more")); return err }
	}
	tests := []struct {
		name string
		run  func(client, server *Conn) error
		want error
	}{
		{
			name: "read until something is written",
			run: func(client, server *Conn) error {
				return blocked(t, readFrom(server), func() { client.Write([]byte("x")) })
			},
		},
		{
			name: "read until the other end closes",
			run: func(client, server *Conn) error {
				return blocked(t, readFrom(server), func() { client.Close() })
			},
			want: io.EOF,
		},
		{
			name: "read until this end closes",
			run: func(client, server *Conn) error {
				return blocked(t, readFrom(server), func() { server.Close() })
			},
			want: net.ErrClosed,
		},
		{
			name: "read until the deadline",
			run: func(client, server *Conn) error {
				server.SetReadDeadline(time.Now().Add(time.Minute))
				return blocked(t, readFrom(server), func() { time.Sleep(time.Minute) })
			},
			want: os.ErrDeadlineExceeded,
		},
		{
			name: "read until a deadline that comes while it waits",
			run: func(client, server *Conn) error {
				return blocked(t, readFrom(server), func() { server.SetDeadline(time.Now().Add(-1)) })
			},
			want: os.ErrDeadlineExceeded,
		},
		{
			name: "write while full, until something is read",
			run: func(client, server *Conn) error {
				full(client)
				return blocked(t, writeTo(client), func() { server.Read(make([]byte, 10)) })
			},
		},
		{
			name: "write while full, until the deadline",
			run: func(client, server *Conn) error {
				full(client)
				client.SetWriteDeadline(time.Now().Add(time.Minute))
				return blocked(t, writeTo(client), func() { time.Sleep(time.Minute) })
			},
			want: os.ErrDeadlineExceeded,
		},
		{
			name: "write while full, until the other end closes",
			run: func(client, server *Conn) error {
				full(client)
				return blocked(t, writeTo(client), func() { server.Close() })
			},
			want: syscall.EPIPE,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := tt.run(Pair()); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := Pair()
		buf := make([]byte, 1)
		server.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := server.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
		}
		if ne, ok := errors.AsType[net.Error](func() error { _, err := server.Read(buf); return err }()); !ok || !ne.Timeout() {
			t.Errorf("got %v, want a timeout", ne)
		}
		// Moved into the future it lets calls through again, and taken off it does not fire.
		server.SetReadDeadline(time.Now().Add(time.Hour))
		client.Write([]byte("x"))
		if _, err := server.Read(buf); err != nil {
			t.Errorf("got %v, want no error", err)
		}
		server.SetReadDeadline(time.Time{})
		err := blocked(t, func() error { _, err := server.Read(buf); return err }, func() {
			time.Sleep(2 * time.Hour)
			client.Write([]byte("y"))
		})
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
	})
}

func TestPairCarriesMuch(t *testing.T) {
	client, server := Pair()
	sent := make([]byte, 10*bufferSize)
	for i := range sent {
		sent[i] = byte(i * 7)
	}
	var wg sync.WaitGroup
	for _, ends := range [][2]*Conn{{client, server}, {server, client}} {
		wg.Go(func() {
			if _, err := ends[0].Write(sent); err != nil {
				t.Error(err)
			}
			ends[0].CloseWrite()
		})
		wg.Go(func() {
			got, err := io.ReadAll(ends[1])
			if err != nil || !bytes.Equal(got, sent) {
				t.Errorf("got %d bytes, %v, want the %d that were sent", len(got), err, len(sent))
			}
		})
	}
	wg.Wait()
}

func TestListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		accepted := make(chan net.Conn)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					if !errors.Is(err, net.ErrClosed) {
						t.Errorf("accept: got %v, want %v", err, net.ErrClosed)
					}
					close(accepted)
					return
				}
				accepted <- conn
			}
		}()
		client, err := l.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server := <-accepted
		client.Write([]byte("x"))
		if n, err := server.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("got %d, %v, want 1", n, err)
		}

		l.Close()
		l.Close()
		<-accepted
		if _, err := l.DialContext(t.Context(), "tcp", "anything:80"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want %v", err, syscall.ECONNREFUSED)
		}

		// Nobody accepts: Dial waits as long as its context.
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := Listen().Dial(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
