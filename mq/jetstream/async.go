package jetstream

import (
	"context"
	"io"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// async is the result of f, which may block and so runs on a goroutine of its own.
func async[T any](f func(ctx context.Context) (T, error)) reactive.Mono[T] {
	return reactive.MonoFrom[T](reactive.Pull(f))
}

// asyncVoid is async for what only succeeds or fails.
func asyncVoid(f func(ctx context.Context) error) reactive.Mono[reactive.Void] {
	return reactive.Pull(func(ctx context.Context) (v reactive.Void, err error) {
		if err = f(ctx); err == nil {
			err = io.EOF
		}
		return v, err
	}).Then()
}
