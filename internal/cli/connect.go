package cli

import (
	"context"
	"sync"
)

// Connect opens something on first use and remembers it: help, completion of
// flags and bad usage never touch the network.
type Connect[T any] func(context.Context) (T, error)

// Once makes a Connect that calls open at most once, with the first caller's
// context.
func Once[T any](open func(context.Context) (T, error)) Connect[T] {
	var once sync.Once
	var v T
	var err error
	return func(ctx context.Context) (T, error) {
		once.Do(func() { v, err = open(ctx) })
		return v, err
	}
}
