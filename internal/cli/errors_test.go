package cli

import (
	"context"
	"crypto/tls"
	"encoding/json"
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

// refused is an answer of a store.
type refused struct{ reason, hint string }

func (r refused) Error() string   { return "no" }
func (r refused) Reason() string  { return r.reason }
func (r refused) Hint() string    { return r.hint }
func (r refused) Retryable() bool { return r.reason == "SlowDown" }

// TestErrorsAsJSON: with -o json an error is one object on one line.
func TestErrorsAsJSON(t *testing.T) {
	t.Parallel()
	pods := schema.GroupResource{Resource: "pods"}
	untrusted := &url.Error{Op: "Get", URL: "https://a", Err: &tls.CertificateVerificationError{Err: errors.New("no")}}
	for name, c := range map[string]struct {
		err  error
		code int
		want errorView
	}{
		"plain":        {errors.New("no"), ExitFailed, errorView{Error: "no", Reason: "Failed"}},
		"usage":        {Usagef("no").WithHint("so"), ExitUsage, errorView{Error: "no", Hint: "so", Reason: "Usage"}},
		"found":        {&Found{Reason: "no"}, ExitFound, errorView{Error: "no", Reason: "Found"}},
		"interrupted":  {fmt.Errorf("list: %w", context.Canceled), ExitInterrupted, errorView{Error: "interrupted", Reason: "Interrupted"}},
		"a store's":    {fmt.Errorf("x: %w", refused{"NoSuchBucket", "look"}), ExitFailed, errorView{Error: "x: no", Hint: "look", Reason: "NoSuchBucket"}},
		"a busy store": {refused{"SlowDown", ""}, ExitFailed, errorView{Error: "no", Reason: "SlowDown", Retryable: true}},
		"forbidden":    {apierrors.NewForbidden(pods, "a", errors.New("no")), ExitFailed, errorView{Reason: "Forbidden"}},
		"busy cluster": {apierrors.NewTooManyRequests("no", 1), ExitFailed, errorView{Reason: "TooManyRequests", Retryable: true}},
		"too late":     {context.DeadlineExceeded, ExitFailed, errorView{Reason: "Timeout", Retryable: true}},
		"nobody there": {&url.Error{Op: "Get", URL: "http://a", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, ExitFailed, errorView{Reason: "Unreachable", Retryable: true}},
		"no trust":     {untrusted, ExitFailed, errorView{Reason: "Failed"}},
		"control":      {errors.New("a\x1b[2J\u009b\n\u202eb"), ExitFailed, errorView{Error: "a\x1b[2J\u009b\n\u202eb", Reason: "Failed"}},
	} {
		u, out, errOut := testUI(nil)
		u.output.format = "json"
		u.printError(c.err, c.code)
		text := errOut.String()
		if out.Len() != 0 || strings.Count(text, "\n") != 1 || strings.IndexFunc(strings.TrimSpace(text), harmful) >= 0 {
			t.Errorf("%s: %q", name, text)
		}
		var got errorView
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%s: %v in %q", name, err, text)
			continue
		}
		if c.want.Error == "" {
			c.want.Error, c.want.Hint = got.Error, got.Hint
		}
		c.want.Kind, c.want.Code = "Error", c.code
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
