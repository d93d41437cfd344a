//go:build go1.27

package reactive

// Map is the function [Map] as a method.
//
//	--1--2--3--|
//	  map doubled
//	--2--4--6--|
func (f Flux[T]) Map[R any](fn func(T) R) Flux[R] { return Map(f.source(), fn) }

// TryMap is the function [TryMap] as a method.
//
//	--1--2--(3!)
//	  try map doubled, an error at 3
//	--2--4--x
func (f Flux[T]) TryMap[R any](fn func(T) (R, error)) Flux[R] { return TryMap(f.source(), fn) }

// ConcatMap is the function [ConcatMap] as a method.
//
//	^--1---^--2|     each ^ asks for 1
//	  concat map v to -v-v|
//	^---1-1----2-2|
func (f Flux[T]) ConcatMap[R any, P Publisher[R]](fn func(T) P) Flux[R] {
	return ConcatMap(f.source(), fn)
}

// ConcatMapPrefetch is the function [ConcatMapPrefetch] as a method.
//
//	^-1-2|  and  fn(v): --v|  ->  ^---1--2|
func (f Flux[T]) ConcatMapPrefetch[R any, P Publisher[R]](prefetch int, fn func(T) P) Flux[R] {
	return ConcatMapPrefetch(f.source(), prefetch, fn)
}

// FlatMap is the function [FlatMap] as a method.
//
//	^-1-2---^(3|)     ^ asks for 2, then for 1
//	  flat map 2, v to --v--v|
//	^---1-21-2-3--3|
func (f Flux[T]) FlatMap[R any, P Publisher[R]](concurrency int, fn func(T) P) Flux[R] {
	return FlatMap(f.source(), concurrency, fn)
}

// FlatMapSequential is the function [FlatMapSequential] as a method.
//
//	^-1-2---^(3|)     ^ asks for 2, then for 1
//	  flat map sequential 2, v to --v--v|
//	^---1--122-3--3|
func (f Flux[T]) FlatMapSequential[R any, P Publisher[R]](concurrency int, fn func(T) P) Flux[R] {
	return FlatMapSequential(f.source(), concurrency, fn)
}

// SwitchMap is the function [SwitchMap] as a method.
//
//	--1---2--|
//	  switch map v to -v-v-v|
//	---1-1-2-2-2|
func (f Flux[T]) SwitchMap[R any, P Publisher[R]](fn func(T) P) Flux[R] {
	return SwitchMap(f.source(), fn)
}

// SwitchOnFirst is the function [SwitchOnFirst] as a method.
//
//	--a--b--c--|
//	  switch on first a, to all in capitals
//	--A--B--C--|
func (f Flux[T]) SwitchOnFirst[R any, P Publisher[R]](fn func(first T, all Flux[T]) P) Flux[R] {
	return SwitchOnFirst(f.source(), fn)
}

// Handle is the function [Handle] as a method.
//
//	--1--2--3--4--(5!)
//	  handle: even ones doubled, io.EOF at 5
//	-----4-----8--|
func (f Flux[T]) Handle[R any](fn func(T) (r R, ok bool, err error)) Flux[R] {
	return Handle(f.source(), fn)
}

// Scan is the function [Scan] as a method.
//
//	^--1--2--3--|
//	  scan 0, +
//	^0-1--3--6--|
func (f Flux[T]) Scan[R any](seed R, fn func(R, T) R) Flux[R] { return Scan(f.source(), seed, fn) }

// Reduce is the function [Reduce] as a method.
//
//	--1--2--3--|
//	  reduce 0, +
//	-----------6|
func (f Flux[T]) Reduce[R any](seed R, fn func(R, T) R) Mono[R] { return Reduce(f.source(), seed, fn) }

// Distinct is the function [Distinct] as a method.
//
//	--1--2--1--3--1--|
//	  distinct 2
//	--1--2-----3--1--|     3 made it forget 1
func (f Flux[T]) Distinct[K comparable](n int, key func(T) K) Flux[T] {
	return Distinct(f.source(), n, key)
}

// DistinctUntilChanged is the function [DistinctUntilChanged] as a method.
//
//	--1--1--2--2--1--|
//	  distinct until changed
//	--1-----2-----1--|
func (f Flux[T]) DistinctUntilChanged[K comparable](key func(T) K) Flux[T] {
	return DistinctUntilChanged(f.source(), key)
}

// TakeUntilOther is the function [TakeUntilOther] as a method.
//
//	--1--2--!
//	--------(9!)
//	  take until other
//	--1--2--|
func (f Flux[T]) TakeUntilOther[U any](other Publisher[U]) Flux[T] {
	return TakeUntilOther(f.source(), other)
}

// ZipWith is the function [Zip] as a method.
//
//	--1--2-----3--|
//	---4----5-----(6!)
//	  zip with +
//	---5----7-----(9|)
func (f Flux[T]) ZipWith[U, R any](other Publisher[U], fn func(T, U) R) Flux[R] {
	return Zip(f.source(), other, fn)
}

// CombineLatestWith is the function [CombineLatest] as a method.
//
//	-1-----2-----|
//	---5-----7-|
//	  combine latest with +
//	---6---7-9---|
func (f Flux[T]) CombineLatestWith[U, R any](other Publisher[U], fn func(T, U) R) Flux[R] {
	return CombineLatest(f.source(), other, fn)
}

// WithLatestFrom is the function [WithLatestFrom] as a method.
//
//	-1---2----3--|
//	---4---5-----!
//	  with latest from +
//	-----6----8--|
func (f Flux[T]) WithLatestFrom[U, R any](other Publisher[U], fn func(T, U) R) Flux[R] {
	return WithLatestFrom(f.source(), other, fn)
}

// Map is the function [MapMono] as a method.
//
//	--1|  ->  --fn(1)|
func (m Mono[T]) Map[R any](fn func(T) R) Mono[R] { return MapMono(m, fn) }

// TryMap is the function [TryMapMono] as a method.
//
//	--1|  ->  --fn(1)|  or, with an error of fn,  --x
func (m Mono[T]) TryMap[R any](fn func(T) (R, error)) Mono[R] { return TryMapMono(m, fn) }

// Handle is the function [HandleMono] as a method.
//
//	--1|  ->  --fn(1)|  or, without a value of fn,  --|
func (m Mono[T]) Handle[R any](fn func(T) (r R, ok bool, err error)) Mono[R] {
	return HandleMono(m, fn)
}

// FlatMap is the function [FlatMapMono] as a method.
//
//	--1|  and  fn(1): ---2|  ->  -----2|
func (m Mono[T]) FlatMap[R any](fn func(T) Mono[R]) Mono[R] { return FlatMapMono(m, fn) }

// ZipWith is the function [ZipMono] as a method.
//
//	--1|  and  ----2|  ->  ----fn(1,2)|
func (m Mono[T]) ZipWith[U, R any](other Mono[U], fn func(T, U) R) Mono[R] {
	return ZipMono(m, other, fn)
}
