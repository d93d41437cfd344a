package reactive

import (
	"errors"
	"runtime/debug"
)

// catch is deferred around a call of a user's function. Guarding the call and not the operator keeps a panic from
// passing through an emission loop, which would leave the stream dead without a terminal signal.
func catch(err *error) {
	if v := recover(); v != nil {
		*err = &PanicError{Value: v, Stack: debug.Stack()}
	}
}

// apply is f(v), with a panic turned into an error.
func apply[T, R any](f func(T) R, v T) (r R, err error) {
	defer catch(&err)
	return f(v), nil
}

// accept is f(v), with a panic turned into an error.
func accept[T any](f func(T), v T) (err error) {
	defer catch(&err)
	f(v)
	return nil
}

// attempt is f(), with a panic turned into an error. Paths that run once per value use apply and accept instead,
// which need no closure.
func attempt(f func() error) (err error) {
	defer catch(&err)
	return f()
}

// joinErrors is errors.Join, but leaves a single error as it is.
func joinErrors(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}
