package socket

import (
	"sync"
	"sync/atomic"

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
// nobody takes the turn; then everything goes out in one write. The application's code never runs in the turn: what has
// to be told to it is told afterwards, see aftermath.
type outbound struct {
	mu         sync.Mutex
	head, tail *segment     // frames that nobody has begun to write
	flight     *segment     // frames being written; belongs to the holder of the turn
	queued     uint64       // bytes put in so far
	written    uint64       // bytes of them that the connection has taken
	corks      atomic.Int32 // work that holds frames back; goes down under the lock
	burst      atomic.Bool  // this session's work holds back the frames of others, and is counted in the fan-out
	taken      bool         // somebody has the turn to write
	closing    bool         // no more messages
	shut       bool         // the Close frame is in: no more frames
	lost       bool         // nothing can be written any more
	client     bool         // frames are masked
	held       bool         // marked in the fan-out
	pong       *pong        // waits for the queue to shrink
	senders    *sender      // those that have not ended
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
	return o.corks.Load() == 0 && o.startNow()
}

// uncork takes one cork out and reports whether the turn to write is the caller's now.
func (o *outbound) uncork() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.corks.Add(-1)
	return o.start()
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

// aftermath is what follows from a write when the turn has been given up. All of it may run the application's code.
type aftermath struct {
	due  *sender // the Sends that can go on
	sent bool    // the Close frame is out
	lost bool    // the connection takes nothing any more
	news bool    // and that is why the session ends
}

// follow does it: what was lost first. Each step may call the application, which may leave by runtime.Goexit.
func (s *Session) follow(a aftermath) {
	if a.sent {
		defer s.closeSent()
	}
	defer a.due.proceedAll()
	if a.lost {
		s.outputLost(a.news)
	}
}

// flush writes what is queued, without waiting. The caller has the turn and belongs to the session.
func (s *Session) flush() {
	if a := s.push(); a != (aftermath{}) {
		s.follow(a)
	}
}

// flushApart is flush for those that do not belong to the session, and must not wait for its application.
func (s *Session) flushApart() {
	if a := s.push(); a != (aftermath{}) {
		go s.follow(a)
	}
}

// push writes what is queued, without waiting, and gives the turn up, or to a goroutine that may wait.
func (s *Session) push() (a aftermath) {
	for range flushTurns {
		b := s.out.flight.b
		n, err := s.link.try(b)
		if !s.wrote(n, err, &a) {
			return a
		}
		if n < len(b) {
			break
		}
	}
	go s.flushWaiting()
	return a
}

// flushWaiting writes until the queue is empty.
func (s *Session) flushWaiting() {
	for more := true; more; {
		var a aftermath
		n, err := s.link.write(s.out.flight.b)
		more = s.wrote(n, err, &a)
		switch {
		case a == aftermath{}:
		case more:
			go s.follow(a) // what is queued must not wait for it
		default:
			s.follow(a)
		}
	}
}

// wrote notes that n bytes of the flight went out, and adds to a what follows from it. It reports whether there is more to
// write; if not, the caller has lost the turn. The caller has the turn.
func (s *Session) wrote(n int, err error, a *aftermath) (more bool) {
	o := &s.out
	first := err != nil && s.writeFailed(err)
	if f := o.flight; err == nil {
		if f.b = f.b[n:]; len(f.b) == 0 {
			o.flight = f.free()
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stats.Writes = s.calls.writes
	o.stats.BytesOut += uint64(n)
	if err != nil || o.lost {
		freeAll(o.flight)
		o.flight, o.taken = nil, false
		o.lose()
		a.lost, a.news = err != nil, first
		return false
	}
	o.written += uint64(n)
	if p := o.pong; p != nil && !o.shut && o.backlog() <= pongBacklog {
		o.pong = nil
		o.put(ws.OpPong, p.payload[:p.n], false)
	}
	a.due = o.due(s.config(), a.due)
	if o.flight == nil {
		o.takeAll()
	}
	more = o.flight != nil
	o.taken = more
	a.sent = !more && o.shut
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

// ping sends a ping if nothing is queued; otherwise it is of no use, as the peer shows its life by taking bytes. The caller
// is the sweep, which serves all sessions.
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
		s.flushApart()
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
