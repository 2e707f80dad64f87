package talos

import (
	"context"
	"fmt"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/grpc/codes"
)

// Error is a call that a node refused or did not answer.
type Error struct {
	// Op is what was asked, such as "upload the snapshot".
	Op string
	// Node is who was asked.
	Node string
	// Code is the gRPC status.
	Code codes.Code
	// Message is the status text, shortened.
	Message string

	roles []string
	err   error
}

// failed words an error of a call to the node; nil stays nil.
func (c *Client) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Node: c.node, Code: client.StatusCode(err), Message: err.Error(), err: err}
	if c.config != nil {
		e.roles = c.config.Credentials.Roles
	}
	if st := client.Status(err); st != nil {
		e.Message = shorten(st.Message())
	}
	return e
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s on node %s: %s", e.Op, e.Node, e.reason())
}

func (e *Error) reason() string {
	switch e.Code {
	case codes.PermissionDenied:
		if len(e.roles) == 0 {
			return "refused: " + e.Message
		}
		return "refused with role " + strings.Join(e.roles, ", ") + ": " + e.Message
	case codes.Unavailable:
		if e.certificate() {
			return "the TLS connection is refused: " + e.Message
		}
		return "the node does not answer: " + e.Message
	case codes.DeadlineExceeded:
		return "no answer in time"
	case codes.Canceled:
		return "cancelled"
	}
	return e.Message
}

// certificate says whether the connection failed over a certificate.
func (e *Error) certificate() bool {
	return strings.Contains(e.Message, "x509:") || strings.Contains(e.Message, "tls:") || strings.Contains(e.Message, "certificate")
}

// Hint says what to do.
func (e *Error) Hint() string {
	switch e.Code {
	case codes.PermissionDenied:
		if strings.Contains(e.Message, "forwarding") {
			return "the endpoint is a worker: give a control plane node with --endpoints"
		}
		return "a restore needs role os:admin: `talosctl config new --roles=os:admin admin.talosconfig` with an admin's talosconfig makes one; on Omni use `omnictl`"
	case codes.Unavailable:
		if e.certificate() {
			return "the talosconfig belongs to another cluster or has expired: compare `talosctl config info`"
		}
		return "check the address, that the node runs, and that port 50000 is reachable; never use the cluster's virtual IP, it is down without etcd"
	case codes.DeadlineExceeded:
		return "the node is busy or starting: wait and try again"
	case codes.Unimplemented:
		return "only control plane nodes run etcd: choose one with --nodes"
	case codes.FailedPrecondition:
		return "the node is still starting: wait until `talosctl service` lists cri as running"
	}
	return ""
}

// Unwrap is the error of the client library.
func (e *Error) Unwrap() error { return e.err }

// Is makes a cancelled or late call match the context's errors, whose
// identity gRPC loses.
func (e *Error) Is(target error) bool {
	return target == context.Canceled && e.Code == codes.Canceled ||
		target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded
}

// Retryable says whether the same call may succeed a little later: the node
// is not reachable (Unavailable) or not ready (FailedPrecondition). An upload
// has to start again from the beginning of the snapshot.
func Retryable(err error) bool {
	switch client.StatusCode(err) {
	case codes.Unavailable, codes.FailedPrecondition:
		return true
	}
	return false
}

// shorten takes gRPC's layers off a message: the inmost description says what
// happened.
func shorten(message string) string {
	if i := strings.LastIndex(message, `desc = "`); i >= 0 {
		message = strings.TrimSuffix(message[i+len(`desc = "`):], `"`)
	}
	message = strings.TrimPrefix(message, "transport: ")
	return strings.TrimPrefix(message, "Error while dialing: ")
}

// wipe is the command that empties a node's etcd directory.
func wipe(node string) string {
	return fmt.Sprintf("`talosctl -n %s reset --graceful=false --reboot --system-labels-to-wipe=EPHEMERAL`", node)
}

// unreachable says whether the node did not answer at all.
func (e *Error) unreachable() bool {
	return e.Code == codes.Unavailable || e.Code == codes.DeadlineExceeded || e.Code == codes.Canceled
}
