package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/mq/gateway"
)

// The benchmarks are one socket over TCP in front of the memory engine, the client in the same process. It does no more
// than it must, so what is measured is the gateway, the engine and the kernel.

func benchServer(b *testing.B) (open func(target string) net.Conn) {
	g, err := gateway.New(newBroker(b), gateway.Config{})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(g.Handler())
	b.Cleanup(server.Close)
	return func(target string) net.Conn {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		openRaw(b, conn, target)
		return conn
	}
}

// frames reads n frames and hands their payloads to f.
func frames(b *testing.B, conn net.Conn, n int, f func(payload []byte)) {
	in := bufio.NewReaderSize(conn, 64<<10)
	var buf []byte
	for range n {
		h, err := ws.ReadHeader(in)
		if err != nil {
			b.Error(err)
			return
		}
		buf = append(buf[:0], make([]byte, h.Length)...)
		if _, err := io.ReadFull(in, buf); err != nil {
			b.Error(err)
			return
		}
		if f != nil {
			f(buf)
		}
	}
}

func request(size int) []byte {
	return masked(ws.NewTextFrame([]byte(`{"payload":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) + `","context":"12345"}`)))
}

// write sends a frame n times, many in one write.
func write(b *testing.B, conn net.Conn, frame []byte, n int) {
	const most = 32
	chunk := bytes.Repeat(frame, most)
	for n > 0 {
		k := min(n, most)
		if _, err := conn.Write(chunk[:k*len(frame)]); err != nil {
			b.Error(err)
			return
		}
		n -= k
	}
}

// BenchmarkProduce is a publish request and its reply, as many in flight as the gateway allows.
func BenchmarkProduce(b *testing.B) {
	for name, size := range map[string]int{"64B": 64, "1KiB": 1024} {
		b.Run(name, func(b *testing.B) {
			p := benchServer(b)(producerURL)
			b.ReportAllocs()
			b.ResetTimer()
			go write(b, p, request(size), b.N)
			frames(b, p, b.N, nil)
		})
	}
}

// BenchmarkConsume is a delivery and its acknowledgement, in a window of 1000.
func BenchmarkConsume(b *testing.B) {
	open := benchServer(b)
	c, p := open(consumerURL), open(producerURL)
	go write(b, p, request(64), b.N)
	go frames(b, p, b.N, nil)
	acks := make(chan []byte, 1000)
	go func() {
		for ack := range acks {
			buf := ack
			for len(acks) > 0 && len(buf) < 16<<10 { // as a client does that reads and writes in turns
				buf = append(buf, <-acks...)
			}
			if _, err := c.Write(buf); err != nil {
				b.Error(err)
				return
			}
		}
	}()
	const head = `{"messageId":"`
	b.ReportAllocs()
	b.ResetTimer()
	frames(b, c, b.N, func(payload []byte) {
		id := payload[len(head):]
		id = id[:bytes.IndexByte(id, '"')]
		acks <- masked(ws.NewTextFrame([]byte(head + string(id) + `"}`)))
	})
	close(acks)
}
