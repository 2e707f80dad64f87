package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/plugins/rustfs"
	fake "github.com/talos-rustfs/kubectl-plugins/test/fake/rustfs"
)

// watched is an output that tells when something was written.
type watched struct {
	mu    sync.Mutex
	b     bytes.Buffer
	wrote chan struct{}
}

func newWatched() *watched { return &watched{wrote: make(chan struct{})} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.b.Len() == 0 && len(p) > 0 {
		close(w.wrote)
	}
	return w.b.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// listingServer answers lists with pages; before the last one it calls ready.
func listingServer(t *testing.T, pages, size int, ready func()) *url.URL {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		page := 0
		fmt.Sscanf(r.URL.Query().Get("continuation-token"), "p%d", &page) //nolint:errcheck // the first page has none
		if page == pages-1 {
			ready()
		}
		rw.Header().Set("Content-Type", "application/xml")
		fmt.Fprintf(rw, `<ListBucketResult><IsTruncated>%v</IsTruncated><NextContinuationToken>p%d</NextContinuationToken>`, page < pages-1, page+1)
		for i := range size {
			fmt.Fprintf(rw, `<Contents><Key>k%08d</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag><Size>1</Size></Contents>`, page*size+i)
		}
		fmt.Fprint(rw, `</ListBucketResult>`)
	}))
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// outside runs kubectl rustfs against a server at a URL.
func outside(ctx context.Context, u *url.URL, out *watched, args ...string) (int, string) {
	var errs bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: out, ErrOut: &errs}
	args = append(append([]string{"kubectl-rustfs"}, args...), "--endpoint", u.String(), "--access-key", "rootkey")
	return cli.Run(ctx, rustfs.Program(), streams, args), errs.String()
}

// TestListsStream: the first line is out before the last page is asked for.
func TestListsStream(t *testing.T) {
	t.Setenv("RUSTFS_SECRET_KEY", "root-secret-1")
	for _, command := range [][]string{{"ls", "photos"}, {"ls", "-R", "photos"}, {"find", "photos"}, {"ls", "-R", "photos", "-o", "json"}, {"ls", "photos", "-o", "name"}} {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			out := newWatched()
			u := listingServer(t, 2, 1000, func() {
				select {
				case <-out.wrote:
				case <-t.Context().Done():
				}
			})
			code, errs := outside(t.Context(), u, out, command...)
			if code != 0 || strings.Count(out.String(), "k0000") < 2000 {
				t.Errorf("exit code %d, %d bytes\n%s", code, len(out.String()), errs)
			}
		})
	}
}

// TestListsEnd: a server that sends the same page again and again is an error
// and no endless list.
func TestListsEnd(t *testing.T) {
	t.Setenv("RUSTFS_SECRET_KEY", "root-secret-1")
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(rw, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken>`+
			`<Contents><Key>a</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag><Size>1</Size></Contents>`+
			`<Contents><Key>b</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag><Size>1</Size></Contents></ListBucketResult>`)
	}))
	t.Cleanup(web.Close)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	out := newWatched()
	code, errs := outside(t.Context(), u, out, "ls", "-R", "photos")
	if code != 1 || !strings.Contains(errs, "the server sends the same page again and again") {
		t.Errorf("exit code %d\n%s", code, errs)
	}
}

// TestOddNamesSurvive: what a file is called is what it is called when it
// comes back.
func TestOddNamesSurvive(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such names")
	}
	t.Setenv("RUSTFS_SECRET_KEY", "root-secret-1")
	server, err := fake.New(fake.Options{Dir: t.TempDir(), AccessKey: "rootkey", SecretKey: "root-secret-1"})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() { web.Close(); server.Close() })
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	do := func(args ...string) string {
		t.Helper()
		out := newWatched()
		if code, errs := outside(t.Context(), u, out, args...); code != 0 {
			t.Fatalf("%q: exit code %d\n%s", args, code, errs)
		}
		return out.String()
	}
	names := []string{
		" lead", "trail ", "a b/c d", "100%", "x%2Fy", "%00", "ü/ñ", "e\u0301", "\U0001f512", "q?x=1&y=2", "a#b", "a;b,c:d=e", "it's", `"q"`, "<t>&amp;",
		"~", "(p)", "[b]*!@$", `a|b^c` + "`d", `back\slash`, "tab\there", "bell\x07", "esc\x1b[31m", "del\x7f", "...", ".hidden", "con", "a.", "+", "-r", "_", "a=b",
	}
	up, down, portable := t.TempDir(), t.TempDir(), t.TempDir()
	for _, n := range names {
		name := filepath.Join(up, n)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(n), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	do("bucket", "create", "odd")
	do("bucket", "create", "again")
	do("cp", "-r", up+"/", "odd/")
	do("cp", "-r", "odd/", down+"/")
	do("cp", "-r", "odd/", portable+"/", "--portable-names")
	do("cp", "-r", portable+"/", "again/", "--portable-names")
	if s := do("sync", "odd", "again", "--delete", "--dry-run"); s != "" {
		t.Errorf("what went through portable names differs:\n%s", s)
	}
	if s := do("sync", up, "odd", "--delete", "--dry-run"); s != "" {
		t.Errorf("what was copied differs:\n%s", s)
	}
	for _, n := range names {
		if b, err := os.ReadFile(filepath.Join(down, n)); err != nil || string(b) != n {
			t.Errorf("%q came back as %q, %v", n, b, err)
		}
		if s := do("cat", "odd/"+n); s != n {
			t.Errorf("cat %q: %q", n, s)
		}
	}
	if got := strings.Split(strings.TrimRight(do("find", "odd", "--print0"), "\x00"), "\x00"); len(got) != len(names) {
		t.Errorf("found %q", got)
	}
	do("rm", "-r", "odd", "--yes")
	if s := do("ls", "-R", "odd"); s != "" {
		t.Errorf("left:\n%s", s)
	}
}
