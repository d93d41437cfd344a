package reactive

import (
	"context"
	"iter"
)

// Run subscribes to p, asks for everything, calls next with each value and then, once, end: with nil on completion,
// with the failure, or, if ctx ends first, with its cause after p was cancelled. Calls are serial. A panic in next
// cancels p and is the failure; a panic in end is dropped. Either function may be nil.
//
// Run does not wait: next and end are called by whoever delivers the values, which for a synchronous source is the
// caller of Run. A context that cannot end costs nothing; no context costs a goroutine.
//
//	--1--2--|  ->  next(1), next(2), end(nil)
func Run[T any](ctx context.Context, p Publisher[T], next func(T), end func(error)) {
	l := &leaf[T]{next: next, end: end}
	switch {
	case ctx.Done() == nil:
		unwrap[T](p).Subscribe(ctx, l)
	case ctx.Err() != nil:
		l.finish(context.Cause(ctx))
	default:
		b := &bounded[T]{leaf: l}
		b.down = l
		b.unwatch = context.AfterFunc(ctx, func() { b.expire(context.Cause(ctx)) })
		unwrap[T](p).Subscribe(ctx, b)
	}
}

// ForEach calls fn with each value and returns how the stream ended: nil on completion, its failure, or the cause of
// the end of ctx. It waits for the end. A panic in fn cancels the stream and is returned as a [PanicError].
//
//	--1--2--x  ->  fn(1), fn(2), and x is returned
func (f Flux[T]) ForEach(ctx context.Context, fn func(T)) error { return wait(ctx, f.source(), fn) }

// Collect returns all values of the stream when it has completed. If it failed or ctx ended, it returns what had come
// until then together with the error.
//
//	--1--2--|  ->  [1 2], nil
func (f Flux[T]) Collect(ctx context.Context) ([]T, error) {
	var all []T
	err := wait(ctx, f.source(), func(v T) { all = append(all, v) })
	return all, err
}

// Block returns the value of m when it is there, or the zero value and nil if m completed without one. It fails with m,
// and with the cause of the end of ctx.
//
//	--1|  ->  1, nil
func (m Mono[T]) Block(ctx context.Context) (T, error) {
	var value T
	err := wait(ctx, m.source(), func(v T) { value = v })
	return value, err
}

// wait is Run until the end.
func wait[T any](ctx context.Context, p Publisher[T], next func(T)) error {
	ended := make(chan error, 1)
	Run(ctx, p, next, func(err error) { ended <- err })
	return <-ended
}

// leaf is the last subscriber of a chain.
type leaf[T any] struct {
	next func(T)
	end  func(error)
	up   Subscription
	done bool

	relieved bool // as of leanStage
	calling  bool
}

func (l *leaf[T]) OnSubscribe(up Subscription) {
	if l.up != nil {
		up.Cancel()
		return
	}
	l.up = up
	up.Request(Unbounded)
}

func (l *leaf[T]) OnNext(v T) {
	if l.done || l.next == nil {
		return
	}
	if l.relieved {
		l.calling = true
		l.next(v)
		l.calling = false
	} else if err := accept(l.next, v); err != nil {
		l.fail(err)
	}
}

func (l *leaf[T]) fail(err error) {
	l.up.Cancel()
	l.finish(err)
}

func (l *leaf[T]) relieve() { l.relieved = true }

func (l *leaf[T]) caller() failer {
	if l.calling {
		return l
	}
	return nil
}

func (l *leaf[T]) OnError(err error) {
	l.finish(failure(err))
}

func (l *leaf[T]) OnComplete() { l.finish(nil) }

func (l *leaf[T]) finish(err error) {
	if l.done {
		return
	}
	l.done = true
	if l.end != nil {
		_ = accept(l.end, err)
	}
}

// bounded is a leaf whose context may end.
type bounded[T any] struct {
	half[T]
	slot    slot
	leaf    *leaf[T]
	unwatch func() bool
}

func (b *bounded[T]) OnSubscribe(up Subscription) {
	if b.slot.set(up) {
		b.leaf.up = b
		up.Request(Unbounded)
	}
}

func (b *bounded[T]) OnNext(v T) { b.next(v) }

func (b *bounded[T]) OnError(err error) {
	b.unwatch()
	b.slot.ended()
	b.finish(failure(err))
}

func (b *bounded[T]) OnComplete() {
	b.unwatch()
	b.slot.ended()
	b.finish(nil)
}

// expire runs on a goroutine of package context.
func (b *bounded[T]) expire(cause error) {
	if b.claim(cause) {
		b.slot.cancel()
		b.release()
	}
}

// Request is there because b is the leaf's subscription; the leaf asks for nothing.
func (b *bounded[T]) Request(int64) {}

// Cancel is called by the leaf after a panic in next.
func (b *bounded[T]) Cancel() {
	b.unwatch()
	b.shut()
	b.slot.cancel()
}

// All returns the values of the stream for a range loop. Each turn of the loop asks for one value, so a source is
// never ahead of the loop. If the stream fails or ctx ends, the last pair is a zero value and the error; on completion
// the loop just ends. Leaving the loop cancels the stream. Each loop over the result is a subscription of its own.
//
//	^--1^--2^--|  ->  (1, nil), (2, nil)     each turn is a ^
func (f Flux[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		s := &stepper[T]{signals: make(chan step[T], 2)}
		defer s.cancel()
		f.Subscribe(ctx, s)
		for {
			select {
			case next := <-s.signals:
				switch {
				case next.err != nil:
					yield(next.v, next.err)
					return
				case next.end, !yield(next.v, nil):
					return
				}
				s.up.Request(1)
			case <-ctx.Done():
				var none T
				yield(none, context.Cause(ctx))
				return
			}
		}
	}
}

// stepper hands one value at a time to a range loop. Its channel has room for that value and the end, so a signal
// never waits for the loop: a value that comes while there is another was not asked for.
type stepper[T any] struct {
	slot
	signals chan step[T]
}

type step[T any] struct {
	v   T
	end bool
	err error
}

func (s *stepper[T]) OnSubscribe(up Subscription) {
	if s.set(up) {
		up.Request(1)
	}
}

func (s *stepper[T]) OnNext(v T) {
	switch {
	case s.state.Load() != slotTaken: // still on its way when the loop was left
	case len(s.signals) == 0:
		s.signals <- step[T]{v: v}
	case s.ended(): // the source breaks rule 1.1
		s.up.Cancel()
		s.signals <- step[T]{end: true, err: ErrOverflow}
	}
}

func (s *stepper[T]) OnError(err error) {
	if s.ended() {
		s.signals <- step[T]{end: true, err: failure(err)}
	}
}

func (s *stepper[T]) OnComplete() {
	if s.ended() {
		s.signals <- step[T]{end: true}
	}
}
