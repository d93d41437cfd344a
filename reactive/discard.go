package reactive

import "context"

// OnDiscard calls drop with the values that operators between the source and here take in and do not pass on, so that
// values from a pool, or ones that hold a resource, can be given back. It may run on any goroutine, and calls may overlap;
// a panic in drop is dropped. The hook is for values of type T, up to the next OnDiscard of that type, which is nearer to
// those above it. Where an operator has made another type of them, the function [OnDiscard] reaches them. In Reactor this
// is doOnDiscard.
//
// These are the values, each of which drop gets once:
//
//   - what is dropped by design, by [Flux.Filter], [Flux.Skip], [Flux.TakeWhile], [Then], [Flux.Last], [Flux.TakeLast],
//     [Distinct], [DistinctUntilChanged], [Flux.Throttle], [Flux.Sample], [Flux.Debounce], [WithLatestFrom] while there is
//     no other value, [Window], [WindowTimeout] and [GroupBy] when nobody listens any more, and the OnBackpressure
//     operators;
//   - what waits in an operator when its stream fails or is cancelled: in those above, [Buffer], [BufferTimeout],
//     [CollectList], [CombineLatest], [Flux.Delay], [FlatMap], [Merge], [FlatMapSequential], [Zip] (on completion too),
//     [Flux.Prefetch], [Flux.PublishOn], and in [Create] and a sink of [NewUnicast];
//   - the oldest value where [Create] drops that for a new one;
//   - what comes to an operator that was ended by something else than its source: [TakeUntilOther], [Flux.Timeout],
//     [Permits], [SwitchMap] from the stream that was replaced, [SwitchOnFirst];
//   - a value at which the function that looks at it panics, in Filter, TakeUntil, TakeWhile, Distinct,
//     DistinctUntilChanged, DoOnNext and GroupBy.
//
// Not among them are values that a function was given to make something else of, whether it did or not ([Map], [Scan],
// [Handle] and so on: what it got is its own), the newest value of a stream that [CombineLatest] and [WithLatestFrom]
// keep for that, and values that arrive at a subscriber after it has cancelled (it has to expect a few). Nor is what a
// [Sink], a [Broadcast] or an [Emitter] could not place: the emitter is told and still has it. And a value that several
// subscribers share, from a Broadcast, the sinks of [NewMulticast] and [NewReplay], [Flux.Share] and its kin, is never
// discarded: one that is dropped for one subscriber may be in use by another.
//
//	--1--2--3--|
//	  filter even, on discard: drop(1), drop(3)
//	-----2-----|
func (f Flux[T]) OnDiscard(drop func(T)) Flux[T] { return OnDiscard(f.source(), drop) }

// OnDiscard calls drop with a value that an operator above does not pass on; see [Flux.OnDiscard].
//
//	--1|  ->  filter: no, drop(1)  ->  --|
func (m Mono[T]) OnDiscard(drop func(T)) Mono[T] { return Mono[T](m.Flux().OnDiscard(drop)) }

// OnDiscard is [Flux.OnDiscard] for values of any type D that operators above src drop, whatever src is a stream of: below
// [Buffer], [Window], [Then] or [Zip] the values that these drop are of another type than those that they pass on. For
// values of several types there are several hooks. In Reactor this is doOnDiscard with a class.
//
//	--1--2--3--|
//	  filter even, in words, on discard of numbers: drop(1), drop(3)
//	-----2-----|
func OnDiscard[T, D any](src Publisher[T], drop func(D)) Flux[T] {
	return FromPublisher(src).WithValue(discardKey[D]{}, discard[D](drop))
}

// discard is the hook of a subscription for dropped values; nil if there is none.
type discard[T any] func(T)

// discardKey is the key of a discard[T] in the context of a subscription.
type discardKey[T any] struct{}

// discarding returns the hook that is in force where ctx comes from.
func discarding[T any](ctx context.Context) discard[T] {
	drop, _ := ctx.Value(discardKey[T]{}).(discard[T])
	return drop
}

// value gives v to the hook.
func (d discard[T]) value(v T) {
	if d != nil {
		_ = accept(d, v)
	}
}

// values gives all of list to the hook.
func (d discard[T]) values(list []T) {
	if d != nil {
		for _, v := range list {
			d.value(v)
		}
	}
}

// queue empties q.
func (d discard[T]) queue(q *queue[T]) {
	if d != nil {
		for v, ok := q.pop(); ok; v, ok = q.pop() {
			d.value(v)
		}
	}
	q.clear()
}
