package reactive

import "context"

// Map is the stream of f(v) for each value v of src. A panic in f cancels src and fails the stream.
//
//	--1--2--3--|
//	  map doubled
//	--2--4--6--|
func Map[T, R any](src Publisher[T], f func(T) R) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		m := &mapper[T, R]{f: f}
		m.down = s
		src.Subscribe(ctx, m)
	})
}

// MapMono is f of the value of src.
//
//	--1|  ->  --f(1)|
func MapMono[T, R any](src Mono[T], f func(T) R) Mono[R] { return Mono[R](Map(src.source(), f)) }

type mapper[T, R any] struct {
	leanStage[R]
	f func(T) R
}

func (m *mapper[T, R]) OnNext(v T) {
	if m.done {
		return
	}
	if m.relieved {
		m.calling = true
		r := m.f(v)
		m.calling = false
		m.down.OnNext(r)
		return
	}
	r, err := apply(m.f, v)
	if err != nil {
		m.fail(err)
		return
	}
	m.down.OnNext(r)
}

// TryMap is the stream of the first results of f for each value of src. An error of f, and a panic, cancels src and
// fails the stream.
//
//	--1--2--(3!)
//	  try map doubled, an error at 3
//	--2--4--x
func TryMap[T, R any](src Publisher[T], f func(T) (R, error)) Flux[R] {
	src = unwrap[T](src)
	return newFlux(func(ctx context.Context, s Subscriber[R]) {
		m := &tryMapper[T, R]{f: f}
		m.down = s
		src.Subscribe(ctx, m)
	})
}

// TryMapMono is the first result of f for the value of src, and fails with the second.
//
//	--1|  ->  --f(1)|  or, with an error of f,  --x
func TryMapMono[T, R any](src Mono[T], f func(T) (R, error)) Mono[R] {
	return Mono[R](TryMap(src.source(), f))
}

type tryMapper[T, R any] struct {
	leanStage[R]
	f func(T) (R, error)
}

func (m *tryMapper[T, R]) OnNext(v T) {
	if m.done {
		return
	}
	var r R
	var err error
	if m.relieved {
		m.calling = true
		r, err = m.f(v)
		m.calling = false
	} else {
		r, err = tryApply(m.f, v)
	}
	if err != nil {
		m.fail(err)
		return
	}
	m.down.OnNext(r)
}

// Then ignores the values of src and ends like it.
//
//	--1--2--3--|
//	  then
//	-----------|
func Then[T any](src Publisher[T]) Mono[Void] {
	src = unwrap[T](src)
	return newMono(func(ctx context.Context, s Subscriber[Void]) {
		src.Subscribe(ctx, &ignorer[T]{stage: stage[Void]{down: s}, drop: discarding[T](ctx)})
	})
}

// ignorer asks for everything as soon as it is asked for anything.
type ignorer[T any] struct {
	stage[Void]
	drop discard[T]
}

func (i *ignorer[T]) OnSubscribe(up Subscription) {
	if i.attach(up) {
		i.down.OnSubscribe(i)
	}
}

func (i *ignorer[T]) OnNext(v T) { i.drop.value(v) }

func (i *ignorer[T]) Request(n int64) {
	if n > 0 {
		n = Unbounded
	}
	i.up.Request(n)
}

func (i *ignorer[T]) Cancel() { i.up.Cancel() }
