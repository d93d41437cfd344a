package memory

import (
	"container/heap"
	"time"
)

// backlog holds the entries of a subscription that wait to be delivered: those that came back, and those that are to be
// delivered later. What is due comes out in the order of the log.
type backlog struct {
	items   map[int64]*item
	ready   byEntry
	delayed byDue
}

// item is one entry that waits.
type item struct {
	entry     int64
	count     int       // redeliveries
	delivered bool      // it was delivered before
	due       time.Time // zero: at once
	gone      bool      // acknowledged while it waited
}

func newBacklog() backlog { return backlog{items: make(map[int64]*item)} }

func (b *backlog) push(it *item) {
	b.items[it.entry] = it
	if it.due.IsZero() {
		heap.Push(&b.ready, it)
	} else {
		heap.Push(&b.delayed, it)
	}
}

// pop takes out the first entry that is due, nil if there is none.
func (b *backlog) pop() *item {
	b.promote()
	for len(b.ready) > 0 {
		it := heap.Pop(&b.ready).(*item)
		if !it.gone {
			delete(b.items, it.entry)
			return it
		}
	}
	return nil
}

// promote moves what has become due.
func (b *backlog) promote() {
	for len(b.delayed) > 0 {
		it := b.delayed[0]
		if !it.gone {
			if it.due.After(time.Now()) {
				return
			}
			heap.Push(&b.ready, it)
		}
		heap.Pop(&b.delayed)
	}
}

// nextDue returns when the next delayed entry is due.
func (b *backlog) nextDue() (time.Time, bool) {
	for len(b.delayed) > 0 && b.delayed[0].gone {
		heap.Pop(&b.delayed)
	}
	if len(b.delayed) == 0 {
		return time.Time{}, false
	}
	return b.delayed[0].due, true
}

// has tells whether an entry waits.
func (b *backlog) has(entry int64) bool { return b.items[entry] != nil }

// removeDelivered takes an entry out if it waits and was delivered before.
func (b *backlog) removeDelivered(entry int64) bool {
	it, ok := b.items[entry]
	if !ok || !it.delivered {
		return false
	}
	b.remove(it)
	return true
}

// removeThrough takes out an entry and all before it.
func (b *backlog) removeThrough(entry int64) {
	for e, it := range b.items {
		if e <= entry {
			b.remove(it)
		}
	}
}

// remove leaves the item in its heap, from where it is dropped when it comes up.
func (b *backlog) remove(it *item) {
	it.gone = true
	delete(b.items, it.entry)
}

type byEntry []*item

func (h byEntry) Len() int           { return len(h) }
func (h byEntry) Less(i, j int) bool { return h[i].entry < h[j].entry }
func (h byEntry) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byEntry) Push(x any)        { *h = append(*h, x.(*item)) }
func (h *byEntry) Pop() any          { return popLast((*[]*item)(h)) }

type byDue []*item

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h byDue) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(x any)        { *h = append(*h, x.(*item)) }
func (h *byDue) Pop() any          { return popLast((*[]*item)(h)) }

func popLast(s *[]*item) *item {
	last := len(*s) - 1
	it := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return it
}
