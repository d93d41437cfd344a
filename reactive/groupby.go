package reactive

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// groupPrefetch is how many values of its source GroupBy holds, those on their way included, as Reactor's groupBy does.
const groupPrefetch = 256

// Group is the stream of the values of one key; see [GroupBy].
type Group[K comparable, T any] struct {
	Flux[T]
	// Key is what all values of the group have in common.
	Key K
}

// GroupBy is the stream of the groups of the values of src, one for each key, in the order in which their first values
// come. A group is live: it begins with that value, and ends when src does. It may be subscribed to once, and should be;
// what comes before its subscriber asks for it waits in it. When its subscriber leaves it, the next value with its key
// opens a new group.
//
// With the first demand, src is asked for 256 values, and for more as they are taken out of the groups. So 256 values can
// wait, all groups together, and that is all there is to keep the groups apart: a group that nobody takes values from, or
// a group that nobody asks for, holds up all others when it has 256. Whoever consumes the groups must consume all that are
// live, at the same time: with [FlatMap], the concurrency must be at least the number of keys; [ConcatMap], which waits
// for the first group to end, does not get to the second.
//
// A key that does not equal itself, such as NaN, is that of one value only: each of them opens a group, which ends after
// it.
//
// When src fails, or key or the comparison of keys of an interface type panics, all groups and the stream fail, after what waits in them. When the stream is cancelled,
// no group is opened any more, groups that were not delivered are dropped, and src is cancelled when the last one that was
// delivered has been left.
//
//	--1--2--3--4--|
//	  group by odd and even
//	--A--B--------|
//	  1-----3-----|     A
//	     2-----4--|     B
func GroupBy[T any, K comparable](src Publisher[T], key func(T) K) Flux[Group[K, T]] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[Group[K, T]]) {
		b := &groupBy[T, K]{key: key, drop: discarding[T](ctx), groups: map[K]*group[T, K]{}}
		b.look = b.find
		b.live.Store(1)
		b.held.Store(true)
		b.outer.of = b
		b.outer.open(&b.outer, groupPrefetch)
		b.subscriber = s
		src.Subscribe(ctx, b)
	})
}

// groupBy is the subscriber to src. The counts are totals: received is never more than asked, and asked never more than
// groupPrefetch beyond taken, so no more than that can wait.
type groupBy[T any, K comparable] struct {
	link       slot
	key        func(T) K
	look       func(T) found[T, K] // find, made once
	drop       discard[T]
	outer      grouped[T, K]
	subscriber Subscriber[Group[K, T]]
	held       atomic.Bool // src must not be asked yet
	asked      atomic.Int64
	received   atomic.Int64
	taken      atomic.Int64 // out of the groups, by a subscriber or because there is none
	live       atomic.Int32 // the stream, until it is cancelled, and the groups, until they are left

	groups map[K]*group[T, K] // this and what follows belongs to the signals of src
	opened int
	done   bool

	news atomic.Bool // left is not empty
	mu   sync.Mutex  // guards what follows
	left []*group[T, K]
}

// group is one of the groups.
type group[T any, K comparable] struct {
	branch[T]
	of     *groupBy[T, K]
	key    K
	number int // in the order of opening
}

// found is what there is for a value.
type found[T any, K comparable] struct {
	key  K
	lone bool         // no other value can have this key
	g    *group[T, K] // nil if there is none yet
}

// grouped is the stream of groups.
type grouped[T any, K comparable] struct {
	branch[Group[K, T]]
	of *groupBy[T, K]
}

func (b *groupBy[T, K]) OnSubscribe(up Subscription) {
	if !b.link.set(up) {
		return
	}
	b.outer.Subscribe(context.Background(), b.subscriber) // a sink looks at no context
	b.subscriber = nil
	b.held.Store(false) // not before: the signals of groups must not overlap OnSubscribe (1.3)
	if b.outer.box.demand.Load() > 0 {
		b.ask()
	}
}

func (b *groupBy[T, K]) OnNext(v T) {
	b.received.Add(1)
	if b.done {
		b.fell(v)
		return
	}
	if b.news.Load() {
		b.forget()
	}
	has, err := apply(b.look, v)
	if err != nil {
		b.link.cancel()
		b.end(err)
		b.fell(v)
		return
	}
	g := has.g
	if g == nil || g.gone.Load() {
		if g = b.open(has); g == nil {
			b.fell(v)
			return
		}
	}
	switch g.box.offer(v) {
	case EmitOK:
		b.ask() // less is on its way now
	case EmitOverflow: // src breaks rule 1.1
		b.link.cancel()
		b.end(ErrOverflow)
		fallthrough
	default:
		b.fell(v)
	}
	if has.lone {
		g.finish(nil)
	}
}

// find returns what there is for v. Besides b.key, the comparison of keys may panic: those of an interface type may hold
// what cannot be compared.
func (b *groupBy[T, K]) find(v T) found[T, K] {
	key := b.key(v)
	return found[T, K]{key: key, lone: key != key, g: b.groups[key]}
}

// open opens a group, unless the stream of groups was cancelled.
func (b *groupBy[T, K]) open(has found[T, K]) *group[T, K] {
	if b.outer.gone.Load() || !b.enter() {
		return nil
	}
	g := &group[T, K]{of: b, key: has.key, number: b.opened}
	g.branch.open(g, groupPrefetch)
	b.opened++
	if !has.lone { // else a map could neither find nor delete it
		b.groups[has.key] = g
	}
	b.outer.box.offer(Group[K, T]{Flux: Flux[T]{src: g}, Key: has.key}) // there is room: it has a value that waits
	return g
}

// enter adds one to live, unless that is zero and src was cancelled.
func (b *groupBy[T, K]) enter() bool {
	for {
		n := b.live.Load()
		if n == 0 {
			return false
		}
		if b.live.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leave takes one off live, and cancels src with the last.
func (b *groupBy[T, K]) leave() {
	if b.live.Add(-1) == 0 {
		b.link.cancel()
	}
}

// forget takes the groups that were left off the map.
func (b *groupBy[T, K]) forget() {
	b.mu.Lock()
	left := b.left
	b.left = nil
	b.news.Store(false)
	b.mu.Unlock()
	for _, g := range left {
		if b.groups[g.key] == g {
			delete(b.groups, g.key)
		}
	}
}

func (b *groupBy[T, K]) OnError(err error) {
	b.link.ended()
	b.end(failure(err))
}

func (b *groupBy[T, K]) OnComplete() {
	b.link.ended()
	b.end(nil)
}

// end ends the groups in the order in which they were opened, then the stream of groups.
func (b *groupBy[T, K]) end(err error) {
	if b.done {
		return
	}
	b.done = true
	groups := slices.SortedFunc(maps.Values(b.groups), func(g, h *group[T, K]) int { return cmp.Compare(g.number, h.number) })
	b.groups = nil
	for _, g := range groups {
		g.box.end(err)
	}
	b.outer.box.end(err)
}

// ask asks src for what there is room for, if little is on its way.
func (b *groupBy[T, K]) ask() {
	low := b.asked.Load()-b.received.Load() <= groupPrefetch/4
	if low && !b.held.Load() && b.link.state.Load() == slotTaken {
		raise(&b.asked, b.taken.Load()+groupPrefetch, b.link.up)
	}
}

// fell says that v is not passed on.
func (b *groupBy[T, K]) fell(v T) {
	b.drop.value(v)
	b.taken.Add(1)
	b.ask()
}

func (g *group[T, K]) wanted() {}

func (g *group[T, K]) took(v T, passed bool) {
	if !passed {
		g.of.fell(v)
		return
	}
	g.of.taken.Add(1)
	g.of.ask()
}

func (g *group[T, K]) left() {
	b := g.of
	b.mu.Lock()
	b.left = append(b.left, g)
	b.news.Store(true)
	b.mu.Unlock()
	b.leave()
}

func (o *grouped[T, K]) wanted() {
	if !o.gone.Load() {
		o.of.ask()
	}
}

// took gets rid of a group that nobody will subscribe to.
func (o *grouped[T, K]) took(g Group[K, T], passed bool) {
	if !passed {
		g.src.(*group[T, K]).abandon()
	}
}

func (o *grouped[T, K]) left() { o.of.leave() }
