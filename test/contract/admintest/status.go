package admintest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
)

// statusCases are about what a server says of itself.
func statusCases() []testCase {
	return append(insides(), []testCase{
		{"health tells the time", healthTime, []string{"Health"}},
		{"info tells of pools", infoPools, []string{"Info"}},
		{"the scanner tells how old its figures are", scanner, []string{"Scanner"}},
		{"a server without KMS says so", kms, []string{"KMS"}},
		{"the configuration has defaults", settings, []string{"Settings"}},
		{"one sample of metrics", realtime, []string{"Realtime"}},
		{"the console's version is on its port only", consoleVersion, []string{"ConsoleVersion"}},
		{"an administrator is told from a user", isAdmin, []string{"IsAdmin"}},
	}...)
}

func healthTime(t *testing.T, s *target.Target) {
	h, err := s.Admin(t, target.Key{}).Health(t.Context())
	must(t, err)
	if d := time.Since(h.Time.Time); d < -time.Minute || d > time.Minute {
		t.Errorf("the server's clock says %s", h.Time)
	}
}

func infoPools(t *testing.T, s *target.Target) {
	i, err := s.Admin(t, s.Root).Info(t.Context())
	must(t, err)
	if !slices.Equal(i.Backend.Sets, []int{1}) || !slices.Equal(i.Backend.PerSet, []int{1}) || i.Pools["0"]["0"].RawTotal == 0 {
		t.Errorf("backend %+v, pools %+v", i.Backend, i.Pools)
	}
}

func scanner(t *testing.T, s *target.Target) {
	a, err := s.Admin(t, s.Root).Scanner(t.Context())
	must(t, err)
	if !a.Enabled || a.Reason != "" || a.MaxAge <= 0 || !slices.Contains([]string{"fresh", "stale", "unknown"}, a.State) {
		t.Errorf("%+v", a)
	}
	if a.LastCycle.After(time.Now().Add(time.Minute)) || (a.State == "unknown") != a.LastCycle.IsZero() {
		t.Errorf("%+v", a)
	}
}

func kms(t *testing.T, s *target.Target) {
	a, err := s.Admin(t, s.Root).KMS(t.Context())
	must(t, err)
	if a.Status != "NotConfigured" || a.Healthy != nil || a.Backend != "" {
		t.Errorf("%+v", a)
	}
}

func settings(t *testing.T, s *target.Target) {
	all, err := s.Admin(t, s.Root).Settings(t.Context())
	must(t, err)
	for _, want := range []admin.Setting{{Scope: "scanner", Key: "speed", Value: "default"}, {Scope: "storage_class", Key: "standard", Value: ""}} {
		if !slices.Contains(all, want) {
			t.Errorf("%+v is not in %+v", want, all)
		}
	}
}

func realtime(t *testing.T, s *target.Target) {
	r, err := s.Admin(t, s.Root).Realtime(t.Context())
	must(t, err)
	if r.Disks != 1 || r.Offline != 0 || r.Healing != 0 {
		t.Errorf("%+v", r)
	}
}

func consoleVersion(t *testing.T, s *target.Target) {
	_, err := s.Admin(t, target.Key{}).ConsoleVersion(t.Context())
	if !admin.IsDenied(err) {
		t.Errorf("got %v, want AccessDenied", err)
	}
}

// insides are what a user without rights may not see of a server.
func insides() []testCase {
	var out []testCase
	for what, ask := range map[string]func(context.Context, *admin.Client) error{
		"scanner":  func(ctx context.Context, c *admin.Client) error { _, err := c.Scanner(ctx); return err },
		"expiry":   func(ctx context.Context, c *admin.Client) error { _, err := c.Expiry(ctx); return err },
		"KMS":      func(ctx context.Context, c *admin.Client) error { _, err := c.KMS(ctx); return err },
		"settings": func(ctx context.Context, c *admin.Client) error { _, err := c.Settings(ctx); return err },
		"metrics":  func(ctx context.Context, c *admin.Client) error { _, err := c.Realtime(ctx); return err },
	} {
		out = append(out, testCase{"a user without rights may not see the " + what, func(t *testing.T, s *target.Target) {
			if err := ask(t.Context(), s.Admin(t, s.User(t, ""))); !admin.IsDenied(err) {
				t.Errorf("got %v, want AccessDenied", err)
			}
		}, nil})
	}
	return out
}

func isAdmin(t *testing.T, s *target.Target) {
	for k, want := range map[target.Key]bool{s.Root: true, s.User(t, ""): false} {
		got, err := s.Admin(t, k).IsAdmin(t.Context())
		must(t, err)
		if got != want {
			t.Errorf("%s: %v", k.Access, got)
		}
	}
}
