package socket

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"sync/atomic"

	"github.com/fluxsocket/fluxsocket/reactive"
	"github.com/fluxsocket/fluxsocket/socket/internal/frame"
)

// Session is one WebSocket connection after its handshake.
//
// Concurrency:
//   - All methods may be called from any goroutine at any time.
//   - Receive has one subscriber; Send may have many at the same time, and their messages never tear.
//   - No method blocks, and neither does anything that a stream of the session does on the goroutine of who emits to it.
//   - After the end Send fails with the session's [*CloseError], and so does Receive, except after a peer's Close or a
//     drain: then it completes. Close does nothing, and the rest answers as before.
type Session struct {
	handshake *Handshake
	registry  *registry
	link      link
	credit    int64  // demand that the reader has taken over
	index     int32  // in registry.sessions, guarded by its lock
	number    uint32 // how many sessions the registry had before
	calls     calls
	parser    frame.Parser
	in        inbound
	out       outbound
	pulse     pulse
	life      life

	marked     *Session // the next one in the list of the fan-out
	attributes Attributes
	id         atomic.Pointer[string]
}

// connection is what a session is made of.
type connection struct {
	handshake  *Handshake
	conn       net.Conn
	early      []byte // bytes that were read together with the handshake
	client     bool
	handler    Handler   // nil: the session has no flow and lasts until one side closes
	closer     io.Closer // what the flow holds; nil if there is nothing to close
	attributes map[string]any
	registry   *registry   // which has let it in
	loops      *EventLoops // that are to serve it; nil: a goroutine
}

// openSession starts the session of a connection. It returns at once: the handler runs on a goroutine that ends when it
// has subscribed to its flow, and the reader on another whose stack has never been deeper than reading needs, or on an event
// loop.
func openSession(c connection) *Session {
	s := newSession(c)
	s.registry.add(s)
	if c.handler != nil {
		go s.run(c.handler)
	}
	s.link.drive(s, c.early)
	return s
}

func newSession(c connection) *Session {
	s := &Session{
		handshake: c.handshake.pack(),
		registry:  c.registry,
		parser:    frame.NewParser(frame.Config{Server: !c.client, MaxMessage: c.registry.config.MaxMessageSize}),
	}
	boundUnacked(c.conn, s.config().WriteTimeout)
	s.link = c.loops.link(c.conn, &s.calls)
	s.out.client = c.client
	s.pulse.begin(s.registry.now())
	s.attributes.values = c.attributes
	s.life.closer = c.closer
	if c.handler == nil {
		s.life.flowState = flowOver
	}
	return s
}

// config returns the limits and timeouts of the session.
func (s *Session) config() *Config { return s.registry.config }

// ID returns an identifier that no other session has, in this process or another: 26 letters and digits with at least
// 128 bits of chance. It is made when it is first asked for.
func (s *Session) ID() string {
	if id := s.id.Load(); id != nil {
		return *id
	}
	id := rand.Text()
	s.id.CompareAndSwap(nil, &id)
	return *s.id.Load()
}

// Handshake returns the facts of the HTTP exchange that opened the session.
func (s *Session) Handshake() *Handshake { return s.handshake }

// Attributes returns the values that the application keeps with the session.
func (s *Session) Attributes() *Attributes { return &s.attributes }

// Context returns the context of the session's flow. It has the values of the request's context, and it ends when the
// flow is over, with a [*CloseError] as its cause.
func (s *Session) Context() context.Context { return (*sessionContext)(s) }

// Receive returns the text and binary messages of the peer, fragments joined. Their payloads are the receiver's own;
// all that one read brings lie in one allocation.
//
// It is one stream for the life of the session: the first subscriber gets it, every other one [reactive.ErrSubscribed].
// Demand is the flow control. Without it the session reads one message ahead and then nothing, so that the peer is
// held up by TCP; pings and the Close frame behind unread messages are seen when these have been asked for. After a
// Cancel the session reads on and drops what comes.
//
// The stream completes when the peer has closed the session, with whatever status (see [Session.Closed]), or the service
// drains (see [HandshakeService.Drain]), after all messages that came before. It fails with a [*CloseError] if the
// connection broke (1006), the peer broke the protocol (1002, 1007, 1009), or this side closed.
//
// Messages are delivered on the session's own goroutine, or with [EventLoops] on that of a loop or on one that takes its place,
// one read after the other. What is sent meanwhile leaves in one write when the messages of a read are done, or after at
// most 10 ms, if they take so long.
func (s *Session) Receive() reactive.Flux[Message] {
	return reactive.FromPublisher[Message](receiving{session: s})
}

// ReceiveBorrowed is [Session.Receive] for those who are done with a message when OnNext returns: payloads lie in the
// session's read buffer and are overwritten afterwards. It saves the copy and the allocation. [Message.Clone] keeps a
// message; a Send to whatever session may be given borrowed ones.
func (s *Session) ReceiveBorrowed() reactive.Flux[Message] {
	return reactive.FromPublisher[Message](receiving{session: s, borrowed: true})
}

// Send writes the messages of src to the peer. As every Mono it starts when it is subscribed to and asked. Any number may
// be under way at the same time, and each message leaves whole.
//
// Send asks src for [Config.SendWindow] messages and for more as these reach the kernel, but for none while
// [Config.MaxQueuedBytes] wait. A peer that does not read is thus a source that is not asked. A source that ignores
// demand is not held up.
//
// The result completes when src has completed and all its bytes are with the kernel. It fails with src, with a message
// that cannot be sent, or with the session's [*CloseError]; then, and when it is cancelled, src is cancelled. Messages
// that were queued before go out nevertheless.
//
// A source that makes its values within Request, as FromSeq does, has a goroutine for that from the second time on; the
// first time it is whose request has started the Send.
func (s *Session) Send(src reactive.Publisher[Message]) reactive.Mono[reactive.Void] {
	return reactive.Then[reactive.Void](sending{session: s, src: src})
}

// Close ends the session with a status: it cancels the flow, lets what is queued go out and sends the Close frame,
// and closes the connection when the peer has answered; [Config.CloseTimeout] bounds each step. It does not wait: who
// wants to, subscribes to [Session.Closed]. The first reason to end is the one that counts.
//
// A status without a code is 1000; 1005 sends a Close frame without a status; 1006 and 1015 send none; any other code
// that must not be sent becomes 1011 (see [CloseStatus]).
func (s *Session) Close(status CloseStatus) {
	s.closeWith(&CloseError{Status: status})
}

// Closed emits the status that the session ended with when everything of it is gone: the flow, what the handler had
// opened, the connection. Code 1005 stands for a Close frame of the peer without a status, 1006 for a connection that
// broke without one. It may be subscribed any number of times.
func (s *Session) Closed() reactive.Mono[CloseStatus] {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.gone {
		return reactive.JustMono(s.life.end.Status)
	}
	if s.life.closed == nil {
		s.life.closed = reactive.NewReplay[CloseStatus](1)
	}
	return reactive.MonoFrom[CloseStatus](s.life.closed.Flux())
}

// Stats returns what the session has done so far.
func (s *Session) Stats() Stats {
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	stats := o.stats
	if !o.lost {
		stats.Queued = o.backlog()
	}
	return stats
}
