package reactive

import "fmt"

// Checkpoint puts name in front of the text of a failure that passes here, as in "name: cause", so that it tells which
// step of which stream has failed; several of them add up. The failure stays what it is for errors.Is and errors.As.
//
//	--1--2--x
//	  checkpoint step
//	--1--2--x     step: x
func (f Flux[T]) Checkpoint(name string) Flux[T] {
	return f.OnErrorMap(func(err error) error { return fmt.Errorf("%s: %w", name, err) })
}

// Checkpoint puts name in front of the text of a failure of m; see [Flux.Checkpoint].
//
//	--x  ->  --x     name: x
func (m Mono[T]) Checkpoint(name string) Mono[T] { return Mono[T](m.Flux().Checkpoint(name)) }
