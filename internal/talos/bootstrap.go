package talos

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/grpc/codes"
)

// Bootstrap tells the node to start etcd from the uploaded snapshot (machine
// API Bootstrap with recover_etcd). Success means that the service was
// started, not that the snapshot is restored: [Client.WatchEtcd] tells that.
//
// A node that is not ready (FailedPrecondition), does not answer in time or
// cannot be reached is asked again, with growing pauses, until ctx ends. A
// data directory that is not empty is [*DataDirNotEmpty] at once.
func (c *Client) Bootstrap(ctx context.Context) error {
	const op = "bootstrap etcd"
	wait, unanswered := c.interval, false
	for {
		err := c.bootstrap(ctx)
		switch code := client.StatusCode(err); {
		case err == nil:
			return nil
		case code == codes.AlreadyExists, code == codes.Unknown && strings.Contains(err.Error(), "data directory is not empty"):
			return &DataDirNotEmpty{Node: c.node, Unanswered: unanswered, err: err}
		case ctx.Err() != nil:
			return fmt.Errorf("%w (%w)", c.failed(op, err), ctx.Err())
		case code == codes.DeadlineExceeded, code == codes.Unavailable:
			unanswered = true
		case code != codes.FailedPrecondition:
			return c.failed(op, err)
		}
		if stop := pause(ctx, wait); stop != nil {
			return fmt.Errorf("%w (%w)", c.failed(op, err), stop)
		}
		wait = min(2*wait, 10*c.interval)
	}
}

func (c *Client) bootstrap(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(c.on(ctx), bootstrapLimit)
	defer cancel()
	return c.api.Bootstrap(ctx, &machine.BootstrapRequest{RecoverEtcd: true})
}

// DataDirNotEmpty says that a node refuses to bootstrap because
// /var/lib/etcd holds something: a running or an old etcd, or what a failed
// restore left.
type DataDirNotEmpty struct {
	// Node is the node.
	Node string
	// Unanswered is true when an earlier call got no answer and may have
	// started the restore.
	Unanswered bool

	err error
}

func (e *DataDirNotEmpty) Error() string {
	return fmt.Sprintf("bootstrap etcd on node %s: its data directory is not empty", e.Node)
}

// Hint says how to empty it, and when not to.
func (e *DataDirNotEmpty) Hint() string {
	if e.Unanswered {
		return fmt.Sprintf("an earlier call got no answer and may have worked: look at `talosctl -n %s service etcd` first; if etcd has failed, wipe with %s", e.Node, wipe(e.Node))
	}
	return "if nothing there is needed, wipe it with " + wipe(e.Node) + " and restore again; a second bootstrap never helps"
}

// Unwrap is the node's answer.
func (e *DataDirNotEmpty) Unwrap() error { return e.err }

// hint is the hint of err or of what it wraps.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
