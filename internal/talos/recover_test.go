package talos

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/grpc/codes"

	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/talos"
)

func TestRecoverIsByteIdentical(t *testing.T) {
	n := fake.Start(t)
	c := dial(t, n)
	for _, size := range []int{512, messageBytes - 32, messageBytes, 5*messageBytes + 512} {
		want := snapshot(size)
		readers := map[string]io.Reader{
			"whole":        bytes.NewReader(want),
			"half":         iotest.HalfReader(bytes.NewReader(want)),
			"data and EOF": iotest.DataErrReader(bytes.NewReader(want)),
		}
		for name, r := range readers {
			var last int64
			err := c.Recover(t.Context(), r, func(sent int64) {
				if sent <= last {
					t.Errorf("progress from %d to %d", last, sent)
				}
				last = sent
			})
			if err != nil {
				t.Fatalf("%d bytes, %s: %v", size, name, err)
			}
			if !bytes.Equal(n.Snapshot(), want) || last != int64(len(want)) {
				t.Errorf("%d bytes, %s: the node has %d bytes of %d, progress %d", size, name, len(n.Snapshot()), len(want), last)
			}
			if u := <-n.Uploads(); u.Err != nil {
				t.Error(u.Err)
			}
		}
	}
	_, nodes := n.Calls()
	if slices.ContainsFunc(nodes, func(s string) bool { return s != testNode }) {
		t.Errorf("calls for nodes %q", nodes)
	}
}

func TestRecoverAbortsWithTheReader(t *testing.T) {
	for _, cause := range []error{errors.New("sha256 mismatch"), io.ErrUnexpectedEOF} {
		for _, at := range []int{1000, messageBytes, 3*messageBytes + 7} {
			n := fake.Start(t)
			data := snapshot(5 * messageBytes)
			r := io.MultiReader(bytes.NewReader(data[:at]), iotest.ErrReader(cause))
			err := dial(t, n).Recover(t.Context(), r, nil)
			if !errors.Is(err, cause) || Retryable(err) {
				t.Errorf("cut at %d: %v", at, err)
			}
			if u := <-n.Uploads(); u.Err == nil {
				t.Errorf("cut at %d: the node took %d bytes for the whole", at, u.Bytes)
			}
			if n.Snapshot() != nil {
				t.Errorf("cut at %d: the node kept a file", at)
			}
		}
	}
}

func TestRecoverEmpty(t *testing.T) {
	n := fake.Start(t)
	err := dial(t, n).Recover(t.Context(), strings.NewReader(""), nil)
	if !errors.Is(err, ErrEmptySnapshot) {
		t.Errorf("got %v", err)
	}
	if n.Snapshot() != nil {
		t.Error("the node kept an empty file")
	}
}

func TestRecoverCancelled(t *testing.T) {
	n := fake.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := dial(t, n).Recover(ctx, endless{}, func(sent int64) {
		if sent >= 3*messageBytes {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if u := <-n.Uploads(); u.Err == nil || n.Snapshot() != nil {
		t.Errorf("the node has %v, %d bytes", u, len(n.Snapshot()))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestRecoverRefused(t *testing.T) {
	tests := []struct {
		name      string
		faults    fake.Faults
		code      codes.Code
		retryable bool
		text      string
		hint      string
	}{
		{"not ready", fake.Faults{RecoverNotReady: 1}, codes.FailedPrecondition, true, "not ready for recovery yet", "still starting"},
		{"dropped", fake.Faults{DropAfter: 2 * messageBytes}, codes.Unavailable, true, "does not answer: connection reset", "port 50000"},
		{"role", fake.Faults{Roles: []string{"os:etcd:backup"}}, codes.PermissionDenied, false, "not authorized", "--roles=os:admin"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := fake.Start(t)
			n.Fail(tt.faults)
			c := dial(t, n)
			data := snapshot(5 * messageBytes)
			err := c.Recover(t.Context(), bytes.NewReader(data), nil)
			var refused *Error
			if !errors.As(err, &refused) || refused.Code != tt.code || Retryable(err) != tt.retryable {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), testNode) || !strings.Contains(refused.Hint(), tt.hint) {
				t.Errorf("error %q, hint %q", err, refused.Hint())
			}
			if n.Snapshot() != nil {
				t.Error("the node has a file")
			}
			n.Fail(fake.Faults{})
			if err := c.Recover(t.Context(), bytes.NewReader(data), nil); err != nil || !bytes.Equal(n.Snapshot(), data) {
				t.Errorf("again: %v", err)
			}
		})
	}
}

func TestRecoverWorker(t *testing.T) {
	n := fake.Start(t)
	n.SetResource("MachineTypes.config.talos.dev", "machine-type", "worker")
	err := dial(t, n).Recover(t.Context(), bytes.NewReader(snapshot(512)), nil)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != codes.Unimplemented || !strings.Contains(refused.Hint(), "control plane") {
		t.Errorf("got %v", err)
	}
}

func TestNodeGone(t *testing.T) {
	n := fake.Start(t)
	n.Stop()
	c := dial(t, n)
	err := c.Recover(t.Context(), bytes.NewReader(snapshot(512)), nil)
	if !Retryable(err) {
		t.Errorf("got %v", err)
	}
	f, err := c.Facts(t.Context())
	if err != nil || f.Version.Known() || f.DataDir.Value != DirUndecided {
		t.Errorf("got %+v, %v", f, err)
	}
}
