package socket

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// nullLink takes everything and gives nothing.
type nullLink struct{ link }

func (nullLink) try(b []byte) (int, error) { return len(b), nil }

// BenchmarkCore measures what a session does with what it has read, without the kernel: parse, deliver through an
// operator, frame, queue. An operation is one message of 128 bytes.
func BenchmarkCore(b *testing.B) {
	for name, receive := range map[string]func(*Session) reactive.Flux[Message]{
		"borrowed": (*Session).ReceiveBorrowed,
		"owned":    (*Session).Receive,
	} {
		for _, depth := range []int{1, 16} {
			b.Run(name+map[int]string{1: "/1", 16: "/16"}[depth], func(b *testing.B) {
				config := Config{}.withDefaults()
				handler := HandlerFunc(func(s *Session) reactive.Mono[reactive.Void] {
					return s.Send(receive(s).Map(func(m Message) Message { return m }))
				})
				s := newSession(connection{handshake: new(Handshake), registry: newRegistry(&config), handler: handler})
				s.link = nullLink{}
				s.run(handler)
				f := ws.NewTextFrame(bytes.Repeat([]byte("x"), 128))
				f.Header.Masked = true
				burst := bytes.Repeat(ws.MustCompileFrame(f), depth)
				b.ReportAllocs()
				b.SetBytes(128)
				for i := 0; i < b.N; i += depth {
					s.feed(burst, nil)
				}
				if st := s.Stats(); st.MessagesOut < uint64(b.N) || st.MessagesOut != st.MessagesIn || st.Queued != 0 {
					b.Fatalf("not an echo: %+v", st)
				}
			})
		}
	}
}
