package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"webrunner/internal/wire"
)

// untilSignal returns a context that ends when somebody interrupts the command, by Ctrl-C
// or SIGTERM. The command then ends its children before itself, until stop.
func untilSignal() (ctx context.Context, stop context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// interrupted tells of a signal in place of what came of it.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		p := wire.Problemf(wire.Timeout, "interrupted; nothing is left running")
		p.Limit = "signal"
		return p
	}
	return err
}

// abandoning returns what ask returns, or why the context ended before it did. A server
// ends the job of a client that is gone, as this one is when its command has ended.
func abandoning[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	type answer struct {
		of  T
		err error
	}
	done := make(chan answer, 1)
	go func() {
		of, err := ask()
		done <- answer{of, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case a := <-done:
		return a.of, a.err
	}
}
