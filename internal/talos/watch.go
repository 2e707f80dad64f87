package talos

import (
	"context"
	"fmt"
	"strings"
)

// State is etcd on the node at one moment of a restore.
type State struct {
	Service
	// WaitingFor says in words what the node does now; empty once etcd is
	// healthy.
	WaitingFor string
	// Unreachable is true while the node does not answer; Service is then the
	// last that was seen.
	Unreachable bool
}

// WatchEtcd looks at the etcd service until it is running and healthy, which
// Talos proves with a quorum read. report, if not nil, is told every state
// that differs from the one before. A node that stops answering is waited
// for: machined may restart.
//
// Errors: [*RecoverFailed] when the node gave up, an [*Error] when it refuses
// to tell, or ctx's. Limit ctx, since an image that cannot be pulled is
// tried for ever.
func (c *Client) WatchEtcd(ctx context.Context, report func(State)) error {
	var now State
	first := true
	for {
		next, err := c.look(ctx, now)
		if ctx.Err() != nil {
			return fmt.Errorf("wait for etcd on node %s: %w", c.node, ctx.Err())
		}
		if err != nil {
			return err
		}
		if report != nil && (first || next != now) {
			report(next)
		}
		now, first = next, false
		switch {
		case now.Unreachable:
		case now.State == StateFailed:
			return &RecoverFailed{Node: c.node, Message: now.Message}
		case now.State == StateRunning && now.Healthy:
			return nil
		}
		if err := pause(ctx, c.interval); err != nil {
			return fmt.Errorf("wait for etcd on node %s: %w", c.node, err)
		}
	}
}

func (c *Client) look(ctx context.Context, before State) (State, error) {
	all, err := c.services(ctx)
	if unreachable(err) {
		before.Unreachable = true
		before.WaitingFor = "the node to answer"
		return before, nil
	}
	if err != nil {
		return State{}, err
	}
	s := all["etcd"]
	return State{Service: s, WaitingFor: waitingFor(s)}, nil
}

// waitingFor is what a service state means during a restore. Preparing covers
// the image pull and the restore itself; the node does not say which.
func waitingFor(s Service) string {
	switch s.State {
	case StatePreparing:
		return "the etcd image to be pulled and the snapshot to be restored (a pull that hangs has a registry as its cause, not the snapshot)"
	case StateRunning:
		if s.Healthy {
			return ""
		}
		if s.HealthMessage != "" && s.HealthMessage != healthUnknown {
			return "etcd to become healthy: " + s.HealthMessage
		}
		return "etcd to become healthy"
	case StateFailed:
		return ""
	case "", StateFinished:
		return "the node to start etcd anew"
	}
	if s.Message != "" {
		return strings.TrimPrefix(s.Message, "Waiting for ")
	}
	return "etcd to be prepared"
}

// RecoverFailed says that the node could not restore the snapshot. It does
// not try again by itself.
type RecoverFailed struct {
	// Node is the node.
	Node string
	// Message is the node's last word on its etcd service.
	Message string
}

func (e *RecoverFailed) Error() string {
	return fmt.Sprintf("restore etcd on node %s: %s", e.Node, head(e.Message))
}

// Hint says that only a wipe leads back.
func (e *RecoverFailed) Hint() string {
	return "wipe the node with " + wipe(e.Node) + ", then restore again; if the snapshot was at fault, choose another backup"
}

// messageLines bounds what is shown of a node's words: an integrity check
// names every page.
const messageLines = 3

// head is the beginning of a message, and how much was left out.
func head(message string) string {
	lines := strings.Split(strings.TrimSpace(message), "\n")
	if len(lines) <= messageLines {
		return strings.Join(lines, "\n")
	}
	return fmt.Sprintf("%s (and %d lines more)", strings.Join(lines[:messageLines], "; "), len(lines)-messageLines)
}
