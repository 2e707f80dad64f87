package talos

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestErrorWords(t *testing.T) {
	c := &Client{node: testNode, config: &Config{Credentials: Credentials{Roles: []string{"os:reader"}}}}
	tests := []struct {
		err        error
		text, hint string
	}{
		{status.Error(codes.PermissionDenied, "not authorized"), "do it on node 10.5.0.2: refused with role os:reader: not authorized", "os:admin"},
		{status.Error(codes.PermissionDenied, "no request forwarding"), "no request forwarding", "worker"},
		{
			status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: dial tcp 10.5.0.2:50000: connect: connection refused"`),
			"the node does not answer: dial tcp 10.5.0.2:50000: connect: connection refused", "port 50000",
		},
		{
			status.Error(codes.Unavailable, `connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"`),
			"the TLS connection is refused: authentication handshake failed", "another cluster",
		},
		{status.Error(codes.DeadlineExceeded, "context deadline exceeded"), "no answer in time", "wait"},
		{status.Error(codes.Canceled, "context canceled"), "cancelled", ""},
		{status.Error(codes.Unimplemented, "bootstrap is only available on control plane nodes"), "only available", "--nodes"},
		{status.Error(codes.Unknown, "error writing snapshot: no space left on device"), "no space left", ""},
		{errors.New("odd"), "do it on node 10.5.0.2: odd", ""},
	}
	for _, tt := range tests {
		err := c.failed("do it", tt.err)
		if !strings.Contains(err.Error(), tt.text) {
			t.Errorf("error %q, want %q", err, tt.text)
		}
		if got := hint(err); !strings.Contains(got, tt.hint) || tt.hint == "" && got != "" {
			t.Errorf("%v: hint %q, want %q", err, got, tt.hint)
		}
		if !errors.Is(err, tt.err) {
			t.Errorf("%v lost its cause", err)
		}
	}
	if c.failed("do it", nil) != nil {
		t.Error("nil is an error")
	}
	if !errors.Is(c.failed("do it", status.Error(codes.Canceled, "")), context.Canceled) {
		t.Error("a cancelled call is not cancelled")
	}
	if Retryable(nil) || Retryable(errors.New("odd")) || Retryable(status.Error(codes.AlreadyExists, "")) {
		t.Error("too much is retryable")
	}
}
