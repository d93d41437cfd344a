package reactive

import (
	"errors"
	"fmt"
)

var (
	// ErrBadRequest ends a subscription whose subscriber asked for less than one value (Reactive Streams 3.9).
	ErrBadRequest = errors.New("reactive: request of less than 1 (rule 3.9)")
	// ErrOverflow ends a subscription that was offered more values than it had demand and room for.
	ErrOverflow = errors.New("reactive: more values than demand and buffer allow")
	// ErrTimeout ends a subscription that waited longer for a value than Timeout allows.
	ErrTimeout = errors.New("reactive: no value in time")
	// ErrType is wrapped by the error that ends FromRx when RxGo delivers a value of another type.
	ErrType = errors.New("reactive: value of unexpected type")
	// ErrSubscribed ends every subscription but the first to a source that allows one.
	ErrSubscribed = errors.New("reactive: source allows one subscriber")
)

// errNil stands in for the nil that somebody gave as a failure.
var errNil = errors.New("reactive: failure without an error")

// failure is err, which comes from a publisher or an emitter, in a form that cannot be taken for success.
func failure(err error) error {
	if err == nil {
		return errNil
	}
	return err
}

// PanicError is the failure of a stream one of whose callbacks panicked. The panic goes no further than the
// subscription it happened in.
type PanicError struct {
	// Value is what was given to panic.
	Value any
	// Stack is the stack of the goroutine at that moment, as debug.Stack prints it.
	Stack []byte
}

// Error says what was given to panic; the stack is left out.
func (e *PanicError) Error() string { return fmt.Sprintf("reactive: panic in callback: %v", e.Value) }

// Unwrap returns the value given to panic if it was an error, otherwise nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
