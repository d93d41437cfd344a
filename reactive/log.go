package reactive

import (
	"context"
	"log/slog"
)

// Log writes what passes between the source and the subscriber here, in both directions, to l: subscribe, request,
// cancel, next, complete and error, at level Debug, with the name as attribute "stream" and the context of the
// subscription. It is for looking at a stream; whoever handles its failure logs that as loud as it deserves.
//
// While l is not enabled at that level, a signal costs one question to its handler and no allocation. With a nil l nothing
// is written. A panic in the handler is dropped, and with it what was to be written.
//
//	^--1--2--|
//	  log: subscribe, request, next 1, next 2, complete
//	^--1--2--|
func (f Flux[T]) Log(l *slog.Logger, name string) Flux[T] {
	if l == nil {
		return f
	}
	src := f.source()
	_ = safely(func() { l = l.With("stream", name) }) // if that fails, its lines have no name
	return newFlux(func(ctx context.Context, s Subscriber[T]) {
		src.Subscribe(ctx, &logged[T]{stage: stage[T]{down: s}, ctx: ctx, log: l})
	})
}

// Log writes what passes between m and its subscriber to l; see [Flux.Log].
//
//	^--1|  ->  ^--1|     with subscribe, request, next 1, complete in the log
func (m Mono[T]) Log(l *slog.Logger, name string) Mono[T] { return Mono[T](m.Flux().Log(l, name)) }

type logged[T any] struct {
	stage[T]
	ctx context.Context
	log *slog.Logger
}

func (l *logged[T]) enabled() (yes bool) {
	defer func() { _ = recover() }()
	return l.log.Enabled(l.ctx, slog.LevelDebug)
}

func (l *logged[T]) write(signal string, attrs ...slog.Attr) {
	_ = safely(func() { l.log.LogAttrs(l.ctx, slog.LevelDebug, signal, attrs...) })
}

func (l *logged[T]) OnSubscribe(up Subscription) {
	if !l.attach(up) {
		return
	}
	if l.enabled() {
		l.write("subscribe")
	}
	l.down.OnSubscribe(l)
}

func (l *logged[T]) OnNext(v T) {
	if l.enabled() {
		l.write("next", slog.Any("value", v))
	}
	l.down.OnNext(v)
}

func (l *logged[T]) OnError(err error) {
	if l.enabled() {
		l.write("error", slog.Any("error", err))
	}
	l.stage.OnError(err)
}

func (l *logged[T]) OnComplete() {
	if l.enabled() {
		l.write("complete")
	}
	l.stage.OnComplete()
}

func (l *logged[T]) Request(n int64) {
	if l.enabled() {
		if n == Unbounded {
			l.write("request", slog.String("n", "unbounded"))
		} else {
			l.write("request", slog.Int64("n", n))
		}
	}
	l.up.Request(n)
}

func (l *logged[T]) Cancel() {
	if l.enabled() {
		l.write("cancel")
	}
	l.up.Cancel()
}
