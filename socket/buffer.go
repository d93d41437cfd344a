package socket

import "sync"

// bufferSize is how much a buffer holds. With its segment a buffer fills a size class of the allocator, 16 KiB.
const bufferSize = 16<<10 - 5*8

// buffer is pooled memory: for one read, or for frames on their way out. A session has one only while it works.
type buffer struct {
	segment
	data [bufferSize]byte
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func getBuffer() *buffer { return buffers.Get().(*buffer) }

func putBuffer(b *buffer) {
	b.segment = segment{}
	buffers.Put(b)
}

// segment is a link of the list of bytes to write.
type segment struct {
	next *segment
	home *buffer // whose data b lies in; nil if b is the payload of a message
	b    []byte  // what is left to write
}

// newSegment returns an empty segment with room for bufferSize bytes.
func newSegment() *segment {
	buf := getBuffer()
	buf.home, buf.b = buf, buf.data[:0]
	return &buf.segment
}

// room returns how many bytes can be appended to s.b.
func (s *segment) room() int {
	if s.home == nil {
		return 0
	}
	return cap(s.b) - len(s.b)
}

// free returns the memory of s, if it is pooled, and the segment behind s.
func (s *segment) free() *segment {
	next := s.next
	if s.home != nil {
		putBuffer(s.home)
	}
	return next
}

// freeAll frees a list.
func freeAll(s *segment) {
	for s != nil {
		s = s.free()
	}
}
