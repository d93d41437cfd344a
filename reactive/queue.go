package reactive

const (
	queueFirst = 8  // values in a ring when it is first needed
	queueKeep  = 32 // a ring of at most this many values outlives a moment of emptiness
)

// queue is a first-in first-out ring that costs nothing until it is used: most subscribers keep up, so most queues are
// never filled. A ring that a burst has made large is let go as soon as it is empty. Its user bounds it and guards it.
type queue[T any] struct {
	ring []T // len is zero or a power of two
	head int // index of the oldest value
	n    int
}

func (q *queue[T]) len() int { return q.n }

// push appends v.
func (q *queue[T]) push(v T) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = v
	q.n++
}

// pop removes the oldest value; ok is false if there is none.
func (q *queue[T]) pop() (v T, ok bool) {
	if q.n == 0 {
		return v, false
	}
	var zero T
	v, q.ring[q.head] = q.ring[q.head], zero // the ring must not keep what was taken out alive
	q.head = (q.head + 1) & (len(q.ring) - 1)
	if q.n--; q.n == 0 && len(q.ring) > queueKeep {
		q.clear()
	}
	return v, true
}

// at returns the i-th oldest value; the caller knows that i < len.
func (q *queue[T]) at(i int) T { return q.ring[(q.head+i)&(len(q.ring)-1)] }

// clear drops all values and the ring.
func (q *queue[T]) clear() { *q = queue[T]{} }

func (q *queue[T]) grow() {
	ring := make([]T, max(queueFirst, 2*len(q.ring)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}
