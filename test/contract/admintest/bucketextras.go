package admintest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// bucketExtras are what bucket settings need of the admin API beside quotas.
func bucketExtras() []testCase {
	return []testCase{
		{"the server tells whether it expires objects", expiry, []string{"Expiry"}},
		{"what expired is measured", expired, nil},
		{"usage is counted by prefix", prefixUsage, []string{"PrefixUsage"}},
		{"the scanner can be watched", scannerTrace, []string{"ScannerTrace"}},
		{"a server tells that it has no KMS", noKMS, []string{"HasKMS"}},
		{"a missing bucket has no quota", noQuota, nil},
	}
}

func expiry(t *testing.T, s *target.Target) {
	e, err := s.Admin(t, s.Root).Expiry(t.Context())
	must(t, err)
	if !e.Enabled || e.Reason != "" || e.Paused || e.Failed != 0 {
		t.Errorf("%+v", e)
	}
	if (e.State == "fresh") != !e.LastCycle.IsZero() || e.State != "fresh" && e.State != "unknown" {
		t.Errorf("state %q, round %s", e.State, e.LastCycle)
	}
	if _, err := s.Admin(t, s.User(t, "")).Expiry(t.Context()); !admin.IsDenied(err) {
		t.Errorf("without rights: %v", err)
	}
}

func expired(t *testing.T, s *target.Target) {
	e, err := s.Admin(t, s.Root).Expiry(t.Context())
	must(t, err)
	if !e.Measured || e.MaxAge <= 0 || e.Queued != 0 || e.Missed != 0 {
		t.Errorf("%+v", e)
	}
}

func prefixUsage(t *testing.T, s *target.Target) {
	ctx, store := t.Context(), s.Store(t, s.Root)
	name := s.Bucket(t, store, false)
	for _, key := range []string{"a/x", "a/deep/y", "b/z", "top"} {
		must(t, store.Put(ctx, name, key, strings.NewReader(key), int64(len(key))))
	}
	want := map[string][2]int64{"a": {11, 2}, "b": {3, 1}, "top": {3, 1}}
	wait, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	tick := time.NewTicker(scanTimeout / 30)
	defer tick.Stop()
	for {
		u, err := s.Admin(t, s.Root).PrefixUsage(ctx, name, "")
		must(t, err)
		got := map[string][2]int64{}
		for _, b := range u.Below {
			got[b.Prefix] = [2]int64{b.Bytes, b.Objects}
		}
		diff := cmp.Diff(want, got)
		if diff == "" && u.Bytes == 17 && u.Objects == 4 && !u.Updated.IsZero() {
			break
		}
		select {
		case <-wait.Done():
			t.Fatalf("%+v (-want +got):\n%s", u, diff)
		case <-tick.C:
		}
		must(t, store.Put(ctx, name, "top", strings.NewReader("top"), 3)) // else the server gives the same answer for 30 seconds
	}
	u, err := s.Admin(t, s.Root).PrefixUsage(ctx, name, "a/")
	must(t, err)
	// It has few objects: after some rounds its parts are no longer counted by
	// themselves.
	if split := len(u.Below) == 2; u.Bytes != 11 || u.Objects != 2 || u.Partial == split || !split && len(u.Below) != 0 {
		t.Errorf("below a/: %+v", u)
	}
	u, err = s.Admin(t, s.Root).PrefixUsage(ctx, name, "a/deep/")
	must(t, err)
	if counted := !u.Updated.IsZero(); counted != (u.Objects == 1) || counted != (u.Bytes == 8) {
		t.Errorf("below a/deep/: %+v", u)
	}
}

// scannerTrace waits for the next thing that the scanner does.
func scannerTrace(t *testing.T, s *target.Target) {
	s.Bucket(t, s.Store(t, s.Root), false)
	ctx, cancel := context.WithTimeout(t.Context(), 2*scanTimeout)
	defer cancel()
	seen := admin.TraceEvent{}
	must(t, s.Admin(t, s.Root).ScannerTrace(ctx, func(e admin.TraceEvent) bool {
		seen = e
		return false
	}))
	if !strings.HasPrefix(seen.Func, "scanner.") || seen.Time == "" {
		t.Errorf("%+v", seen)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	must(t, s.Admin(t, s.Root).ScannerTrace(short, func(admin.TraceEvent) bool { return true }))
	if err := s.Admin(t, s.User(t, "")).ScannerTrace(ctx, func(admin.TraceEvent) bool { return true }); !admin.IsDenied(err) {
		t.Errorf("without rights: %v", err)
	}
}

func noKMS(t *testing.T, s *target.Target) {
	has, err := s.Admin(t, s.Root).HasKMS(t.Context())
	must(t, err)
	if has {
		t.Error("it has one")
	}
}

func noQuota(t *testing.T, s *target.Target) {
	if _, err := s.Admin(t, s.Root).Quota(t.Context(), s.Name("no-such-bucket")); !admin.IsCode(err, "NoSuchBucket") {
		t.Errorf("got %v", err)
	}
}
