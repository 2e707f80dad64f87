package test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7/pkg/signer"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/admin"
	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/secret"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/contract/realrustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/apiserver"
	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
	"github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs/scenario"
	"github.com/talos-rustfs/kubectl-plugins/test/thorough"
)

// fuse lets so many requests that change something through, and then no
// request at all, as if the program had been killed. The last one is done, and
// its answer is lost, when after is true; else it never arrives.
type fuse struct {
	mu      sync.Mutex
	left    int // negative: for ever
	after   bool
	blown   bool
	changes []string
}

func (f *fuse) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		changes := r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.Contains(r.URL.RawQuery, "dryRun=")
		f.mu.Lock()
		dead := f.blown
		lost := false
		if changes && !f.blown && f.left >= 0 {
			if f.left--; f.left < 0 {
				f.blown, dead, lost = true, !f.after, true
			}
		}
		if changes && !dead {
			f.changes = append(f.changes, r.Method+" "+r.URL.Path)
		}
		f.mu.Unlock()
		if dead {
			panic(http.ErrAbortHandler)
		}
		if lost {
			h.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	})
}

// reset lets n requests that change something through.
func (f *fuse) reset(n int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.after, f.blown, f.changes = n, after, false, nil
}

func (f *fuse) state() (blown bool, changes []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blown, slices.Clone(f.changes)
}

// grantWorld is a server and a cluster behind fuses.
type grantWorld struct {
	t     *testing.T
	api   *apiserver.Server
	web   *httptest.Server
	admin *admin.Client
	fuse  fuse
	dir   string
}

func newGrantWorld(t *testing.T) *grantWorld {
	t.Helper()
	server, err := fake.New(fake.Options{Dir: t.TempDir(), AccessKey: realrustfs.AccessKey, SecretKey: realrustfs.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return newGrantWorldOf(t, server.Handler())
}

// newGrantWorldOf is a world with any server in it.
func newGrantWorldOf(t *testing.T, server http.Handler) *grantWorld {
	t.Helper()
	w := &grantWorld{t: t, api: apiserver.New(), dir: t.TempDir()}
	t.Cleanup(w.api.Close)
	w.fuse.left = -1
	w.web = httptest.NewServer(w.fuse.wrap(server))
	front := httptest.NewServer(w.fuse.wrap(w.api))
	t.Cleanup(func() { w.web.Close(); front.Close() })
	config := strings.ReplaceAll(string(w.api.Kubeconfig("default")), w.api.URL(), front.URL)
	for name, text := range map[string]string{"kubeconfig": config, "root": realrustfs.SecretKey} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(w.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.admin = admin.New(admin.Options{Endpoint: u, AccessKey: realrustfs.AccessKey, SecretKey: secret.New(realrustfs.SecretKey), Transport: http.DefaultTransport})
	return w
}

// run runs the program.
func (w *grantWorld) run(args ...string) (code int, out string) {
	w.t.Helper()
	var b bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &b, ErrOut: &b}
	line := append([]string{"kubectl-rustfs"}, args...)
	line = append(line, "--kubeconfig", filepath.Join(w.dir, "kubeconfig"), "--endpoint", w.web.URL, "--access-key", realrustfs.AccessKey, "--secret-key-file", filepath.Join(w.dir, "root"))
	code = cli.Run(context.Background(), rustfs.Program(), streams, line)
	return code, b.String()
}

// listing is all of the server's IAM and the cluster's Secrets, as they are
// told, without times.
func (w *grantWorld) listing() string {
	w.t.Helper()
	var b strings.Builder
	for _, route := range []string{"list-users", "list-canned-policies", "groups", "group?group=team", "list-access-keys-bulk?all=true", "idp/builtin/policy-entities"} {
		r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.web.URL+"/rustfs/admin/v3/"+route, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		r.Header.Set("X-Amz-Content-Sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
		resp, err := http.DefaultClient.Do(signer.SignV4(*r, realrustfs.AccessKey, realrustfs.SecretKey, "", "us-east-1"))
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || (resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotFound) {
			w.t.Fatalf("%s: %d %v", route, resp.StatusCode, err)
		}
		fmt.Fprintf(&b, "%s: %s\n", route, scenario.Canonical(string(text)))
	}
	for _, name := range []string{"s3", "s3-old"} {
		_, there := w.api.Object("Secret", "apps", name)
		fmt.Fprintln(&b, name, there)
	}
	return b.String()
}

// ways are those of breaking off: the last request was done, or not.
func ways() []bool {
	if !thorough.Wanted() {
		return []bool{true}
	}
	return []bool{true, false}
}

// grantCases are grants of all shapes: with everything to make, with a user, a
// group or a policy that is there already.
func grantCases() map[string]struct {
	before func(*testing.T, *grantWorld)
	args   []string
} {
	ctx := context.Background()
	check := func(t *testing.T, errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	type shape = struct {
		before func(*testing.T, *grantWorld)
		args   []string
	}
	nothing := func(*testing.T, *grantWorld) {}
	team := func(t *testing.T, w *grantWorld) {
		check(t, w.admin.AddUser(ctx, "alice", secret.New("longenough1")), w.admin.AddMembers(ctx, "team", "alice"),
			w.admin.AttachPolicies(ctx, admin.Holder{Name: "team", Group: true}, "readonly"))
	}
	all := map[string]shape{
		"all new":         {nothing, []string{"--profile", "loki", "--bucket", "one,two"}},
		"a new group":     {nothing, []string{"--profile", "backup", "--bucket", "one", "--group", "fresh"}},
		"a group":         {team, []string{"--profile", "readonly", "--bucket", "one", "--prefix", "a/", "--group", "team"}},
		"a policy":        {nothing, []string{"--policy", "readwrite", "--bucket", "one"}},
		"a policy, group": {team, []string{"--policy", "readwrite", "--bucket", "one", "--group", "team"}},
		"a user": {func(t *testing.T, w *grantWorld) {
			check(t, w.admin.AddUser(ctx, "app", secret.New("longenough1")), w.admin.AttachPolicies(ctx, admin.Holder{Name: "app"}, "diagnostics"))
		}, []string{"--profile", "writer", "--bucket", "one"}},
		"a user in a group": {func(t *testing.T, w *grantWorld) {
			team(t, w)
			check(t, w.admin.AddUser(ctx, "app", secret.New("longenough1")), w.admin.AddMembers(ctx, "team", "app"))
		}, []string{"--policy", "readwrite", "--bucket", "one", "--group", "team"}},
	}
	if !thorough.Wanted() { // the least and the most of what is there already
		maps.DeleteFunc(all, func(name string, _ shape) bool { return name != "all new" && name != "a user in a group" })
	}
	return all
}

// TestGrantIsCompleted breaks a grant off after, and before, every request
// that changes something. The next one must complete it, with nothing left
// over; the one after that must change nothing; and revoke must leave the
// server as it was.
func TestGrantIsCompleted(t *testing.T) {
	t.Parallel()
	for name, c := range grantCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := append([]string{"grant", "app", "--secret", "apps/s3"}, c.args...)
			for _, after := range ways() {
				step := 1
				for n := 0; ; n += step {
					w := newGrantWorld(t)
					c.before(t, w)
					before := w.listing()
					w.fuse.reset(n, after)
					code, out := w.run(line...)
					if strings.Contains(out, "enable user") {
						step = 5 // only the proof is broken off
					}
					blown, _ := w.fuse.state()
					if !blown {
						if n < 4 || code != 0 {
							t.Fatalf("done with %d requests, exit code %d:\n%s", n, code, out)
						}
						break
					}
					if code == 0 {
						t.Errorf("broken off at request %d, and exit code 0:\n%s", n+1, out)
					}
					where := fmt.Sprintf("broken off at request %d (done: %v)", n+1, after)
					w.fuse.reset(-1, false)
					w.mustBeWhole(where, line)
					w.mustGo(where, before)
				}
			}
		})
	}
}

// mustBeWhole gives the grant again, and once more.
func (w *grantWorld) mustBeWhole(where string, line []string) {
	w.t.Helper()
	if code, out := w.run(line...); code != 0 {
		w.t.Errorf("%s: given again: exit code %d\n%s", where, code, out)
	}
	if keys, err := w.admin.KeysOf(context.Background(), "app"); err != nil || len(keys) != 1 {
		w.t.Errorf("%s: keys %+v, %v: want one", where, keys, err)
	}
	w.fuse.reset(-1, false)
	code, out := w.run(line...)
	if _, changes := w.fuse.state(); code != 0 || len(changes) > 0 || !strings.Contains(out, "grant/app unchanged") {
		w.t.Errorf("%s: given a third time: exit code %d, changes %v\n%s", where, code, changes, out)
	}
}

// mustGo takes the grant back.
func (w *grantWorld) mustGo(where, before string) {
	w.t.Helper()
	if code, out := w.run("revoke", "app", "--yes", "--delete-empty-buckets"); code != 0 {
		w.t.Errorf("%s: revoke: exit code %d\n%s", where, code, out)
	}
	if after := w.listing(); after != before {
		w.t.Errorf("%s: revoked, and it is not as before:\n%s\nbefore:\n%s", where, after, before)
	}
	if code, out := w.run("bucket", "ls", "-o", "name"); code != 0 || strings.Contains(out, "bucket") {
		w.t.Errorf("%s: buckets are left: %s", where, out)
	}
	if code, out := w.run("revoke", "app", "--yes"); code != 0 || !strings.Contains(out, "grant/app unchanged") {
		w.t.Errorf("%s: revoked twice: exit code %d\n%s", where, code, out)
	}
}

// TestRevokeIsCompleted breaks a revocation off at every request.
func TestRevokeIsCompleted(t *testing.T) {
	t.Parallel()
	for name, c := range grantCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, after := range ways() {
				for n := 0; ; n++ {
					w := newGrantWorld(t)
					c.before(t, w)
					before := w.listing()
					if code, out := w.run(append([]string{"grant", "app", "--secret", "apps/s3"}, c.args...)...); code != 0 {
						t.Fatalf("grant: exit code %d\n%s", code, out)
					}
					w.fuse.reset(n, after)
					w.run("revoke", "app", "--yes", "--delete-empty-buckets")
					blown, _ := w.fuse.state()
					w.fuse.reset(-1, false)
					w.mustGo(fmt.Sprintf("revoke broken off at request %d (done: %v)", n+1, after), before)
					if !blown {
						break
					}
				}
			}
		})
	}
}

// TestRotateIsCompleted breaks a rotation off at every request.
func TestRotateIsCompleted(t *testing.T) {
	t.Parallel()
	for _, after := range ways() {
		for n := 0; ; n++ {
			w := newGrantWorld(t)
			before := w.listing()
			line := []string{"grant", "app", "--secret", "apps/s3", "--bucket", "one", "--group", "fresh"}
			if code, out := w.run(line...); code != 0 {
				t.Fatalf("grant: exit code %d\n%s", code, out)
			}
			first, err := w.admin.KeysOf(t.Context(), "app")
			if err != nil {
				t.Fatal(err)
			}
			w.fuse.reset(n, after)
			w.run("rotate", "app", "--grace", "0")
			blown, _ := w.fuse.state()
			where := fmt.Sprintf("rotation broken off at request %d (done: %v)", n+1, after)
			w.fuse.reset(-1, false)
			if blown {
				if code, out := w.run("rotate", "app", "--grace", "0"); code != 0 {
					t.Errorf("%s: exit code %d\n%s", where, code, out)
				}
			}
			keys, err := w.admin.KeysOf(t.Context(), "app")
			if err != nil || len(keys) != 1 || keys[0].AccessKey == first[0].AccessKey {
				t.Errorf("%s: keys %+v, %v: want another one", where, keys, err)
			}
			w.mustBeWhole(where, line)
			w.mustGo(where, before)
			if !blown {
				break
			}
		}
	}
}

// TestGrantOnTheRealServer gives each grant to the real RustFS, again, rotates
// its key, and takes it back.
func TestGrantOnTheRealServer(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(realrustfs.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	front := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.Out.Host = r.In.Host // it is signed
	}}
	for name, c := range grantCases() {
		// One after the other: all of them are called app.
		t.Run(name, func(t *testing.T) {
			w := newGrantWorldOf(t, front)
			c.before(t, w)
			before := w.listing()
			line := append([]string{"grant", "app", "--secret", "apps/s3"}, c.args...)
			w.mustBeWhole(name, line)
			if code, out := w.run("rotate", "app", "--grace", "0"); code != 0 || !strings.Contains(out, "proven") {
				t.Errorf("rotate: exit code %d\n%s", code, out)
			}
			w.mustBeWhole(name+", rotated", line)
			w.mustGo(name, before)
			for _, user := range []string{"app", "alice"} {
				w.run("user", "delete", user, "--yes", "--ignore-not-found")
			}
			w.run("group", "delete", "team", "--yes", "--ignore-not-found")
		})
	}
}
