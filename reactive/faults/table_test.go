package faults

import "slices"

// table holds the faults, by the kind of promise that they break.
var table = slices.Concat(demandFaults, signalFaults, cancelFaults, boundFaults)

// demandFaults ask for too much or too little.
var demandFaults = []fault{
	{
		name:   "Take asks for as much as it is asked for",
		breaks: "Take(n) never asks its source for more than n",
		file:   "take.go",
		old:    `raise(&t.asked, min(t.requested.Load(), t.limit), t.up)`,
		new:    `raise(&t.asked, t.requested.Load(), t.up)`,
	},
	{
		name:   "Skip asks for nothing in place of what it skips",
		breaks: "for each value that Skip drops it asks for another",
		file:   "take.go",
		old: `s.drop.value(v)
	s.up.Request(1)`,
		new: `s.drop.value(v)`,
	},
	{
		name:   "Distinct asks for nothing in place of what it drops",
		breaks: "for each value that Distinct drops it asks for another",
		file:   "distinct.go",
		old: `d.drop.value(v)
		d.up.Request(1)`,
		new: `d.drop.value(v)`,
	},
	{
		name:   "Handle asks twice in place of what it drops",
		breaks: "demand is not exceeded in silence",
		file:   "handle.go",
		old:    `h.up.Request(1)`,
		new:    `h.up.Request(2)`,
	},
	{
		name:   "LimitRate reads ahead",
		breaks: "LimitRate asks for nothing beyond the demand",
		file:   "backpressure.go",
		old:    `raise(&l.asked, min(l.requested.Load(), l.received.Load()+l.limit), l.up)`,
		new:    `raise(&l.asked, l.received.Load()+l.limit, l.up)`,
	},
	{
		name:   "LimitRate asks for each value by itself",
		breaks: "new requests go out when three quarters have arrived, not for each value",
		file:   "backpressure.go",
		old: `if l.since++; l.since == l.refill {
		l.since = 0
		l.received.Add(l.refill)
		l.ask()
	}`,
		new: `l.received.Add(1)
	l.ask()`,
	},
	{
		name:   "OnBackpressureDrop counts demand twice",
		breaks: "each request counts, once",
		file:   "backpressure.go",
		old:    `produced(&d.demand, 1)`,
		new:    `produced(&d.demand, 2)`,
	},
	{
		name:   "ConcatMap asks for two values at a time",
		breaks: "at most one value of the source of ConcatMap is in the works",
		file:   "concatmap.go",
		old: `c.up.Request(1)
			return`,
		new: `c.up.Request(2)
			return`,
	},
	{
		name:   "what comes after another stream is asked for the whole demand again",
		breaks: "the next stream sees what is left of the demand",
		file:   "relay.go",
		old: `if target != Unbounded {
		target -= l.base
	}`,
	},
	{
		name:   "demand overflows",
		breaks: "demand adds up, and saturates at Unbounded",
		file:   "demand.go",
		old: `if sum < 0 {
			sum = Unbounded
		}`,
	},
	{
		name:   "BufferTimeout and WindowTimeout forget what is still owed when time is up",
		breaks: "at most n values are asked for each slice or window that is asked for",
		file:   "portions.go",
		old:    `n = p.passed + int64(p.size) - p.asked`,
		new:    `n = int64(p.size) - int64(p.held)`,
	},
	{
		name:   "WindowTimeout opens windows that nobody has asked for",
		breaks: "demand is not exceeded in silence",
		file:   "windowtimeout.go",
		old:    `w.give()`,
		new:    `w.given = true`,
	},
	{
		name:   "Permits asks without a permit",
		breaks: "Permits never asks for more than was permitted",
		file:   "permits.go",
		old:    `raise(&p.asked, min(p.requested.Load(), p.granted.Load()), p.up)`,
		new:    `raise(&p.asked, p.requested.Load(), p.up)`,
	},
	{
		name:   "Interval ticks without demand",
		breaks: "no more values than requested",
		file:   "time.go",
		old: `if t.demand.Load() > 0 {
		produced(&t.demand, 1)
		t.next(t.ticks)
	}`,
		new: `t.next(t.ticks)`,
	},
	{
		name:   "Prefetch and PublishOn accept a request of nothing",
		breaks: "a request of less than one is answered by OnError",
		file:   "handover.go",
		old: `h.stop(&ending{ErrBadRequest})
		return`,
		new: `return`,
	},
	{
		name:   "Share goes at the pace of the fastest",
		breaks: "nothing is dropped by Share: the slowest subscriber sets the pace",
		file:   "share.go",
		old:    `least, present = min(least, m.wanted()), true`,
		new:    `least, present = max(1, m.wanted()), true`,
	},
	{
		name:   "Filter asks for nothing in place of what it drops",
		breaks: "for each value that Filter drops it asks for another",
		file:   "filter.go",
		old: `f.drop.value(v)
		f.up.Request(1)`,
		new: `f.drop.value(v)`,
	},
	{
		name:   "Filter asks for nothing in place of what it drops, where the source guards it",
		breaks: "for each value that Filter drops it asks for another",
		file:   "filter.go",
		old: `if keep {
			f.down.OnNext(v)
		} else {
			f.up.Request(1)
		}`,
		new: `if keep {
			f.down.OnNext(v)
		}`,
	},
}

// signalFaults lose signals, double them, or give them at the wrong time.
var signalFaults = []fault{
	{
		name:   "Take is off by one",
		breaks: "Take(n) is the stream of the first n values",
		file:   "take.go",
		old: `if t.left > 0 {
		t.down.OnNext(v)
		return
	}`,
		new: `if t.left >= 0 {
		t.down.OnNext(v)
		return
	}`,
	},
	{
		name:   "values follow the end",
		breaks: "nothing follows the end",
		file:   "serial.go",
		old: `if h.end.Load() != nil {
			return false
		}`,
	},
	{
		name:   "an end that meets a value is lost",
		breaks: "the end comes when the value that is being delivered is done",
		file:   "serial.go",
		old: `if h.wip.Add(-1) != 0 {
		h.end.Load().deliver(h.down)
	}
	return true`,
		new: `h.wip.Add(-1)
	return true`,
	},
	{
		name:   "Merge and FlatMap deliver from two goroutines at a time",
		breaks: "signals to one subscriber never overlap",
		file:   "flatmap.go",
		old: `if m.end.Load() != nil {
		m.discard(s) // still on its way when the stream ended
		return
	}`,
		new: `if m.end.Load() != nil {
		m.discard(s)
		return
	}
	if m.wip.Load() != 0 && m.held.Load() == 0 && !s.end && m.demand.Load() > 0 {
		m.pass(s) // without waiting for who is at it
		return
	}`,
	},
	{
		name:   "FlatMap loses a wake-up",
		breaks: "whoever has the turn looks once more before it gives it up",
		file:   "flatmap.go",
		old: `if m.wip.Add(-missed) == 0 {
			break
		}`,
		new: `m.wip.Store(0)
		break`,
	},
	{
		name:   "FlatMap completes before its queue is empty",
		breaks: "no value is lost",
		file:   "flatmap.go",
		old: `if m.alive.Load() == 0 && m.held.Load() == 0 {
			m.end.CompareAndSwap(nil, endComplete)
		}`,
		new: `if m.alive.Load() == 0 {
			m.end.CompareAndSwap(nil, endComplete)
		}`,
	},
	{
		name:   "FlatMap takes the failure of an inner stream for its completion",
		breaks: "the first failure ends the stream",
		file:   "flatmap.go",
		old:    `in.of.fail(failure(err))`,
		new:    `in.of.signal(merged[T]{in: in, end: true})`,
	},
	{
		name:   "PublishOn runs the tasks of one stream side by side",
		breaks: "tasks of one stream never overlap, whatever the scheduler",
		file:   "handover.go",
		old: `if h.wip.Add(1) == 1 {
		h.deliver()
	}`,
		new: `h.wip.Add(1)
	h.deliver()`,
	},
	{
		name:   "PublishOn delivers a batch backwards",
		breaks: "values keep their order",
		file:   "handover.go",
		old:    `h.ready, h.queue = h.queue, h.ready`,
		new: `for v, ok := h.queue.pop(); ok; v, ok = h.queue.pop() {
		h.ready.push(v)
		for i := h.ready.len(); i > 1; i-- {
			w, _ := h.ready.pop()
			h.ready.push(w)
		}
	}`,
	},
	{
		name:   "the end overtakes what waits in Prefetch and PublishOn",
		breaks: "the end of the stream comes after what is queued",
		file:   "handover.go",
		old: `if h.ready.len() == 0 {
		return h.end
	}
	return nil`,
		new: `return h.end`,
	},
	{
		name:   "SubscribeOn loses a wake-up",
		breaks: "each request counts",
		file:   "scheduler.go",
		old: `if o.wip.Add(-missed) == 0 {
			return
		}`,
		new: `o.wip.Store(0)
		return`,
	},
	{
		name:   "OnBackpressureBuffer takes a second subscription",
		breaks: "a second OnSubscribe is refused",
		file:   "backpressure.go",
		old: `if a.up != nil {
		up.Cancel()
		return
	}`,
	},
	{
		name:   "a unicast sink takes a second subscriber",
		breaks: "every further subscriber fails with ErrSubscribed",
		file:   "sink.go",
		old: `if !u.taken.CompareAndSwap(false, true) {
		reject(s, ErrSubscribed)
		return
	}`,
	},
	{
		name:   "OnBackpressureBuffer says nothing of what it drops",
		breaks: "the hook of OnDiscard gets what an OnBackpressure operator drops",
		file:   "backpressure.go",
		old: `if a.offer(v) != EmitOK {
		a.drop.value(v)
	}`,
		new: `a.offer(v)`,
	},
	{
		name:   "Prefetch and PublishOn say nothing of what they drop",
		breaks: "the hook of OnDiscard gets what waits when a stream is cancelled",
		file:   "handover.go",
		old:    `h.drop.queue(&dropped)`,
		new:    `dropped.clear()`,
	},
	{
		name:   "Buffer forgets the last, shorter slice",
		breaks: "the last slice is shorter if the source completes in between",
		file:   "buffer.go",
		old: `if last != nil {
			b.down.OnNext(last)
		}`,
	},
	{
		name:   "WindowTimeout keeps a window open until the next one is asked for",
		breaks: "the time of a window does not wait for demand",
		file:   "portions.go",
		old:    `p.due = true`,
		new:    `p.due = p.demand > 0`,
	},
	{
		name:   "RetryBackoff completes when it gives up",
		breaks: "the failure after the last retry ends the stream",
		file:   "retry.go",
		old:    `r.finish(fmt.Errorf("reactive: retry: failed %d times: %w", r.failed+1, err))`,
		new:    `r.finish(nil)`,
	},
	{
		name:   "Replay hands a late subscriber one value too few",
		breaks: "Replay(n) gives each later subscriber the n newest values",
		file:   "share.go",
		old: `if r.past.len() == r.keep {
			r.past.pop()
		}`,
		new: `if n := r.past.len(); n > 0 && n >= r.keep-1 {
			r.past.pop()
		}`,
	},
	{
		name:   "ConcatMap completes with its source",
		breaks: "ConcatMap is the stream of all values of the streams that are made",
		file:   "concatmap.go",
		old: `if c.alive.Add(-1) > 0 {
		return false
	}`,
		new: `c.alive.Add(-1)`,
	},
	{
		name:   "an operator takes a second subscription",
		breaks: "a second OnSubscribe is refused",
		file:   "stage.go",
		old: `if s.up != nil {
		up.Cancel()
		return false
	}`,
	},
	{
		name:   "a mailbox loses a wake-up",
		breaks: "whoever has the turn looks once more before it gives it up",
		file:   "mailbox.go",
		old: `t.state.Store(turnTaken)
	return false`,
		new: `t.state.Store(turnFree)
	return true`,
	},
	{
		name:   "a mailbox says nothing of the oldest value when it drops that",
		breaks: "the hook of OnDiscard gets what an OnBackpressure operator drops",
		file:   "mailbox.go",
		old: `if oldest, _ := o.queue.pop(); o.waste != nil {
			o.waste.lost.push(oldest)
		}`,
		new: `o.queue.pop()`,
	},
	{
		name:   "a slow member of a broadcast keeps values from the others",
		breaks: "the subscribers of a Broadcast do not hold each other up",
		file:   "hub.go",
		old: `if r == EmitOK {
			n++
		}`,
		new: `if r != EmitOK {
			break
		}
		n++`,
	},
	{
		name:   "a queue that grows loses what has wrapped around",
		breaks: "no value is lost",
		file:   "queue.go",
		old:    `copy(ring[n:], q.ring[:q.head])`,
	},
}

// cancelFaults leave something running.
var cancelFaults = []fault{
	{
		name:   "RetryBackoff subscribes again after a cancel",
		breaks: "Cancel stops everything upstream",
		file:   "retry.go",
		old: `r.relay.Cancel()
	r.alarm.stop()`,
		new: `r.drop()`,
	},
	{
		name:   "a cancel does not reach the stream that a relay is at",
		breaks: "Cancel stops everything upstream",
		file:   "relay.go",
		old: `if r.shut() {
		r.drop()
	}`,
		new: `r.shut()`,
	},
	{
		name:   "FlatMap does not cancel its inner streams",
		breaks: "Cancel stops everything upstream",
		file:   "flatmap.go",
		old: `for _, in := range inlets {
		in.cancel()
	}`,
		new: `_ = inlets`,
	},
	{
		name:   "Race lets the losers run",
		breaks: "Race cancels the others",
		file:   "combine.go",
		old: `switch j.state.Swap(joinOver) {
	case joinOver:
		return
	case joinAsked:
		j.cancelMembers()
	}`,
		new: `if j.state.Swap(joinOver) == joinOver {
		return
	}`,
	},
	{
		name:   "SwitchMap does not cancel the stream that is replaced",
		breaks: "when the next value comes, the stream before is cancelled",
		file:   "switchmap.go",
		old: `old.link.cancel()
	old.gate.finish(nil) // which proceeds`,
		new: `old.gate.finish(nil)`,
	},
	{
		name:   "WindowTimeout keeps its source when it is cancelled between two windows",
		breaks: "Cancel stops everything upstream",
		file:   "windowtimeout.go",
		old: `w.left()
		w.wake()`,
		new: `w.wake()`,
	},
	{
		name:   "Zip does not cancel what is left",
		breaks: "Zip cancels the other source",
		file:   "zip.go",
		old: `for _, src := range z.sources {
		src.lane.cancel()
	}`,
	},
	{
		name:   "TakeUntilOther goes on listening after the end",
		breaks: "whichever of the two is left when the stream ends is cancelled",
		file:   "takeuntilother.go",
		old: `t.stop.cancel()
		t.release()`,
		new: `t.release()`,
	},
	{
		name:   "Using keeps the resource of a stream that is cancelled",
		breaks: "release gets the resource back when the stream was cancelled",
		file:   "using.go",
		old: `if u.shut() {
		u.drop()
		_ = u.dispose()
	}`,
		new: `if u.shut() {
		u.drop()
	}`,
	},
	{
		name:   "Timeout leaves its timer running after a cancel",
		breaks: "Cancel stops timers, and the subscriber is forgotten",
		file:   "timeout.go",
		old: `if t.shut() {
		t.alarm.stop()
		t.up.Cancel()
	}`,
		new: `if t.shut() {
		t.up.Cancel()
	}`,
	},
	{
		name:   "Timeout lets the source run on",
		breaks: "Timeout cancels the source",
		file:   "timeout.go",
		old: `t.alarm.stop()
		t.up.Cancel()
		t.release()`,
		new: `t.alarm.stop()
		t.release()`,
	},
	{
		name:   "Interval ticks on after a cancel",
		breaks: "Cancel stops timers, and the subscriber is forgotten",
		file:   "time.go",
		old: `t.shut()
	t.alarm.stop()`,
		new: `t.shut()`,
	},
	{
		name:   "a cancel does not reach a read that blocks",
		breaks: "the context of Pull ends when the subscription is cancelled",
		file:   "pull.go",
		old: `s.loop.Cancel()
	s.ctx.end()`,
		new: `s.loop.Cancel()`,
	},
	{
		name:   "the context of Pull outlives the stream",
		breaks: "the context of Pull ends with the stream, or the parent context keeps it",
		file:   "pull.go",
		old: `s.ctx.end()
	s.finish(err)`,
		new: `s.finish(err)`,
	},
	{
		name:   "Share keeps a source that nobody reads",
		breaks: "Share leaves the source when the last subscriber has left",
		file:   "share.go",
		old:    `leave = r.abandon()`,
	},
	{
		name:   "an operator whose function has failed lets the source run on",
		breaks: "a panic in a function given to an operator cancels its source",
		file:   "stage.go",
		old: `s.up.Cancel()
		s.down.OnError(err)`,
		new: `s.down.OnError(err)`,
	},
	{
		name:   "a source that runs a loop goes on after a cancel",
		breaks: "a cancel stops the signals",
		file:   "loop.go",
		old:    `l.state.CompareAndSwap(loopOpen, loopCancelled)`,
		new:    `_ = l`,
	},
	{
		name:   "a terminal goes on watching its context after completion",
		breaks: "nothing of a stream that has ended stays with the context of its subscriber",
		file:   "terminal.go",
		old: `b.unwatch()
	b.slot.ended()
	b.finish(nil)`,
		new: `b.slot.ended()
	b.finish(nil)`,
	},
	{
		name:   "a mailbox remembers the subscriber that has left",
		breaks: "Cancel makes a publisher forget the subscriber",
		file:   "mailbox.go",
		old:    `o.sub = nil`,
		new:    `o.halt.Load()`,
	},
}

// boundFaults let something grow without a bound.
var boundFaults = []fault{
	{
		name:   "FlatMap reads without bound from its inner streams",
		breaks: "FlatMap reads ahead up to 32 values of each inner stream",
		file:   "flatmap.go",
		old:    `up.Request(innerPrefetch)`,
		new:    `up.Request(Unbounded)`,
	},
	{
		name:   "Prefetch and PublishOn ask for more than there is room for",
		breaks: "read-ahead is always bounded",
		file:   "handover.go",
		old:    `h.up.Request(h.refill)`,
		new:    `h.up.Request(h.size)`,
	},
	{
		name:   "Zip asks for more than it can hold",
		breaks: "never more than 32 values wait for their counterparts",
		file:   "lane.go",
		old:    `raise(&l.asked, target, l.up)`,
		new:    `raise(&l.asked, target+1, l.up)`,
	},
	{
		name:   "GroupBy counts what comes and not what is taken",
		breaks: "256 values can wait, all groups together",
		file:   "groupby.go",
		old:    `raise(&b.asked, b.taken.Load()+groupPrefetch, b.link.up)`,
		new:    `raise(&b.asked, b.received.Load()+groupPrefetch, b.link.up)`,
	},
	{
		name:   "a pool starts as many goroutines as there are tasks",
		breaks: "a pool runs at most n tasks at a time",
		file:   "scheduler.go",
		old:    `p.free--`,
	},
	{
		name:   "a request from inside a request goes deeper",
		breaks: "recursion is bounded",
		file:   "create.go",
		old: `if !c.asking.enter() {
		return
	}`,
		new: `c.asking.enter()`,
	},
	{
		name:   "Delay asks for the next value while it holds one back",
		breaks: "Delay holds back one value, and loses none",
		file:   "delay.go",
		old:    `raise(&t.asked, min(t.requested.Load(), t.passed.Load()+1), t.up)`,
		new:    `raise(&t.asked, t.requested.Load(), t.up)`,
	},
	{
		name:   "a request from inside OnNext runs the loop of the source again",
		breaks: "recursion is bounded",
		file:   "loop.go",
		old:    `return addCap(&l.demand, n) == 0`,
		new: `addCap(&l.demand, n)
	return true`,
	},
}
