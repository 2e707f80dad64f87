// Command sandbox runs a real Talos control plane, with or without Kubernetes, an S3 store and a backup CronJob on it, in namespaces of its own. Nothing on
// the host changes, and nothing leads out of it. `make demo` and the end-to-end tests use it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	err := newRoot().ExecuteContext(ctx)

	var usage usageError

	switch {
	case err == nil:
		return
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "sandbox: %v\n", err)
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "sandbox: %v\n", err)
		os.Exit(1)
	}
}
