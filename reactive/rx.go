package reactive

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/reactivex/rxgo/v2"
)

// Flux and Mono can be given to everything in RxGo that takes an Iterable.
var (
	_ rxgo.Iterable = Flux[int]{}
	_ rxgo.Iterable = Mono[int]{}
)

// Observable returns f as an RxGo Observable. It is cold: each observer subscribes to f anew, on a goroutine that ends
// with the subscription. A failure of f arrives as an item with an error.
//
// Of RxGo's options, given here or to the operators behind, two reach f. WithBufferedChannel sets the demand: at any time
// as many values as the channel can buffer, and one, have been asked for that the observer has not taken; without it,
// one. f's goroutine is never blocked by a slow observer. WithContext cancels the subscription when the context ends. In
// RxGo the end of a context closes the channel and looks like completion; here an item with the context's cause comes
// first, if the observer is waiting or its channel has room. (Behind [FromRx] there is no need for it.)
//
// What RxGo's operators do to demand and cancellation is told at [FromRx].
//
//	--1--2--x  ->  an Observable of Item{V: 1}, Item{V: 2}, Item{E: x}
func (f Flux[T]) Observable(opts ...rxgo.Option) rxgo.Observable {
	return rxgo.Defer([]rxgo.Producer{producer(f.source())}, slices.Clip(opts)...)
}

// Observe implements rxgo.Iterable; see [Flux.Observable].
//
//	--1--2--x  ->  a channel of Item{V: 1}, Item{V: 2}, Item{E: x}, closed
func (f Flux[T]) Observe(opts ...rxgo.Option) <-chan rxgo.Item {
	return f.Observable().Observe(opts...)
}

// Observable returns m as an RxGo Observable of at most one item; see [Flux.Observable].
//
//	--1|  ->  an Observable of Item{V: 1}
func (m Mono[T]) Observable(opts ...rxgo.Option) rxgo.Observable { return m.Flux().Observable(opts...) }

// Observe implements rxgo.Iterable; see [Flux.Observable].
//
//	--1|  ->  a channel of Item{V: 1}, closed
func (m Mono[T]) Observe(opts ...rxgo.Option) <-chan rxgo.Item { return m.Flux().Observe(opts...) }

// FromRx returns the stream of what an RxGo Observable, Single or OptionalSingle emits. Each subscriber observes it anew,
// with the options given here and a context that ends with the subscription. An item with an error ends the stream with
// OnError; a value that is not a T ends it with an error that wraps [ErrType]; a channel that closes because the context
// has ended is a failure with the cause of the context, never completion. A Flux[T] or Mono[T] that is given without
// options is returned as it is.
//
// A goroutine of its own reads from RxGo, while there is demand. After a cancel it reads on, for nobody, until RxGo has
// closed the channel, because some of RxGo's operators would hang otherwise. That includes the channel behind
// rxgo.FromChannel, which observers get to read directly: if it is to be used again, or is never closed, it is for
// [FromChan].
//
//	--1--2--|     items
//	  from rx
//	--1--2--|
//
// # Demand through RxGo's operators
//
// RxGo has no demand; its only brake is a channel that blocks. FromRx takes an item from the last operator for each value
// that was requested, but every operator before it runs ahead on a goroutine of its own. From a Flux through k of the
// operators that map one item to one, with channels that buffer b items (WithBufferedChannel; without it, b is 0), a
// Request(1) takes
//
//	1 + (k+1)(b+1)
//
// values from the Flux, of which all but one wait in RxGo's channels. So what limits exactly who receives values, such as
// [Permits], belongs behind FromRx, and a source that must not be asked in vain, such as a broker that counts what it has
// delivered, is better left to the operators of this package.
//
//	operator of RxGo v2.5.0               what it takes from its source
//	Map, Filter, Scan, Skip, Distinct     item by item, b+1 ahead
//	BufferWithCount(n), WindowWithCount   n for one
//	BufferWithTime, Debounce, Sample      all there is, at the speed of the source: demand ends here
//	FlatMap                               one item at a time; it concatenates, WithPool does not matter. Its function
//	                                      is called with errors, too, and loses them if it does not pass them on
//	Take(n)                               n+1 items; it completes when the next one comes and does not cancel
//	GroupBy                               waits for the slowest group: all must be read
//
// # Cancellation through RxGo's operators
//
// The context of the subscription reaches the Flux at the other end through every operator that observes its source with
// the options it is observed with. Then the Flux ends, the channels close one after the other, and nothing is left.
//
//	Map, Filter, Scan, Take, Distinct     end with the subscription
//	BufferWithCount, BufferWithTime,      end with the subscription: their source does
//	Debounce, FlatMap
//	WindowWithCount, WindowWithTime       the same, provided that every window is read, to its end; one that is not
//	                                      holds up RxGo until it is. WindowWithTime, and only that, can be freed by a
//	                                      context that was given to the operator itself
//	Merge, Concat, Zip, CombineLatest,    are eager: they observe when they are made, once, and know only the context
//	GroupBy, Retry, StartWith, Amb,       that they were made with. Give them rxgo.WithContext(ctx), with a context that
//	Sample                                ends with the session
//	FromEventSource, connectables         cannot lose an observer: one that does not read blocks the others, and one that
//	                                      has left must be read for until the source ends. [Broadcast] can
//	DoOnNext, DoOnError, ForEach          end the chain: they return no Observable
//
// The context of the subscription takes the place of one that was given to an operator with WithContext, except with
// those that are eager. Of two contexts that FromRx itself has, the subscriber's and one among its options, either ends
// the stream.
//
// An operator function that panics does so on a goroutine of RxGo and ends the program. An Observable made of a []byte by
// rxgo.Just is one of single bytes; wrap payloads in a struct.
func FromRx[T any](it rxgo.Iterable, opts ...rxgo.Option) Flux[T] {
	if len(opts) == 0 {
		switch it := it.(type) {
		case Flux[T]:
			return it
		case Mono[T]:
			return it.Flux()
		}
	}
	opts = slices.Clip(opts)
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		o := &observer[T]{loop: loop[T]{down: s}, parent: ctx}
		o.ctx, o.cancel = context.WithCancelCause(context.WithValue(ctx, observed{}, true))
		o.hold()
		s.OnSubscribe(o)
		if o.closed() { // from inside OnSubscribe
			o.cancel(nil)
			return
		}
		err := attempt(func() error {
			o.observe(it, opts)
			return nil
		})
		if err != nil {
			o.cancel(err)
			o.finish(err)
			return // without unhold: nobody runs the loop
		}
		if o.unhold() {
			go o.run()
		}
	})
}

// observer is a subscription to an RxGo source. Its loop runs on a goroutine, while there is demand.
type observer[T any] struct {
	loop[T]
	parent context.Context // the subscriber's
	ctx    context.Context // given to RxGo; ends with the subscription
	cancel context.CancelCauseFunc
	items  <-chan rxgo.Item
}

// observe starts the source. RxGo knows one context only and the last option wins, so a context among the user's options
// has to be found out and joined with that of the subscription.
func (o *observer[T]) observe(it rxgo.Iterable, opts []rxgo.Option) {
	if len(opts) > 0 {
		if users := optionContext(opts); users.Done() != nil {
			stop := context.AfterFunc(users, func() { o.cancel(context.Cause(users)) })
			context.AfterFunc(o.ctx, func() { stop() })
		}
	}
	o.items = it.Observe(append(opts, rxgo.WithContext(o.ctx))...)
}

// optionContext returns the context that RxGo makes of options. They are opaque; only an Observable gets to see it.
func optionContext(opts []rxgo.Option) context.Context {
	found := make(chan context.Context, 1)
	rxgo.Defer([]rxgo.Producer{func(ctx context.Context, _ chan<- rxgo.Item) { found <- ctx }}, opts...).Observe()
	return <-found
}

func (o *observer[T]) Request(n int64) {
	if o.enter(n) {
		go o.run()
	}
	if n < 1 {
		o.cancel(ErrBadRequest) // wakes the loop, which tells the subscriber
	}
}

func (o *observer[T]) Cancel() {
	o.loop.Cancel()
	o.cancel(nil)
	if o.enter(1) {
		go o.run() // to drain
	}
}

func (o *observer[T]) run() {
	for {
		batch := o.demand.Load()
		for range batch {
			v, err := o.next()
			if o.closed() || err != nil {
				o.end(err)
				return
			}
			o.down.OnNext(v)
		}
		if produced(&o.demand, batch) == 0 {
			return
		}
	}
}

// next waits for a value. errRxEnd is completion.
func (o *observer[T]) next() (v T, err error) {
	select {
	case item, ok := <-o.items:
		switch {
		case ok && item.E != nil:
			return v, item.E
		case ok:
			return convert[T](item.V)
		case o.parent.Err() != nil: // an operator that was made with it may have heard before o.ctx
			return v, context.Cause(o.parent)
		case o.ctx.Err() == nil:
			return v, errRxEnd
		}
		return v, context.Cause(o.ctx)
	case <-o.ctx.Done():
		return v, context.Cause(o.ctx)
	}
}

// end delivers the end, unless the subscription was closed from below, and lets go of RxGo. The demand stays above zero,
// so the loop is not entered again.
func (o *observer[T]) end(err error) {
	if o.state.Load() == loopOpen {
		if err == errRxEnd {
			err = nil
		}
		o.finish(err)
	}
	o.cancel(nil)
	for range o.items {
		// Operators that send without looking at their context would hang for ever.
	}
}

var errRxEnd = errors.New("completed") // never leaves an observer

// convert is v.(T), except that nil is the zero value of an interface.
func convert[T any](v any) (T, error) {
	t, ok := v.(T)
	if !ok && (v != nil || reflect.TypeFor[T]().Kind() != reflect.Interface) {
		return t, fmt.Errorf("reactive: from RxGo: %T instead of %v: %w", v, reflect.TypeFor[T](), ErrType)
	}
	return t, nil
}

// producer subscribes to src from RxGo's goroutine and sends what it emits.
func producer[T any](src Publisher[T]) rxgo.Producer {
	return func(ctx context.Context, next chan<- rxgo.Item) {
		p := &pump[T]{window: int64(cap(next)) + 1, wake: make(chan struct{}, 1)}
		src.Subscribe(ctx, p)
		if p.run(ctx, next) {
			return
		}
		p.up.cancel()
		if ctx.Value(observed{}) != nil {
			return // FromRx knows better than to take a closed channel for completion
		}
		select {
		case next <- rxgo.Error(context.Cause(ctx)):
		default: // nobody can be told
		}
	}
}

// observed marks the contexts of FromRx. An error on account of a cancel is not sent to it through the operators between:
// the function of a FlatMap would be called with it, and one that looks only at values would end the program.
type observed struct{}

// pump is a subscriber that queues what it has asked for, and a goroutine that sends it on. So the source is never
// blocked by RxGo's channels.
type pump[T any] struct {
	up     slot
	window int64         // most values on their way to the observer
	asked  atomic.Int64  // of the source, in all
	wake   chan struct{} // there is something new

	mu    sync.Mutex // guards what follows
	queue queue[T]   // at most window
	ended bool
	err   error
}

func (p *pump[T]) OnSubscribe(up Subscription) {
	if p.up.set(up) {
		raise(&p.asked, p.window, up)
	}
}

func (p *pump[T]) OnNext(v T) {
	p.mu.Lock()
	fits := int64(p.queue.len()) < p.window
	if fits && !p.ended {
		p.queue.push(v)
	}
	p.mu.Unlock()
	if !fits { // the source breaks rule 1.1
		p.up.cancel()
		p.finish(ErrOverflow)
		return
	}
	p.notify()
}

func (p *pump[T]) OnError(err error) {
	if p.up.ended() {
		p.finish(failure(err))
	}
}

func (p *pump[T]) OnComplete() {
	if p.up.ended() {
		p.finish(nil)
	}
}

func (p *pump[T]) finish(err error) {
	p.mu.Lock()
	if !p.ended {
		p.ended, p.err = true, err
	}
	p.mu.Unlock()
	p.notify()
}

func (p *pump[T]) notify() {
	select {
	case p.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// run sends until the source ends, or returns false if the context ended before.
func (p *pump[T]) run(ctx context.Context, next chan<- rxgo.Item) bool {
	for sent := int64(0); ; {
		p.mu.Lock()
		v, ok := p.queue.pop()
		empty, ended, err := p.queue.len() == 0, p.ended, p.err
		p.mu.Unlock()
		switch {
		case ok:
			if !rxgo.Of(v).SendContext(ctx, next) {
				return false
			}
			sent++
			if empty && !ended {
				// What was sent and is not in the channel any more has been taken. As the channel holds one less than
				// the window, that is at least one since the last request, so demand never runs dry.
				raise(&p.asked, sent-int64(len(next))+p.window, p.up.up)
			}
		case ended && err != nil:
			return rxgo.Error(err).SendContext(ctx, next)
		case ended:
			return true
		default:
			select {
			case <-p.wake:
			case <-ctx.Done():
				return false
			}
		}
	}
}
