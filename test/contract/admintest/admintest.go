// Package admintest is the contract of internal/admin: what every method
// answers, in success and in the likeliest failures, whatever server is
// behind it.
package admintest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

type testCase struct {
	name string
	run  func(t *testing.T, s *target.Target)
	// covers are the methods of admin.Client whose success the case shows.
	covers []string
}

// alone are the cases that run before the others: whoever lists groups
// meanwhile brings back what they take away.
func alone() []testCase {
	return []testCase{
		{"a group's life", groupLife, []string{"AddMembers", "Group", "Groups", "SetGroupStatus", "RemoveMembers", "RemoveGroup"}},
		{"a group is deleted while groups are listed", groupListed, []string{"RemoveGroup"}},
	}
}

func cases() []testCase {
	return slices.Concat(serverCases(), iamCases(), bucketExtras(), stsCases(), archiveCases(), statusCases(), grantCases())
}

func serverCases() []testCase {
	return []testCase{
		{"health needs no key", health, []string{"Health"}},
		{"info tells of nodes and drives", info, []string{"Info"}},
		{"usage tells capacity", usage, []string{"Usage"}},
		{"usage counts buckets", usageCounts, []string{"Usage"}},
		{"the root key has all capabilities", rootCapabilities, []string{"Capabilities"}},
		{"a user without rights is denied", deniedUser, []string{"Capabilities"}},
		{"a wrong secret is SignatureDoesNotMatch", wrongSecret, nil},
		{"an unknown key is InvalidAccessKeyId", unknownKey, nil},
		{"questions can be cancelled", cancelled, nil},
	}
}

// Run holds a server against the contract. What it lacks is skipped by name,
// with the reason.
func Run(t *testing.T, s *target.Target) {
	t.Helper()
	for _, c := range alone() {
		s.Alone(t, c.name, func(t *testing.T) { c.run(t, s) })
	}
	for _, c := range cases() {
		s.Case(t, c.name, func(t *testing.T) { c.run(t, s) })
	}
}

// Covered are the methods of admin.Client that the suite shows.
func Covered() map[string]bool {
	m := map[string]bool{}
	for _, c := range slices.Concat(alone(), cases()) {
		for _, name := range c.covers {
			m[name] = true
		}
	}
	return m
}

// scanTimeout is how long a scanner in a hurry may take.
const scanTimeout = 30 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// questions are all methods that need a key and one right.
func questions(ctx context.Context, c *admin.Client) map[string]error {
	_, info := c.Info(ctx)
	_, usage := c.Usage(ctx)
	return map[string]error{"Info": info, "Usage": usage}
}

// refused expects the same answer to all questions.
func refused(t *testing.T, c *admin.Client, code, hint string) {
	t.Helper()
	for what, err := range questions(t.Context(), c) {
		var e *admin.Error
		switch {
		case !errors.As(err, &e):
			t.Errorf("%s: got %v, want %s", what, err, code)
		case e.Reason() != code || !admin.IsCode(err, code) || e.Status != http.StatusForbidden || admin.IsMissingRoute(err):
			t.Errorf("%s: status %d, code %q (%v), want %q", what, e.Status, e.Code, err, code)
		case !strings.Contains(e.Hint(), hint):
			t.Errorf("%s: hint %q, want %q in it", what, e.Hint(), hint)
		}
	}
}

func health(t *testing.T, s *target.Target) {
	h, err := s.Admin(t, target.Key{}).Health(t.Context())
	must(t, err)
	if h.Status != "ok" || h.Version != s.Health || len(h.Degraded) != 0 {
		t.Errorf("%+v", h)
	}
	if ready := h.Ready != nil && *h.Ready; !ready && s.Health == s.Version { // the alphas have no such probe, nor their own version
		t.Errorf("not ready: %+v", h)
	}
}

func info(t *testing.T, s *target.Target) {
	i, err := s.Admin(t, s.Root).Info(t.Context())
	must(t, err)
	if i.Mode != "online" || i.Deployment == "" && s.Health == s.Version || i.Buckets.Count < 0 || i.Backend.Type != "Erasure" || i.Backend.Online != 1 || i.Backend.Offline != 0 {
		t.Errorf("%+v", i)
	}
	if len(i.Nodes) != 1 || len(i.Nodes[0].Drives) != 1 {
		t.Fatalf("nodes %+v: want one with one drive", i.Nodes)
	}
	n := i.Nodes[0]
	if n.State != "online" || n.Tag() != s.Version || n.Uptime < 0 || n.Endpoint == "" {
		t.Errorf("node %+v, version %q", n, n.Tag())
	}
	if d := n.Drives[0]; d.State != "ok" || d.Path == "" || d.Total == 0 || d.Free == 0 || d.Free > d.Total || d.Used > d.Total {
		t.Errorf("drive %+v", d)
	}
}

func usage(t *testing.T, s *target.Target) {
	u, err := s.Admin(t, s.Root).Usage(t.Context())
	must(t, err)
	if u.Capacity <= 0 || u.Free <= 0 || u.Free > u.Capacity || u.Used < 0 || u.Used > u.Capacity {
		t.Errorf("%+v", u)
	}
	if u.Updated.After(time.Now().Add(time.Minute)) {
		t.Errorf("updated %s", u.Updated)
	}
}

// usageCounts waits for the server's scanner, which counts in the background:
// all versions' bytes, deleted objects as objects, and versions only of what
// was written with versioning.
func usageCounts(t *testing.T, s *target.Target) {
	ctx, store := t.Context(), s.Store(t, s.Root)
	put := func(bucket, key, text string) {
		t.Helper()
		must(t, store.Put(ctx, bucket, key, strings.NewReader(text), int64(len(text))))
	}
	plain, versioned := s.Bucket(t, store, false), s.Bucket(t, store, true)
	put(plain, "a", "12345")
	put(plain, "b", "12345")
	put(versioned, "kept", "1")
	put(versioned, "kept", "22")
	for _, key := range []string{"gone", "never there"} {
		if key == "gone" {
			put(versioned, key, "333")
		}
		s.Raw(t, scenario.Line{Method: http.MethodDelete, Path: "/" + versioned + "/" + key})
	}
	want := map[string]admin.BucketUsage{
		plain:     {Bytes: 10, Objects: 2},
		versioned: {Bytes: 6, Objects: 3, Versions: 3, DeleteMarkers: 2},
	}
	wait, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	tick := time.NewTicker(scanTimeout / 100)
	defer tick.Stop()
	for {
		u, err := s.Admin(t, s.Root).Usage(ctx)
		must(t, err)
		got := map[string]admin.BucketUsage{plain: u.Buckets[plain], versioned: u.Buckets[versioned]}
		diff := cmp.Diff(want, got)
		if diff == "" && !u.Updated.IsZero() {
			return
		}
		select {
		case <-wait.Done():
			t.Fatalf("updated %s (-want +got):\n%s", u.Updated, diff)
		case <-tick.C:
		}
	}
}

// states are the capabilities without their routes.
func states(t *testing.T, c *admin.Client) map[string]admin.Availability {
	t.Helper()
	all, err := c.Capabilities(t.Context())
	must(t, err)
	m := map[string]admin.Availability{}
	for _, k := range all {
		if _, twice := m[k.Name]; twice || k.Route == "" {
			t.Errorf("%+v", k)
		}
		m[k.Name] = k.State
	}
	return m
}

func rootCapabilities(t *testing.T, s *target.Target) {
	for name, state := range states(t, s.Admin(t, s.Root)) {
		want := admin.Available
		if name == "KMS status" {
			want = admin.Disabled // nobody has configured one
		}
		if state != want {
			t.Errorf("%s: %s, want %s", name, state, want)
		}
	}
}

func deniedUser(t *testing.T, s *target.Target) {
	c := s.Admin(t, s.User(t, ""))
	refused(t, c, "AccessDenied", "--access-key")
	for name, state := range states(t, c) {
		if state != admin.Denied && state != admin.Available && state != admin.Unsupported && name != "KMS status" { // one's own keys may be listed
			t.Errorf("%s: %s", name, state)
		}
	}
	if got := states(t, c)["users"]; got != admin.Denied {
		t.Errorf("users: %s", got)
	}
}

func wrongSecret(t *testing.T, s *target.Target) {
	refused(t, s.Admin(t, target.Key{Access: s.Root.Access, Secret: "not-the-secret"}), "SignatureDoesNotMatch", "the key is not the server's")
}

func unknownKey(t *testing.T, s *target.Target) {
	refused(t, s.Admin(t, target.Key{Access: "nobody-at-all", Secret: "not-the-secret"}), "InvalidAccessKeyId", "the key is not the server's")
}

func cancelled(t *testing.T, s *target.Target) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := s.Admin(t, s.Root)
	errs := questions(ctx, c)
	_, errs["Health"] = c.Health(ctx)
	_, errs["Capabilities"] = c.Capabilities(ctx)
	for what, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
