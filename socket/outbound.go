package socket

import (
	"sync"

	"github.com/gobwas/ws"

	"github.com/fluxsocket/fluxsocket/socket/internal/frame"
)

const (
	// largePayload is from what size on a payload is written from where it lies instead of being copied: about where
	// a copy costs what a further call of write does.
	largePayload = 2 * bufferSize
	// pongBacklog is how much may be queued before a pong waits, in bytes. Of the pings that come meanwhile only the
	// last one is answered (RFC 6455, 5.5.3), so pings cannot make the queue grow.
	pongBacklog = 16 << 10
	// flushTurns is how often a goroutine that has something else to do writes before it leaves the rest to a
	// goroutine made for it.
	flushTurns = 4
)

// outbound is the queue of frames that a session has to write, in the order in which they go out.
//
// Whoever puts a frame in and finds nobody at it takes the turn to write, and writes all there is, without waiting. Who
// finds the turn taken is done: the holder writes that frame too, together with all that came meanwhile. What the
// connection refuses is left to a goroutine that may wait and ends when the queue is empty. While the queue is corked
// nobody takes the turn; then everything goes out in one write.
type outbound struct {
	mu         sync.Mutex
	head, tail *segment // frames that nobody has begun to write
	flight     *segment // frames being written; belongs to the holder of the turn
	queued     uint64   // bytes put in so far
	written    uint64   // bytes of them that the connection has taken
	corks      int
	taken      bool    // somebody has the turn to write
	closing    bool    // no more messages
	shut       bool    // the Close frame is in: no more frames
	lost       bool    // nothing can be written any more
	client     bool    // frames are masked
	held       bool    // marked in the fan-out
	pong       *pong   // waits for the queue to shrink
	senders    *sender // those that have not ended
	stats      Stats
}

// pong is what a ping asked for whose answer has to wait.
type pong struct {
	payload [ws.MaxControlFramePayloadSize]byte
	n       int
}

// backlog returns how many bytes wait. The caller holds the lock.
func (o *outbound) backlog() int { return int(o.queued - o.written) }

// put appends a frame. A payload that is the receiver's to keep may be referenced instead of copied. The caller holds
// the lock.
func (o *outbound) put(op ws.OpCode, payload []byte, keep bool) {
	var mask *[4]byte
	if o.client {
		key := frame.NewMask()
		mask = &key
	}
	need := ws.MaxHeaderSize
	if need+len(payload) <= bufferSize {
		need += len(payload)
	}
	if o.tail == nil || o.tail.room() < need {
		o.push(newSegment())
	}
	before := len(o.tail.b)
	o.tail.b = frame.AppendHeader(o.tail.b, frame.Fin|byte(op), len(payload), mask)
	o.queued += uint64(len(o.tail.b)-before) + uint64(len(payload))

	for offset := 0; ; {
		part := payload[offset:min(len(payload), offset+o.tail.room())]
		start := len(o.tail.b)
		o.tail.b = append(o.tail.b, part...)
		if o.client {
			ws.Cipher(o.tail.b[start:], *mask, offset)
		}
		if offset += len(part); offset == len(payload) {
			return
		}
		if keep && !o.client && len(payload) >= largePayload {
			o.push(&segment{b: payload[offset:]})
			return
		}
		o.push(newSegment())
	}
}

func (o *outbound) push(s *segment) {
	if o.tail == nil {
		o.head = s
	} else {
		o.tail.next = s
	}
	o.tail = s
}

// start takes the turn to write if there is something to write and nobody does. The caller holds the lock and calls
// flush after it has released it.
func (o *outbound) start() bool {
	return o.corks == 0 && o.startNow()
}

// startNow is start without regard to corks, whose owners may be busy with something else for long.
func (o *outbound) startNow() bool {
	if o.taken || o.head == nil {
		return false
	}
	o.taken = true
	o.takeAll()
	return true
}

// takeAll moves what is queued into the hands of the holder of the turn.
func (o *outbound) takeAll() {
	o.flight, o.head, o.tail = o.head, nil, nil
}

// lose gives up what is queued: nothing can be written any more. The caller holds the lock.
func (o *outbound) lose() {
	freeAll(o.head)
	o.head, o.tail = nil, nil
	o.closing, o.lost = true, true
}

// cork holds frames back until uncork.
func (s *Session) cork() {
	s.out.mu.Lock()
	s.out.corks++
	s.out.mu.Unlock()
}

// uncork lets the frames go that were held back.
func (s *Session) uncork() {
	o := &s.out
	o.mu.Lock()
	o.corks--
	mine := s.startOrHold()
	o.mu.Unlock()
	if mine {
		s.flush()
	}
}

// flush writes what is queued, without waiting. The caller has the turn.
func (s *Session) flush() {
	for range flushTurns {
		b := s.out.flight.b
		n, err := s.link.try(b)
		if !s.wrote(n, err) {
			return
		}
		if n < len(b) {
			break
		}
	}
	go s.flushWaiting()
}

// flushWaiting writes until the queue is empty.
func (s *Session) flushWaiting() {
	for {
		n, err := s.link.write(s.out.flight.b)
		if !s.wrote(n, err) {
			return
		}
	}
}

// wrote notes that n bytes of the flight went out and does what was waiting for that: pongs, completions of Sends, and
// requests for more messages, which are queued meanwhile. It reports whether there is more to write; if not, the caller
// has lost the turn. The caller has the turn.
func (s *Session) wrote(n int, err error) (more bool) {
	o := &s.out
	first := err != nil && s.writeFailed(err)
	if f := o.flight; err == nil {
		if f.b = f.b[n:]; len(f.b) == 0 {
			o.flight = f.free()
		}
	}
	o.mu.Lock()
	o.stats.Writes = s.calls.writes
	o.stats.BytesOut += uint64(n)
	if err != nil || o.lost {
		freeAll(o.flight)
		o.flight, o.taken = nil, false
		o.lose()
		o.mu.Unlock()
		if err != nil {
			s.outputLost(first)
		}
		return false
	}
	o.written += uint64(n)
	for {
		if p := o.pong; p != nil && !o.shut && o.backlog() <= pongBacklog {
			o.pong = nil
			o.put(ws.OpPong, p.payload[:p.n], false)
		}
		due := o.due(s.config())
		if due == nil {
			break
		}
		o.mu.Unlock()
		for due != nil {
			due = due.proceed()
		}
		o.mu.Lock()
	}
	if o.flight == nil && !o.lost {
		o.takeAll()
	}
	more = o.flight != nil
	o.taken = more
	sent := !more && o.shut
	o.mu.Unlock()
	if sent {
		s.closeSent()
	}
	return more
}

// answer sends a pong.
func (s *Session) answer(payload []byte) {
	o := &s.out
	o.mu.Lock()
	switch {
	case o.shut || o.lost:
		o.mu.Unlock()
		return
	case o.backlog() > pongBacklog:
		if o.pong == nil {
			o.pong = new(pong)
		}
		o.pong.n = copy(o.pong.payload[:], payload)
	default:
		o.put(ws.OpPong, payload, false)
	}
	mine := o.start()
	o.mu.Unlock()
	if mine {
		s.flush()
	}
}

// ping sends a ping if nothing is queued; otherwise it is of no use, as the peer shows its life by taking bytes.
func (s *Session) ping() {
	o := &s.out
	o.mu.Lock()
	if o.closing || o.shut || o.lost || o.backlog() > 0 {
		o.mu.Unlock()
		return
	}
	o.put(ws.OpPing, nil, false)
	mine := o.start()
	o.mu.Unlock()
	if mine {
		s.flush()
	}
}

// sendClose queues the Close frame behind everything else. closeSent follows when all of it is out, unless the
// connection fails first.
func (s *Session) sendClose(code StatusCode, reason string) {
	o := &s.out
	o.mu.Lock()
	if o.shut || o.lost {
		o.mu.Unlock()
		return
	}
	var mask *[4]byte
	if o.client {
		key := frame.NewMask()
		mask = &key
	}
	if o.tail == nil || o.tail.room() < ws.MaxHeaderSize+ws.MaxControlFramePayloadSize {
		o.push(newSegment())
	}
	before := len(o.tail.b)
	o.tail.b = frame.AppendClose(o.tail.b, uint16(code), reason, mask)
	o.queued += uint64(len(o.tail.b) - before)
	o.closing, o.shut = true, true
	mine := o.startNow()
	o.mu.Unlock()
	if mine {
		s.flush()
	}
}

// flushNow writes what is held back.
func (s *Session) flushNow() {
	s.out.mu.Lock()
	mine := s.out.startNow()
	s.out.mu.Unlock()
	if mine {
		s.flush()
	}
}
