// Package frame is the protocol core of a session: RFC 6455 section 5 without any I/O.
//
// A [Parser] takes bytes as they come, in pieces of any size, and yields whole messages and control frames. The Append
// functions write frames to the end of a byte slice. Neither reads, writes, waits, locks or keeps time, so one core
// serves a blocking connection, an event loop, an HTTP/2 stream and a test alike; the caller brings the buffers.
//
// Header rules, masking and opcodes are those of github.com/gobwas/ws; its readers and writers are not used, since they
// cost several reads, two writes and five allocations per message where this package needs none.
package frame
