package socket

// Stats are the counters of a session since it was opened.
type Stats struct {
	// MessagesIn and MessagesOut count text and binary messages; those out, when they are queued.
	MessagesIn, MessagesOut uint64
	// BytesIn and BytesOut count what was read from the connection and written to it, frame headers included.
	BytesIn, BytesOut uint64
	// Reads and Writes count the calls that did so. A read that found nothing counts.
	Reads, Writes uint64
	// Queued is the number of bytes that wait to be written.
	Queued int
}
