// Package target is a server that contract suites are held against: the
// stand-in, or the real RustFS.
package target

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/older"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/realrustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
)

// Key is an access key with its secret.
type Key struct{ Access, Secret string }

// Target is a running server. It is safe for concurrent use; each case of a
// suite works in buckets of its own.
type Target struct {
	Endpoint *url.URL
	Root     Key
	Version  string // what it calls itself
	Health   string // what its health probe calls itself
	// Lacks names the cases this server cannot pass, with the reason.
	Lacks map[string]string
	// Same names the cases that are slow and not tried again on this server,
	// with the reason.
	Same map[string]string

	fresh   atomic.Int64
	newUser func(t testing.TB, k Key, policy string) // instead of RustFS' admin API
}

// StandIn runs the stand-in in this process.
func StandIn(t testing.TB) *Target {
	t.Helper()
	root := Key{realrustfs.AccessKey, realrustfs.SecretKey}
	server, err := rustfs.New(rustfs.Options{Dir: t.TempDir(), AccessKey: root.Access, SecretKey: root.Secret})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		web.Close()
		server.Close()
	})
	return at(t, web.URL, root)
}

// Real runs the real RustFS; the test is skipped where there is none.
func Real(t testing.TB) *Target {
	t.Helper()
	return at(t, realrustfs.Start(t, realrustfs.FastScanner()...), Key{realrustfs.AccessKey, realrustfs.SecretKey})
}

func at(t testing.TB, endpoint string, root Key) *Target {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return &Target{Endpoint: u, Root: root, Version: realrustfs.Version, Health: realrustfs.Version}
}

// Older puts a proxy before base that answers as an older version of RustFS
// does.
func Older(t testing.TB, v older.Version, base *Target) *Target {
	t.Helper()
	h, err := older.Handler(v, base.Endpoint, older.Root{AccessKey: base.Root.Access, SecretKey: base.Root.Secret}, transport(t))
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	s := at(t, web.URL, base.Root)
	s.Version, s.Health = v.String(), v.String()
	s.Lacks = older.Lacks(v)
	s.Same = map[string]string{
		"1100 objects over pages": "pages are those of the server behind",
		"usage counts buckets":    "the scanner is that of the server behind",
	}
	if v == older.Alpha82 {
		s.Health = "0.0.5" // of every alpha
	}
	return s
}

// Case runs one case of a suite beside the others, or skips it when the target
// lacks it.
func (s *Target) Case(t *testing.T, name string, run func(t *testing.T)) {
	t.Helper()
	s.Alone(t, name, func(t *testing.T) {
		t.Parallel()
		run(t)
	})
}

// Alone is Case before all others, for what they would disturb.
func (s *Target) Alone(t *testing.T, name string, run func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		if why, ok := s.Lacks[name]; ok {
			t.Skip("this server lacks it: " + why)
		}
		if why, ok := s.Same[name]; ok {
			t.Skip("not tried again: " + why)
		}
		run(t)
	})
}

// Store is an S3 client with a key.
func (s *Target) Store(t testing.TB, k Key) *s3.Store {
	t.Helper()
	store, err := s3.New(s3.Options{
		Endpoint: s.Endpoint, AccessKey: k.Access, SecretKey: secret.New(k.Secret),
		Transport: transport(t), UserAgent: "contract", Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Admin is an admin client with a key.
func (s *Target) Admin(t testing.TB, k Key) *admin.Client {
	t.Helper()
	return admin.New(admin.Options{
		Endpoint: s.Endpoint, AccessKey: k.Access, SecretKey: secret.New(k.Secret), Transport: transport(t), UserAgent: "contract",
	})
}

// transport is one whose connections end with the test.
func transport(t testing.TB) *http.Transport {
	tr := &http.Transport{MaxIdleConnsPerHost: 8}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// Bucket makes a bucket whose name no other case has.
func (s *Target) Bucket(t testing.TB, store *s3.Store, lock bool) string {
	t.Helper()
	name := s.Name("bucket")
	if err := store.CreateBucket(t.Context(), name, lock); err != nil {
		t.Fatal(err)
	}
	return name
}

// Name is one that no other case has.
func (s *Target) Name(kind string) string {
	return fmt.Sprintf("%s-%d", kind, s.fresh.Add(1))
}

// User makes a user with a policy, or one who may do nothing when policy is
// empty.
func (s *Target) User(t testing.TB, policy string) Key {
	t.Helper()
	k := Key{s.Name("user"), "a-secret-of-a-user"}
	if s.newUser != nil {
		s.newUser(t, k, policy)
		return k
	}
	s.Raw(t, scenario.Line{
		Method: http.MethodPut, Path: "/rustfs/admin/v3/add-user", Query: [][2]string{{"accessKey", k.Access}},
		Body: `{"secretKey":"` + k.Secret + `","status":"enabled"}`,
	})
	if policy != "" {
		s.Raw(t, scenario.Line{
			Method: http.MethodPut, Path: "/rustfs/admin/v3/set-user-or-group-policy",
			Query: [][2]string{{"policyName", policy}, {"userOrGroup", k.Access}, {"isGroup", "false"}},
		})
	}
	return k
}

// Raw sends what the clients cannot say, as root, and wants a good answer.
func (s *Target) Raw(t testing.TB, l scenario.Line) {
	t.Helper()
	p, err := scenario.NewPlayer(s.Endpoint.String(), s.Root.Access, s.Root.Secret, &http.Client{Transport: transport(t)})
	if err != nil {
		t.Fatal(err)
	}
	l.As = scenario.Root
	a, err := p.Play(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if a.Status/100 != 2 {
		t.Fatalf("%s: %d %s", l, a.Status, a.Body)
	}
}
