// Package reactive has typed streams that move at the pace of who reads them.
//
// A [Flux] is a stream of any number of values, a [Mono] one of at most one value. Both are recipes: nothing happens
// until somebody subscribes and asks.
//
//	saved := reactive.ConcatMap(messages.Filter(valid), store.Save)   // Save(m) Mono[Void]
//	err := saved.ForEach(ctx, func(reactive.Void) {})
//
// # Four signals
//
// Whoever subscribes to a [Publisher] gets OnSubscribe once, OnNext for each value, and at the end one of OnComplete and
// OnError. The other way go two: Request(n), which allows n more values, and Cancel. These are Reactive Streams 1.0.4;
// package reactivetest checks an implementation against its rules. Operators, sources and terminals need no more than
// that, and neither does a stream of your own: implement Publisher and hand it to [FromPublisher].
//
// # Demand
//
// Demand is the only flow control. A source produces only what was asked for; an operator asks its source for no more
// than it was asked for itself, except where its documentation says so. Those are
//
//   - read-ahead, which is always bounded: [Flux.Prefetch], [Flux.PublishOn], and what joins or splits streams that run
//     at the same time, such as [FlatMap], [Merge], [CombineLatest] and [GroupBy];
//   - folding, where little is made of all: [Reduce], [CollectList], [Flux.Last], [Flux.TakeLast], [Then];
//   - where the newest value is what counts: [SwitchMap], [Flux.Sample], [Flux.Debounce], and the second stream of
//     [WithLatestFrom];
//   - sources that cannot be held back: [Flux.OnBackpressureBuffer] and its kin queue up to a bound, or drop, by the
//     policy that was chosen, as do [Create], [Sink] and [Broadcast].
//
// So a slow subscriber slows its source down: a socket is not read, a broker is not asked. What does not wait, as a
// ticker or a chat room, says what happens to the values nobody asked for. Nothing is buffered without a bound and
// nothing is dropped without a policy.
//
// [Flux.LimitRate] splits demand into smaller requests, and [Permits] adds a second gate to it. Demand adds up, and
// saturates at [Unbounded], which means that there is no flow control.
//
// # Who runs what
//
// An operator is one subscriber; a signal is a direct call. There is no goroutine, channel, lock or allocation per value
// on the straight path, so a chain runs where its source runs:
//
//   - [Just], [FromSlice], [Range], [FromSeq], [FromFunc] and [Do] run inside the Request of whoever asks. The first
//     Request runs the loop and one from inside OnNext only adds to it, so the stack stays flat.
//   - [Pull] and [FromChan] block: a goroutine of theirs does, only while there is demand.
//   - [Create], [Sink] and [Broadcast] run on the goroutine that pushes, or of the Request that finds something queued.
//   - [Interval], [Timer], [Flux.Timeout], [Flux.RetryBackoff], [BufferTimeout], [WindowTimeout], [Flux.Delay],
//     [Flux.Sample], [Flux.Debounce] and [Mono.DelayEnd] use timers of the runtime, and a goroutine only at the moment a
//     timer goes off.
//   - [Flux.PublishOn] and [Flux.SubscribeOn] change the goroutine by means of a [Scheduler].
//   - [Flux.ToChan] has a goroutine that sends, and so has the bridge to RxGo.
//
// Signals to one subscriber never overlap, wherever they come from: a subscriber needs no lock against itself. It must
// not block in them either; who is slow asks for less, and work that blocks is subscribed on a scheduler.
//
// # Ends
//
// Cancel stops everything upstream: timers, goroutines and the context that a function such as that of [FromFunc] was
// given. The context of Subscribe carries a deadline and values up to the source, as Reactor's Context does; it is the
// terminals ([Run], [Flux.ForEach], [Flux.Collect], [Flux.All], [Mono.Block]) that watch it and cancel when it ends.
// A panic in a function given to an operator cancels its source and becomes OnError with a [PanicError]; it never
// reaches another subscriber or the process.
//
// [When] is the end of all and [Race] the end of the first. Values that an operator had taken in and does not pass on,
// be it by design or because the stream ended, are given to the hook of [Flux.OnDiscard] or [OnDiscard], if there is one.
//
// # Methods and functions
//
// Operators that keep the element type are methods. Those that change it are functions over Publisher, which take a
// Flux, a Mono or a publisher of your own; from Go 1.27 on most of them are generic methods too, and a chain reads as
// one. Where Go does not allow the method ([Buffer], [Window], [GroupBy], [CollectList]), the function stays. One flow in
// both forms, as in Example (Functions) and Example (Methods):
//
//	// Go 1.26                                                           // Go 1.27
//	amounts := reactive.TryMap(lines.Filter(notBlank), strconv.Atoi)     texts := lines.
//	booked := reactive.ConcatMap(amounts, book)                                  Filter(notBlank).
//	balances := reactive.Scan(booked, 100, balance)                              TryMap(strconv.Atoi).
//	texts := reactive.Map(balances, strconv.Itoa)                                ConcatMap(book).
//	                                                                             Scan(100, balance).
//	                                                                             Map(strconv.Itoa)
//
// # Marbles
//
// The documentation of a source, an operator or a terminal ends with a diagram: what comes in, one line for each stream,
// what is done with it, and what comes out. Time goes from left to right; what stands in one column happens together. A
// test of the package performs them.
//
//	--1--2--3--4--|
//	  filter even
//	-----2-----4--|
//
// These are the marks:
//
//	1 a A  a value; A is a list, or a stream that has a line of its own
//	--     time passes
//	(12|)  what is in brackets comes in the same instant
//	|      completion
//	x      failure
//	^      subscription or request
//	!      cancel
//
// A stream that begins further to the right is subscribed to then; what stands behind a line, with a gap before it, is a
// remark. The value and the completion of a Mono come together and are written 1|. What is done to a Mono, and what a
// terminal returns, takes one line, such as --1|  ->  --f(1)|.
//
// # Left out
//
// These are in Reactor and not here, because a line made of what is here says it more plainly:
//
//   - the DelayError variants: which streams go on after a failure is said where it is resumed, by [Flux.OnErrorResume] on
//     each of them;
//   - thenMany(next): Concat(Map(src.Then(), none), next), where none is any function of Void that returns a value of next;
//     it is never called;
//   - skipUntil: a [Flux.Filter] with a flag, in [Defer] so that each subscription has its own;
//   - a predicate for what is retried: a failure that is not to be retried passes [Flux.RetryBackoff] as a value and is
//     turned into a failure behind it by [TryMap];
//   - a race for values: the first value of several streams is [Flux.First] of [Merge]; [Race] is about ends.
//
// And [Permits] has no method: either of its two streams may be a publisher of your own, as with [Merge] and [Zip].
//
// # Why
//
// Channels between goroutines would give backpressure as well, but each stage reads ahead by its buffer, so nobody can
// ask for exactly three messages; a stream that ended, one that was cancelled and one that failed look alike; and an
// idle chain of three operators holds four goroutines and 12 KB, where this package holds none and less than 1 KB.
package reactive
