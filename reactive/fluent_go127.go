//go:build go1.27

package reactive

// Map is the function [Map] as a method.
func (f Flux[T]) Map[R any](fn func(T) R) Flux[R] { return Map(f.source(), fn) }

// TryMap is the function [TryMap] as a method.
func (f Flux[T]) TryMap[R any](fn func(T) (R, error)) Flux[R] { return TryMap(f.source(), fn) }

// ConcatMap is the function [ConcatMap] as a method.
func (f Flux[T]) ConcatMap[R any, P Publisher[R]](fn func(T) P) Flux[R] {
	return ConcatMap(f.source(), fn)
}

// FlatMap is the function [FlatMap] as a method.
func (f Flux[T]) FlatMap[R any, P Publisher[R]](concurrency int, fn func(T) P) Flux[R] {
	return FlatMap(f.source(), concurrency, fn)
}

// Map is the function [MapMono] as a method.
func (m Mono[T]) Map[R any](fn func(T) R) Mono[R] { return MapMono(m, fn) }

// FlatMap is the function [FlatMapMono] as a method.
func (m Mono[T]) FlatMap[R any](fn func(T) Mono[R]) Mono[R] { return FlatMapMono(m, fn) }
