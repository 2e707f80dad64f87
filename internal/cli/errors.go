package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/clientcmd"
)

// Exit codes. They are part of the interface: scripts rely on them.
const (
	ExitOK          = 0   // done, or nothing to do
	ExitFailed      = 1   // any error not named below
	ExitUsage       = 2   // wrong usage: unknown command or flag, bad value, contradictory flags
	ExitFound       = 3   // looked, and the answer is not the hoped one: a bad backup, a difference
	ExitInterrupted = 130 // interrupted by a signal
)

// ExitHelp is the paragraph every command's Long ends with; found says what
// exit code 3 means, empty for a command that never gives it.
func ExitHelp(found string) string {
	s := "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
	if found != "" {
		s += ",\n3 " + found
	}
	return s + "."
}

// UsageError is a mistake in how the command was called; exit code 2.
type UsageError struct {
	Err      error
	HintText string
}

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Hint says what to type instead.
func (e *UsageError) Hint() string { return e.HintText }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) *UsageError {
	return &UsageError{Err: fmt.Errorf(format, args...)}
}

// WithHint adds what to do next and returns the error.
func (e *UsageError) WithHint(format string, args ...any) *UsageError {
	e.HintText = fmt.Sprintf(format, args...)
	return e
}

// HintError is an error with what to do next.
type HintError struct {
	Err      error
	HintText string
}

func (e *HintError) Error() string { return e.Err.Error() }
func (e *HintError) Unwrap() error { return e.Err }

// Hint says what to do next.
func (e *HintError) Hint() string { return e.HintText }

// Hintf adds what to do next to err.
func Hintf(err error, format string, args ...any) error {
	return &HintError{Err: err, HintText: fmt.Sprintf(format, args...)}
}

// Found is not a failure: the command looked, and what it found is not what
// one hopes for. Exit code 3. What was found has been printed as the result,
// or is Reason.
type Found struct {
	Reason   string
	HintText string
}

func (e *Found) Error() string { return e.Reason }

// Hint says what to do about it.
func (e *Found) Hint() string { return e.HintText }

// Ended is the end of another program that a command ran: its exit code
// becomes this program's own. Err is what is to be said about it; nothing
// where the other program has spoken for itself.
type Ended struct {
	Code int
	Err  error
}

func (e *Ended) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Ended) Unwrap() error { return e.Err }

type hinter interface{ Hint() string }

// hintOf finds the outermost non-empty hint in the chain of err.
func hintOf(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		if h, ok := err.(hinter); ok && h.Hint() != "" {
			return h.Hint()
		}
		if m, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range m.Unwrap() {
				if h := hintOf(e); h != "" {
					return h
				}
			}
		}
	}
	return ""
}

// ExitCode maps an error to the exit code. started tells whether the command
// itself began: what cobra refuses before is a usage error.
func ExitCode(err error, started, interrupted bool) int {
	var usage *UsageError
	var found *Found
	var end *Ended
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &end):
		return end.Code
	case interrupted && (errors.Is(err, context.Canceled) || started):
		return ExitInterrupted
	case errors.As(err, &usage), !started:
		return ExitUsage
	case errors.As(err, &found):
		return ExitFound
	}
	return ExitFailed
}

// explain turns an error into the words and the hint that a person needs.
func explain(err error) (message, hint string) {
	message, hint = strings.TrimSpace(err.Error()), hintOf(err)
	if hint != "" {
		return message, hint
	}
	var dns *net.DNSError
	var u *url.Error
	switch {
	case clientcmd.IsEmptyConfig(err):
		return "no kubeconfig: neither --kubeconfig, KUBECONFIG nor ~/.kube/config names a cluster",
			"check with: kubectl config get-contexts"
	case apierrors.IsUnauthorized(err):
		return message, "the cluster does not accept this kubeconfig's credentials; check with: kubectl auth whoami"
	case apierrors.IsForbidden(err):
		return message, "ask for this right, or use a context that has it: --context NAME"
	case errors.Is(err, context.DeadlineExceeded):
		return message, "the server did not answer in time; raise --request-timeout, or look at it with: kubectl get --raw /readyz"
	case errors.As(err, &dns):
		return message, fmt.Sprintf("the name %q is unknown here; check the address", dns.Name)
	case errors.As(err, &u) && strings.Contains(message, "connection refused"):
		return message, "nothing listens there; is the server up, and is this the right context? (kubectl config current-context)"
	}
	return message, ""
}

// reasonOf is an error in one word: the code of whoever refused, or what the
// exit code means.
func reasonOf(err error, code int) string {
	var r interface{ Reason() string }
	switch {
	case code == ExitInterrupted:
		return "Interrupted"
	case errors.As(err, &r) && r.Reason() != "":
		return r.Reason()
	case apierrors.ReasonForError(err) != "":
		return string(apierrors.ReasonForError(err))
	case code == ExitUsage:
		return "Usage"
	case code == ExitFound:
		return "Found"
	case errors.Is(err, context.DeadlineExceeded):
		return "Timeout"
	case unreachable(err):
		return "Unreachable"
	}
	return "Failed"
}

// retryable reports that the same command may work later: whoever was asked is
// busy, starting, or cannot be reached.
func retryable(err error, code int) bool {
	if code == ExitUsage || code == ExitFound || code == ExitInterrupted {
		return false
	}
	var r interface{ Retryable() bool }
	if errors.As(err, &r) {
		return r.Retryable()
	}
	return apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		errors.Is(err, context.DeadlineExceeded) || unreachable(err)
}

// unreachable reports an error of the network, which a certificate that is
// not trusted is none of.
func unreachable(err error) bool {
	var n net.Error
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return false
	}
	return errors.As(err, &n) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}
