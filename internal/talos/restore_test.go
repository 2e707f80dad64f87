package talos

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/talos"
)

func TestRestore(t *testing.T) {
	n := fake.Start(t)
	c := dial(t, n)
	if err := c.Recover(t.Context(), bytes.NewReader(snapshot(4096)), nil); err != nil {
		t.Fatal(err)
	}
	n.Fail(fake.Faults{BootstrapNotReady: 3, ListUnavailable: 2})
	if err := c.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.Bootstraps() != 1 {
		t.Errorf("%d bootstraps", n.Bootstraps())
	}
	var seen []string
	err := c.WatchEtcd(t.Context(), func(s State) {
		word := s.State
		switch {
		case s.Unreachable:
			word = "unreachable"
		case s.Healthy:
			word += " healthy"
		}
		seen = append(seen, word)
		if s.Healthy != (s.WaitingFor == "") {
			t.Errorf("%s waits for %q", word, s.WaitingFor)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"unreachable", "Preparing", "Running", "Running healthy"}; !slices.Equal(seen, want) {
		t.Errorf("saw %q, want %q", seen, want)
	}
	var full *DataDirNotEmpty
	if err := c.Bootstrap(t.Context()); !errors.As(err, &full) || full.Unanswered {
		t.Errorf("a second bootstrap: %v", err)
	}
}

func TestRestoreOfABadSnapshot(t *testing.T) {
	n := fake.Start(t)
	c := dial(t, n)
	data := snapshot(4096)
	data[100]++
	if err := c.Recover(t.Context(), bytes.NewReader(data), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := c.WatchEtcd(t.Context(), nil)
	var failed *RecoverFailed
	if !errors.As(err, &failed) || !strings.Contains(failed.Message, "expected sha256") || !strings.Contains(failed.Hint(), "EPHEMERAL") {
		t.Fatalf("got %v", err)
	}
	err = c.Bootstrap(t.Context())
	var full *DataDirNotEmpty
	if !errors.As(err, &full) || !strings.Contains(full.Hint(), "--system-labels-to-wipe=EPHEMERAL") || !strings.Contains(full.Hint(), testNode) {
		t.Errorf("a second bootstrap: %v", err)
	}
}

func TestBootstrapUnanswered(t *testing.T) {
	n := fake.Start(t)
	c := dial(t, n)
	if err := c.Recover(t.Context(), bytes.NewReader(snapshot(4096)), nil); err != nil {
		t.Fatal(err)
	}
	n.Fail(fake.Faults{LateBootstrap: true})
	err := c.Bootstrap(t.Context())
	var full *DataDirNotEmpty
	if !errors.As(err, &full) || !full.Unanswered || !strings.Contains(full.Hint(), "service etcd") {
		t.Errorf("got %v", err)
	}
	if n.Bootstraps() != 1 {
		t.Errorf("%d bootstraps", n.Bootstraps())
	}
}

func TestBootstrapRefused(t *testing.T) {
	n := fake.Start(t)
	n.Fail(fake.Faults{Roles: []string{"os:reader"}})
	err := dial(t, n).Bootstrap(t.Context())
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != codes.PermissionDenied {
		t.Errorf("got %v", err)
	}
	if methods, _ := n.Calls(); len(methods) != 1 {
		t.Errorf("calls %q", methods)
	}
}

func TestBootstrapEndsWithItsContext(t *testing.T) {
	n := fake.Start(t)
	n.Fail(fake.Faults{BootstrapNotReady: 1 << 30})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := dial(t, n).Bootstrap(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestWatchTellsWhatIsMissing(t *testing.T) {
	n := fake.Start(t)
	n.SetEtcd(
		fake.Etcd{},
		fake.Etcd{State: "Waiting", Message: "Waiting for service \"cri\" to be \"up\""},
		fake.Etcd{State: "Preparing", Message: "Running pre state"},
		fake.Etcd{State: "Preparing", Message: "Running pre state"},
		fake.Etcd{State: "Running", Healthy: true},
	)
	var waits []string
	if err := dial(t, n).WatchEtcd(t.Context(), func(s State) { waits = append(waits, s.WaitingFor) }); err != nil {
		t.Fatal(err)
	}
	want := []string{"start etcd anew", `service "cri"`, "image", ""}
	if len(waits) != len(want) {
		t.Fatalf("waited for %q", waits)
	}
	for i, w := range want {
		if !strings.Contains(waits[i], w) {
			t.Errorf("waited for %q, want %q", waits[i], w)
		}
	}
}

func TestWatchErrors(t *testing.T) {
	n := fake.Start(t)
	c := dial(t, n)
	n.Fail(fake.Faults{Roles: []string{"os:etcd:backup"}})
	var refused *Error
	if err := c.WatchEtcd(t.Context(), nil); !errors.As(err, &refused) || refused.Code != codes.PermissionDenied {
		t.Errorf("got %v", err)
	}
	n.Fail(fake.Faults{})
	ctx, cancel := context.WithCancel(t.Context())
	err := c.WatchEtcd(ctx, func(State) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
