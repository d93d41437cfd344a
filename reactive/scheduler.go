package reactive

import (
	"context"
	"sync"
	"sync/atomic"
)

// Scheduler runs tasks somewhere else than where they come up: it hands the task over and returns, and must run each
// task sooner or later. Tasks of one stream never overlap, whatever the scheduler. [Go] and what [Pool] returns are
// schedulers; nil stands for Go.
type Scheduler func(task func())

// Go is the [Scheduler] that runs each task on a new goroutine.
func Go(task func()) { go task() }

// Pool returns a [Scheduler] that runs at most n tasks (at least 1) at a time; the others wait, in order and without
// bound. Its goroutines live only while there is work, so a pool needs no closing.
func Pool(n int) Scheduler {
	p := &pool{free: max(1, n)}
	return p.run
}

type pool struct {
	mu      sync.Mutex
	free    int // goroutines that may still be started
	waiting queue[func()]
}

func (p *pool) run(task func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == 0 {
		p.waiting.push(task)
		return
	}
	p.free--
	go p.work(task)
}

func (p *pool) work(task func()) {
	ok := true
	defer func() {
		if ok { // the goroutine ends with a task that called runtime.Goexit: another takes its place
			p.replace()
		}
	}()
	for ; ok; task, ok = p.take() {
		task()
	}
}

func (p *pool) replace() {
	if task, ok := p.take(); ok {
		go p.work(task)
	}
}

func (p *pool) take() (task func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if task, ok = p.waiting.pop(); !ok {
		p.free++
	}
	return task, ok
}

// SubscribeOn subscribes to the stream, and passes requests on to it, on s. It is for sources that do their work on the
// goroutine that asks, as [FromFunc] and [FromSlice] do: that is then a goroutine of s, and the subscriber's is free.
//
//	 ^--1--2|     on s
//	  subscribe on s
//	^---1--2|
func (f Flux[T]) SubscribeOn(s Scheduler) Flux[T] {
	src := f.source()
	if s == nil {
		s = Go
	}
	return newFlux(func(ctx context.Context, down Subscriber[T]) {
		o := &subscribedOn[T]{ctx: ctx, src: src, schedule: s}
		o.down = down
		o.wip.Store(1) // for the subscription, which is scheduled when OnSubscribe has returned
		down.OnSubscribe(o)
		s(o.run)
	})
}

// SubscribeOn subscribes to m, and asks it for its value, on s; see [Flux.SubscribeOn].
//
//	^---1|  ->  ^----1|     the first on s
func (m Mono[T]) SubscribeOn(s Scheduler) Mono[T] { return Mono[T](m.Flux().SubscribeOn(s)) }

// subscribedOn has one task: to subscribe, and to ask for what was not asked for yet, until there is nothing to do.
type subscribedOn[T any] struct {
	half[T]
	ctx       context.Context
	src       Publisher[T]
	schedule  Scheduler
	up        slot
	requested atomic.Int64
	asked     atomic.Int64
	wip       atomic.Int32 // the half has one of its own
}

func (o *subscribedOn[T]) run() {
	for {
		missed := o.wip.Load()
		if src := o.src; src != nil {
			o.src = nil
			if !o.ended() {
				src.Subscribe(o.ctx, o)
			}
		}
		if o.up.state.Load() == slotTaken {
			raise(&o.asked, o.requested.Load(), o.up.up)
		}
		if o.wip.Add(-missed) == 0 {
			return
		}
	}
}

func (o *subscribedOn[T]) wake() {
	if o.wip.Add(1) == 1 {
		o.schedule(o.run)
	}
}

func (o *subscribedOn[T]) OnSubscribe(up Subscription) {
	if o.up.set(up) {
		o.wake()
	}
}

func (o *subscribedOn[T]) OnNext(v T) { o.next(v) }

func (o *subscribedOn[T]) OnError(err error) {
	o.up.ended()
	o.finish(failure(err))
}

func (o *subscribedOn[T]) OnComplete() {
	o.up.ended()
	o.finish(nil)
}

func (o *subscribedOn[T]) Request(n int64) {
	if n < 1 {
		if o.claim(ErrBadRequest) {
			o.up.cancel()
			o.release()
		}
		return
	}
	addCap(&o.requested, n)
	o.wake()
}

func (o *subscribedOn[T]) Cancel() {
	if o.shut() {
		o.up.cancel()
	}
}
