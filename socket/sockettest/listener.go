package sockettest

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
)

// Listener accepts connections in memory, each a [Pair].
type Listener struct {
	backlog chan *Conn
	closed  chan struct{}
	once    sync.Once
}

var _ net.Listener = (*Listener)(nil)

// Listen returns a listener. In a bubble of testing/synctest it must be made there.
func Listen() *Listener {
	return &Listener{backlog: make(chan *Conn), closed: make(chan struct{})}
}

// Dial connects to the listener: it returns the client's end as soon as Accept has the server's. It fails with
// ECONNREFUSED once the listener is closed and with the context's cause when that ends.
func (l *Listener) Dial(ctx context.Context) (*Conn, error) {
	client, server := Pair()
	select {
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "sockettest", Addr: serverAddr, Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "sockettest", Addr: serverAddr, Err: context.Cause(ctx)}
	case l.backlog <- server:
		return client, nil
	}
}

// DialContext is Dial with the signature of net.Dialer.DialContext; it connects to this listener whatever the address.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := l.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// Accept waits for a connection. It fails with net.ErrClosed once the listener is closed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	case conn := <-l.backlog:
		return conn, nil
	}
}

// Close stops accepting. Connections stay.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Peer accepts a connection, lets the client's handshake pass, with header added to the answer, and returns the server's
// side, to be played by hand. The client must dial on another goroutine.
func (l *Listener) Peer(t testing.TB, header http.Header) *Peer {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatalf("sockettest: accept: %v", err)
	}
	p := NewPeer(t, conn, false)
	if p.Request, err = http.ReadRequest(p.in); err != nil {
		t.Fatalf("sockettest: read the handshake: %v", err)
	}
	answer := header.Clone()
	if answer == nil {
		answer = make(http.Header)
	}
	answer.Set("Connection", "Upgrade")
	answer.Set("Upgrade", "websocket")
	answer.Set("Sec-WebSocket-Accept", acceptKey(p.Request.Header.Get("Sec-WebSocket-Key")))
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\n")
	answer.Write(&b)
	b.WriteString("\r\n")
	p.SendBytes(b.Bytes())
	return p
}

// acceptKey is RFC 6455, 4.2.2.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Addr returns 192.0.2.2:80.
func (l *Listener) Addr() net.Addr { return serverAddr }
