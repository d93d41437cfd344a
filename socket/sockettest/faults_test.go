package sockettest

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultReadSize(t *testing.T) {
	client, server := Pair()
	c := Faults{ReadSize: 1}.Wrap(server)
	client.Write([]byte("abc"))
	buf := make([]byte, 10)
	for _, want := range []string{"a", "b", "c"} {
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != want {
			t.Errorf("got %q, %v, want %q", buf[:n], err, want)
		}
	}
}

func TestFaultCut(t *testing.T) {
	t.Run("read", func(t *testing.T) {
		client, server := Pair()
		c := Faults{CutRead: 2}.Wrap(server)
		client.Write([]byte("abc"))
		if got, err := io.ReadAll(c); string(got) != "ab" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %q, %v, want %q, %v", got, err, "ab", syscall.ECONNRESET)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write: got %v, want %v", err, syscall.ECONNRESET)
		}
		if _, err := client.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("the peer's write: got %v, want %v", err, syscall.EPIPE)
		}
	})
	t.Run("write", func(t *testing.T) {
		client, server := Pair()
		c := Faults{CutWrite: 4}.Wrap(server)
		if n, err := c.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("got %d, %v, want 3", n, err)
		}
		if n, err := c.Write([]byte("def")); n != 1 || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %d, %v, want 1, %v", n, err, syscall.ECONNRESET)
		}
		if got, err := io.ReadAll(client); string(got) != "abcd" || err != nil {
			t.Errorf("the peer: got %q, %v, want %q", got, err, "abcd")
		}
	})
	t.Run("now", func(t *testing.T) {
		client, server := Pair()
		c := Faults{}.Wrap(server)
		client.Write([]byte("lost"))
		c.Cut()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want %v", err, syscall.ECONNRESET)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer: got %v, want %v", err, syscall.ECONNRESET)
		}
	})
}

func TestFaultStall(t *testing.T) {
	read := func(c net.Conn) func() error {
		return func() error {
			buf := make([]byte, 10)
			n, err := c.Read(buf)
			if err == nil && string(buf[:n]) != "abc" {
				t.Errorf("got %q, want %q", buf[:n], "abc")
			}
			return err
		}
	}
	write := func(c net.Conn) func() error {
		return func() error { _, err := c.Write([]byte("abc")); return err }
	}
	tests := []struct {
		name string
		run  func(client *Conn, c *FaultConn) error
		want error
	}{
		{
			name: "read resumes",
			run: func(client *Conn, c *FaultConn) error {
				c.StallReads()
				client.Write([]byte("abc"))
				return blocked(t, read(c), c.Resume)
			},
		},
		{
			name: "read that waits already",
			run: func(client *Conn, c *FaultConn) error {
				return blocked(t, read(c), func() {
					c.StallReads()
					client.Write([]byte("abc"))
					synctest.Wait()
					c.Resume()
				})
			},
		},
		{
			name: "read keeps what it had when its deadline passes",
			run: func(client *Conn, c *FaultConn) error {
				c.SetReadDeadline(time.Now().Add(time.Second))
				err := blocked(t, read(c), func() {
					c.StallReads()
					client.Write([]byte("abc"))
				})
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
				}
				c.SetReadDeadline(time.Time{})
				c.Resume()
				return read(c)()
			},
		},
		{
			name: "read ends by its deadline",
			run: func(client *Conn, c *FaultConn) error {
				c.StallReads()
				client.Write([]byte("abc"))
				c.SetDeadline(time.Now().Add(time.Second))
				return blocked(t, read(c), func() { time.Sleep(time.Second) })
			},
			want: os.ErrDeadlineExceeded,
		},
		{
			name: "read ends by close",
			run: func(client *Conn, c *FaultConn) error {
				c.StallReads()
				return blocked(t, read(c), func() { c.Close() })
			},
			want: net.ErrClosed,
		},
		{
			name: "write resumes",
			run: func(client *Conn, c *FaultConn) error {
				c.StallWrites()
				err := blocked(t, write(c), c.Resume)
				if got := client.Buffered(); got != 3 {
					t.Errorf("got %d bytes at the peer, want 3", got)
				}
				return err
			},
		},
		{
			name: "write ends by its deadline",
			run: func(client *Conn, c *FaultConn) error {
				c.StallWrites()
				c.SetWriteDeadline(time.Now().Add(time.Second))
				return blocked(t, write(c), func() { time.Sleep(time.Second) })
			},
			want: os.ErrDeadlineExceeded,
		},
		{
			name: "write ends by cut",
			run: func(client *Conn, c *FaultConn) error {
				c.StallWrites()
				return blocked(t, write(c), c.Cut)
			},
			want: syscall.ECONNRESET,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := Pair()
				if err := tt.run(client, Faults{}.Wrap(server)); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}
