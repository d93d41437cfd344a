package socket_test

import (
	"bytes"
	"net"
	"strings"
	"syscall"
	"testing"
)

// rawPeer is a client that is nothing but a descriptor.
type rawPeer struct{ fd int }

func dialRaw(t *testing.T, server *tcpServer) rawPeer {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := rawPeer{fd}
	addr := server.http.Listener.Addr().(*net.TCPAddr)
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}); err != nil {
		t.Fatal(err)
	}
	p.write(t, []byte("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench/1\r\n"+
		strings.ReplaceAll(validRest, "\n", "\r\n")+"\r\n\r\n"))
	var b [512]byte
	n := 0
	for !bytes.Contains(b[:n], []byte("\r\n\r\n")) {
		n += p.read(t, b[n:])
	}
	return p
}

func (p rawPeer) write(t *testing.T, b []byte) {
	if _, err := syscall.Write(p.fd, b); err != nil {
		t.Fatal(err)
	}
}

func (p rawPeer) read(t *testing.T, b []byte) int {
	n, err := syscall.Read(p.fd, b)
	if err != nil || n == 0 {
		t.Fatalf("read: %d, %v", n, err)
	}
	return n
}

func (p rawPeer) roundTrip(t *testing.T, request, reply []byte) {
	p.write(t, request)
	var b [512]byte
	n := 0
	for n < len(reply) {
		n += p.read(t, b[n:len(reply)])
	}
	if !bytes.Equal(b[:n], reply) {
		t.Fatal("the reply is not the echo")
	}
}

func (p rawPeer) close() { syscall.Close(p.fd) }
