package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	plain, found, usage := errors.New("no"), &Found{Reason: "bad"}, Usagef("wrong")
	cancelled := fmt.Errorf("list: %w", context.Canceled)
	for _, c := range []struct {
		name                 string
		err                  error
		started, interrupted bool
		want                 int
	}{
		{"done", nil, true, false, ExitOK},
		{"done before the signal", nil, true, true, ExitOK},
		{"failed", plain, true, false, ExitFailed},
		{"refused by cobra", plain, false, false, ExitUsage},
		{"wrong usage", fmt.Errorf("x: %w", usage), true, false, ExitUsage},
		{"found", fmt.Errorf("x: %w", found), true, false, ExitFound},
		{"found with a hint", Hintf(found, "look"), true, false, ExitFound},
		{"found and failed", errors.Join(plain, found), true, false, ExitFound},
		{"wrong usage and found", errors.Join(found, usage), true, false, ExitUsage},
		{"interrupted", cancelled, true, true, ExitInterrupted},
		{"interrupted, in other words", plain, true, true, ExitInterrupted},
		{"interrupted before it began", cancelled, false, true, ExitInterrupted},
		{"refused by cobra, then a signal", plain, false, true, ExitUsage},
		{"the end of a program", &Ended{Code: 7}, true, false, 7},
		{"the end of a program, by ctrl-C", fmt.Errorf("x: %w", &Ended{Code: 130}), true, true, 130},
		{"no program", Hintf(&Ended{Code: 127, Err: plain}, "look"), true, false, 127},
		{"cancelled by itself", cancelled, true, false, ExitFailed},
	} {
		if got := ExitCode(c.err, c.started, c.interrupted); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "inner" }

func TestHintOf(t *testing.T) {
	t.Parallel()
	inner := hinted{errors.New("no")}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, ""},
		{"none", errors.New("no"), ""},
		{"wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", inner)), "inner"},
		{"the outermost wins", Hintf(inner, "outer %d", 1), "outer 1"},
		{"an empty one does not", Hintf(inner, ""), "inner"},
		{"joined", errors.Join(errors.New("no"), inner), "inner"},
		{"joined below", fmt.Errorf("a: %w", errors.Join(errors.New("no"), fmt.Errorf("b: %w", inner))), "inner"},
		{"two wrapped", fmt.Errorf("%w and %w", errors.New("no"), inner), "inner"},
		{"usage", Usagef("no").WithHint("type %s", "this"), "type this"},
		{"found", &Found{Reason: "no", HintText: "look"}, "look"},
	} {
		if got := hintOf(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	pods := schema.GroupResource{Resource: "pods"}
	for _, c := range []struct {
		name string
		err  error
		hint string
	}{
		{"its own hint", Hintf(apierrors.NewUnauthorized("no"), "mine"), "mine"},
		{"unauthorized", apierrors.NewUnauthorized("no"), "kubectl auth whoami"},
		{"forbidden", fmt.Errorf("list: %w", apierrors.NewForbidden(pods, "a", errors.New("no"))), "--context NAME"},
		{"too late", fmt.Errorf("list: %w", context.DeadlineExceeded), "--request-timeout"},
		{"unknown name", &url.Error{Op: "Get", URL: "https://nowhere", Err: &net.DNSError{Err: "no such host", Name: "nowhere"}}, `"nowhere"`},
		{"nobody listens", &url.Error{Op: "Get", URL: "https://127.0.0.1", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, "current-context"},
		{"anything else", errors.New("no"), ""},
	} {
		message, hint := explain(c.err)
		if message == "" || c.hint == "" && hint != "" || !strings.Contains(hint, c.hint) {
			t.Errorf("%s: message %q, hint %q; want %q in it", c.name, message, hint, c.hint)
		}
	}
}
