package socket

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestStatusCode(t *testing.T) {
	tests := []struct {
		code     StatusCode
		text     string
		sendable bool
	}{
		{code: 0, text: "0"},
		{code: 999, text: "999"},
		{code: NormalClosure, text: "1000 normal closure", sendable: true},
		{code: GoingAway, text: "1001 going away", sendable: true},
		{code: ProtocolError, text: "1002 protocol error", sendable: true},
		{code: UnsupportedData, text: "1003 unsupported data", sendable: true},
		{code: 1004, text: "1004"},
		{code: NoStatus, text: "1005 no status"},
		{code: AbnormalClosure, text: "1006 abnormal closure"},
		{code: InvalidPayload, text: "1007 invalid payload", sendable: true},
		{code: PolicyViolation, text: "1008 policy violation", sendable: true},
		{code: MessageTooBig, text: "1009 message too big", sendable: true},
		{code: MandatoryExtension, text: "1010 mandatory extension", sendable: true},
		{code: InternalError, text: "1011 internal error", sendable: true},
		{code: ServiceRestart, text: "1012 service restart", sendable: true},
		{code: TryAgainLater, text: "1013 try again later", sendable: true},
		{code: BadGateway, text: "1014 bad gateway", sendable: true},
		{code: TLSHandshake, text: "1015 TLS handshake"},
		{code: 1016, text: "1016"},
		{code: 2999, text: "2999"},
		{code: 3000, text: "3000", sendable: true},
		{code: 4999, text: "4999", sendable: true},
		{code: 5000, text: "5000"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if got := tt.code.String(); got != tt.text {
				t.Errorf("got %q, want %q", got, tt.text)
			}
			if got := tt.code.Sendable(); got != tt.sendable {
				t.Errorf("got sendable %t, want %t", got, tt.sendable)
			}
		})
	}
}

func TestCloseStatusOnWire(t *testing.T) {
	long := strings.Repeat("é", 70)
	tests := []struct {
		name   string
		status CloseStatus
		code   StatusCode
		reason string
		send   bool
	}{
		{name: "zero", status: CloseStatus{}, code: 1000, send: true},
		{name: "zero code with a reason", status: CloseStatus{Reason: "done"}, code: 1000, reason: "done", send: true},
		{name: "code and reason", status: CloseStatus{4001, "kicked"}, code: 4001, reason: "kicked", send: true},
		{name: "no status", status: CloseStatus{NoStatus, "dropped"}, code: NoStatus, send: true},
		{name: "abnormal closure", status: CloseStatus{AbnormalClosure, "x"}},
		{name: "TLS handshake", status: CloseStatus{TLSHandshake, "x"}},
		{name: "not a code", status: CloseStatus{42, "internals"}, code: InternalError, send: true},
		{name: "reserved code", status: CloseStatus{1004, "internals"}, code: InternalError, send: true},
		{name: "long reason", status: CloseStatus{1001, long}, code: 1001, reason: long[:122], send: true},
		{name: "reason that is not UTF-8", status: CloseStatus{1001, "a\xffb"}, code: 1001, reason: "a\uFFFDb", send: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, reason, send := tt.status.onWire()
			if code != tt.code || reason != tt.reason || send != tt.send {
				t.Errorf("got %d %q %t, want %d %q %t", code, reason, send, tt.code, tt.reason, tt.send)
			}
			normal := tt.status.normal()
			if want := (CloseStatus{tt.code, tt.reason}); send && normal != want || !send && normal != tt.status {
				t.Errorf("got %v as the status of the session, want %v", normal, want)
			}
			if again := normal.normal(); again != normal {
				t.Errorf("got %v for %v, want no change", again, normal)
			}
		})
	}
}

func TestCloseError(t *testing.T) {
	tests := []struct {
		name string
		err  CloseError
		want string
	}{
		{
			name: "local",
			err:  CloseError{Status: CloseStatus{Code: NormalClosure}},
			want: "socket: closed: 1000 normal closure",
		},
		{
			name: "remote",
			err:  CloseError{Status: CloseStatus{GoingAway, "restart"}, Remote: true},
			want: "socket: closed by peer: 1001 going away: restart",
		},
		{
			name: "with a failure",
			err:  CloseError{Status: CloseStatus{Code: AbnormalClosure}, Err: io.ErrUnexpectedEOF},
			want: "socket: closed: 1006 abnormal closure: unexpected EOF",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStatusOf(t *testing.T) {
	closed := &CloseError{Status: CloseStatus{4000, "quota"}, Err: io.EOF}
	tests := []struct {
		name string
		err  error
		want CloseStatus
		ok   bool
	}{
		{name: "nil", err: nil},
		{name: "another error", err: io.EOF},
		{name: "itself", err: closed, want: closed.Status, ok: true},
		{name: "wrapped", err: fmt.Errorf("handler: %w", closed), want: closed.Status, ok: true},
		{name: "joined", err: errors.Join(io.EOF, closed), want: closed.Status, ok: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := StatusOf(tt.err); got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %t, want %v, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
	if !errors.Is(closed, io.EOF) {
		t.Error("got an error that does not wrap its cause")
	}
}
