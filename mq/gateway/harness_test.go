package gateway_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/gateway"
	"github.com/fluxsocket/fluxsocket/mq/memory"
	"github.com/fluxsocket/fluxsocket/socket"
	"github.com/fluxsocket/fluxsocket/socket/sockettest"
)

// The sockets of most tests.
const (
	producerURL = "/ws/v2/producer/persistent/public/default/t"
	consumerURL = "/ws/v2/consumer/persistent/public/default/t/s"
	readerURL   = "/ws/v2/reader/persistent/public/default/t"
)

var topicT = mq.TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: "t"}

// env is a gateway over the memory engine, on connections in memory, in a bubble of synctest: silence there is certain,
// not a matter of how long one waits.
type env struct {
	t       *testing.T
	broker  *recorder
	gateway *gateway.Gateway
	server  *sockettest.Server
}

// bubble runs a test with an env.
func bubble(t *testing.T, c gateway.Config, f func(e *env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := &env{t: t, broker: newRecorder(t)}
		// Pings would come in between when a test lets time pass.
		if c.Socket.PingInterval == 0 {
			c.Socket.PingInterval, c.Socket.IdleTimeout = -1, -1
		}
		var err error
		if e.gateway, err = gateway.New(e.broker, c); err != nil {
			t.Fatal(err)
		}
		e.server = sockettest.NewServer(t, e.gateway.Handler())
		f(e)
	})
}

// newBroker returns a memory engine that is closed with the test.
func newBroker(t testing.TB) *memory.Broker {
	t.Helper()
	b, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Errorf("close the broker: %v", err)
		}
	})
	return b
}

// open opens a socket.
func (e *env) open(target string) *client {
	e.t.Helper()
	c, r, _ := e.dial(target, nil)
	if c == nil {
		e.t.Fatalf("%s: got status %d, want 101", target, r.StatusCode)
	}
	return c
}

// refused wants a handshake to be refused, with a body that contains text.
func (e *env) refused(target string, status int, text string) {
	e.t.Helper()
	c, r, body := e.dial(target, nil)
	if c != nil || r.StatusCode != status || !strings.Contains(body, text) {
		e.t.Errorf("%s: got status %d %q, want %d with %q", target, r.StatusCode, body, status, text)
	}
}

// dial tries to open a socket.
func (e *env) dial(target string, header http.Header) (*client, *http.Response, string) {
	e.t.Helper()
	conn, err := e.server.Dial(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	return handshake(e.t, conn, target, header)
}

// handshake asks for a socket. It returns the client or, with the answer, nil.
func handshake(t testing.TB, conn net.Conn, target string, header http.Header) (*client, *http.Response, string) {
	t.Helper()
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Opaque: target}, Host: "example.com", Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
	}}
	for k, v := range header {
		r.Header[k] = v
	}
	if err := r.Write(conn); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, r)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		defer conn.Close()
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		return nil, resp, string(body)
	}
	c := &client{t: t, conn: conn, frames: make(chan frame, 4096), done: make(chan struct{})}
	go c.read(in)
	t.Cleanup(func() {
		conn.Close()
		<-c.done
	})
	return c, resp, ""
}

// openRaw opens a socket that nobody reads.
func openRaw(t testing.TB, conn net.Conn, target string) {
	t.Helper()
	request := "GET " + target + " HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	for answer := []byte{}; !strings.HasSuffix(string(answer), "\r\n\r\n"); {
		var b [1]byte
		if _, err := conn.Read(b[:]); err != nil {
			t.Fatal(err)
		}
		answer = append(answer, b[0])
	}
}

// client is the client's side of a socket. It answers nothing by itself.
type client struct {
	t      testing.TB
	conn   net.Conn
	frames chan frame // closed with the connection
	done   chan struct{}
}

// frame is what the server has sent.
type frame struct {
	op      ws.OpCode
	payload string
}

func (c *client) read(in *bufio.Reader) {
	defer close(c.done)
	defer close(c.frames)
	for {
		h, err := ws.ReadHeader(in)
		if err != nil {
			return
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(in, payload); err != nil {
			return
		}
		c.frames <- frame{h.OpCode, string(payload)}
	}
}

// send sends text frames, in one write.
func (c *client) send(texts ...string) {
	c.t.Helper()
	var frames []byte
	for _, s := range texts {
		frames = append(frames, masked(ws.NewTextFrame([]byte(s)))...)
	}
	c.write(frames)
}

func masked(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrameInPlace(f)) }

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// next returns the next frame, which must be a text.
func (c *client) next() string {
	c.t.Helper()
	f, ok := <-c.frames
	if !ok {
		c.t.Fatal("got the end of the connection, want a text frame")
	}
	if f.op != ws.OpText {
		c.t.Fatalf("got frame %v %q, want a text frame", f.op, f.payload)
	}
	return f.payload
}

// want fails the test unless the next frame is this text.
func (c *client) want(text string) {
	c.t.Helper()
	if got := c.next(); got != text {
		c.t.Fatalf("got frame %s, want %s", got, text)
	}
}

// silent fails the test if there is a frame, or will be one without anything else happening.
func (c *client) silent() {
	c.t.Helper()
	synctest.Wait()
	select {
	case f, ok := <-c.frames:
		c.t.Fatalf("got %v %q (connection open: %t), want silence", f.op, f.payload, ok)
	default:
	}
}

// object returns the next frame as JSON.
func (c *client) object() map[string]any {
	c.t.Helper()
	text := c.next()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		c.t.Fatalf("frame %q: %v", text, err)
	}
	return v
}

// delivery returns the id and the payload of the next frame.
func (c *client) delivery() (id, payload string) {
	c.t.Helper()
	v := c.object()
	id, ok := v["messageId"].(string)
	payload, ok2 := v["payload"].(string)
	if !ok || !ok2 {
		c.t.Fatalf("got %v, want a delivery", v)
	}
	return id, payload
}

// deliveries returns the ids of n deliveries.
func (c *client) deliveries(n int) (ids []string) {
	c.t.Helper()
	for range n {
		id, _ := c.delivery()
		ids = append(ids, id)
	}
	return ids
}

// ack acknowledges a delivery.
func (c *client) ack(id string) {
	c.t.Helper()
	c.send(`{"messageId":"` + id + `"}`)
}

// publish sends a request with a payload and returns the id of the message.
func (c *client) publish(payload string) (id string) {
	c.t.Helper()
	c.send(`{"payload":"` + payload + `"}`)
	v := c.object()
	if v["result"] != "ok" {
		c.t.Fatalf("got reply %v, want ok", v)
	}
	return v["messageId"].(string)
}

// wantClose fails the test unless the next frame is a close with this code. It answers it and waits for the end.
func (c *client) wantClose(code ws.StatusCode) (reason string) {
	c.t.Helper()
	f, ok := <-c.frames
	if !ok {
		c.t.Fatalf("got the end of the connection, want close %d", code)
	}
	if f.op != ws.OpClose || len(f.payload) < 2 || binary.BigEndian.Uint16([]byte(f.payload)) != uint16(code) {
		c.t.Fatalf("got frame %v %q, want close %d", f.op, f.payload, code)
	}
	c.write(masked(ws.NewCloseFrame([]byte(f.payload[:2]))))
	c.wantEnd()
	return f.payload[2:]
}

// wantEnd fails the test unless the connection ends here.
func (c *client) wantEnd() {
	c.t.Helper()
	if f, ok := <-c.frames; ok {
		c.t.Fatalf("got frame %v %q, want the end of the connection", f.op, f.payload)
	}
}

// close closes the socket with 1000 and waits for the answer and the end.
func (c *client) close() {
	c.t.Helper()
	c.write(masked(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))))
	for f := range c.frames {
		if f.op == ws.OpClose {
			c.wantEnd()
			return
		}
	}
	c.t.Fatal("got the end of the connection, want an answer to the close")
}

// after lets time pass in the bubble.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// status returns the status of a handshake's refusal.
func status(err error) int {
	if e, ok := errors.AsType[*socket.HandshakeError](err); ok {
		return e.Status
	}
	return 0
}
