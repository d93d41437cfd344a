//go:build !go1.27

package reactive

// Map is the stream of fn(v) for each value v. Where the type changes, use the function [Map]; from Go 1.27 on this
// method may change it too.
//
//	--1--2--3--|
//	  map doubled
//	--2--4--6--|
func (f Flux[T]) Map(fn func(T) T) Flux[T] { return Map(f.source(), fn) }

// ConcatMap subscribes to fn(v) for each value v, one after the other. Where the type changes, use the function
// [ConcatMap]; from Go 1.27 on this method may change it too.
//
//	^--1---^--2|     each ^ asks for 1
//	  concat map v to -v-v|
//	^---1-1----2-2|
func (f Flux[T]) ConcatMap(fn func(T) Flux[T]) Flux[T] { return ConcatMap(f.source(), fn) }

// Map is fn of the value of m. Where the type changes, use [MapMono]; from Go 1.27 on this method may change it too.
//
//	--1|  ->  --fn(1)|
func (m Mono[T]) Map(fn func(T) T) Mono[T] { return MapMono(m, fn) }
