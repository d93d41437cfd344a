// Package socket opens WebSocket sessions (RFC 6455) and makes each of them two streams: what the peer sends, and what is
// sent to it. A [Handler] returns the flow between them, and that flow is the session's life.
//
//	func shout(s *socket.Session) reactive.Mono[reactive.Void] {
//		return s.Send(s.Receive().Map(upper))
//	}
//
//	service, err := socket.NewHandshakeService(socket.Config{})
//	http.Handle("/shout", service.Handler(socket.HandlerFunc(shout)))
//
// # The life of a session
//
//	HTTP request
//	  | the checks of [HandshakeService], in their order; one that fails is an HTTP status
//	  | Opener.Open: what the session cannot do without            -- fails: an HTTP status
//	  | UpgradeStrategy.Upgrade: 101, the HTTP handler returns     -- fails: Close of what was opened
//	  v
//	Handler.Handle returns the flow, which is subscribed to
//	  |                Receive:  connection -> parser -> subscriber, as far as it has asked
//	  |                Send:     source -> queue -> connection; the source is asked as the connection takes
//	  v
//	the first of
//	  the flow completes (1000), fails (1011, or the status of its [CloseError]), panics (1011)
//	  the peer closes: Receive completes, the flow has [Config.CloseTimeout] to end
//	  the connection breaks (1006), the peer breaks the protocol (1002, 1007, 1009): Receive fails
//	  Drain of the service: Receive completes after what has arrived, the flow has [Config.CloseTimeout] to end
//	  Close on this side: the flow is cancelled
//	  v
//	the flow is over: the session's context ends, the handler's Close is called
//	  v
//	the Close frame is sent or answered, the connection is closed, Closed emits the status
//
// # Demand
//
// A connection is read only as far as the subscriber of Receive has asked, and one message ahead; beyond that the peer is
// held up by TCP. Send asks its source for [Config.SendWindow] messages and for more as they reach the kernel, so a peer
// that does not read is a source that is not asked. A flow from Receive to Send carries the one to the other.
//
// # Bytes
//
// A message of Receive is its receiver's own. [Session.ReceiveBorrowed] delivers the same messages without a copy, for
// those who are done with one when OnNext returns; an echo of borrowed messages allocates nothing.
//
// # Cost
//
// A session that waits is one parked goroutine and no buffer: 4.5 KB, of which 2 KiB are the stack. The HTTP handler has
// returned; staying in it would cost four times as much. What one read has brought is answered in one write, also where
// it goes to other sessions: sixteen messages that come together are one write to the peer that sent them, or one to each
// member of a room. A handler that takes longer with them holds back nothing for more than 10 ms. An echo is two reads,
// one of which finds nothing, and one write. Whoever sends writes, without waiting; what the connection refuses is left to
// a goroutine that ends when the queue is empty.
//
// There is no timer for each session: one tick of the service looks after heartbeats, idle peers and the steps of closing,
// and another one, while there is work, after what that holds back.
//
// With [EventLoops] a session that waits has no goroutine and takes 1.7 KB. An echo is one read and one write, and takes three
// quarters of the CPU. They serve plain TCP on Linux; handlers are written in the same way. Goroutines are the default
// because they serve any [net.Conn] on any platform, and because the scheduler knows of nothing but them: it shares the
// processors fairly among sessions whose handlers compute or block.
package socket
