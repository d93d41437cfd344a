package hub

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fluxsocket/fluxsocket/mq"
)

// Hub is the state of one subscription in this process. D is what the engine keeps with each open delivery: a consumer
// sequence, a delivery count. All methods are safe for concurrent use.
type Hub[D any] struct {
	expired func([]Row[D])

	mu          sync.Mutex
	attachments []*Attachment[D] // in order of arrival
	open        map[mq.MessageID]*row[D]
	free        *row[D] // rows to use again, linked by next
	freeLen     int
}

// maxFree bounds the rows kept for reuse; a window is 1000 deliveries at most.
const maxFree = 1024

// Row is one delivery that was open: what was delivered, to whom, and the engine's data.
type Row[D any] struct {
	ID         mq.MessageID
	Attachment *Attachment[D]
	Data       D
}

// row is an entry of the outstanding table, and a link in its attachment's list, which is in order of delivery and so
// in order of deadline too.
type row[D any] struct {
	id         mq.MessageID
	owner      *Attachment[D]
	data       D
	deadline   time.Time
	prev, next *row[D]
}

// New makes a hub without attachments. What times out is handed to expired, in order of id: the rows are settled
// already, the engine gives the messages back, and when expired returns the deliveries count as settled. The slice is
// the engine's own. Calls of one attachment are serial; they come from a goroutine of the timer.
func New[D any](expired func([]Row[D])) *Hub[D] {
	return &Hub[D]{expired: expired, open: make(map[mq.MessageID]*row[D])}
}

// Options describe an attachment.
type Options struct {
	// Type must be that of the consumers already attached. A subscription without any takes whatever type comes
	// first, as in Pulsar.
	Type mq.SubscriptionType
	// AckTimeout settles a delivery that is still open then. 0: never.
	AckTimeout time.Duration
}

// Attach adds a consumer at the end of the line. It fails with [mq.ErrConsumerBusy].
func (h *Hub[D]) Attach(o Options) (*Attachment[D], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.attachments) > 0 {
		if t := h.attachments[0].o.Type; t != o.Type {
			return nil, fmt.Errorf("%w: it is attached as %v, not as %v", mq.ErrConsumerBusy, t, o.Type)
		}
		if o.Type == mq.Exclusive {
			return nil, fmt.Errorf("%w: it has an exclusive consumer", mq.ErrConsumerBusy)
		}
	}
	a := &Attachment[D]{hub: h, o: o}
	a.active = o.Type != mq.Failover || len(h.attachments) == 0
	h.attachments = append(h.attachments, a)
	return a, nil
}

// detach takes a out of the line, which may make another attachment active.
func (h *Hub[D]) detach(a *Attachment[D]) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attachments = slices.DeleteFunc(h.attachments, func(b *Attachment[D]) bool { return a == b })
	a.active = false
	if len(h.attachments) > 0 {
		h.attachments[0].active = true
	}
}

// Len returns how many consumers are attached; one that is leaving counts until it has given back what it had.
func (h *Hub[D]) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.attachments)
}

// Take ends the open delivery of a message, whoever it was delivered to. When the engine has recorded that, it owes the
// row's attachment a Credit of one, which makes the slot free. Take returns false for a message that is not open:
// acknowledged before, never delivered, or not here.
func (h *Hub[D]) Take(id mq.MessageID) (Row[D], bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.open[id.Key()]
	if !ok {
		return Row[D]{}, false
	}
	return h.remove(r), true
}

// TakeThrough ends the open deliveries of a message and of all earlier ones, as Take does, and returns them in order of
// id. It looks at every open delivery.
func (h *Hub[D]) TakeThrough(id mq.MessageID) []Row[D] {
	h.mu.Lock()
	defer h.mu.Unlock()
	var rows []Row[D]
	for key, r := range h.open {
		if key.Compare(id) <= 0 {
			rows = append(rows, h.remove(r))
		}
	}
	sortRows(rows)
	return rows
}

// remove takes a row out of the table and out of its attachment's list.
func (h *Hub[D]) remove(r *row[D]) Row[D] {
	out := Row[D]{ID: r.id, Attachment: r.owner, Data: r.data}
	delete(h.open, r.id.Key())
	r.owner.unlink(r)
	*r = row[D]{}
	if h.freeLen < maxFree {
		r.next, h.free = h.free, r
		h.freeLen++
	}
	return out
}

func (h *Hub[D]) newRow() *row[D] {
	r := h.free
	if r == nil {
		return new(row[D])
	}
	h.free, r.next = r.next, nil
	h.freeLen--
	return r
}

func sortRows[D any](rows []Row[D]) {
	slices.SortFunc(rows, func(a, b Row[D]) int { return a.ID.Compare(b.ID) })
}
