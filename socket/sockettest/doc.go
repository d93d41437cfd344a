// Package sockettest helps to test WebSocket sessions without a network and without waiting.
//
//   - [Pair] and [Listener] are connections in memory. They block on channels alone, so they work in the bubbles of
//     testing/synctest, where deadlines and ping intervals pass in no time; sockets of the kernel do not.
//   - [Server] serves an HTTP handler on such a listener: the whole way of a session, handshake included.
//   - [Peer] is the other side, by hand: it sends any frame, right or wrong, and says what it expects in return.
//   - [Faults] makes a connection behave badly: one byte at a time, stalled, cut in the middle of a frame.
package sockettest
