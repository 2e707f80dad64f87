package test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/s3"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/target"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/apiserver"
)

// run runs kubectl rustfs against a server and returns what it says on stdout.
func run(t *testing.T, s *target.Target, kubeconfig string, args ...string) (string, string, int) {
	t.Helper()
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(s.Root.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	line := append([]string{"kubectl-rustfs"}, args...)
	line = append(line, "--endpoint", s.Endpoint.String(), "--access-key", s.Root.Access, "--secret-key-file", file, "--kubeconfig", kubeconfig)
	code := cli.Run(t.Context(), rustfs.Program(), streams, line)
	return out.String(), errOut.String(), code
}

func good(t *testing.T, s *target.Target, kubeconfig string, args ...string) string {
	t.Helper()
	out, errOut, code := run(t, s, kubeconfig, args...)
	if code != cli.ExitOK {
		t.Fatalf("%s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errOut)
	}
	return out
}

// servers are what a state is carried between.
func servers() map[string]func(testing.TB) *target.Target {
	return map[string]func(testing.TB) *target.Target{"stand-in": target.StandIn, "real": target.Real}
}

func cluster(t *testing.T) string {
	t.Helper()
	api := apiserver.New()
	t.Cleanup(api.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, api.Kubeconfig("default"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const bucketPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::photos/*"]}]}`

// furnish gives a server one of everything, with the clients and not with the
// commands that are tried.
func furnish(t *testing.T, s *target.Target) {
	t.Helper()
	ctx, c, store := t.Context(), s.Admin(t, s.Root), s.Store(t, s.Root)
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::photos/*","arn:aws:s3:::photos"],"Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}},{"Effect":"Deny","Action":["s3:DeleteObject"],"Resource":["arn:aws:s3:::photos/*"]}]}`
	steps := []func() error{
		func() error { return store.CreateBucket(ctx, "archive", true) },
		func() error { return store.SetLock(ctx, "archive", bucket.Lock{Mode: "GOVERNANCE", Days: 3}) },
		func() error { return store.CreateBucket(ctx, "photos", false) },
		func() error { return store.SetVersioning(ctx, "photos", s3.Enabled) },
		func() error { return store.SetTags(ctx, "photos", map[string]string{"team": "media", "tier": "no"}) },
		func() error { return store.SetPolicy(ctx, "photos", bucketPolicy) },
		func() error {
			return store.SetLifecycle(ctx, "photos", []bucket.LifecycleRule{
				{ID: "logs", Prefix: "logs/", ExpireDays: 30, NoncurrentDays: 7},
				{ID: "parts", AbortUploadDays: 3, Disabled: true},
				{ID: "tagged", Prefix: "tmp/", Tags: map[string]string{"keep": "no"}, ExpireDays: 1},
			})
		},
		func() error {
			return store.SetCORS(ctx, "photos", []bucket.CORSRule{{Origins: []string{"https://example.com"}, Methods: []string{"GET", "PUT"}, Headers: []string{"*"}, MaxAgeSeconds: 60}})
		},
		func() error { return c.SetQuota(ctx, "photos", 1<<30) },
		func() error { return store.CreateBucket(ctx, "plain", false) },
		func() error { return c.PutPolicy(ctx, "reader", []byte(policy)) },
		func() error { return c.AddUser(ctx, "alice", secret.New("alice-secret-1")) },
		func() error { return c.AddUser(ctx, "bob", secret.New("bob-secret-1")) },
		func() error { return c.AddMembers(ctx, "devs", "alice", "bob") },
		func() error { return c.AttachPolicies(ctx, admin.Holder{Name: "devs", Group: true}, "reader") },
		func() error { return c.AddMembers(ctx, "former") },
		func() error { return c.SetGroupStatus(ctx, "former", false) },
		func() error { return c.AttachPolicies(ctx, admin.Holder{Name: "alice"}, "readwrite", "reader") },
		func() error { return c.SetUserStatus(ctx, "bob", false) },
		func() error {
			return c.AddKey(ctx, admin.NewKey{AccessKey: "CIKEY1", SecretKey: secret.New("ci-secret-1"), Parent: "alice", Name: "ci", Description: "for the pipeline", Policy: []byte(policy)})
		},
		func() error {
			return c.AddKey(ctx, admin.NewKey{AccessKey: "CIKEY2", SecretKey: secret.New("ci-secret-2"), Parent: "alice"})
		},
		func() error { return c.SetKeyStatus(ctx, "CIKEY2", false) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

// TestExportApplyExport: a state is carried to an empty server, where it is
// the same bytes; applying it again does nothing.
func TestExportApplyExport(t *testing.T) {
	t.Parallel()
	for name, server := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, kubeconfig := server(t), server(t), cluster(t)
			furnish(t, from)
			before := good(t, from, kubeconfig, "export")
			file := filepath.Join(t.TempDir(), "state.yaml")
			if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, errOut, code := run(t, from, kubeconfig, "diff", "--prune", "-f", file); code != cli.ExitOK {
				t.Errorf("the server differs from its own export:\n%s%s", out, errOut)
			}
			good(t, to, kubeconfig, "apply", "-f", file, "--secrets-to", "apps")
			if diff := cmp.Diff(before, good(t, to, kubeconfig, "export")); diff != "" {
				t.Errorf("after apply (-before +after):\n%s", diff)
			}
			out, errOut, code := run(t, to, kubeconfig, "apply", "--prune", "-f", file)
			if code != cli.ExitOK || out != "" || !strings.Contains(errOut, "nothing to do") {
				t.Errorf("applied again: exit code %d\n%s%s", code, out, errOut)
			}
			empty := filepath.Join(t.TempDir(), "empty.yaml")
			const nothing = "apiVersion: cli.talos-rustfs.github.io/v1\nkind: RustFS\nbuckets: []\npolicies: []\ngroups: []\nusers: []\nkeys: []\n"
			if err := os.WriteFile(empty, []byte(nothing), 0o600); err != nil {
				t.Fatal(err)
			}
			good(t, to, kubeconfig, "apply", "--prune", "--yes", "-f", empty)
			if got := good(t, to, kubeconfig, "export"); strings.Count(got, "\n") != 2 {
				t.Errorf("pruned:\n%s", got)
			}
		})
	}
}

// TestBackupRestore: a server is lost, and on a fresh one everybody logs in
// with the old keys, and the settings are equal.
func TestBackupRestore(t *testing.T) {
	t.Parallel()
	for name, server := range servers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, kubeconfig := server(t), server(t), cluster(t)
			furnish(t, from)
			dir := t.TempDir()
			identity, err := age.GenerateX25519Identity()
			if err != nil {
				t.Fatal(err)
			}
			key, file := filepath.Join(dir, "key.txt"), filepath.Join(dir, "b.age")
			if err := os.WriteFile(key, []byte(identity.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			good(t, from, kubeconfig, "backup", "-o", file, "--recipient", identity.Recipient().String())
			good(t, to, kubeconfig, "restore", file, "--identity", key)
			if diff := cmp.Diff(good(t, from, kubeconfig, "export"), good(t, to, kubeconfig, "export")); diff != "" {
				t.Errorf("after restore (-before +after):\n%s", diff)
			}
			for _, k := range []target.Key{{Access: "alice", Secret: "alice-secret-1"}, {Access: "CIKEY1", Secret: "ci-secret-1"}} {
				if who, err := to.Admin(t, k).WhoAmI(t.Context()); err != nil || who.Account != "alice" {
					t.Errorf("%s with the old secret: %+v, %v", k.Access, who, err)
				}
			}
			if _, err := to.Admin(t, target.Key{Access: "bob", Secret: "bob-secret-1"}).WhoAmI(t.Context()); err == nil {
				t.Error("bob was disabled, and is not")
			}
			out, errOut, code := run(t, to, kubeconfig, "restore", file, "--identity", key)
			if code != cli.ExitOK || out != "" || !strings.Contains(errOut, "nothing to do") {
				t.Errorf("restored again: exit code %d\n%s%s", code, out, errOut)
			}
			damaged(t, to, kubeconfig, file, key)
		})
	}
}

// damaged: no byte of the file may be another.
func damaged(t *testing.T, s *target.Target, kubeconfig, file, key string) {
	t.Helper()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)-100] },
		"flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"header":  func(b []byte) []byte { b[60] ^= 1; return b },
	} {
		bad := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(bad, change(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errOut, code := run(t, s, kubeconfig, "restore", bad, "--identity", key); code != cli.ExitFailed || errOut == "" {
			t.Errorf("%s: exit code %d\n%s", name, code, errOut)
		}
	}
}

// flaky lets so many changes through to a server, and then none.
func flaky(t *testing.T, s *target.Target, changes int64) *target.Target {
	t.Helper()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(s.Endpoint)
		r.Out.Host = r.In.Host // it is signed
	}}
	var left atomic.Int64
	left.Store(changes)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && left.Add(-1) < 0 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &target.Target{Endpoint: u, Root: s.Root}
}

// TestApplyIsInterrupted after every single change: the next one completes it,
// and the keys in the Secrets work.
func TestApplyIsInterrupted(t *testing.T) {
	t.Parallel()
	from := target.StandIn(t)
	furnish(t, from)
	want := good(t, from, cluster(t), "export")
	file := filepath.Join(t.TempDir(), "state.yaml")
	if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
	for changes := int64(0); ; changes++ {
		to, kubeconfig := target.StandIn(t), cluster(t)
		_, errOut, code := run(t, flaky(t, to, changes), kubeconfig, "apply", "-f", file, "--secrets-to", "apps")
		if code == cli.ExitOK {
			if changes < 20 {
				t.Errorf("done after %d changes", changes)
			}
			return
		}
		if !strings.Contains(errOut, "the same command goes on from here") {
			t.Fatalf("after %d changes: %s", changes, errOut)
		}
		good(t, to, kubeconfig, "apply", "-f", file, "--secrets-to", "apps")
		if diff := cmp.Diff(want, good(t, to, kubeconfig, "export")); diff != "" {
			t.Fatalf("after %d changes (-want +got):\n%s", changes, diff)
		}
	}
}
